"""The checkpoint: one file from which a killed run continues as if nothing had happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from nnzoo.errors import FileFormatError, PluginError
from nnzoo.files.tensors import read_tensors, write_tensors
from nnzoo.kinds import Floats
from nnzoo.training.state import TrainingState
from nnzoo.training.trainer import Trainer

_PARAMETERS, _STATE = "network.parameters", "network.state"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that is consistent in itself, but not yet compared with a trainer.

    ``parameters`` and ``layers_state`` are the network's flat vectors.
    """

    path: Path
    state: TrainingState
    parameters: Floats
    layers_state: Floats

    def arrays(self) -> dict[str, Floats]:
        """All its arrays, by their names in the file."""
        return {_PARAMETERS: self.parameters, _STATE: self.layers_state, **self.state.arrays()}


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Write weights, the state of layers, optimizer and schedule, the position, and the best epoch.

    Raises
    ------
    StorageError
        When it can't be written; the previous checkpoint is then still there.
    PluginError
        When the schedule's memory holds a value that is not a float.
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
        When it is not a checkpoint, or is damaged.
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
    """Restore the state of a trainer from a checkpoint; the trainer is changed only if all of it fits.

    With ``restart_epoch``, an interrupted epoch starts again if its number of batches has changed.

    Raises
    ------
    FileFormatError
        When it belongs to another network, optimizer or number of batches.
    """
    path, state, network = checkpoint.path, checkpoint.state, trainer.network
    expected = {name: array for name, array in trainer.state.arrays().items() if not name.startswith("best.")}
    for prefix in ("network", "best") if state.best.epoch else ("network",):
        expected |= {f"{prefix}.parameters": network.parameters.vector, f"{prefix}.state": network.state.vector}
    there, wanted = ({name: (a.shape, a.dtype) for name, a in each.items()} for each in (checkpoint.arrays(), expected))
    if there != wanted:
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
    """A float for JSON, which has no ``inf`` and ``nan``: these become text that ``float`` reads."""
    if not isinstance(value, int | float):
        raise PluginError(
            f"{label} keeps {name} = {value!r}, of type {type(value).__name__}", hint="a schedule may keep floats only"
        )
    return value if math.isfinite(value) else str(value)


def _consistent(state: TrainingState) -> bool:
    """Whether the numbers of a state are possible."""
    tally, best = state.tally, state.best
    sums = (tally.loss_sum, state.seconds, state.epoch_seconds, best.value)
    return (
        all(map(math.isfinite, sums))
        and 0 <= best.epoch <= state.epoch
        and min(state.batch, tally.rows) >= 0
        and (state.batch == 0) == (tally.rows == 0)
    )


def _has_position(trainer: Trainer, state: TrainingState) -> bool:
    """Whether the trainer reaches this position, which may be behind an epoch's last batch and before measurement."""
    batches = trainer.train
    return (
        state.batch <= len(batches)
        and state.steps == state.epoch * len(batches) + state.batch
        and state.tally.rows == min(state.batch * batches.batch_size, batches.samples) * batches.positions
    )
