"""The checkpoint: one file from which a killed training goes on as if nothing had happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnzoo.errors import FileFormatError
from nnzoo.runs.tensor_file import read_tensors, write_tensors
from nnzoo.training.state import TrainingState
from nnzoo.training.trainer import Trainer

_PARAMETERS, _STATE = "network.parameters", "network.state"


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Write where a training stands: weights, what layers, optimizer and schedule remember, position, best epoch.

    Raises
    ------
    StorageError
        When it can't be written; the checkpoint before it is still there then.
    """
    network, state = trainer.network, trainer.state
    vectors = {_PARAMETERS: network.parameters.vector, _STATE: network.state.vector}
    write_tensors(path, {**vectors, **state.arrays()}, {"checkpoint": state.scalars()})


def restore_checkpoint(path: Path, trainer: Trainer) -> None:
    """Put a trainer where the one was that wrote the checkpoint.

    Raises
    ------
    FileFormatError
        When the file is damaged, or belongs to another network or optimizer; the trainer is as it was then.
    StorageError
        When it can't be read.
    """
    file, network, fresh = read_tensors(path), trainer.network, trainer.state
    try:
        state = TrainingState.restored(file.tensors, file.description["checkpoint"])
        parameters, layers_state = file.tensors[_PARAMETERS], file.tensors[_STATE]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(f"{path} is no checkpoint: {type(error).__name__}: {error}") from None
    best = {
        name: like
        for name, like in (("best.parameters", network.parameters.vector), ("best.state", network.state.vector))
        if state.best.epoch
    }
    expected = {**{f"optimizer.{name}": array for name, array in fresh.optimizer.items()}, **best}
    expected |= {_PARAMETERS: network.parameters.vector, _STATE: network.state.vector}
    if {name: _kind(array) for name, array in file.tensors.items()} != {n: _kind(a) for n, a in expected.items()}:
        raise FileFormatError(f"{path} belongs to another network or optimizer")
    if not (0 <= state.batch < len(trainer.train) and state.steps == state.epoch * len(trainer.train) + state.batch):
        raise FileFormatError(f"{path} has a position that this training does not have")
    network.parameters.vector[...] = parameters
    network.state.vector[...] = layers_state
    trainer.state = state


def _kind(array: NDArray[Any]) -> tuple[Any, ...]:
    return array.shape, array.dtype
