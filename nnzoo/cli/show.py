"""``nnzoo show``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.inspect import show_model_file
from nnzoo.cli.options import kind_and_name, make_registry, usual_options
from nnzoo.cli.output import print_json
from nnzoo.cli.tables import print_table
from nnzoo.errors import UsageError, did_you_mean
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Registry


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@click.option("--model-file", is_flag=True, help="Show everything in the model file of a run or a trained network.")
@usual_options
@click.pass_context
def show(context: click.Context, what: tuple[str, ...], model_file: bool, as_json: bool) -> None:
    """Describe anything: a component, a run, a sweep, a model file, a trained network, or data.

    WHAT is a component's kind and name, its name alone, or any path or name that other commands accept. For a
    component, its purpose, hyperparameters, plugin and use are shown.

    For a model file, its components, settings, data, results, tensors and layers are shown. It need not be trusted, as
    no code in it is run. If a plugin is missing, everything but the layers is shown, with the command that installs the
    plugin. The exit code is 3 if the parts of the file contradict each other.

    \b
    nnzoo show optimizer momentum
    nnzoo show relu
    nnzoo show runs/mine
    nnzoo show runs/mine --model-file
    nnzoo show table.csv
    """
    registry = make_registry()
    if len(what) > 2:
        raise UsageError(f"{' '.join(what)} is too much to show", hint="give a kind and a name, or one name or path")
    if model_file:
        if len(what) > 1:
            raise UsageError(
                "--model-file goes with one path or name", hint=f"nnzoo show --model-file {quoted(what[0])}"
            )
        show_model_file(registry, Path(what[0]), as_json=as_json)
        return
    kind, name = what if len(what) == 2 else _kind_and_name(registry, what[0])
    if not name:
        if Path(kind).suffix == ".safetensors":
            show_model_file(registry, Path(kind), as_json=as_json)
            return
        command, argument = _shown_by(registry, kind)
        parameter = next(parameter for parameter in command.params if parameter.name == argument)
        context.invoke(command, **{argument: parameter.type_cast_value(context, kind)}, as_json=as_json)
        return
    _describe(registry, kind, name, as_json=as_json)


def _kind_and_name(registry: Registry, word: str) -> tuple[str, str]:
    """The kind and name of the only component of that name; for any other word, the word and an empty name.

    Raises
    ------
    UsageError
        When several kinds have a component of that name, or the word is a kind.
    """
    from nnzoo.kinds import KINDS

    if Path(word).exists():
        return word, ""
    name, arguments, _ = word.partition(":")
    kinds = [kind for kind in KINDS if name in registry.names(kind)]
    if len(kinds) > 1:
        raise UsageError(
            f"{name} is the name of several components", hint=" or ".join(f"nnzoo show {kind} {name}" for kind in kinds)
        )
    if word in KINDS:
        raise kind_and_name(registry, "show", word)
    return (word, "") if not kinds or (arguments and kinds == ["dataset"]) else (kinds[0], name)


def _shown_by(registry: Registry, word: str) -> tuple[click.Command, str]:
    """The command that shows a path or name, and the argument for it.

    Raises
    ------
    UsageError
        When there is no such path or name.
    """
    from nnzoo.cli.model_argument import is_in_zoo
    from nnzoo.kinds import KINDS
    from nnzoo.plugins.zoo_index import way_to_network, zoo_names
    from nnzoo.runs.group import is_group
    from nnzoo.sweeps.plan import FILE as SWEEP_FILE

    path = Path(word)
    if (path / SWEEP_FILE).is_file():
        from nnzoo.cli.sweep import show as show_sweep

        return show_sweep, "directory"
    if is_group(path):
        from nnzoo.cli.runs import list_them

        return list_them, "folder"
    if (path / "run.json").is_file():
        from nnzoo.cli.runs import show as show_run

        return show_run, "run"
    if is_in_zoo(registry, path):
        from nnzoo.cli.zoo import show as show_card

        return show_card, "name"
    if path.exists() or ":" in word:
        from nnzoo.cli.data import show as show_data

        return show_data, "dataset"
    names = [*KINDS, *(name for kind in KINDS for name in registry.names(kind)), *zoo_names(registry)]
    near = way_to_network(registry, word) or did_you_mean(word, dict.fromkeys(names))
    lists = "nnzoo list-plugins, nnzoo zoo list and nnzoo runs list list them"
    raise UsageError(f"{word} is not a component, a trained network, a run or a file", hint=f"{near}{lists}")


def _describe(registry: Registry, kind: str, name: str, *, as_json: bool) -> None:
    """Print the description of a component."""
    from nnzoo.hyperparameters import format_value

    described = registry.describe(kind, name)
    if as_json:
        print_json(described.to_dict(), allow_infinite=True)  # a default may be infinite
        return
    click.echo(f"{described.kind} {described.name}, from {described.plugin}\n")
    click.echo((described.text or "(no description)") + "\n")
    if described.hyperparameters:
        rows = [
            (h.name, h.type, h.allowed, "" if h.required else format_value(h.default), h.description)
            for h in described.hyperparameters
        ]
        print_table(("hyperparameter", "type", "range", "default", "meaning"), rows)
    else:
        click.echo("It has no hyperparameters.")
    if (line := _import_line(registry, kind, name)) is not None:
        click.echo(f"In Python: {line}")
    if described.example:
        click.echo(f"Try: {described.example}")
    else:
        users, name_of_users = ("dataset", "data sets") if kind == "preprocessor" else ("model", "models")
        click.echo(f"A {kind} is used by {name_of_users}.\nTry: nnzoo list-plugins --kind {users}")


def _import_line(registry: Registry, kind: str, name: str) -> str | None:
    """The import of the component's class, from its package if that exports it; None for a single file."""
    registration = registry.get(kind, name)
    if registration.source.is_file:
        return None
    component = registration.component
    module, class_name = component.__module__, component.__qualname__
    package = module.partition(".")[0]
    exported = getattr(sys.modules.get(package), class_name, None) is component
    return f"from {package if exported else module} import {class_name}"
