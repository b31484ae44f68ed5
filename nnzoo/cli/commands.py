"""The group of all commands: the built-in ones, and those that plugins bring.

``nnzoo --help`` imports none of them: a built-in command is imported when it runs. Which commands plugins bring is read
from metadata; the plugin is imported when its command runs. A single file is imported as soon as ``--plugin`` names it.
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
"""The environment variable in which a shell asks what completes a word, as click names it."""
GUESSES = {
    **dict.fromkeys(("info", "describe", "view"), ("show",)),
    **dict.fromkeys(("test", "score"), ("evaluate",)),
    **dict.fromkeys(("fit", "learn", "fine-tune"), ("train",)),
}
"""Names that other programs have for what a command does."""


class _Imported(Mapping[str, click.Command]):
    """Commands by name, each imported when it is asked for."""

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
    """All commands. Who types ``nnzoo verify`` is shown ``nnzoo zoo verify``.

    Parameters
    ----------
    sections : mapping of str to mapping of str to str
        The built-in commands, by the heading under which help lists them, each with one line.
    old : sequence of str
        Commands of earlier versions that still work, which help does not list.
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
            from nnzoo.cli.options import make_registry

            context.obj = registry = registry or make_registry(files, disabled)
            command = registry.command(word if "/" in word else normal)
            return word, _with_plugin_options(command), arguments[1:]
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: D102
        width = max(map(len, self.commands))
        for title, rows_of in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), line) for name, line in rows_of.items()])
        if rows := announced_commands():
            with formatter.section("Commands from plugins"):
                formatter.write_dl(rows)

    def _hint(self, word: str, known: list[str]) -> str:
        """What was probably meant by a word that is not a command."""
        groups = {name: one for name, one in self.commands.items() if isinstance(one, click.Group)}
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
    """The commands that installed plugins announce, sorted, each with one line; clashing ones by their full names."""
    if not _may_announce_commands():
        return []
    from nnzoo.plugins.discovery import discover

    disabled = [name.strip() for name in os.environ.get("NNZOO_DISABLE_PLUGINS", "").split(",") if name.strip()]
    sources = [source for source in discover() if not any(source.is_named(name) for name in disabled)]
    having = [(name, source) for source in sources for name in source.commands]
    names, context = [name for name, _ in having], click.get_current_context(silent=True)
    root = context.find_root().command if context else None
    built_in = root.commands if isinstance(root, click.Group) else {}

    def shown(name: str, distribution: str) -> str:
        return f"{distribution}/{name}" if name in built_in or names.count(name) > 1 else name

    return sorted(
        (shown(name, source.distribution), source.summary or f"From {source.distribution}.") for name, source in having
    )


def _may_announce_commands() -> bool:
    """Whether metadata on Python's path name a command: to read only that takes a tenth of importing what reads all."""
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
    """The registry with some plugin files; where one is broken, for a command that says it shows such."""
    from nnzoo.cli.options import make_registry
    from nnzoo.errors import NnzooError, PluginError
    from nnzoo.plugins.registry import Registry

    try:
        return make_registry(files, disabled)
    except PluginError:
        try:
            asked = make_registry((), disabled).command(command)
        except NnzooError:
            asked = None
        if not getattr(asked, "shows_broken_plugins", False):
            raise
        return Registry(files, disabled, show_broken=True)


def plugins_named(arguments: list[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The values of ``--plugin`` and ``--no-plugin`` among the arguments of a command that is not known yet."""
    from pathlib import Path

    found: dict[str, list[str]] = {"--plugin": [], "--no-plugin": []}
    for option, value in _options(arguments):
        if option in found:
            found[option].append(value)
    return tuple(map(Path, found["--plugin"])), tuple(found["--no-plugin"])


def _options(arguments: list[str]) -> Iterator[tuple[str, str]]:
    words = iter(arguments)
    for word in words:
        if word == "--":
            return
        option, equals, value = word.partition("=")
        option = option.replace("_", "-")
        if option in ("--plugin", "--no-plugin"):
            yield option, value if equals else next(words, "")


def _with_plugin_options(command: click.Command) -> click.Command:
    """The command, and those within it, with the options that every command has: they count, and are not passed on."""
    from nnzoo.cli.options import plugin_options

    own = list(command.params)
    there = {option for parameter in own for option in parameter.opts}
    added = [one for one in plugin_options(click.Command(None)).params if not there & {*one.opts}]
    for parameter in added:
        parameter.expose_value = False
    command.params = [*own, *reversed(added)]
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        _with_plugin_options(one)
    return command
