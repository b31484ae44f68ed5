"""What a run's record tells, in words. It may come from a stranger: what is not as it should be is left out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nnzoo.errors import NnzooError
from nnzoo.pages import numbers
from nnzoo.pages.run_results import Results
from nnzoo.plugins.discovery import one_line
from nnzoo.runs.conditions import conditions
from nnzoo.runs.record import changed_conditions, number, resumptions
from nnzoo.runs.run import place_options
from nnzoo.trained_run import TrainedRun
from nnzoo.zoo.card import recipe_command

Pairs = list[tuple[str, str]]
_PARTS = {"test": "Test", "validation": "Validation", "train": "Training"}
_COMPONENTS = ("data set", "model", "activation", "loss", "optimizer", "schedule")
_ENVIRONMENT = ("nnzoo", "numpy", "matrix products", "machine", "python", "system")
_STATES = {
    "running": "still running",
    "killed": "killed",
    "interrupted": "interrupted",
    "diverged": "diverged",
    "failed": "failed",
}
_LINE = 60
"""Characters of a command that need no line for each option."""
_MOST_NAMES = 100
"""Class names that are listed."""


@dataclass(frozen=True)
class Facts:
    """What a record tells, in the order of the page.

    Attributes
    ----------
    headline : str
        Model, data, and what came of it.
    started : str
        When it began.
    key_figures : list of (str, str)
    notes : list of str
        What is to be known before anything else is believed.
    commands : list of (str, str)
        What to type, below what comes of it.
    course : list of str
        How the training was resumed, and why it ended when it did.
    components : list of (str, str, str)
        Kind, component with its hyperparameters, where it comes from.
    settings, data, environment : list of (str, str)
    """

    headline: str
    started: str
    key_figures: Pairs
    notes: list[str]
    commands: Pairs
    course: list[str]
    components: list[tuple[str, str, str]]
    settings: Pairs
    data: Pairs
    environment: Pairs


def facts(run: TrainedRun, results: Results | None) -> Facts:
    """Read a run's record; the headline and the key figures also have what was measured, where it was."""
    return Facts(
        _headline(run, results),
        str(run.record.get("started") or "").replace("T", " "),
        _key_figures(run, results),
        list(_notes(run)),
        _commands(run),
        list(_course(run)),
        _components(run),
        _settings(run),
        _data(run),
        _environment(run),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """A part of a record that should be a mapping; empty where it is none."""
    return value if isinstance(value, Mapping) else {}


def spaced(spec: str) -> str:
    """A component as one writes it, with room to break the line: ``one-cycle: warmup=0.25, start=0.04``."""
    return spec.replace(":", ": ", 1).replace(",", ", ")


def _headline(run: TrainedRun, results: Results | None) -> str:
    known = conditions(run.record)
    model, data = (known.get(name, "?").partition(":")[0].rpartition("/")[2] for name in ("model", "data set"))
    return f"{one_line(model, 40)} on {one_line(data, 40)}: {_outcome(run, results)}"


def _outcome(run: TrainedRun, results: Results | None) -> str:
    if run.status != "finished":
        return one_line(_state(run), 60)
    if results and results.figures:
        name, value = results.figures[0]
        return f"{name} {value}"
    recorded = _mapping(run.record.get("results"))
    if number(recorded.get("test_accuracy")) is not None:
        return f"{numbers.share(recorded['test_accuracy'])} test accuracy"
    return f"test loss {numbers.loss(recorded.get('test_loss'))}"


def _state(run: TrainedRun) -> str:
    status = run.status
    after = f" after epoch {len(run.history)}" if run.history else " in the first epoch"
    return f"{_STATES.get(status, status)}{after}"


def _key_figures(run: TrainedRun, results: Results | None) -> Pairs:
    """The figures that matter most; of a run that has not finished, those of its last epoch."""
    known = _mapping(run.record.get("results")) or (run.history[-1] if run.history else {})
    found = list(results.figures) if results else []
    for part, title in _PARTS.items():
        for figure, written in (("accuracy", numbers.share), ("loss", numbers.loss)):
            value = known.get(f"{part}_{figure}")
            found += [] if number(value) is None else [(f"{title} {figure}", written(value))]
    found.append(("Epochs", numbers.count(len(run.history))))
    kept = known.get("kept_epoch", len(run.history))
    found += [] if kept == len(run.history) else [("Weights of epoch", numbers.count(kept))]
    found.append(("Parameters", numbers.count(_mapping(run.record.get("network")).get("parameters"))))
    return found + ([("Training time", numbers.seconds(known["train_seconds"]))] if "train_seconds" in known else [])


def _notes(run: TrainedRun) -> Iterator[str]:
    record = run.record
    if run.status != "finished":
        reason = f": {one_line(str(record['reason']))}" if record.get("reason") else ""
        yield f"This run has not finished ({_state(run)}){reason}"
    fallback = _mapping(record.get("fallback"))
    if fallback:
        yield (f"These data stand in for {fallback.get('wanted')}, which could not be had: {fallback.get('reason')}")


def _course(run: TrainedRun) -> Iterator[str]:
    for one in resumptions(run.record):
        changed = changed_conditions(one)
        otherwise = f", under other conditions ({changed})" if changed else ""
        yield f"Resumed at {one.get('at')}, after step {one.get('steps')}{otherwise}."
    settings, results = _mapping(run.record["settings"]), _mapping(run.record.get("results"))
    patience, planned, kept = (settings.get("early_stopping"), settings.get("epochs"), results.get("kept_epoch"))
    if patience and isinstance(planned, int) and results and len(run.history) < planned:
        yield (
            f"Stopped early, after epoch {len(run.history)} of {planned}: "
            f"the validation loss had not become better for {patience} epochs."
        )
    if isinstance(kept, int) and run.history and kept != len(run.history):
        yield f"The weights that were kept are those of epoch {kept}."


def _commands(run: TrainedRun) -> Pairs:
    given = [str(word) for word in run.record["command"]]
    known = given[:1] == ["nnzoo"]
    place = place_options(given) if known else []
    status, path = run.status, str(run.path)
    found = [("It was trained with", given)] if known else []
    if status == "finished":
        found.append(("To train it again and compare, bit for bit", ["nnzoo", "reproduce", path, *place]))
    elif status not in ("diverged", "running"):
        found.append(("To go on with it", ["nnzoo", "train", "--resume", path, *place]))
    if run.recipe_or_none is not None:
        whole = shlex.split(recipe_command(run.record["components"], run.record["settings"]))
        found.append(("To train the same elsewhere, with every choice written out", [*whole, *place]))
    return [(purpose, _on_lines(words)) for purpose, words in found]


def _on_lines(words: Sequence[str]) -> str:
    """A command as a shell takes it; a long one has a line for each option."""
    whole = shlex.join(words)
    if len(whole) <= _LINE:
        return whole
    lines: list[list[str]] = [[]]
    for word in words:
        if word.startswith("--"):
            lines.append([])
        lines[-1].append(word)
    return " \\\n  ".join(map(shlex.join, lines))


def _components(run: TrainedRun) -> list[tuple[str, str, str]]:
    known, stored = conditions(run.record), _mapping(run.record["components"])
    rows = []
    for kind in _COMPONENTS:
        one = _mapping(stored.get("dataset" if kind == "data set" else kind))
        if one:
            origin = str(one.get("name")).rpartition("/")[0]
            rows.append((kind, spaced(known[kind]), f"{origin} {one.get('version') or ''}".strip()))
    return rows


def _settings(run: TrainedRun) -> Pairs:
    """Every other choice."""
    known = conditions(run.record)
    return [
        (name.replace("_", " "), "none" if known[name] == "-" else known[name])
        for name in _mapping(run.record["settings"])
        if name in known
    ]


def _environment(run: TrainedRun) -> Pairs:
    """What the last bits of the result depend on."""
    known = conditions(run.record)
    plugins = [name for name in known if name.startswith("plugin ")]
    return [(name, known[name]) for name in (*_ENVIRONMENT, *plugins) if known.get(name, "-") != "-"]


def _data(run: TrainedRun) -> Pairs:
    """The data: which, how many, in what shape, under what license."""
    data = _mapping(run.record["data"])
    samples, names = _mapping(data.get("samples")), data.get("class_names")
    found: Pairs = [
        ("data set", conditions(run.record).get("data set", "?").partition(":")[0]),
        ("SHA-256", str(data.get("sha256"))),
    ]
    counted = (f"{numbers.count(count)} {part}" for part, count in samples.items() if isinstance(count, int) and count)
    found.append(("samples", ", ".join(counted)))
    shape = data.get("input_shape")
    if isinstance(shape, list):
        found.append(("shape of a sample", "×".join(map(str, shape))))
    found.append(("inputs multiplied by", str(data.get("scale"))))
    if isinstance(names, list) and names:
        more = f", and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        found.append((f"{len(names)} classes", ", ".join(map(str, names[:_MOST_NAMES])) + more))
    else:
        found.append(("values to predict", str(data.get("outputs"))))
    with suppress(NnzooError):  # it is the component's to tell, and that may not be here
        found.append(("license", run.loader.license))
    return found
