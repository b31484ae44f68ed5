"""The record of a run as text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePath

from nnzoo.errors import NnzooError
from nnzoo.figures.words import COMPONENTS, capitalized
from nnzoo.kinds import Columns
from nnzoo.model.columns import describe_columns, describe_step
from nnzoo.model.stored import StoredStart
from nnzoo.pages import numbers
from nnzoo.pages.page import Table
from nnzoo.plugins.discovery import BUILTIN
from nnzoo.runs.commands import place_options, recipe_command
from nnzoo.runs.conditions import conditions, sorted_spec
from nnzoo.runs.directory import RunDirectory
from nnzoo.terminal import one_line
from nnzoo.trained_run import TrainedRun
from nnzoo.training.baseline import AgainstBaseline
from nnzoo.training.measures import LOSS
from nnzoo.training.recipe import LISTS

Pairs = list[tuple[str, str]]
_PARTS = {"test": "Test", "validation": "Validation", "train": "Training"}
_ENVIRONMENT = ("nnzoo", "numpy", "matrix products", "machine", "python", "system")
_LINE = 60
"""Longer commands, in characters, have a line for each option."""
_MOST_NAMES = 100
"""The most names of classes, labels or values."""
_TILES = 2
"""The most metrics among the key figures; a table has all of them."""
_VERDICTS = ("better", "constant", "no better", "too few")


def preprocessing_table(run: TrainedRun) -> Table | None:
    """Return a row for each column of a table or each step of an array, with those of the targets last.

    None if the run has no network or no preprocessing.
    """
    try:
        preprocessing = run.dnn.preprocessing
    except NnzooError:
        return None
    targets = "; ".join(map(describe_step, preprocessing.targets))
    missing, rows = _missing(run), list[tuple[str, ...]]()
    for each in describe_columns(preprocessing):
        steps, count_of_missing = "; ".join(each.steps), missing.get(each.column, "–")
        rows.append((each.column, each.holds, steps, each.missing, count_of_missing, f"{each.inputs}"))
    if rows:
        titles = ["column", "holds", "steps", "a missing value is", "missing", "inputs"]
        rows += [("(target)", "number", targets, "", "", "")] if targets else []
        return Table(titles, rows, 4)
    rows += [("inputs", describe_step(step)) for feature in preprocessing.features for step in feature.steps]
    rows += [("targets", targets)] if targets else []
    return Table(["what", "step"], rows, 2) if rows else None


def _missing(run: TrainedRun) -> dict[str, str]:
    """The number of missing values of each column in the training part; empty if the data are not available."""
    with suppress(NnzooError):
        table = run.dataset.train.inputs
        if isinstance(table, Columns):
            return {n: numbers.count(sum(value is None or value != value for value in table[n])) for n in table}
    return {}


@dataclass(frozen=True)
class Facts:
    """The record of a run as text, in the order of the page.

    Attributes
    ----------
    figures : list of tuple of str
        All metrics: the name, the value on each of the ``parts`` of the data, and the description.
    baseline : str
        The comparison with the best constant answer, if the network is better; otherwise it is one of the ``notes``.
    commands : list of (str, str)
        Purposes and commands.
    course : list of str
        When the run was resumed, and why it ended.
    components : list of (str, str, str)
        Kind, component with its hyperparameters, package with its version.
    """

    headline: str
    started: str
    key_figures: Pairs
    figures: list[tuple[str, ...]]
    parts: list[str]
    baseline: str
    notes: list[str]
    commands: Pairs
    course: list[str]
    components: list[tuple[str, str, str]]
    settings: Pairs
    data: Pairs
    environment: Pairs


def facts(run: TrainedRun) -> Facts:
    """Return the record of a run as text."""
    baseline = _baseline(run)
    parts = [part for part in _PARTS if any(f"{part}_{figure}" in _known(run) for figure in ("loss", *run.figures))]
    return Facts(
        _headline(run),
        run.record.started.replace("T", " "),
        _key_figures(run),
        _figures(run, parts),
        [_PARTS[part].lower() for part in parts],
        _compared(run, baseline) if baseline and baseline.verdict == "better" else "",
        list(_notes(run, baseline)),
        _commands(run),
        list(_course(run)),
        _components(run),
        _settings(run),
        _data(run),
        _environment(run),
    )


def spaced(spec: str) -> str:
    """Add spaces to a spec, at which lines can break: ``one-cycle: warmup=0.25, start=0.04``."""
    return spec.replace(":", ": ", 1).replace(",", ", ")


def _headline(run: TrainedRun) -> str:
    model, data = run.record.component("model").short_name, PurePath(run.record.data_name).name
    return f"{one_line(model, 40)} on {one_line(data, 40)}: {_outcome(run)}"


def _outcome(run: TrainedRun) -> str:
    if run.status != "finished":
        return one_line(_state(run), 60)
    for figure in run.figures[:1]:
        for part in ("test", "validation"):
            value = run.record.figure(f"{part}_{figure}")
            if value is not None:
                measure = run.measure(figure)
                shown = measure.show(value)
                return f"{shown} {part} {measure.title}" if measure.is_share else f"{part} {measure.title} {shown}"
    return f"test loss {LOSS.show(run.record.figure('test_loss'))}"


def _state(run: TrainedRun) -> str:
    status = "still running" if run.status == "running" else run.status
    return status + (f" after epoch {len(run.history)}" if run.history else " in the first epoch")


def _known(run: TrainedRun) -> dict[str, float]:
    """The figures of a run; for an unfinished run, those of its last epoch."""
    last = run.history[-1] if run.history else {}
    return run.record.figures or {name: value for name, value in last.items() if value is not None}


def _key_figures(run: TrainedRun) -> Pairs:
    record, known, shown = run.record, _known(run), list[tuple[str, str]]()
    for part, title in _PARTS.items():
        for figure in (*run.figures[:_TILES], "loss"):
            value, measure = known.get(f"{part}_{figure}"), run.measure(figure)
            shown += [] if value is None else [(f"{title} {measure.title}", measure.show(value))]
    shown.append(("Epochs", numbers.count(len(run.history))))
    if record.kept_epoch not in (None, len(run.history)):
        shown.append(("Weights of epoch", numbers.count(record.kept_epoch)))
    shown.append(("Parameters", numbers.count(record.network.parameters)))
    return shown + ([("Training time", numbers.seconds(known["train_seconds"]))] if "train_seconds" in known else [])


def _figures(run: TrainedRun, parts: Sequence[str]) -> list[tuple[str, ...]]:
    """A row for the loss and for each metric."""
    known, recipe = _known(run), run.recipe_or_none
    meanings = {"loss": recipe.loss.summary() if recipe else run.record.component("loss").short_name}
    for metric in run.metrics:
        meanings |= dict.fromkeys(metric.plan(run.problem).figures, metric.summary())
    return [
        (
            capitalized(run.measure(figure).title),
            *(run.measure(figure).show(known.get(f"{part}_{figure}")) for part in parts),
            meanings.get(figure, ""),
        )
        for figure in (*run.figures, "loss")
    ]


def _baseline(run: TrainedRun) -> AgainstBaseline | None:
    """The comparison with the baseline in the record, which need not be trusted; None if it has none."""
    stored = run.record.results.get("baseline")
    if not (isinstance(stored, dict) and isinstance(stored.get("figure"), str) and stored.get("verdict") in _VERDICTS):
        return None
    value, baseline, samples = (stored.get(name) for name in ("value", "baseline", "samples"))
    if type(samples) is not int or any(type(each) not in (int, float, type(None)) for each in (value, baseline)):
        return None
    answer = one_line(str(stored.get("answer", "")), 100)
    return AgainstBaseline(stored["figure"], value, baseline, answer, samples, stored["verdict"])


def _compared(run: TrainedRun, comparison: AgainstBaseline) -> str:
    return capitalized(comparison.sentence(run.measure(comparison.figure)))


def _notes(run: TrainedRun, baseline: AgainstBaseline | None) -> Iterator[str]:
    record = run.record
    if run.status != "finished":
        reason = f": {one_line(record.reason)}" if record.reason else ""
        yield f"This run has not finished ({_state(run)}){reason}"
    if record.fallback:
        yield f"These data stand in for {record.fallback.wanted}, which was not available: {record.fallback.reason}"
    if baseline and baseline.verdict != "better":
        yield _compared(run, baseline)


def _course(run: TrainedRun) -> Iterator[str]:
    record = run.record
    for one in record.resumed:
        differences = f", under other conditions ({'; '.join(one.differences)})" if one.differences else ""
        yield f"Resumed at {one.at}, after step {one.steps}{differences}."
    patience, planned, kept = record.settings.get("early_stopping"), record.settings.get("epochs"), record.kept_epoch
    monitored = run.measure(str(record.settings.get("monitor", "loss"))).title
    if patience and isinstance(planned, int) and record.results and len(run.history) < planned:
        yield (
            f"Stopped early, after epoch {len(run.history)} of {planned}: "
            f"the validation {monitored} had not become better for {patience} epochs."
        )
    if run.history and kept not in (None, len(run.history)):
        yield f"The weights of epoch {kept} were kept."


def _commands(run: TrainedRun) -> Pairs:
    given = list(run.record.command)
    known = given[:1] == ["nnzoo"]
    place = place_options(given) if known else []
    status, path = run.status, str(run.path)
    commands = [("It was trained with", given)] if known else []
    if status == "finished":
        commands.append(("To train it again and compare, bit for bit", ["nnzoo", "reproduce", path, *place]))
    elif status not in ("diverged", "running"):
        commands.append(("To continue it", ["nnzoo", "train", "--resume", path, *place]))
    if run.recipe_or_none is not None:
        whole = shlex.split(recipe_command(run.record.components, run.record.settings, run.record.lists, _start(run)))
        commands.append(("To train the same elsewhere, with every choice written out", [*whole, *place]))
    return [(purpose, _on_lines(words)) for purpose, words in commands]


def _start(run: TrainedRun) -> StoredStart | None:
    """The trained network that the run started from, as found in the zoo or in the run's directory."""
    start = run.record.start
    copy = str(RunDirectory(run.path).start_file)
    return replace(start, source=copy) if start and "/" not in start.source else start


def _on_lines(words: Sequence[str]) -> str:
    """A command for a shell; a long one has a line for each option."""
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
    named = [(kind, known[kind]) for kind in COMPONENTS if kind in known]
    return [
        (kind, spaced(sorted_spec(one)), f"{one.origin} {one.version}".strip())
        for kind, one in [*named, *((LISTS[name], one) for name, found in run.record.lists.items() for one in found)]
    ]


def _settings(run: TrainedRun) -> Pairs:
    known = conditions(run.record)
    values = [(name.replace("_", " "), known.get(name, "-")) for name in run.record.settings]
    return [(name, "none" if value == "-" else value) for name, value in values]


def _environment(run: TrainedRun) -> Pairs:
    """Conditions on which the last bits of the result depend."""
    known = conditions(run.record)
    plugins = [name for name in known if name.startswith("plugin ")]
    return [(name, known[name]) for name in (*_ENVIRONMENT, *plugins) if known.get(name, "-") != "-"]


def _data(run: TrainedRun) -> Pairs:
    """The initial network and the data: name, size, shape, targets, licence."""
    data, problem = run.record.data, run.problem
    start = run.record.start
    facts: Pairs = [] if start is None else [("started from", f"{start}: loaded {', '.join(start.loaded)}")]
    facts += [("frozen", ", ".join(run.record.frozen))] if run.record.frozen else []
    facts += [
        ("data set", run.record.component("dataset").name.removeprefix(f"{BUILTIN}/")),
        ("SHA-256", data.sha256),
        ("samples", ", ".join(f"{numbers.count(count)} {part}" for part, count in data.samples.items() if count)),
        ("inputs of a sample" if len(data.input_shape) == 1 else "shape of a sample", _shape(data.input_shape)),
    ]
    if data.scale != 1:  # as in nnzoo 0.1
        facts.append(("inputs multiplied by", str(data.scale)))
    if problem.positions > 1:
        facts.append(("positions of a sample", _shape(problem.output_shape[:-1])))
    outputs = "classes" if problem.has_classes else "labels" if problem.has_labels else "values to predict"
    more = f", and {len(problem.names) - _MOST_NAMES} more" if len(problem.names) > _MOST_NAMES else ""
    facts.append((f"{problem.width} {outputs}", ", ".join(problem.names[:_MOST_NAMES]) + more or "without names"))
    with suppress(NnzooError):  # the plugin of the data set may be missing
        facts.append(("license", run.loader.license))
    return facts


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))
