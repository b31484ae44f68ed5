"""Observers of a training run: gradient clipping, an average of the weights, a target that stops it, and a log."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, doc

from nnzoo.api import (
    EpochObserver,
    FilesObserver,
    Floats,
    GradientObserver,
    Moment,
    Observer,
    ObserverMemory,
    ObserverPlan,
    StorageError,
    UsageError,
    WeightsObserver,
    hookimpl,
    write_whole,
)


@dataclass(frozen=True)
class Clip(GradientObserver):
    """Scales the gradient down if its norm, over all parameters together, is above a limit.

    Equation::

        g ← g · min(1, c / ‖g‖₂)

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural networks", ICML.
    """

    name: ClassVar[str] = "clip"

    norm: Annotated[float, Gt(0), doc("the largest norm c of a gradient")] = 1.0

    def plan(self, moment: Moment) -> ObserverPlan:
        return ObserverPlan()

    def gradient(self, moment: Moment, memory: ObserverMemory) -> None:
        gradient = moment.gradient
        with np.errstate(over="ignore"):
            norm = math.sqrt(float(gradient.dot(gradient)))
        if not math.isfinite(norm):  # the squares overflow, but the gradient is finite
            gradient /= float(np.abs(gradient).max())
            norm = math.sqrt(float(gradient.dot(gradient)))
            gradient *= self.norm / norm
        elif norm > self.norm:
            gradient *= self.norm / norm


@dataclass(frozen=True)
class Average(WeightsObserver):
    """An exponential moving average of the parameters, which is measured and saved instead of the current ones.

    Equation, after step t::

        ā ← δ ā + (1 − δ) θ,   δ = min(decay, (1 + t) / (10 + t))

    The first steps, whose parameters are far from the final ones, are forgotten sooner.

    References
    ----------
    Polyak & Juditsky (1992), "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 30(4).
    """

    name: ClassVar[str] = "average"

    decay: Annotated[float, Ge(0), Lt(1), doc("largest share of the old average that is kept at each step")] = 0.99

    def plan(self, moment: Moment) -> ObserverPlan:
        shape = moment.parameters.shape
        return ObserverPlan(state={"average": shape, "steps": ()}, workspace={"change": shape})

    def after_step(self, moment: Moment, memory: ObserverMemory) -> None:
        average, change, steps = memory.state["average"], memory.workspace["change"], memory.state["steps"]
        if not steps:
            np.copyto(average, moment.parameters)
        steps += 1
        decay = min(self.decay, (1 + float(steps)) / (10 + float(steps)))
        np.subtract(moment.parameters, average, out=change)
        change *= 1 - decay
        average += change

    def weights(self, memory: ObserverMemory) -> Floats:
        return memory.state["average"]


@dataclass(frozen=True)
class StopAt(EpochObserver):
    """Stops training after the epoch in which a figure reaches a target.

    The figure is that of the validation data or, without a validation part, that of the training data; never of the
    test data.
    """

    name: ClassVar[str] = "stop-at"

    metric: Annotated[str, doc("loss, or the name of a measured metric")] = "loss"
    target: Annotated[float, Ge(-1e9), Le(1e9), doc("the value to reach, as in metrics.jsonl: 0.98 for 98 %")] = 0.0

    def plan(self, moment: Moment) -> ObserverPlan:
        if self.metric not in moment.figures:
            raise UsageError(
                f"{self.label}: {self.metric} is not measured", hint=f"measured are {', '.join(moment.figures)}"
            )
        return ObserverPlan()

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        part = "validation" if moment.has_validation else "train"
        value = figures[f"{part}_{self.metric}"]
        if value is None:
            return None
        higher = moment.figures[self.metric]
        if (value >= self.target) if higher else (value <= self.target):
            return f"{part} {self.metric} {value:.6g} is {'at least' if higher else 'at most'} {self.target:g}"
        return None


@dataclass(frozen=True)
class Log(EpochObserver, FilesObserver):
    """Writes each epoch's figures to a file in the run's directory: CSV, JSON lines, or the table ``epochs`` of SQLite.

    If an epoch is trained again after a kill, its figures are replaced.
    """

    name: ClassVar[str] = "log"
    only_watches: ClassVar[bool] = True

    file: Annotated[str, doc("name of the file; .csv, .jsonl or .sqlite decides its format")] = "log.csv"

    def plan(self, moment: Moment) -> ObserverPlan:
        if not re.fullmatch(r"\w[\w.-]*\.(csv|jsonl|sqlite)", self.file) or self.file == "metrics.jsonl":
            raise UsageError(
                f"{self.label}: file = {self.file} is not a file name that ends in .csv, .jsonl or .sqlite",
                hint="give a name without a folder, other than metrics.jsonl, which nnzoo writes; the file is in the "
                "run's directory, or without a run in the current one",
            )
        return ObserverPlan()

    def files(self) -> tuple[str, ...]:
        # SQLite leaves a journal if it is killed.
        return (self.file, f"{self.file}-journal") if self.file.endswith(".sqlite") else (self.file,)

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        path = (moment.run_dir or Path()) / self.file
        try:
            _WRITERS[path.suffix](path, figures)
        except OSError as error:
            raise StorageError(f"can't write {path}: {error.strerror or error}") from error
        return None


def _write_csv(path: Path, figures: Mapping[str, float | None]) -> None:
    rows = [dict(row) for row in csv.DictReader(io.StringIO(_text(path, figures)))]
    earlier = [row for row in rows if int(row["epoch"]) < (figures["epoch"] or 0)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(figures), lineterminator="\n")
    writer.writeheader()
    writer.writerows([*earlier, figures])
    write_whole(path, text.getvalue().encode())


def _write_jsonl(path: Path, figures: Mapping[str, float | None]) -> None:
    lines = _text(path, figures).splitlines()
    earlier = [line for line in lines if json.loads(line)["epoch"] < figures["epoch"]]
    write_whole(path, "".join(f"{line}\n" for line in [*earlier, json.dumps(figures)]).encode())


def _write_sqlite(path: Path, figures: Mapping[str, float | None]) -> None:
    names = ", ".join(f'"{name}"' for name in figures)
    with closing(sqlite3.connect(path)) as database, database:
        if figures["epoch"] == 1:
            database.execute("DROP TABLE IF EXISTS epochs")
        database.execute(f"CREATE TABLE IF NOT EXISTS epochs ({names})")
        database.execute("DELETE FROM epochs WHERE epoch >= ?", (figures["epoch"],))
        marks = ", ".join("?" * len(figures))
        database.execute(f"INSERT INTO epochs ({names}) VALUES ({marks})", list(figures.values()))


def _text(path: Path, figures: Mapping[str, Any]) -> str:
    """The file's contents from earlier epochs; empty at the first epoch."""
    return path.read_text(encoding="utf-8") if figures["epoch"] > 1 and path.exists() else ""


_WRITERS = {".csv": _write_csv, ".jsonl": _write_jsonl, ".sqlite": _write_sqlite}


@hookimpl
def nnzoo_observers() -> list[type[Observer]]:
    return [Clip, Average, StopAt, Log]
