"""Options that several commands share.

``--plugin``, ``--no-plugin`` and ``--data-dir`` are not arguments of a command's function: they are kept in click's
context, where `make_registry` and `make_cache` find them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnzoo.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from nnzoo.datafiles.cache import FileCache
    from nnzoo.plugins.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)


def options(*several: Callable[[F], F]) -> Callable[[F], F]:
    """Combine options into one decorator; a command's help lists them in this order."""

    def decorate(command: F) -> F:
        for option in reversed(several):
            command = option(command)
        return command

    return decorate


LISTS = {"metric": "metrics", "transform": "transforms", "observe": "observers"}
"""Options for several components, and their names in a recipe."""


def recipe_choices(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are given, by their names in a recipe."""
    given = {LISTS.get(name, name): value for name, value in choices.items() if value not in (None, ())}
    return given | ({"monitor": given["monitor"].replace("-", "_")} if "monitor" in given else {})


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    context.meta[f"nnzoo {option.name}"] = value


debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Show where in the code an error occurs.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing while training.")
data_dir_option = click.option(
    "--data-dir",
    type=PATH,
    metavar="DIR",
    expose_value=False,
    callback=_keep,
    help="The folder to search for data files first.",
)
plugin_options = options(
    click.option(
        "plugin_files",
        "--plugin",
        metavar="FILE",
        multiple=True,
        type=PATH,
        expose_value=False,
        callback=_keep,
        help="A Python file that is a plugin. Repeatable.",
    ),
    click.option(
        "disabled",
        "--no-plugin",
        metavar="NAME",
        multiple=True,
        expose_value=False,
        callback=_keep,
        help="Don't import this installed plugin; 'all' for all but the built-in ones. Repeatable.",
    ),
    debug_option,
)
"""``--plugin``, ``--no-plugin`` and ``--debug``."""
usual_options = options(plugin_options, json_option)
"""The options at the end of most commands: those of plugins, and ``--json``."""


def given_plugins(context: click.Context | None = None) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the values of ``--plugin`` and ``--no-plugin``."""
    meta = (context or click.get_current_context()).meta
    return meta.get("nnzoo plugin_files") or (), meta.get("nnzoo disabled") or ()


def given_data_dir() -> Path | None:
    """Return the value of ``--data-dir``."""
    data_dir: Path | None = click.get_current_context().meta.get("nnzoo data_dir")
    return data_dir


def make_registry(context: click.Context | None = None) -> Registry:
    """Return the registry with the plugins that the options select."""
    from nnzoo.plugins.registry import Registry

    return Registry(*given_plugins(context))


def make_cache(*, offline: bool = False) -> FileCache:
    """Return the cache of data files, with the folder of ``--data-dir``."""
    from nnzoo.datafiles.cache import FileCache

    return FileCache(given_data_dir(), offline=offline)


def component_option(flag: str, *, kind: str = "", **settings: Any) -> Callable[[F], F]:
    """An option for a component, whose names a shell completes; the flag is the kind unless ``kind`` is given."""
    return click.option(flag, shell_complete=partial(_names_like, kind or flag[2:]), **settings)


def _names_like(kind: str, context: click.Context, _: click.Parameter, prefix: str) -> list[CompletionItem]:
    """The names of components with this prefix; if there are none, file names."""
    from click.shell_completion import CompletionItem

    try:
        names = [name for name in make_registry(context).names(kind) if name.startswith(prefix)]
    except Exception:  # in a plugin: it is reported when the command runs
        names = []
    return [CompletionItem(name) for name in names] or [CompletionItem(prefix, type="file")]


recipe_options = options(
    component_option("--task", metavar="NAME", help="The meaning of outputs.  [default: the data set's]"),
    component_option("--model", metavar="NAME", help="The architecture.  [default: mlp]"),
    click.option(
        "--hidden", metavar="N[,N…]", help="Units of each hidden layer, for a model that has them.  [default: 64]"
    ),
    component_option("--activation", metavar="NAME", help="The hidden layers' activation.  [default: relu]"),
    component_option("--optimizer", metavar="NAME", help="The update rule.  [default: momentum]"),
    component_option("--loss", metavar="NAME", help="Training loss.  [default: the task's]"),
    click.option(
        "--learning-rate",
        "--l_rate",
        type=float,
        metavar="X",
        help="[default: the optimizer's own, fitted to the activation]",
    ),
    click.option(
        "--weight-decay", type=float, metavar="X", help="Decoupled weight decay.  [default: the optimizer's own]"
    ),
    click.option("--seed", type=int, metavar="N", help="Random seed.  [default: 0]"),
)
"""The network and its training, ``--task`` to ``--seed``; options that are not given are None."""

training_options = options(
    component_option("--metric", metavar="NAME", multiple=True, help="A metric. Repeatable.  [default: the task's]"),
    click.option(
        "--class-weight",
        metavar="balanced|NAME=W[,NAME=W…]",
        help="Weights of classes in the training loss.  [default: each sample counts 1]",
    ),
    component_option(
        "--transform", metavar="NAME", multiple=True, help="A change to training batches, such as noise. Repeatable."
    ),
    component_option(
        "--observe",
        kind="observer",
        metavar="NAME",
        multiple=True,
        help="An observer of the training: clip, average, stop-at, log. Repeatable.",
    ),
    click.option(
        "--early-stopping",
        type=int,
        metavar="N",
        help="Stop after N epochs without a better validation figure; keep the best.",
    ),
    click.option("--keep", metavar="best|last", help="The epoch to keep.  [default: last; best with --early-stopping]"),
)
"""``--metric`` to ``--keep``, for a training run and for the trials of a sweep."""


def kind_and_name(registry: Registry, command: str, word: str) -> UsageError:
    """The error for a single word where a command needs a kind and a name."""
    from nnzoo.kinds import KINDS

    if word in KINDS:
        names = registry.names(word)
        if not names:
            return UsageError(f"no {word} is installed", hint="nnzoo list-plugins lists the plugins, and failed ones")
        return UsageError(f"which {word}? there are {', '.join(names)}", hint=f"nnzoo {command} {word} {names[0]}")
    kinds = [kind for kind in KINDS if word.partition(":")[0] in registry.names(kind)]
    return UsageError(
        f"nnzoo {command} needs a kind and a name",
        hint=f"{did_you_mean(word, KINDS)}nnzoo {command} {f'{kinds[0]} {word}' if kinds else 'KIND NAME'}; "
        f"kinds are {', '.join(KINDS)}",
    )
