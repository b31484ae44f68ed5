"""`replay`: a run trained again in memory, to look at the network after each epoch."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nnzoo.errors import FileFormatError
from nnzoo.kinds import Dataset
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import built_from_record, read_record
from nnzoo.runs.run import make_trainer, recorded_start
from nnzoo.terminal import quoted
from nnzoo.training.recipe import fitting_threads

logger = logging.getLogger("nnzoo")


def replay(registry: Registry, path: Path, dataset: Dataset) -> Iterator[tuple[int, Network]]:
    """The network before the first step, and after each epoch that the run has figures of.

    A run is exact to the bit, so its record says what it was at any time, and nothing needs to be kept. It takes as
    long as the training took. If an epoch's figures come out otherwise than they were, such as on another kind of
    processor, a warning says from which epoch on. Observers that only watch are left out.

    Parameters
    ----------
    registry : Registry
        Where the run's components are looked up.
    path : Path
        The run's directory; nothing is written there.
    dataset : Dataset
        The data that it was trained on.

    Yields
    ------
    epoch, network : int, Network
        The same network each time, trained in place; with the weights that were measured.
    """
    record, history = read_record(path), RunDirectory(path).read_metrics()
    recipe, _ = built_from_record(registry, record)
    decisive = tuple(observer for observer in recipe.observers if not observer.only_watches)
    recipe = fitting_threads(replace(recipe, observers=decisive))
    trainer, _ = make_trainer(registry, recipe, dataset, start=recorded_start(registry, path, record))
    yield 0, trainer.network
    same = True
    with trainer.observing.watching(trainer.state, trainer.recipe):
        for line in history:
            metrics = trainer.advance()
            if metrics is None or trainer.state.epoch > recipe.epochs:
                raise FileFormatError(f"{path} has figures of more epochs than its record has")
            now = metrics.to_dict()
            if same and any(line.get(name) != value for name, value in now.items() if name != "seconds"):
                same = False
                logger.warning(
                    "%s, trained again, has other figures from epoch %d on; nnzoo reproduce %s shows why",
                    *(path, metrics.epoch, quoted(path)),
                )
            with trainer.observing.own_weights(trainer.state):
                trainer.freezing.restore()
                yield metrics.epoch, trainer.network
