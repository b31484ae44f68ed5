"""`Followed`: a run that another process trains, observed through the files that it writes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import final

import numpy as np
from nnzoo.api import (
    NnzooError,
    RunDirectory,
    built_from_record,
    make_trainer,
    prepare,
    prepare_dataset,
    read_checkpoint,
    read_record,
    recorded_start,
)

from nnzoo_playground.lab import Lab
from nnzoo_playground.settings import Choices, Settings


@final
class Followed:
    """A run's directory, and the state that was last read from it. Nothing is written there.

    Parameters
    ----------
    lab : Lab
        Shows the run.
    path : Path
        The run's directory.

    Raises
    ------
    NnzooError
        When it is not a run, its data are not available, or a plugin is missing.
    """

    def __init__(self, lab: Lab, path: Path) -> None:
        self._lab, self._directory = lab, RunDirectory(path)
        record = read_record(path)
        recipe, loader = built_from_record(lab.registry, record)
        recipe = replace(recipe, observers=())
        dataset = loader.load(lab.cache)
        start = recorded_start(lab.registry, path, record)
        data = (start.prepare_dataset if start else prepare_dataset)(
            dataset, recipe.task, validation=recipe.validation, seed=recipe.seed, registry=lab.registry
        )
        trainer, _ = make_trainer(lab.registry, recipe, dataset, data, start)
        lab.dataset, lab.data, lab.recipe, lab.start = dataset, data, recipe, start
        lab.trainer = prepare(trainer.network, recipe, data)
        given = {**recipe.components(), "learning_rate": recipe.learning_rate, "epochs": recipe.epochs}
        given |= {"weight_decay": recipe.weight_decay, "batch_size": recipe.batch_size, "seed": recipe.seed}
        lab.choices = Choices(loader, given)
        lab.settings = Settings(
            dataset=str(loader)[:1000],
            layers=[],
            model=str(recipe.model)[:2000],
            activation=str(recipe.activation),
            optimizer=str(recipe.optimizer),
            schedule=str(recipe.schedule),
            loss=str(recipe.loss),
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            epochs=max(1, min(recipe.epochs, 1_000_000)),
            batch_size=min(recipe.batch_size, 100_000),
            seed=min(recipe.seed, 2**31),
        )
        self._seen: tuple[tuple[int, int], ...] = ()
        self.status = ""
        self.look()

    def look(self) -> bool:
        """Read the run's files; return whether there was a new checkpoint, epoch or status."""
        directory, status = self._directory, self.status
        with suppress(NnzooError):  # it may be writing just now
            self.status = read_record(directory.path).status_at(directory.path)
        files = directory.checkpoint, directory.path / "metrics.jsonl"
        now = tuple((file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else (0, 0) for file in files)
        if now != self._seen:
            with suppress(NnzooError, OSError):
                self._take(directory.read_metrics(), files[0] if files[0].exists() else None)
                self._seen = now
                return True
        return status != self.status

    def _take(self, history: list[dict[str, float | None]], checkpoint: Path | None) -> None:
        lab, state = self._lab, self._lab.trainer.state
        shown = round(lab.curves.newest)
        for line in history[shown:]:
            lab.curves.add(float(line["epoch"] or 0), line, lab.metric)
        state.epoch, state.batch = len(history), 0
        state.steps = len(history) * len(lab.trainer.train)
        if checkpoint is not None:
            kept = read_checkpoint(checkpoint)
            if kept.parameters.shape == lab.network.parameters.vector.shape:
                np.copyto(lab.network.parameters.vector, kept.parameters)
                np.copyto(lab.network.state.vector, kept.layers_state)
                state.epoch, state.batch, state.steps = kept.state.epoch, kept.state.batch, kept.state.steps
