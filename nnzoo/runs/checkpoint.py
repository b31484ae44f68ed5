"""The checkpoint: one file from which a killed training goes on as if nothing had happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, PluginError
from nnzoo.files.tensors import read_tensors, write_tensors
from nnzoo.kinds import Floats
from nnzoo.training.state import TrainingState
from nnzoo.training.trainer import Trainer

_PARAMETERS, _STATE = "network.parameters", "network.state"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint, read and checked for itself, but not yet held against a training.

    Attributes
    ----------
    path : Path
    state : TrainingState
        Where the training stood.
    parameters, layers_state : ndarray of shape (p,)
        The network's flat vectors.
    """

    path: Path
    state: TrainingState
    parameters: Floats
    layers_state: Floats

    def arrays(self) -> dict[str, Floats]:
        """All its arrays, by the names they have in the file."""
        return {_PARAMETERS: self.parameters, _STATE: self.layers_state, **self.state.arrays()}


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Write where a training stands: weights, what layers, optimizer and schedule remember, position, best epoch.

    Raises
    ------
    StorageError
        When it can't be written; the checkpoint before it is still there then.
    PluginError
        When the schedule remembers what is not a float.
    """
    network, state = trainer.network, trainer.state
    vectors = {_PARAMETERS: network.parameters.vector, _STATE: network.state.vector}
    scalars = state.scalars()
    label = trainer.recipe.schedule.label
    scalars["plateau_factor"] = _stored(label, "factor", state.plateau_factor)
    scalars["schedule_memory"] = {name: _stored(label, name, x) for name, x in state.schedule_memory.items()}
    write_tensors(path, {**vectors, **state.arrays()}, {"checkpoint": scalars})


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    FileFormatError
        When it is none, or is damaged.
    StorageError
        When it can't be read.
    """
    file = read_tensors(path)
    try:
        state = TrainingState.restored(file.tensors, file.description["checkpoint"])
        checkpoint = Checkpoint(path, state, file.tensors[_PARAMETERS], file.tensors[_STATE])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FileFormatError(f"{path} is not a checkpoint: {type(error).__name__}: {error}") from None
    if checkpoint.arrays().keys() != file.tensors.keys() or not _consistent(state):
        raise FileFormatError(f"{path} is not a checkpoint: its parts contradict each other")
    return checkpoint


def restore_checkpoint(checkpoint: Checkpoint, trainer: Trainer, *, restart_epoch: bool = False) -> None:
    """Put a trainer where the one was that wrote the checkpoint.

    Parameters
    ----------
    checkpoint : Checkpoint
        What `read_checkpoint` returned.
    trainer : Trainer
        Changed only if all of the checkpoint fits.
    restart_epoch : bool
        Where an epoch has another number of batches now, begin the one again that had begun then.

    Raises
    ------
    FileFormatError
        When it belongs to another network, optimizer or number of batches.
    """
    path, state, network = checkpoint.path, checkpoint.state, trainer.network
    expected: dict[str, NDArray[Any]] = {f"optimizer.{n}": array for n, array in trainer.state.optimizer.items()}
    expected |= {f"tally.{name}": array for name, array in trainer.state.tally.sums.items()}
    expected |= {f"observer.{name}": array for name, array in trainer.state.observers.items()}
    expected |= {f"stream.{name}": array for name, array in trainer.state.stream.items()}
    for prefix in ("network", "best") if state.best.epoch else ("network",):
        expected |= {f"{prefix}.parameters": network.parameters.vector, f"{prefix}.state": network.state.vector}
    found = {name: _kind(array) for name, array in checkpoint.arrays().items()}
    if found != {name: _kind(array) for name, array in expected.items()}:
        raise FileFormatError(
            f"{path} belongs to another network, optimizer or set of metrics or observers, or to another stream"
        )
    if not _has_position(trainer, state):
        if not restart_epoch:
            raise FileFormatError(f"{path} has a position that this training does not have")
        state.steps, state.batch, state.tally = state.epoch * len(trainer.train), 0, trainer.scorer.tally()
    network.parameters.vector[...] = checkpoint.parameters
    network.state.vector[...] = checkpoint.layers_state
    trainer.state = state


def _stored(label: str, name: str, value: float) -> float | str:
    """A float as JSON can hold it; ``inf`` and ``nan``, which it can't, become text that ``float`` reads."""
    if not isinstance(value, int | float):
        raise PluginError(
            f"{label} keeps {name} = {value!r}, of type {type(value).__name__}", hint="a schedule may keep floats only"
        )
    return value if math.isfinite(value) else str(value)


def _consistent(state: TrainingState) -> bool:
    """Whether a state is one that a training can have been in."""
    tally, best = state.tally, state.best
    sums = (tally.loss_sum, state.seconds, state.epoch_seconds, best.value)
    return (
        all(map(math.isfinite, sums))
        and 0 <= best.epoch <= state.epoch
        and min(state.batch, tally.rows) >= 0
        and (state.batch == 0) == (tally.rows == 0)
    )


def _has_position(trainer: Trainer, state: TrainingState) -> bool:
    """Whether the trainer comes to this position; with all batches done, an epoch's figures are still to be made."""
    batches = trainer.train
    return (
        state.batch <= len(batches)
        and state.steps == state.epoch * len(batches) + state.batch
        and state.tally.rows == min(state.batch * batches.batch_size, batches.samples) * batches.positions
    )


def _kind(array: NDArray[Any]) -> tuple[Any, ...]:
    return array.shape, array.dtype
