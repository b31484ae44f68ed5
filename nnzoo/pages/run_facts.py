"""What a run's record tells, in words. It may come from a stranger: what is not as it should be is left out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nnzoo.errors import NnzooError
from nnzoo.plugins.discovery import one_line
from nnzoo.runs.conditions import conditions, told
from nnzoo.runs.record import number, resumptions
from nnzoo.runs.run import place_options
from nnzoo.trained_run import TrainedRun
from nnzoo.zoo.card import recipe_command

Pairs = list[tuple[str, str]]
_PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}
_COMPONENTS = ("data set", "model", "activation", "loss", "optimizer", "schedule")
_ENVIRONMENT = ("nnzoo", "numpy", "matrix products", "machine", "python", "system")
_STATES = {
    "running": "is still running, or was killed",
    "interrupted": "was interrupted",
    "diverged": "diverged",
    "failed": "failed",
}
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


def facts(run: TrainedRun) -> Facts:
    """Read a run's record."""
    return Facts(
        _headline(run),
        str(run.record.get("started") or ""),
        _key_figures(run),
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


def _headline(run: TrainedRun) -> str:
    known = conditions(run.record)
    model, data = (known.get(name, "?").partition(":")[0] for name in ("model", "data set"))
    return f"{one_line(model, 40)} on {one_line(data, 40)}: {_outcome(run)}"


def _outcome(run: TrainedRun) -> str:
    if run.record["status"] != "finished":
        return one_line(_state(run), 60)
    results = _mapping(run.record.get("results"))
    accuracy, loss = number(results.get("test_accuracy")), number(results.get("test_loss"))
    if accuracy is not None:
        return f"{accuracy:.2%} test accuracy"
    return "finished" if loss is None else f"test loss {loss:.4g}"


def _state(run: TrainedRun) -> str:
    status = run.record["status"]
    after = f" after epoch {len(run.history)}" if run.history else " in the first epoch"
    return f"{_STATES.get(status, status)}{after}"


def _key_figures(run: TrainedRun) -> Pairs:
    """The figures that matter most; of a run that has not finished, those of its last epoch."""
    results = _mapping(run.record.get("results")) or (run.history[-1] if run.history else {})
    found: Pairs = []
    for part, title in reversed(_PARTS.items()):
        accuracy, loss = number(results.get(f"{part}_accuracy")), number(results.get(f"{part}_loss"))
        found += [] if accuracy is None else [(f"{title} accuracy", f"{accuracy:.2%}")]
        found += [] if loss is None else [(f"{title} loss", f"{loss:.4f}")]
    if run.history:
        found.append(("Epochs", f"{len(run.history):,}"))
    kept, seconds = results.get("kept_epoch"), number(results.get("train_seconds"))
    if isinstance(kept, int) and kept != len(run.history):
        found.append(("Weights of epoch", f"{kept:,}"))
    parameters = _mapping(run.record.get("network")).get("parameters")
    if isinstance(parameters, int):
        found.append(("Parameters", f"{parameters:,}"))
    return found + ([] if seconds is None else [("Training time", f"{seconds:.3g} s")])


def _notes(run: TrainedRun) -> Iterator[str]:
    record = run.record
    if record["status"] != "finished":
        reason = f": {record['reason']}" if record.get("reason") else ""
        yield f"This run {_state(run)}{reason}. Its figures are those of its epochs so far."
    fallback = _mapping(record.get("fallback"))
    if fallback:
        yield (f"These data stand in for {fallback.get('wanted')}, which could not be had: {fallback.get('reason')}")


def _course(run: TrainedRun) -> Iterator[str]:
    for one in resumptions(run.record):
        changed = [
            told((name, (str(pair[0]), str(pair[1]))))
            for name, pair in _mapping(one.get("differences")).items()
            if isinstance(pair, list | tuple) and len(pair) == 2
        ]
        otherwise = f", under other conditions ({'; '.join(changed)})" if changed else ""
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
    path = str(run.path)
    found: Pairs = [("It was trained with", shlex.join(given))] if known else []
    if run.record["status"] == "finished":
        again = shlex.join(["nnzoo", "reproduce", path, *place])
        found.append(("To train it again and compare, bit for bit", again))
    elif run.record["status"] != "diverged":
        found.append(("To go on with it", shlex.join(["nnzoo", "train", "--resume", path, *place])))
    if run.recipe_or_none is not None:
        whole = recipe_command(run.record["components"], run.record["settings"])
        found.append(
            ("To train the same elsewhere, with every choice written out", " ".join([whole, shlex.join(place)]).strip())
        )
    return found


def _components(run: TrainedRun) -> list[tuple[str, str, str]]:
    known, stored = conditions(run.record), _mapping(run.record["components"])
    rows = []
    for kind in _COMPONENTS:
        one = _mapping(stored.get("dataset" if kind == "data set" else kind))
        if one:
            origin = str(one.get("name")).rpartition("/")[0]
            rows.append((kind, known[kind], f"{origin} {one.get('version') or ''}".strip()))
    return rows


def _settings(run: TrainedRun) -> Pairs:
    """Every other choice."""
    known = conditions(run.record)
    return [(name.replace("_", " "), known[name]) for name in _mapping(run.record["settings"]) if name in known]


def _environment(run: TrainedRun) -> Pairs:
    """What the last bits of the result depend on."""
    known = conditions(run.record)
    plugins = [name for name in known if name.startswith("plugin ")]
    return [(name, known[name]) for name in (*_ENVIRONMENT, *plugins) if known.get(name, "-") != "-"]


def _data(run: TrainedRun) -> Pairs:
    """The data: which, how many, in what shape, under what license."""
    data = _mapping(run.record["data"])
    samples, names = _mapping(data.get("samples")), data.get("class_names")
    found: Pairs = [("data set", conditions(run.record).get("data set", "?")), ("SHA-256", str(data.get("sha256")))]
    counted = (f"{count:,} {part}" for part, count in samples.items() if isinstance(count, int) and count)
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
