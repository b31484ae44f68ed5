"""``nnzoo show --model-file``, and its old name ``nnzoo inspect``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import model_file
from nnzoo.cli.options import PATH, make_registry, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.summary import print_summary, summary_of
from nnzoo.cli.tables import print_table
from nnzoo.errors import FileFormatError, NnzooError, PluginError, UsageError

if TYPE_CHECKING:
    from nnzoo.model.model_file import ModelFile
    from nnzoo.nn import Network
    from nnzoo.plugins.registry import Registry


@click.command(hidden=True)
@click.argument("file", type=PATH)
@usual_options
def inspect(file: Path, as_json: bool) -> None:
    """The old name of nnzoo show --model-file."""
    from nnzoo.deprecation import INSPECT

    INSPECT.warn()
    show_model_file(make_registry(), file, as_json=as_json)


def show_model_file(registry: Registry, file: Path, *, as_json: bool) -> None:
    """Print everything in a model file: components, settings, data, results, tensors, and the layers.

    ``file`` is a model file, the directory of a run, or the name of a network of the zoo. It need not be trusted, as no
    code in it is run. If a plugin is missing, everything but the layers is shown, with the command that installs the
    plugin. The exit code is 3 if the parts of the file contradict each other.
    """
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.model_file import read_model

    with model_file(registry, file) as path:
        model = read_model(path)
        network, problem = None, None
        try:
            with prints_to_stderr():
                network = DeepNeuralNetwork.load(model, registry=registry).network
        except (PluginError, FileFormatError, UsageError) as error:
            problem = error
        if as_json:
            print_json(_everything(model, network, problem))
        else:
            _print(model, network, problem)
    if problem is not None and not isinstance(problem, PluginError):
        click.get_current_context().exit(FileFormatError.exit_code)


def _everything(model: ModelFile, network: Network | None, problem: NnzooError | None) -> dict[str, Any]:
    from dataclasses import asdict

    from nnzoo.files.tensors import FORMAT

    description = asdict(model.description)
    for stored in (*description["components"].values(), *description["metrics"]):
        stored["distribution"], _, stored["name"] = stored["name"].rpartition("/")
    tensors = [
        {"name": name, "shape": list(array.shape), "dtype": str(array.dtype), "bytes": array.nbytes}
        for name, array in model.tensors.items()
    ]
    described = ("run", "components", "metrics", "start", "preprocessing", "settings", "data", "results")
    return {
        "file": str(model.path),
        "format": FORMAT,
        "file_sha256": _file_sha256(model.path),
        "contents_sha256": model.sha256,
        **{name: description[name] for name in described},
        "tensors": tensors,
        "summary": None if network is None else summary_of(network),
        "problem": problem and {"kind": type(problem).__name__, "message": problem.message, "hint": problem.hint},
    }


def _print(model: ModelFile, network: Network | None, problem: NnzooError | None) -> None:
    everything = _everything(model, network, problem)
    rows = {
        "format": f"nnzoo model file, format {everything['format']}",
        "run": everything["run"] or "(none)",
        **({"started from": str(model.description.start)} if model.description.start else {}),
        "SHA-256 of the file": everything["file_sha256"],
        "SHA-256 of description and tensors": everything["contents_sha256"],
    }
    print_table((str(model.path), ""), rows.items())
    print_table(
        ("component", "name", "distribution", "version", "hyperparameters"),
        [
            (kind, c["name"], c["distribution"] or "(none)", c["version"], _text(c["options"]))
            for kind, c in [*everything["components"].items(), *(("metric", m) for m in everything["metrics"])]
        ],
    )
    _print_preprocessing(model)
    _print_values("data", everything["data"])
    printed = everything["settings"] | {kind: c["name"] for kind, c in everything["components"].items()}
    results = {name: value for name, value in everything["results"].items() if printed.get(name, ...) != value}
    first = {name: value for name, value in results.items() if name.startswith("test_")}
    _print_values("result", first | results)
    _print_values("setting", everything["settings"])
    print_table(
        ("tensor", "dtype", "shape", "bytes"),
        [(t["name"], t["dtype"], "×".join(map(str, t["shape"])), f"{t['bytes']:,}") for t in everything["tensors"]],
        numbers=2,
    )
    if network is not None:
        print_summary(network)
    if problem is not None:
        click.echo(f"nnzoo: no layers to show: {problem}", err=True)


def _print_preprocessing(model: ModelFile) -> None:
    """Print the preprocessing of each column or of the whole array, and of the target."""
    stored = model.description.preprocessing
    if stored is None:
        return
    columns = [(feature.column or "(all inputs)", feature.steps) for feature in stored.features]
    columns += [("(target)", stored.targets)] if stored.targets else []
    if columns:
        rows = [(name, ", ".join(step.component.short_name for step in steps) or "–") for name, steps in columns]
        print_table(("column", "preprocessing"), rows)


def _print_values(title: str, values: Mapping[str, Any]) -> None:
    if values:
        print_table((title, "value"), [(name, _text(value)) for name, value in values.items()])


def _text(value: Any) -> str:
    """A value of JSON as text."""
    from nnzoo.nn.summary import format_shape

    if isinstance(value, Mapping):
        if value.keys() == {"name", "version", "options"}:  # a component within another one
            return f"{value['name']} ({_text(value['options'])})" if value["options"] else str(value["name"])
        if value.keys() == {"name", "start", "shape"}:  # one of several inputs
            return f"{value['name']} {format_shape(value['shape']) or 'one value'}"
        if value.keys() == {"name", "start", "width", "names"}:  # one of several outputs
            return f"{value['name']} ({_text(value['names']) if value['names'] else 'values'})"
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "–"
    return "–" if value is None or value == "" else str(value)


def _file_sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
