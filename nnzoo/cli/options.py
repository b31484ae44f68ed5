"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnzoo.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from nnzoo.plugins.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])


def options(*several: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which a command's help lists them."""

    def decorate(command: F) -> F:
        for option in reversed(several):
            command = option(command)
        return command

    return decorate


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show where in the code an error comes from."
)
data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where to look for data files first."
)


def component_option(flag: str, *, kind: str = "", **settings: Any) -> Callable[[F], F]:
    """An option that takes a component of the kind that it is called after, whose names a shell completes."""
    return click.option(flag, shell_complete=partial(_names_like, kind or flag[2:]), **settings)


def _names_like(kind: str, context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """The components whose names begin like a word; where there are none it may be a file."""
    from click.shell_completion import CompletionItem

    given = context.params
    try:
        registry = make_registry(given.get("plugin_files") or (), given.get("disabled") or ())
        names = [name for name in registry.names(kind) if name.startswith(begun)]
    except Exception:  # of a plugin; what is wrong with it is said when the command runs
        names = []
    return [CompletionItem(name) for name in names] or [CompletionItem(begun, type="file")]


plugin_options = options(
    click.option(
        "plugin_files",
        "--plugin",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A Python file that is a plugin. Repeatable.",
    ),
    click.option(
        "disabled",
        "--no-plugin",
        metavar="NAME",
        multiple=True,
        help="Don't import this installed plugin; 'all' for all but the built-in ones. Repeatable.",
    ),
    debug_option,
)
"""``--plugin``, ``--no-plugin`` and ``--debug``; the first two arrive as one `Registry`-making argument."""


recipe_options = options(
    component_option("--task", metavar="NAME", help="What outputs mean.  [default: the data set's]"),
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
"""What network, and how it learns: ``--task`` to ``--seed``; those that are not given arrive as None."""


def make_registry(plugin_files: tuple[Path, ...], disabled: tuple[str, ...]) -> Registry:
    """The registry as the options want it."""
    from nnzoo.plugins.registry import Registry

    return Registry(plugin_files, disabled)


def kind_and_name(registry: Registry, command: str, word: str) -> UsageError:
    """The error for one word where a kind and a name are needed."""
    from nnzoo.kinds import KINDS

    if word in KINDS:
        names = registry.names(word)
        if not names:
            return UsageError(f"no {word} is installed", hint="nnzoo list-plugins shows what there is, and why")
        return UsageError(f"which {word}? there are {', '.join(names)}", hint=f"nnzoo {command} {word} {names[0]}")
    kinds = [kind for kind in KINDS if word.partition(":")[0] in registry.names(kind)]
    return UsageError(
        f"nnzoo {command} takes a kind and a name",
        hint=f"{did_you_mean(word, KINDS)}nnzoo {command} {f'{kinds[0]} {word}' if kinds else 'KIND NAME'}; "
        f"kinds are {', '.join(KINDS)}",
    )
