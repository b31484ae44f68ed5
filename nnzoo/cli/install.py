"""``nnzoo install`` and ``nnzoo uninstall``: pip of the running environment, and what came or went by it.

Nothing else in nnzoo runs pip, and these two show the command and ask before they do.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from nnzoo.cli.options import debug_option, options
from nnzoo.errors import PluginError, UsageError, did_you_mean
from nnzoo.terminal import quoted

F = TypeVar("F", bound=Callable[..., Any])

ARCHIVES = (".whl", ".tar.gz", ".zip")


_options = options(
    click.argument("names", metavar="NAME…", nargs=-1, required=True),
    click.option("--yes", is_flag=True, help="Don't ask."),
    debug_option,
)


@click.command()
@_options
def install(names: tuple[str, ...], yes: bool) -> None:
    """Install plugin packages into this Python environment: show the pip command, ask, run it, list what came.

    NAME is one of nnzoo's own packages (optimizers, or nnzoo-optimizers), from where this nnzoo came from; another
    package ('nnzoo-other>=1'), a folder (./plugins/nnzoo-conv) or an archive (./FILE.whl).
    A plugin is code that runs with all your rights: install what you trust.
    """
    wanted = [_to_install(name) for name in names]
    command = _pip("install", *(_source(name) for name in names))
    if not _agreed(command, yes):
        return
    before, there_already = _installed_plugins(), {name for name in wanted if _is_installed(name)}
    _run(command)
    distributions = [name if isinstance(name, str) else _installed_from(name) for name in wanted]
    after = _installed_plugins(hint=f"take it out again: {shlex.join(_pip('uninstall', *distributions))}")
    _tell_changes(before, after)
    _require_use(distributions, before, after, there_already)


@click.command()
@_options
def uninstall(names: tuple[str, ...], yes: bool) -> None:
    """Take plugin packages out of this Python environment: show the pip command, ask, run it, list what went.

    NAME is a package as `nnzoo list-plugins` shows it.
    """
    distributions = [_to_uninstall(name) for name in names]
    command = _pip("uninstall", "--yes", *distributions)
    if not _agreed(command, yes):
        return
    before = _installed_plugins()
    _run(command)
    after = _installed_plugins()
    _tell_changes(before, after)
    left = [name for name in distributions if name in after]
    if left:
        hint = f"pip has no record of its files; where it is: {shlex.join(_pip('show', *left))}"
        raise PluginError(f"{', '.join(left)} is still there", hint=hint)


def _pip(*arguments: str) -> list[str]:
    """Pip of this environment; -P keeps a pip.py in the working directory from being taken for it."""
    return [sys.executable, "-P", "-m", "pip", *arguments]


def _to_install(name: str) -> str | Path:
    """The distribution that is asked for, or the path of a folder or archive; refuses what pip can't have meant."""
    from packaging.requirements import InvalidRequirement, Requirement

    from nnzoo.plugins.catalogue import known_package
    from nnzoo.plugins.discovery import BUILTIN, canonical

    _refuse_option(name)
    try:
        requirement = Requirement(name)
    except InvalidRequirement:
        requirement = None
    if requirement is None or (requirement.url is None and name.endswith(ARCHIVES)):
        return _path_to_install(name)
    if canonical(requirement.name) == BUILTIN:
        raise UsageError(
            "nnzoo itself is not a plugin", hint=f"run {shlex.join(_pip('install', '--upgrade', BUILTIN))}"
        )
    if name == requirement.name and (own := known_package(canonical(name))):
        return own
    if name == requirement.name:
        _refuse_component(name, "install")
    if not requirement.specifier and requirement.url is None:
        _refuse_misspelt(canonical(requirement.name))
    return canonical(requirement.name)


def _source(name: str) -> str:
    """What pip gets: for a package of nnzoo's own, where this nnzoo came from; any other as it was written."""
    from nnzoo.plugins.catalogue import known_package, way_to_install, what_to_install
    from nnzoo.plugins.discovery import canonical

    package = known_package(canonical(name))
    if package is None:
        return name
    source = what_to_install(package)
    if source is None:
        raise UsageError(f"this nnzoo does not know where {package} is available", hint=way_to_install(package))
    return source


def _path_to_install(name: str) -> Path:
    path = Path(name)
    if "://" in name:
        raise UsageError(f"{name!r} names no package", hint=f"write 'NAME @ {name}'")
    if path.suffix == ".py":
        raise UsageError(
            f"{name!r} is a single file, which needs no installing", hint=f"use it with --plugin {quoted(name)}"
        )
    if not (os.sep in name or "/" in name or name.startswith(".") or name.endswith(ARCHIVES)):
        raise UsageError(f"{name!r} is not a package", hint="write NAME, 'NAME>=VERSION', ./FOLDER or ./FILE.whl")
    if not path.exists():
        near = did_you_mean(path.name, (other.name for other in path.parent.glob("*")))
        raise UsageError(f"there is no folder or file {name!r}", hint=near.strip() or None)
    return path


def _to_uninstall(name: str) -> str:
    """The distribution that is meant; refuses one that is not an installed plugin, which metadata alone shows."""
    from nnzoo.plugins.catalogue import known_package
    from nnzoo.plugins.discovery import BUILTIN, canonical, discover

    _refuse_option(name)
    if canonical(name) == BUILTIN:
        raise UsageError("nnzoo itself is not a plugin", hint=f"run {shlex.join(_pip('uninstall', BUILTIN))}")
    installed = sorted({source.distribution for source in discover() if not source.is_builtin})
    if (own := known_package(canonical(name))) in installed:
        return str(own)
    if canonical(name) not in installed:
        _refuse_component(name, "uninstall")
        near = did_you_mean(Path(name).name, installed)
        there = f"installed are {', '.join(installed)}" if installed else "none is installed beside the built-in ones"
        raise UsageError(f"{name!r} is not an installed plugin", hint=near + there)
    return canonical(name)


def _refuse_option(name: str) -> None:
    if name.startswith("-"):
        raise UsageError(f"{name!r} is not a package", hint=f"to give options to pip, run {shlex.join(_pip())}")


def _refuse_component(name: str, action: str) -> None:
    from nnzoo.plugins.catalogue import KNOWN_PACKAGES

    for package, kinds in KNOWN_PACKAGES.items():
        if any(name in components for components in kinds.values()):
            hint = f"it comes with {package}: nnzoo {action} {package}"
            raise UsageError(f"{name!r} is a component, not a package", hint=hint)


def _refuse_misspelt(name: str) -> None:
    """Refuse a name that is close to that of one of nnzoo's packages: who holds it may be counting on that."""
    from difflib import get_close_matches

    from nnzoo.plugins.catalogue import KNOWN_PACKAGES

    own = [package.removeprefix("nnzoo-") for package in KNOWN_PACKAGES]
    near = get_close_matches(name.removeprefix("nnzoo-"), own, n=1, cutoff=0.75)
    if near and not _is_installed(name):
        raise UsageError(
            f"{name!r} is not one of nnzoo's packages, but close to {near[0]!r}",
            hint=f"did you mean {near[0]}? If it is another package, write a version too: '{name}>=VERSION'",
        )


def _agreed(command: list[str], yes: bool) -> bool:
    """Show the command and ask; whether to run it."""
    from importlib.util import find_spec

    click.echo(shlex.join(command))
    if find_spec("pip") is None:
        names = [word for word in command[5:] if word != "--yes"]
        with_uv = shlex.join(["uv", "pip", command[4], "--python", sys.executable, *names])
        raise PluginError(
            "this Python environment has no pip",
            hint=f"add it: {shlex.join([sys.executable, '-m', 'ensurepip'])}; or with uv: {with_uv}",
        )
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "cannot ask: standard input is not a terminal", hint="to have the command run without a question, add --yes"
        )
    return click.confirm("Run it?")


def _run(command: list[str]) -> None:
    """Run pip; what it prints goes where our output goes.

    Raises
    ------
    PluginError
        When pip fails, with what it said of it.
    """
    import subprocess

    said = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        try:
            for line in process.stderr or ():
                click.echo(line, err=True, nl=False)
                said.append(line.strip())
        except KeyboardInterrupt:  # pip has heard it too: it puts things back in order
            process.wait()
            raise
    if process.returncode:
        errors = [line for line in said if line.lower().startswith("error:")] or ["", *filter(None, said)]
        raise PluginError(
            f"pip {command[4]} failed (exit code {process.returncode}): {errors[-1]}".rstrip(": "),
            hint=_way_to_required(errors),
        )


def _way_to_required(errors: list[str]) -> str | None:
    """How to install the package of nnzoo's own that pip has not found, which another package requires."""
    from nnzoo.plugins.catalogue import known_package
    from nnzoo.plugins.discovery import canonical

    found = re.search(r"no matching distribution found for (nnzoo[\w.-]*\w)", errors[-1], re.IGNORECASE)
    package = known_package(canonical(found[1])) if found else None
    return f"install that first: nnzoo install {package.removeprefix('nnzoo-')}" if package else None


@dataclass
class Package:
    """An installed distribution with a plugin in it."""

    version: str = ""
    components: set[tuple[str, str]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _installed_plugins(hint: str | None = None) -> dict[str, Package]:
    """What another process finds: this one may hold modules and metadata from before."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-P", "-m", "nnzoo", "list-plugins", "--json"],
        env={name: value for name, value in os.environ.items() if name != "NNZOO_STRICT_PLUGINS"},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise PluginError(f"nnzoo can't list its plugins: {''.join(last)}".rstrip(": "), hint=hint)
    packages: dict[str, Package] = {}
    for row in json.loads(done.stdout.splitlines()[-1]):
        package = packages.setdefault(row["plugin"], Package(row["version"]))
        package.components |= {(kind, name) for kind, names in row["components"].items() for name in names}
        if row["status"] == "failed":
            package.failures.append(row["reason"])
        elif row["status"] != "ok":
            package.notes.append(row["reason"] or f"it is {row['status']}")
    return packages


def _tell_changes(before: dict[str, Package], after: dict[str, Package]) -> None:
    """What came and what went, package by package."""
    for name in _changed(before, after):
        old, new = before.get(name, Package()), after.get(name, Package())
        if name not in after:
            click.echo(f"{name} {old.version} was removed")
        elif name not in before:
            click.echo(f"{name} {new.version} was installed")
        else:
            click.echo(f"{name} {new.version}" + (f" has replaced {old.version}" if old.version != new.version else ""))
        came, went = new.components - old.components, old.components - new.components
        for verb, components in (("brings", came), ("took", went)):
            for kind in sorted({kind for kind, _ in components}):
                names = sorted(name for other, name in components if other == kind)
                click.echo(f"  {verb} {kind}: {', '.join(names)}")
        for note in new.notes:
            click.echo(f"  note: {note}")


def _is_installed(name: str | Path) -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return isinstance(name, str) and bool(distribution(name))
    except PackageNotFoundError:
        return False


def _require_use(
    distributions: list[str], before: dict[str, Package], after: dict[str, Package], there_already: set[str | Path]
) -> None:
    """Say which of the packages asked for were there already; it is an error if one is of no use.

    Only what has come is to be taken out again: something else may need what was ``there_already``.
    """
    changed, troubles, ways_out = _changed(before, after), [], []
    for name in distributions:
        said = f"{name} is installed, but there is no nnzoo plugin in it"
        if name not in after and changed:
            click.echo(said)  # it may have been asked for because of those that came with it
        elif name not in after:
            troubles.append(said)
            ways_out += [] if name in there_already else [shlex.join(_pip("uninstall", name))]
    for name in sorted({*changed, *distributions} & after.keys()):
        package = after[name]
        if package.failures or not (package.components or package.notes):
            troubles.append("; ".join(package.failures) or f"{name} {package.version} brings no component")
            ways_out.append(f"nnzoo uninstall {name}")
        elif name not in changed:
            click.echo(f"{name} {package.version} brings what it brought before")
    if troubles:
        hint = f"to take out again what is of no use: {'; '.join(ways_out)}" if ways_out else None
        raise PluginError("; ".join(troubles), hint=hint)


def _changed(before: dict[str, Package], after: dict[str, Package]) -> list[str]:
    return sorted(name for name in before | after if before.get(name) != after.get(name))


def _installed_from(path: Path) -> str:
    """The distribution that was installed from a folder or archive, as pip has recorded it (PEP 610)."""
    import importlib
    from contextlib import suppress
    from importlib.metadata import distributions
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    from nnzoo.plugins.discovery import canonical

    importlib.invalidate_caches()
    for distribution in distributions():
        with suppress(ValueError, LookupError):  # a broken record of another one; pip has just written ours
            source = urlsplit(json.loads(distribution.read_text("direct_url.json") or "{}")["url"])
            if source.scheme == "file" and Path(url2pathname(source.path)).resolve() == path.resolve():
                return canonical(distribution.metadata["Name"])
    return str(path)
