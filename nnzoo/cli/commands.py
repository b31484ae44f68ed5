"""The group of all commands: the built-in ones, and those of plugins.

``nnzoo --help`` imports none of them: a command is imported when it runs. The names of plugins' commands are read from
metadata. A single file is imported as soon as ``--plugin`` names it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

import click

from nnzoo.errors import did_you_mean
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    from pathlib import Path

    from nnzoo.plugins.registry import Registry


COMPLETE = "_NNZOO_COMPLETE"
"""The environment variable with which a shell requests completions; click chooses the name."""
GUESSES = {
    **dict.fromkeys(("info", "describe", "view"), ("show",)),
    **dict.fromkeys(("test", "score"), ("evaluate",)),
    **dict.fromkeys(("fit", "learn", "fine-tune"), ("train",)),
}
"""Names of similar commands in other programs."""


class _Imported(Mapping[str, click.Command]):
    """Commands by name, each imported when it is looked up."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._names:
            raise KeyError(name)
        module = "install" if name == "uninstall" else name.replace("-", "_")
        command: click.Command = getattr(import_module(f"nnzoo.cli.{module}"), name.replace("-", "_"))
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Commands(click.Group):
    """All commands. ``nnzoo verify``, say, fails with the hint ``nnzoo zoo verify``.

    Parameters
    ----------
    sections : mapping of str to mapping of str to str
        The built-in commands with one line of help each, by the heading under which ``--help`` lists them.
    old : sequence of str
        Commands of earlier versions that still work, but are not listed.
    """

    def __init__(self, *, sections: Mapping[str, Mapping[str, str]], old: Sequence[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self.sections = sections
        names = [name for section in sections.values() for name in section]
        self.commands = _Imported([*names, *old])  # type: ignore[assignment]

    def resolve_command(  # noqa: D102 (click's own)
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = arguments[0]
        normal = word.replace("_", "-")
        if self.get_command(context, normal) is None and not word.startswith("-"):
            known = [name for name, _ in announced_commands()]
            files, disabled = plugins_named(arguments[1:])
            registry = _registry(files, disabled, normal) if files else None
            if registry is not None:
                known += [name for plugin in registry.plugins(load=False) for name in plugin.commands]
            short = normal.rpartition("/")[2]
            if short not in {name.rpartition("/")[2] for name in known}:
                raise click.UsageError(f"No such command '{word}'.{self._hint(normal, known)}", context)
            from nnzoo.plugins.registry import Registry

            context.obj = registry = registry or Registry(files, disabled)
            command = registry.command(word if "/" in word else normal)
            return word, _with_plugin_options(command), arguments[1:]
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: D102
        width = max(map(len, self.commands))
        for title, lines in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), line) for name, line in lines.items()])
        if rows := announced_commands():
            with formatter.section("Commands from plugins"):
                formatter.write_dl(rows)

    def _hint(self, word: str, known: list[str]) -> str:
        """Suggest commands for a word that is not a command."""
        groups = {name: command for name, command in self.commands.items() if isinstance(command, click.Group)}
        meant = [f"{name} {word}" for name, group in groups.items() if word in group.commands]
        meant += [name for name in self.commands if name.startswith(f"{word}-")]
        meant += GUESSES.get(word, ())
        if meant:
            suggestions = " or ".join(f"'nnzoo {command}'" for command in meant)
            return f" Did you mean {suggestions}?"
        file = f"{word.replace('-', '_')}.py"
        if os.path.isfile(file):  # noqa: PTH113
            return f" Is it in {file}? Then add --plugin {quoted(file)}."
        near = did_you_mean(word, [*self.commands, *known]).strip()
        return f" {near[:1].upper()}{near[1:]}" if near else ""


def announced_commands() -> list[tuple[str, str]]:
    """Return the commands of installed plugins, sorted, with one line of help each; clashing names in full."""
    if not _may_announce_commands():
        return []
    from nnzoo.plugins.discovery import discover

    disabled = [name.strip() for name in os.environ.get("NNZOO_DISABLE_PLUGINS", "").split(",") if name.strip()]
    sources = [source for source in discover() if not any(source.is_named(name) for name in disabled)]
    announced = [(name, source) for source in sources for name in source.commands]
    names, context = [name for name, _ in announced], click.get_current_context(silent=True)
    root = context.find_root().command if context else None
    built_in = root.commands if isinstance(root, click.Group) else {}

    def shown(name: str, distribution: str) -> str:
        return f"{distribution}/{name}" if name in built_in or names.count(name) > 1 else name

    return sorted(
        (shown(name, source.distribution), source.summary or f"From {source.distribution}.")
        for name, source in announced
    )


def _may_announce_commands() -> bool:
    """Whether any package metadata mention a command. This takes a tenth of the time of `discover`."""
    if any(hasattr(finder, "find_distributions") for finder in sys.meta_path if finder is not PathFinder):
        return True
    for place in sys.path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208 (pathlib is not imported for --help)
        except FileNotFoundError:
            continue
        except OSError:  # an archive
            return True
        for name in names:
            if not name.endswith((".dist-info", ".egg-info", ".egg")):
                continue
            try:
                with open(f"{place or '.'}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123
                    if b"nnzoo.commands" in file.read():
                        return True
            except FileNotFoundError:
                continue
            except OSError:
                return True
    return False


def _registry(files: tuple[Path, ...], disabled: tuple[str, ...], command: str) -> Registry:
    """The registry with some plugin files. Broken ones are an error unless the command shows broken plugins."""
    from nnzoo.errors import NnzooError, PluginError
    from nnzoo.plugins.registry import Registry

    try:
        return Registry(files, disabled)
    except PluginError:
        try:
            wanted = Registry((), disabled).command(command)
        except NnzooError:
            wanted = None
        if not getattr(wanted, "shows_broken_plugins", False):
            raise
        return Registry(files, disabled, show_broken=True)


def plugins_named(arguments: list[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the values of ``--plugin`` and ``--no-plugin`` among the arguments of a command that is not known yet."""
    from pathlib import Path

    values: dict[str, list[str]] = {"--plugin": [], "--no-plugin": []}
    words = iter(arguments)
    for word in words:
        if word == "--":
            break
        option, equals, value = word.partition("=")
        option = option.replace("_", "-")
        if option in values:
            values[option].append(value if equals else next(words, ""))
    return tuple(map(Path, values["--plugin"])), tuple(values["--no-plugin"])


def _with_plugin_options(command: click.Command) -> click.Command:
    """Add ``--plugin``, ``--no-plugin`` and ``--debug`` to a plugin's command and its subcommands."""
    from nnzoo.cli.options import plugin_options

    declared = {option for parameter in command.params for option in parameter.opts}
    added = [option for option in plugin_options(click.Command(None)).params if not declared & {*option.opts}]
    command.params = [*command.params, *reversed(added)]
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        _with_plugin_options(subcommand)
    return command
