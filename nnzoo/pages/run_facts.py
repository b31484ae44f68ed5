"""What a run's record tells, in words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.pages import numbers
from nnzoo.pages.run_results import Results
from nnzoo.plugins.discovery import BUILTIN, one_line
from nnzoo.runs.conditions import conditions, written
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
        run.record.started.replace("T", " "),
        _key_figures(run, results),
        list(_notes(run)),
        _commands(run),
        list(_course(run)),
        _components(run),
        _settings(run),
        _data(run),
        _environment(run),
    )


def spaced(spec: str) -> str:
    """A component as one writes it, with room to break the line: ``one-cycle: warmup=0.25, start=0.04``."""
    return spec.replace(":", ": ", 1).replace(",", ", ")


def _headline(run: TrainedRun, results: Results | None) -> str:
    model, data = (run.record.component(kind).short_name for kind in ("model", "dataset"))
    return f"{one_line(model, 40)} on {one_line(data, 40)}: {_outcome(run, results)}"


def _outcome(run: TrainedRun, results: Results | None) -> str:
    if run.status != "finished":
        return one_line(_state(run), 60)
    if results and results.figures:
        name, value = results.figures[0]
        return f"{name} {value}"
    accuracy = run.record.figure("test_accuracy")
    if accuracy is not None:
        return f"{numbers.share(accuracy)} test accuracy"
    return f"test loss {numbers.loss(run.record.figure('test_loss'))}"


def _state(run: TrainedRun) -> str:
    status = run.status
    after = f" after epoch {len(run.history)}" if run.history else " in the first epoch"
    return f"{_STATES.get(status, status)}{after}"


def _key_figures(run: TrainedRun, results: Results | None) -> Pairs:
    """The figures that matter most; of a run that has not finished, those of its last epoch."""
    record = run.record
    known = record.figures or (run.history[-1] if run.history else {})
    found = list(results.figures) if results else []
    for part, title in _PARTS.items():
        for figure, spell in (("accuracy", numbers.share), ("loss", numbers.loss)):
            value = known.get(f"{part}_{figure}")
            found += [] if value is None else [(f"{title} {figure}", spell(value))]
    found.append(("Epochs", numbers.count(len(run.history))))
    if record.kept_epoch not in (None, len(run.history)):
        found.append(("Weights of epoch", numbers.count(record.kept_epoch)))
    found.append(("Parameters", numbers.count(record.network.parameters)))
    return found + ([("Training time", numbers.seconds(known["train_seconds"]))] if "train_seconds" in known else [])


def _notes(run: TrainedRun) -> Iterator[str]:
    record = run.record
    if run.status != "finished":
        reason = f": {one_line(record.reason)}" if record.reason else ""
        yield f"This run has not finished ({_state(run)}){reason}"
    if record.fallback:
        yield f"These data stand in for {record.fallback.wanted}, which could not be had: {record.fallback.reason}"


def _course(run: TrainedRun) -> Iterator[str]:
    record = run.record
    for one in record.resumed:
        otherwise = f", under other conditions ({'; '.join(one.differences)})" if one.differences else ""
        yield f"Resumed at {one.at}, after step {one.steps}{otherwise}."
    patience, planned, kept = record.settings.get("early_stopping"), record.settings.get("epochs"), record.kept_epoch
    if patience and isinstance(planned, int) and record.results and len(run.history) < planned:
        yield (
            f"Stopped early, after epoch {len(run.history)} of {planned}: "
            f"the validation loss had not become better for {patience} epochs."
        )
    if run.history and kept not in (None, len(run.history)):
        yield f"The weights that were kept are those of epoch {kept}."


def _commands(run: TrainedRun) -> Pairs:
    given = list(run.record.command)
    known = given[:1] == ["nnzoo"]
    place = place_options(given) if known else []
    status, path = run.status, str(run.path)
    found = [("It was trained with", given)] if known else []
    if status == "finished":
        found.append(("To train it again and compare, bit for bit", ["nnzoo", "reproduce", path, *place]))
    elif status not in ("diverged", "running"):
        found.append(("To go on with it", ["nnzoo", "train", "--resume", path, *place]))
    if run.recipe_or_none is not None:
        whole = shlex.split(recipe_command(run.record.components, run.record.settings))
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
    known = {("data set" if kind == "dataset" else kind): one for kind, one in run.record.components.items()}
    return [
        (kind, spaced(written(known[kind])), f"{known[kind].origin} {known[kind].version}".strip())
        for kind in _COMPONENTS
        if kind in known
    ]


def _settings(run: TrainedRun) -> Pairs:
    """Every other choice."""
    known = conditions(run.record)
    return [(name.replace("_", " "), "none" if known[name] == "-" else known[name]) for name in run.record.settings]


def _environment(run: TrainedRun) -> Pairs:
    """What the last bits of the result depend on."""
    known = conditions(run.record)
    plugins = [name for name in known if name.startswith("plugin ")]
    return [(name, known[name]) for name in (*_ENVIRONMENT, *plugins) if known.get(name, "-") != "-"]


def _data(run: TrainedRun) -> Pairs:
    """The data: which, how many, in what shape, under what license."""
    data, names = run.record.data, run.record.data.class_names
    found: Pairs = [
        ("data set", run.record.component("dataset").name.removeprefix(f"{BUILTIN}/")),
        ("SHA-256", data.sha256),
        ("samples", ", ".join(f"{numbers.count(count)} {part}" for part, count in data.samples.items() if count)),
        ("shape of a sample", "×".join(map(str, data.input_shape))),
        ("inputs multiplied by", str(data.scale)),
    ]
    if names:
        more = f", and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        found.append((f"{len(names)} classes", ", ".join(names[:_MOST_NAMES]) + more))
    else:
        found.append(("values to predict", str(data.outputs)))
    with suppress(NnzooError):  # it is the component's to tell, and that may not be here
        found.append(("license", run.loader.license))
    return found
