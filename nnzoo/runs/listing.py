"""The runs in a directory: a line for each, whatever state it is in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nnzoo.errors import NnzooError, StorageError, UsageError
from nnzoo.runs.conditions import conditions
from nnzoo.runs.record import read_record


@dataclass(frozen=True)
class RunLine:
    """What a list tells of a run.

    Attributes
    ----------
    path : str
        Its directory.
    status : str
        As `RunRecord.status_at` says; ``no run`` or ``broken`` where there is none.
    dataset, model, activation, optimizer : str
        What was trained on what, as one writes it; empty where nobody knows.
    epochs : int or None
        Whole epochs trained, of a finished run.
    test_accuracy, test_loss, train_seconds : float or None
        Its results, once it has any.
    started : str
        When it began.
    problem : str
        Why it is no run, or what is wrong with it.
    """

    path: str
    status: str
    dataset: str = ""
    model: str = ""
    activation: str = ""
    optimizer: str = ""
    epochs: int | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None
    train_seconds: float | None = None
    started: str = ""
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return asdict(self)


def list_runs(folder: Path) -> list[RunLine]:
    """A line for each directory in a folder, the latest run first and what is no run last.

    Raises
    ------
    UsageError
        When it is a run itself.
    StorageError
        When the folder can't be read.
    """
    if (folder / "run.json").exists():
        raise UsageError(f"{folder} is a run itself", hint=f"nnzoo runs show {folder}")
    try:
        directories = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise StorageError(f"can't read {folder}: {error.strerror or error}") from error
    return sorted(map(_line, directories), key=_place)


def _line(path: Path) -> RunLine:
    if not (path / "run.json").exists():
        return RunLine(str(path), "no run", problem="it has no run.json")
    try:
        record = read_record(path)
    except NnzooError as error:
        return RunLine(str(path), "broken", problem=error.message)
    known = conditions(record)
    return RunLine(
        str(path),
        record.status_at(path),
        dataset=known.get("data set", ""),
        model=known.get("model", ""),
        activation=known.get("activation", ""),
        optimizer=known.get("optimizer", ""),
        epochs=record.epochs_trained,
        test_accuracy=record.figure("test_accuracy"),
        test_loss=record.figure("test_loss"),
        train_seconds=record.figure("train_seconds"),
        started=record.started,
        problem=(record.reason or "").partition("\n")[0],
    )


def _place(line: RunLine) -> tuple[float, str]:
    """What lines are sorted by: the latest first, and last what began nobody knows when."""
    age = float("inf")
    with suppress(ValueError, OverflowError, OSError):
        age = -datetime.strptime(line.started, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    return age, line.path
