"""``nnzoo install`` and ``nnzoo uninstall``: show a pip command, ask, run it, and list the plugins that changed.

No other part of nnzoo runs pip.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

import click

from nnzoo.cli.options import debug_option, options
from nnzoo.cli.output import confirm
from nnzoo.errors import PluginError, UsageError, did_you_mean
from nnzoo.terminal import quoted

ARCHIVES = (".whl", ".tar.gz", ".zip")

_options = options(
    click.argument("names", metavar="NAME…", nargs=-1, required=True),
    click.option("--yes", is_flag=True, help="Don't ask."),
    debug_option,
)


@click.command()
@_options
def install(names: tuple[str, ...], yes: bool) -> None:
    """Install plugin packages into this Python environment: show the pip command, ask, run it, list the plugins.

    NAME is one of nnzoo's own packages (optimizers, or nnzoo-optimizers), from the source of this nnzoo; another
    package ('nnzoo-other>=1'), a folder (./plugins/nnzoo-conv) or an archive (./FILE.whl).
    A plugin is code that runs with all your rights: install only what you trust.
    """
    sources, packages = zip(*map(_to_install, names), strict=True)
    command = _pip("install", *sources)
    if not _confirmed(command, yes):
        return
    before, already_installed = _installed_plugins(), {name for name in packages if _is_installed(name)}
    _run(command)
    distributions = [name if isinstance(name, str) else _installed_from(name) for name in packages]
    after = _installed_plugins(hint=f"uninstall it: {shlex.join(_pip('uninstall', *distributions))}")
    _print_changes(before, after)
    _require_plugins(distributions, before, after, already_installed)


@click.command()
@_options
def uninstall(names: tuple[str, ...], yes: bool) -> None:
    """Uninstall plugin packages from this Python environment: show the pip command, ask, run it, list the plugins.

    NAME is a package as `nnzoo list-plugins` shows it.
    """
    distributions = [_to_uninstall(name) for name in names]
    command = _pip("uninstall", "--yes", *distributions)
    if not _confirmed(command, yes):
        return
    before = _installed_plugins()
    _run(command)
    after = _installed_plugins()
    _print_changes(before, after)
    left = [name for name in distributions if name in after]
    if left:
        hint = f"pip has no record of its files; to locate it: {shlex.join(_pip('show', *left))}"
        raise PluginError(f"{', '.join(left)} is still installed", hint=hint)


def _pip(*arguments: str) -> list[str]:
    """A command for pip of this environment; -P ignores a pip.py in the working directory."""
    return [sys.executable, "-P", "-m", "pip", *arguments]


def _to_install(name: str) -> tuple[str, str | Path]:
    """The argument for pip, and the distribution, or the path of a folder or archive; other names are refused."""
    from packaging.requirements import InvalidRequirement, Requirement

    from nnzoo.plugins.catalogue import known_package, way_to_install, what_to_install
    from nnzoo.plugins.discovery import BUILTIN, canonical

    _refuse_option(name)
    try:
        requirement = Requirement(name)
    except InvalidRequirement:
        requirement = None
    if requirement is None or (requirement.url is None and name.endswith(ARCHIVES)):
        return name, _path_to_install(name)
    distribution = canonical(requirement.name)
    if distribution == BUILTIN:
        upgrade = shlex.join(_pip("install", "--upgrade", BUILTIN))
        raise UsageError("nnzoo itself is not a plugin", hint=f"run {upgrade}")
    if name == requirement.name:
        if package := known_package(distribution):
            source = what_to_install(package)
            if source is None:
                raise UsageError(f"this nnzoo has no source for {package}", hint=way_to_install(package))
            return source, package
        _refuse_component(name, "install")
    if not requirement.specifier and requirement.url is None:
        _refuse_misspelt(distribution)
    return name, distribution


def _path_to_install(name: str) -> Path:
    path = Path(name)
    if "://" in name:
        raise UsageError(f"{name!r} names no package", hint=f"write 'NAME @ {name}'")
    if path.suffix == ".py":
        raise UsageError(
            f"{name!r} is a single file, which is not installed", hint=f"use it with --plugin {quoted(name)}"
        )
    if not (os.sep in name or "/" in name or name.startswith(".") or name.endswith(ARCHIVES)):
        raise UsageError(f"{name!r} is not a package", hint="write NAME, 'NAME>=VERSION', ./FOLDER or ./FILE.whl")
    if not path.exists():
        near = did_you_mean(path.name, (other.name for other in path.parent.glob("*")))
        raise UsageError(f"there is no folder or file {name!r}", hint=near.strip() or None)
    return path


def _to_uninstall(name: str) -> str:
    """The distribution of an installed plugin, found by its metadata alone; other names are refused."""
    from nnzoo.plugins.catalogue import known_package
    from nnzoo.plugins.discovery import BUILTIN, canonical, discover

    _refuse_option(name)
    if canonical(name) == BUILTIN:
        raise UsageError("nnzoo itself is not a plugin", hint=f"run {shlex.join(_pip('uninstall', BUILTIN))}")
    installed = sorted({source.distribution for source in discover() if not source.is_builtin})
    for distribution in (known_package(canonical(name)), canonical(name)):
        if distribution in installed:
            return str(distribution)
    _refuse_component(name, "uninstall")
    near = did_you_mean(Path(name).name, installed)
    others = f"installed are {', '.join(installed)}" if installed else "only the built-in plugins are installed"
    raise UsageError(f"{name!r} is not an installed plugin", hint=near + others)


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
    """Refuse a name that is close to that of one of nnzoo's packages: its owner may be exploiting the typing error."""
    from difflib import get_close_matches

    from nnzoo.plugins.catalogue import KNOWN_PACKAGES

    known = [package.removeprefix("nnzoo-") for package in KNOWN_PACKAGES]
    near = get_close_matches(name.removeprefix("nnzoo-"), known, n=1, cutoff=0.75)
    if near and not _is_installed(name):
        raise UsageError(
            f"{name!r} is not one of nnzoo's packages, but close to {near[0]!r}",
            hint=f"did you mean {near[0]}? If it is another package, write a version too: '{name}>=VERSION'",
        )


def _confirmed(command: list[str], yes: bool) -> bool:
    """Show a pip command, and ask whether to run it."""
    from importlib.util import find_spec

    click.echo(shlex.join(command))
    if find_spec("pip") is None:
        names = [word for word in command[5:] if word != "--yes"]
        with_uv = shlex.join(["uv", "pip", command[4], "--python", sys.executable, *names])
        raise PluginError(
            "this Python environment has no pip",
            hint=f"add it: {shlex.join([sys.executable, '-m', 'ensurepip'])}; or with uv: {with_uv}",
        )
    return yes or confirm("Run it?")


def _run(command: list[str]) -> None:
    """Run pip, and print its output.

    Raises
    ------
    PluginError
        When pip fails, with its error message.
    """
    import subprocess

    lines = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        try:
            for line in process.stderr or ():
                click.echo(line, err=True, nl=False)
                lines.append(line.strip())
        except KeyboardInterrupt:  # pip is interrupted too, and cleans up
            process.wait()
            raise
    if process.returncode:
        errors = [line for line in lines if line.lower().startswith("error:")] or ["", *filter(None, lines)]
        raise PluginError(
            f"pip {command[4]} failed (exit code {process.returncode}): {errors[-1]}".rstrip(": "),
            hint=_way_to_requirement(errors[-1]),
        )


def _way_to_requirement(error: str) -> str | None:
    """The command that installs one of nnzoo's packages, if pip did not find it as a requirement of another."""
    from nnzoo.plugins.catalogue import known_package
    from nnzoo.plugins.discovery import canonical

    missing = re.search(r"no matching distribution found for (nnzoo[\w.-]*\w)", error, re.IGNORECASE)
    package = known_package(canonical(missing[1])) if missing else None
    return f"install that first: nnzoo install {package.removeprefix('nnzoo-')}" if package else None


@dataclass
class Package:
    """An installed distribution with plugins: its version, components by kind and name, failures and notes."""

    version: str = ""
    components: set[tuple[str, str]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _installed_plugins(hint: str | None = None) -> dict[str, Package]:
    """The plugins that a new process finds; this one may have outdated modules and metadata in memory."""
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


def _changed(before: dict[str, Package], after: dict[str, Package]) -> list[str]:
    return sorted(name for name in before | after if before.get(name) != after.get(name))


def _print_changes(before: dict[str, Package], after: dict[str, Package]) -> None:
    """Print added, replaced and removed packages with their components."""
    for name in _changed(before, after):
        old, new = before.get(name, Package()), after.get(name, Package())
        if name not in after:
            click.echo(f"{name} {old.version} was removed")
        elif name not in before:
            click.echo(f"{name} {new.version} was installed")
        else:
            click.echo(f"{name} {new.version}" + (f" has replaced {old.version}" if old.version != new.version else ""))
        added, removed = new.components - old.components, old.components - new.components
        for verb, components in (("added", added), ("removed", removed)):
            for kind in sorted({kind for kind, _ in components}):
                names = sorted(name for other, name in components if other == kind)
                click.echo(f"  {verb} {kind}: {', '.join(names)}")
        for note in new.notes:
            click.echo(f"  note: {note}")


def _require_plugins(
    distributions: list[str], before: dict[str, Package], after: dict[str, Package], already_installed: set[str | Path]
) -> None:
    """Report packages that did not change; raise an error for those without a working plugin.

    The hint uninstalls only packages that are new: others may need those that were ``already_installed``.
    """
    changed, problems, cures = _changed(before, after), [], []
    for name in distributions:
        no_plugin = f"{name} is installed, but contains no nnzoo plugin"
        if name not in after and changed:
            click.echo(no_plugin)  # it may be wanted for the plugins that were installed with it
        elif name not in after:
            problems.append(no_plugin)
            cures += [] if name in already_installed else [shlex.join(_pip("uninstall", name))]
    for name in sorted({*changed, *distributions} & after.keys()):
        package = after[name]
        if package.failures or not (package.components or package.notes):
            problems.append("; ".join(package.failures) or f"{name} {package.version} has no component")
            cures.append(f"nnzoo uninstall {name}")
        elif name not in changed:
            click.echo(f"{name} {package.version} has not changed")
    if problems:
        raise PluginError("; ".join(problems), hint=f"to undo this: {'; '.join(cures)}" if cures else None)


def _is_installed(name: str | Path) -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return isinstance(name, str) and bool(distribution(name))
    except PackageNotFoundError:
        return False


def _installed_from(path: Path) -> str:
    """The distribution that was installed from a folder or archive, according to pip's records (PEP 610)."""
    import importlib
    from contextlib import suppress
    from importlib.metadata import distributions
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    from nnzoo.plugins.discovery import canonical

    importlib.invalidate_caches()
    for distribution in distributions():
        with suppress(ValueError, LookupError):  # broken records of other distributions
            source = urlsplit(json.loads(distribution.read_text("direct_url.json") or "{}")["url"])
            if source.scheme == "file" and Path(url2pathname(source.path)).resolve() == path.resolve():
                return canonical(distribution.metadata["Name"])
    return str(path)
