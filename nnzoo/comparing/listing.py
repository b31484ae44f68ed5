"""`list_runs`: the runs in a folder and below it, one line for each run or group of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nnzoo.comparing.candidates import find_candidate, summarize, unknown_direction
from nnzoo.errors import NnzooError, UsageError, did_you_mean, storage_errors
from nnzoo.plugins.registry import Registry
from nnzoo.runs.conditions import conditions
from nnzoo.runs.group import is_group, read_group
from nnzoo.runs.record import NoRunError, measures_of_record, read_record
from nnzoo.terminal import quoted
from nnzoo.training.measures import LOSS, Measure

SECONDS = "train_seconds"
_SECONDS = Measure("seconds", "seconds", "seconds")


@dataclass(frozen=True)
class RunLine:
    """One line of a list: a run or a group of runs.

    Attributes
    ----------
    path : str
        Its directory.
    status : str
        From `RunRecord.status_at`; or ``no run`` or ``broken``; or how many runs of a group have finished.
    dataset, task, model, activation, optimizer : str
        Names and specs; empty if unknown.
    epochs : int or None
        Whole epochs trained, of a finished run.
    figures : dict of str to float
        Loss and metrics of each part of the data, by name.
    started : str
        When it began.
    problem : str
        Why it is not a run, or what is wrong with it.
    measures : dict of str to Measure
        The measures of its figures, by name without the part.
    runs : int
        The number of runs whose mean the figures are; 0 for a single run.
    within : dict of str to float
        Of a group, half the width of the 95 % interval of each mean; of folds, their standard deviation.
    """

    path: str
    status: str
    dataset: str = ""
    task: str = ""
    model: str = ""
    activation: str = ""
    optimizer: str = ""
    epochs: int | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None
    train_seconds: float | None = None
    figures: dict[str, float] = field(default_factory=dict)
    started: str = ""
    problem: str = ""
    measures: dict[str, Measure] = field(default_factory=dict)
    runs: int = 0
    within: dict[str, float] = field(default_factory=dict)

    @property
    def main_figure(self) -> str:
        """The most informative figure: the first metric on the test data, or the test loss."""
        names = (f"test_{name}" for name in self.measures if name != LOSS.name)
        return next((name for name in names if name in self.figures), "test_loss")

    def figure(self, name: str) -> float | None:
        """A result by its full name."""
        return self.train_seconds if name == SECONDS else self.figures.get(name)

    def measure(self, name: str) -> Measure | None:
        """The measure of a figure, by its full name."""
        return _SECONDS if name == SECONDS else self.measures.get(name.partition("_")[2])

    def to_dict(self) -> dict[str, Any]:
        """What ``--json`` prints, by name."""
        left_out = ("measures",) if self.runs else ("measures", "runs", "within")
        return {name: value for name, value in asdict(self).items() if name not in left_out}


def list_runs(folder: Path, registry: Registry) -> list[RunLine]:
    """The lines for a folder: the latest run first, directories without runs last.

    Runs are found at any depth; a group of runs has one line.

    Raises
    ------
    UsageError
        When the folder is a run itself.
    StorageError
        When the folder can't be read.
    """
    with storage_errors(f"read {folder}"):
        if (folder / "run.json").exists():
            raise UsageError(f"{folder} is a run itself", hint=f"nnzoo runs show {quoted(folder)}")
        directories = sorted(path for path in folder.iterdir() if path.is_dir())
    return sorted((line for path in directories for line in _lines(path, registry)), key=_place)


def sorted_runs(lines: Sequence[RunLine], figure: str) -> list[RunLine]:
    """Sort lines by a figure, such as ``test_f1``, the best first; those without it come last, in their order.

    Raises
    ------
    UsageError
        When no run has it, or no installed metric says which direction is better.
    """
    known = dict.fromkeys([*(name for line in lines for name in line.figures), SECONDS])
    if figure not in known:
        meant = [name for name in known if name.partition("_")[2] == figure]
        near = f"did you mean {' or '.join(meant)}? " if meant else did_you_mean(figure, known)
        raise UsageError(f"no run has a figure {figure!r}", hint=f"{near}known are {', '.join(known)}")
    measures = (line.measure(figure) for line in lines if line.figure(figure) is not None)
    measure = next(filter(None, measures), None)
    if measure is None:
        raise unknown_direction(figure)
    sign = -1 if measure.higher_is_better else 1
    return sorted(lines, key=lambda line: math.inf if (value := line.figure(figure)) is None else sign * value)


def _lines(path: Path, registry: Registry) -> list[RunLine]:
    """The line of a run, a group, or a directory without runs; or the lines of the runs below a directory."""
    if (path / "run.json").exists() or path.is_symlink():
        return [_line(path, registry)]
    if is_group(path):
        return [_group_line(path, registry)]
    try:
        below = sorted(each for each in path.iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        below = []
    found = [line for each in below for line in _lines(each, registry) if line.status != "no run"]
    return found or [_line(path, registry)]


def _group_line(path: Path, registry: Registry) -> RunLine:
    """The line of a group of runs."""
    try:
        record = read_group(path)
        lines = [_line(each, registry) for each in record.paths(path).values() if (each / "run.json").exists()]
        candidate = find_candidate(path) if lines else None
    except NnzooError as error:
        return RunLine(str(path), "broken", problem=error.message)
    finished = sum(line.status == "finished" for line in lines)
    count = f"{len(record.numbers)} {record.unit}s" if len(record.numbers) > 1 else f"1 {record.unit}"
    status = count if finished == len(record.numbers) else f"{finished} of {count}"
    if candidate is None:
        return RunLine(str(path), status, problem="no run has begun")
    summaries = summarize(candidate)
    seconds = [line.train_seconds for line in lines if line.train_seconds is not None]
    epochs = {line.epochs for line in lines}
    figures = {name: summary.mean for name, summary in summaries.items()}
    return replace(
        lines[0],
        path=str(path),
        status=status,
        epochs=epochs.pop() if len(epochs) == 1 else None,
        test_accuracy=figures.get("test_accuracy"),
        test_loss=figures.get("test_loss"),
        train_seconds=sum(seconds) if seconds else None,
        figures=figures,
        problem=next((line.problem for line in lines if line.problem), ""),
        runs=finished,
        within={name: summary.within for name, summary in summaries.items()},
    )


def _line(path: Path, registry: Registry) -> RunLine:
    try:
        record = read_record(path)
    except NoRunError:
        return RunLine(str(path), "no run", problem="it has no run.json")
    except NnzooError as error:
        return RunLine(str(path), "broken", problem=error.message)
    known = conditions(record)
    return RunLine(
        str(path),
        record.status_at(path),
        dataset=record.data_name,
        task=known.get("task", ""),
        model=known.get("model", ""),
        activation=known.get("activation", ""),
        optimizer=known.get("optimizer", ""),
        epochs=record.epochs_trained,
        test_accuracy=record.figure("test_accuracy"),
        test_loss=record.figure("test_loss"),
        train_seconds=record.figure("train_seconds"),
        figures=record.measured,
        measures=measures_of_record(registry, record),
        started=record.started,
        problem=(record.reason or "").partition("\n")[0],
    )


def _place(line: RunLine) -> tuple[float, str]:
    """The sort key of lines: the latest first, those without a known start last."""
    age = math.inf
    with suppress(ValueError, OverflowError, OSError):
        age = -datetime.strptime(line.started, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    return age, line.path
