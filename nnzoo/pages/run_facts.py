"""What a run's record has, in words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePath

from nnzoo.errors import NnzooError
from nnzoo.figures.words import capitalized
from nnzoo.kinds import Columns
from nnzoo.model.columns import describe_columns, describe_step
from nnzoo.model.stored import StoredStart
from nnzoo.pages import numbers
from nnzoo.pages.numbers import count
from nnzoo.plugins.discovery import BUILTIN
from nnzoo.runs.commands import place_options, recipe_command
from nnzoo.runs.conditions import conditions, sorted_spec
from nnzoo.runs.directory import RunDirectory
from nnzoo.terminal import one_line
from nnzoo.trained_run import TrainedRun
from nnzoo.training.baseline import AgainstBaseline
from nnzoo.training.measures import LOSS
from nnzoo.training.recipe import LISTS

_UNFOLDED = 15
"""A longer table is folded."""

Pairs = list[tuple[str, str]]
_PARTS = {"test": "Test", "validation": "Validation", "train": "Training"}
_COMPONENTS = ("data set", "task", "model", "activation", "loss", "optimizer", "schedule")
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
"""Names of classes, labels or values that are listed."""
_TILES = 2
"""Metrics that are among the key figures; a table has all of them."""
_VERDICTS = ("better", "constant", "no better", "too few")


@dataclass(frozen=True)
class PreprocessingTable:
    """Titles and rows; the first ``words`` columns are text. ``folded`` where it is long."""

    titles: list[str]
    rows: list[tuple[str, ...]]
    words: int
    folded: bool


def preprocessing_table(run: TrainedRun) -> PreprocessingTable | None:
    """A row for each column of a table, or for each step of an array; the targets' steps come last.

    None where there is no network, or nothing was done.
    """
    try:
        preprocessing = run.dnn.preprocessing
    except NnzooError:
        return None
    targets = "; ".join(map(describe_step, preprocessing.targets))
    columns, missing, rows = describe_columns(preprocessing), _missing(run), list[tuple[str, ...]]()
    for each in columns:
        steps, gaps = "; ".join(each.steps), missing.get(each.column, "–")
        rows.append((each.column, each.holds, steps, each.missing, gaps, f"{each.inputs}"))
    if columns:
        titles = ["column", "holds", "steps", "a missing value is", "missing", "inputs"]
        rows += [("(target)", "number", targets, "", "", "")] if targets else []
        return PreprocessingTable(titles, rows, 4, len(rows) > _UNFOLDED)
    rows += [("inputs", describe_step(step)) for feature in preprocessing.features for step in feature.steps]
    rows += [("targets", targets)] if targets else []
    return PreprocessingTable(["what", "step"], rows, 2, folded=False) if rows else None


def _missing(run: TrainedRun) -> dict[str, str]:
    """How many values of each column are missing in the training part; nothing where the data are not here."""
    with suppress(NnzooError):
        table = run.dataset.train.inputs
        if isinstance(table, Columns):
            return {name: count(sum(value is None or value != value for value in table[name])) for name in table}
    return {}


@dataclass(frozen=True)
class Facts:
    """What a record says, in the order of the page.

    Attributes
    ----------
    headline : str
        Model, data, and what came of it.
    started : str
        When it began.
    key_figures : list of (str, str)
    figures : list of tuple of str
        All that was measured: a metric, its value on each part of the data, and what it is.
    parts : list of str
        The parts that there are figures of.
    baseline : str
        What the best constant answer reaches; empty where that is not known. Where the network is not clearly better,
        a note says so.
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
    """Read a run's record."""
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
    """A component as it is written, with room to break the line: ``one-cycle: warmup=0.25, start=0.04``."""
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
    status = run.status
    after = f" after epoch {len(run.history)}" if run.history else " in the first epoch"
    return f"{_STATES.get(status, status)}{after}"


def _known(run: TrainedRun) -> dict[str, float]:
    """The figures of a run; of one that has not finished, those of its last epoch."""
    last = run.history[-1] if run.history else {}
    return run.record.figures or {name: value for name, value in last.items() if value is not None}


def _key_figures(run: TrainedRun) -> Pairs:
    """The figures that matter most."""
    record, known, found = run.record, _known(run), list[tuple[str, str]]()
    for part, title in _PARTS.items():
        for figure in (*run.figures[:_TILES], "loss"):
            value, measure = known.get(f"{part}_{figure}"), run.measure(figure)
            found += [] if value is None else [(f"{title} {measure.title}", measure.show(value))]
    found.append(("Epochs", numbers.count(len(run.history))))
    if record.kept_epoch not in (None, len(run.history)):
        found.append(("Weights of epoch", numbers.count(record.kept_epoch)))
    found.append(("Parameters", numbers.count(record.network.parameters)))
    return found + ([("Training time", numbers.seconds(known["train_seconds"]))] if "train_seconds" in known else [])


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
    """The comparison with the baseline that the record has; None where it has none."""
    found = run.record.results.get("baseline")
    if not (isinstance(found, dict) and isinstance(found.get("figure"), str) and found.get("verdict") in _VERDICTS):
        return None
    value, baseline, samples = (found.get(name) for name in ("value", "baseline", "samples"))
    if type(samples) is not int or any(type(each) not in (int, float, type(None)) for each in (value, baseline)):
        return None
    answer = one_line(str(found.get("answer", "")), 100)
    return AgainstBaseline(found["figure"], value, baseline, answer, samples, found["verdict"])


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
        otherwise = f", under other conditions ({'; '.join(one.differences)})" if one.differences else ""
        yield f"Resumed at {one.at}, after step {one.steps}{otherwise}."
    patience, planned, kept = record.settings.get("early_stopping"), record.settings.get("epochs"), record.kept_epoch
    monitored = run.measure(str(record.settings.get("monitor", "loss"))).title
    if patience and isinstance(planned, int) and record.results and len(run.history) < planned:
        yield (
            f"Stopped early, after epoch {len(run.history)} of {planned}: "
            f"the validation {monitored} had not become better for {patience} epochs."
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
        whole = shlex.split(recipe_command(run.record.components, run.record.settings, run.record.lists, _kept(run)))
        found.append(("To train the same elsewhere, with every choice written out", [*whole, *place]))
    return [(purpose, _on_lines(words)) for purpose, words in found]


def _kept(run: TrainedRun) -> StoredStart | None:
    """What it started from, where it can be found: in the zoo, or the copy that it keeps."""
    start = run.record.start
    copy = str(RunDirectory(run.path).start_file)
    return replace(start, source=copy) if start and "/" not in start.source else start


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
    named = [(kind, known[kind]) for kind in _COMPONENTS if kind in known]
    return [
        (kind, spaced(sorted_spec(one)), f"{one.origin} {one.version}".strip())
        for kind, one in [*named, *((LISTS[name], one) for name, found in run.record.lists.items() for one in found)]
    ]


def _settings(run: TrainedRun) -> Pairs:
    """Every other choice."""
    known = conditions(run.record)
    values = [(name.replace("_", " "), known.get(name, "-")) for name in run.record.settings]
    return [(name, "none" if value == "-" else value) for name, value in values]


def _environment(run: TrainedRun) -> Pairs:
    """What the last bits of the result depend on."""
    known = conditions(run.record)
    plugins = [name for name in known if name.startswith("plugin ")]
    return [(name, known[name]) for name in (*_ENVIRONMENT, *plugins) if known.get(name, "-") != "-"]


def _data(run: TrainedRun) -> Pairs:
    """The data: which, how many, in what shape, under what license."""
    data, problem = run.record.data, run.problem
    start = run.record.start
    found: Pairs = [] if start is None else [("started from", f"{start}: took over {', '.join(start.loaded)}")]
    found += [("frozen", ", ".join(run.record.frozen))] if run.record.frozen else []
    found += [
        ("data set", run.record.component("dataset").name.removeprefix(f"{BUILTIN}/")),
        ("SHA-256", data.sha256),
        ("samples", ", ".join(f"{numbers.count(count)} {part}" for part, count in data.samples.items() if count)),
        ("inputs of a sample" if len(data.input_shape) == 1 else "shape of a sample", _shape(data.input_shape)),
    ]
    if data.scale != 1:  # as in nnzoo 0.1
        found.append(("inputs multiplied by", str(data.scale)))
    if problem.positions > 1:
        found.append(("positions of a sample", _shape(problem.output_shape[:-1])))
    what = "classes" if problem.has_classes else "labels" if problem.has_labels else "values to predict"
    more = f", and {len(problem.names) - _MOST_NAMES} more" if len(problem.names) > _MOST_NAMES else ""
    found.append((f"{problem.width} {what}", ", ".join(problem.names[:_MOST_NAMES]) + more or "without names"))
    with suppress(NnzooError):  # only the component knows, and that may not be here
        found.append(("license", run.loader.license))
    return found


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))
