"""Find installed plugins by package metadata alone, without importing them.

The metadata of a distribution names its plugins in the entry-point group ``nnzoo``, and their commands in the group
``nnzoo.commands``. Plugins are sorted by ``distribution:entry``, so that nothing depends on the order of installation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_string
from email.message import Message
from functools import cache, lru_cache
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

from nnzoo.terminal import one_line

GROUP = "nnzoo"
COMMANDS = "nnzoo.commands"
"""The group that names commands, each with the module whose hook lists it."""
BUILTIN = "nnzoo"
"""The distribution of the built-in plugins."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
"""Valid names of components and commands."""
_OURS = re.compile(rf"^\s*\[\s*({re.escape(GROUP)}|{re.escape(COMMANDS)})\s*\]", re.MULTILINE)
"""A section of ``entry_points.txt`` that makes a distribution a plugin."""


@dataclass(frozen=True, order=True)
class PluginSource:
    """One plugin, before it is imported.

    Attributes
    ----------
    distribution : str
        Name of the installed distribution; for a single file, the file's name.
    entry : str
        Name of the entry point; empty for a single file.
    version : str
        Version of the distribution; empty for a single file.
    target : str
        ``module`` or ``module:object``; the path of a single file.
    problem : str
        A fault in the metadata; such a plugin is never imported.
    commands : tuple of str
        The commands that its metadata announce, sorted.
    summary : str
        The distribution's own summary, one line.
    code : bytes or None
        The contents of a single file, if it has been read: the plugin then works in processes and on machines without
        the file, and later changes to the file have no effect.
    """

    distribution: str
    entry: str
    version: str = ""
    target: str = ""
    problem: str = ""
    commands: tuple[str, ...] = field(default=(), compare=False)
    summary: str = field(default="", compare=False)
    code: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """``distribution:entry``, which no other plugin has."""
        return f"{self.distribution}:{self.entry}" if self.entry else self.distribution

    @property
    def release(self) -> str:
        """``distribution version``."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def is_builtin(self) -> bool:
        return self.distribution == BUILTIN

    @property
    def is_file(self) -> bool:
        """Whether it is a single file, not an installed distribution."""
        return not self.entry and not self.problem

    def is_named(self, name: str) -> bool:
        """Whether the name means it: ``distribution``, ``distribution:entry``, or ``all`` (except built-in ones)."""
        if name == "all":
            return not self.is_builtin
        return name == self.key or canonical(name) == canonical(self.distribution)

    def __str__(self) -> str:
        if not self.entry:
            return self.release
        return f"{self.distribution} {self.version or '(no version)'} (entry point {self.entry})"


def discover() -> list[PluginSource]:
    """Every installed plugin, sorted; if a distribution is found twice, the first on Python's path counts."""
    found: dict[str, PluginSource] = {}
    owners: dict[str, Distribution] = {}
    for distribution in distributions():
        for source in _sources(distribution):
            owner = owners.setdefault(canonical(source.distribution), distribution)
            if owner is distribution:
                found[source.key] = source
    return sorted(found.values())


def file_source(path: Path, code: bytes | None = None) -> PluginSource:
    """A single Python file as a plugin, with its contents."""
    return PluginSource(path.name, entry="", target=str(path), code=code)


def canonical(name: str) -> str:
    """A distribution's name, normalized as by PyPA: ``My_Plugin`` is ``my-plugin``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _sources(distribution: Distribution) -> Iterator[PluginSource]:
    try:
        text = _entry_points(distribution)
    except (OSError, UnicodeDecodeError) as error:
        yield PluginSource(_folder_name(distribution), "", problem=f"its entry_points.txt can't be read: {error}")
        return
    if GROUP not in text or not _OURS.search(text):
        return  # parsing the metadata of every distribution would take a while
    name, version, summary, problem = _folder_name(distribution), "", "", ""
    try:
        headers = _headers(distribution)
        name = canonical(one_line(headers.get("Name", "")) or name)
        version, summary = one_line(headers.get("Version", "")), one_line(headers.get("Summary", ""))
        if name != BUILTIN:
            problem = _unmet_requirement(headers.get_all("Requires-Dist", []))
    except Exception as error:  # the standard library raises errors of many kinds, none of them documented
        problem = f"its METADATA is broken: {type(error).__name__}: {one_line(str(error))}"
    try:
        entries = [entry for entry in distribution.entry_points if entry.group in (GROUP, COMMANDS)]
    except Exception:
        broken = "its entry_points.txt is broken: not every line reads `name = module`"
        yield PluginSource(name, "", version, problem=broken)
        return
    commands: dict[str, list[EntryPoint]] = {}
    for entry in entries:
        if entry.group == COMMANDS:
            commands.setdefault(entry.value, []).append(entry)
    for entry in entries:
        if entry.group == GROUP:
            source = PluginSource(name, one_line(entry.name), version, entry.value, problem or _problem(entry))
            yield _announcing(source, commands.pop(entry.value, []), summary)
    for target, announced in commands.items():
        entry = min(announced, key=lambda entry: entry.name)
        source = PluginSource(name, f"{COMMANDS}.{one_line(entry.name)}", version, target, problem or _problem(entry))
        yield _announcing(source, announced, summary)


def _entry_points(distribution: Distribution) -> str:
    """What `Distribution.read_text` reads of ``entry_points.txt``, in half the time: of a hundred few have one."""
    folder = getattr(distribution, "_path", None)
    if not isinstance(folder, Path):
        return distribution.read_text("entry_points.txt") or ""
    try:
        with open(f"{folder}/entry_points.txt", "rb") as file:  # noqa: PTH123 (is faster)
            return file.read().decode()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
        return ""


def _announcing(source: PluginSource, entries: list[EntryPoint], summary: str) -> PluginSource:
    """The plugin with the commands that its metadata announce."""
    names = sorted(one_line(entry.name) for entry in entries)
    wrong = next((name for name in names if not NAME.fullmatch(name)), None)
    problem = "" if wrong is None else f"its command {wrong!r} does not have a valid name: use a-z, 0-9 and '-'"
    return replace(source, commands=tuple(names), summary=summary, problem=source.problem or problem)


def _headers(distribution: Distribution) -> Message:
    """The metadata above the long description, which `Distribution.metadata` would parse, too."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    return _parsed(text.partition("\n\n")[0])


@lru_cache(maxsize=256)  # notebooks and tests look repeatedly
def _parsed(headers: str) -> Message:
    return message_from_string(headers)


def _unmet_requirement(requirements: Iterable[str]) -> str:
    """The fault if one of them asks for another version of nnzoo, or an empty text."""
    for text in requirements:
        if not text.lower().startswith(BUILTIN):
            continue  # pip cares for other requirements
        from packaging.requirements import Requirement  # its import takes as long as that of all built-in plugins

        requirement = Requirement(text)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        fits = requirement.specifier.contains(running_version(), prereleases=True)
        if canonical(requirement.name) == BUILTIN and applies and not fits:
            return f"it needs {BUILTIN}{requirement.specifier}, but this is nnzoo {running_version()}"
    return ""


@cache
def running_version() -> str:
    """The version of this nnzoo."""
    return str(_headers(Distribution.from_name(BUILTIN))["Version"])


def _problem(entry: EntryPoint) -> str:
    if re.fullmatch(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?", entry.value):
        return ""
    return f"its entry point {entry.value!r} is neither module nor module:object"


def _folder_name(distribution: Distribution) -> str:
    """The name in ``<name>-<version>.dist-info``, for a distribution without a name in its metadata."""
    path = getattr(distribution, "_path", None)
    return canonical(re.sub(r"-[^-]*\.(dist|egg)-info$", "", Path(str(path)).name)) if path else "(unnamed)"
