"""`Registry`: finds components by kind and name, in all plugins.

Built-in names are reserved. Other plugins are imported only when a name is not built in, or when everything is listed.
A name that two of them provide must be written ``distribution/name``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, final

from nnzoo.component import Component, parse_spec
from nnzoo.errors import (
    AmbiguousComponentError,
    HyperparameterError,
    PluginError,
    StorageError,
    UnknownComponentError,
    UsageError,
    did_you_mean,
)
from nnzoo.files.place import working_directory
from nnzoo.files.reading import read_regular
from nnzoo.hyperparameters import evaluate_annotations, format_value, values_of
from nnzoo.kinds import KINDS, ZooModel
from nnzoo.plugins.catalogue import package_with, way_to_install
from nnzoo.plugins.description import Description, describe
from nnzoo.plugins.discovery import BUILTIN, PluginSource, canonical, discover, file_source
from nnzoo.plugins.host import LOADING, check_component, load_plugin
from nnzoo.spelling import Written, unbalanced
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    from click import Command

logger = logging.getLogger("nnzoo")

C = TypeVar("C", bound=Component)
SESSION = PluginSource("session", entry="")
"""The source of registered classes."""
FILE_LIMIT = 1 << 24
"""The largest single-file plugin, in bytes."""

Status: TypeAlias = Literal["ok", "disabled", "failed", "clash"]


@dataclass(frozen=True)
class Registration:
    """A component class and the plugin that provides it."""

    component: type[Component]
    source: PluginSource

    @property
    def full_name(self) -> str:
        """``distribution/name``: unambiguous, and what files store."""
        return f"{self.source.distribution}/{self.component.name}"


@dataclass
class Plugin:
    """A plugin in the registry; its contents are known once it is loaded.

    Attributes
    ----------
    reason : str
        Why the status is not ``ok``.
    loaded : bool
        Whether it has been imported, or importing it has failed.
    registrations : list of Registration
        Its component classes.
    zoo : list of ZooModel
        Its trained networks.
    commands : dict of str to click.Command
        Its commands, by name.
    """

    source: PluginSource
    status: Status = "ok"
    reason: str = ""
    loaded: bool = False
    registrations: list[Registration] = field(default_factory=list)
    zoo: list[ZooModel] = field(default_factory=list)
    commands: dict[str, Command] = field(default_factory=dict)

    def components(self) -> dict[str, list[str]]:
        """Names of its components, by kind."""
        by_kind: dict[str, list[str]] = {}
        for registration in self.registrations:
            by_kind.setdefault(registration.component.kind, []).append(registration.component.name)
        return by_kind


@final
class Registry:
    """All components, by kind and name.

    Parameters
    ----------
    files : iterable of Path, str or PluginSource
        Single-file plugins. Unlike installed ones, they are imported immediately, and one that fails is an error. Those
        with their contents, from another registry's `files`, need not be on this machine.
    disabled : iterable of str
        Plugins not to import: distributions, ``distribution:entry``, or ``all`` (all but the built-in ones). The
        environment variable ``NNZOO_DISABLE_PLUGINS`` lists more of them, separated by commas.
    show_broken : bool
        Keep a file that fails among the `plugins`, with status ``failed``, rather than raise the error.

    Examples
    --------
    >>> registry = Registry()
    >>> registry.names("optimizer", "s*")
    ['sgd']
    >>> registry.build("optimizer", "momentum:beta=0.5")
    Momentum(beta=0.5)
    """

    def __init__(
        self,
        files: Iterable[Path | str | PluginSource] = (),
        disabled: Iterable[str] = (),
        *,
        show_broken: bool = False,
    ) -> None:
        self.strict = os.environ.get("NNZOO_STRICT_PLUGINS", "") not in ("", "0")
        self._plugins = [Plugin(source) for source in discover()]
        self._disabled = tuple(disabled)
        self._disable(self._disabled, os.environ.get("NNZOO_DISABLE_PLUGINS", ""))
        paths: dict[str, Path] = {}
        if isinstance(files, str | os.PathLike):
            raise UsageError(f"files = {str(files)!r} is not a list of files", hint=f"write [{str(files)!r}]")
        for file in files:
            if isinstance(file, PluginSource):
                self._add(file)
                continue
            path = Path(file)
            code = _read_plugin_file(path)
            earlier = paths.get(path.name)
            if earlier and earlier.samefile(path):
                continue
            if earlier:
                raise UsageError(f"two plugin files have the name {path.name}: {earlier} and {path}", hint="rename one")
            paths[path.name] = path
            self._add(file_source(path, code), fatal=self.strict or not show_broken)

    def _add(self, source: PluginSource, *, fatal: bool = True) -> None:
        plugin = Plugin(source)
        self._plugins.append(plugin)
        self._load(plugin, fatal=fatal)

    def __reduce__(self) -> tuple[type[Registry], tuple[Any, ...]]:
        """Pickle the files with their contents, and the disabled names; classes of the session are left out."""
        return Registry, (self.files, self._disabled)

    @property
    def files(self) -> tuple[PluginSource, ...]:
        """The single-file plugins, with their contents when they were read."""
        return tuple(plugin.source for plugin in self._plugins if plugin.source.is_file and plugin.source != SESSION)

    def get(self, kind: str, name: str) -> Registration:
        """The component class of a kind and name, and its plugin.

        Parameters
        ----------
        kind : str
            ``activation``, ``optimizer``, ``schedule``, … (all kinds: `KINDS`).
        name : str
            The component's name, or ``distribution/name``, which may be a former one.

        Raises
        ------
        UnknownComponentError
            When no plugin provides it, or more than one does (the message lists them).
        """
        self.check_kind(kind)
        distribution, slash, short = name.rpartition("/")
        if slash:
            self._load_all(lambda source: source.distribution in (distribution, canonical(distribution)))
            found = self._find(kind, short, canonical(distribution), distribution)
            found = found or self.find(kind, lambda component: name in component.formerly)
        else:
            found = self._built_in(kind, name)
            if not found:
                self._load_all()
                found = self._find(kind, name)
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousComponentError(
                f"{kind} {name!r} is provided by {' and '.join(r.source.release for r in found)}",
                hint=f"write {' or '.join(r.full_name for r in found)}",
            )
        raise self._unknown(kind, name)

    def describe(self, kind: str, name: str) -> Description:
        """The description of a component: equation, hyperparameters, plugin, example.

        >>> registry = Registry()
        >>> registry.describe("optimizer", "momentum").summary
        'Gradient descent along a running average of the gradients.'

        Raises
        ------
        UnknownComponentError
        """
        registration = self.get(kind, name)
        source = registration.source
        files = None if source == SESSION else [Path(source.target)] if source.is_file else []
        nested = registration.component.nested()
        inner = {name: self._example(base.kind) for name, base in nested.items()}
        return describe(registration.component, name, registration.full_name, str(source), files, inner)

    def _example(self, kind: str) -> str:
        """The name of a built-in component that needs no hyperparameters."""
        components = (r.component for r in self._built_in(kind))
        return next((c.name for c in components if not any(h.required for h in c.hyperparameters())), "…")

    def build(self, kind: str, spec: str | Component, options: Mapping[str, Any] | None = None) -> Any:
        """Build a component from ``name:key=value,key=value``, or check the kind of one that is already built.

        Parameters
        ----------
        kind : str
            As for `get`.
        spec : str or Component
            The spec, or a component.
        options : mapping, optional
            Hyperparameters by name, in addition to those of the spec.

        Raises
        ------
        UnknownComponentError, HyperparameterError, UsageError
        PluginError
            When a component that is already built is not a complete one.
        """
        base = KINDS[self.check_kind(kind)]
        options = dict(options or {})
        if isinstance(spec, str):
            name, written = parse_spec(spec)
            twice = sorted(options.keys() & written.keys())
            if twice:
                raise UsageError(f"{twice[0]} is given twice: in {spec!r} and as {format_value(options[twice[0]])}")
            return self._built(self.get(kind, name).component, {**written, **options})
        if not isinstance(spec, base):
            raise UsageError(f"{spec!r} is not a component of kind {kind}")
        if self.provider(spec) is None:
            check_component(type(spec))
        return self._built(type(spec), {**values_of(spec), **options}) if options else spec

    def _built(self, component: type[C], options: dict[str, Any]) -> C:
        """Build a component; those among its options may be specs, or results of `Component.to_options`."""
        nested = component.nested()
        for name in sorted(nested.keys() & options.keys()):
            try:
                options[name] = self._inner(nested[name].kind, options[name])
            except UsageError as error:
                raise type(error)(f"{component.label}: {name}: {error.message}", hint=error.hint) from None
        try:
            return component.from_options(options)
        except HyperparameterError as error:
            if nested and not options.keys() <= {h.name for h in component.hyperparameters()}:
                hint = f"write hyperparameters of an inner component in brackets: {next(iter(nested))}=(NAME:key=value)"
                raise HyperparameterError(error.message, hint=f"{error.hint}; {hint}") from None
            raise

    def _inner(self, kind: str, value: Any) -> Any:
        """Build a component inside another, or several; values that mean none are left unchanged."""
        if isinstance(value, list | tuple):
            return tuple(self._inner(kind, item) for item in value)
        if isinstance(value, Mapping):
            return self.build(kind, value["name"], value["options"])
        if not isinstance(value, str) or value in ("", "None"):
            return value
        within = Written(value).within
        if within is None and value.startswith("("):
            raise UsageError(
                f"{value!r} is not a component",
                hint=unbalanced(value) or "put the brackets around the whole component: (NAME:key=value)",
            )
        return self.build(kind, value if within is None else within)

    def register(self, component: type[C]) -> type[C]:
        """Add a component class of this session, by a call or as a decorator.

        A class replaces an earlier one of the same name, as when a notebook's cell is run twice.

        >>> from dataclasses import dataclass
        >>> from nnzoo.api import Schedule
        >>> registry = Registry()
        >>> @registry.register
        ... @dataclass(frozen=True)
        ... class Half(Schedule):
        ...     name = "half"
        ...     def factor(self, step, total_steps):
        ...         return 0.5
        >>> registry.build("schedule", "half")
        Half()

        Raises
        ------
        PluginError
            When it is not a complete component class, or has the name of a built-in one.
        """
        check_component(component)
        evaluate_annotations(component)
        if self._built_in(component.kind, component.name):
            raise PluginError(f"{component.label} is built in", hint="give it another name")
        session = next((plugin for plugin in self._plugins if plugin.source == SESSION), None)
        if session is None:
            session = Plugin(SESSION, loaded=True)
            self._plugins.append(session)
        others = [r for r in session.registrations if r.component.label != component.label]
        session.registrations = [*others, Registration(component, SESSION)]
        return component

    def registered(self) -> list[type[Component]]:
        """The classes of this session, which `register` has added."""
        return [r.component for plugin in self._plugins if plugin.source == SESSION for r in plugin.registrations]

    def names(self, kind: str, pattern: str = "*") -> list[str]:
        """Names of all components of a kind that match a wildcard pattern, sorted; imports every plugin."""
        self.check_kind(kind)
        self._load_all()
        return sorted({r.component.name for r in self._find(kind) if fnmatchcase(r.component.name, pattern)})

    def find(self, kind: str, wanted: Callable[[type[Any]], bool]) -> list[Registration]:
        """The components of a kind that meet a condition; if built-in ones do, only these.

        >>> [found.component.name for found in Registry().find("dataset", lambda loader: ".csv" in loader.suffixes)]
        ['csv']
        """
        self.check_kind(kind)
        found = [r for r in self._built_in(kind) if wanted(r.component)]
        if not found:
            self._load_all()
            found = [r for r in self._find(kind) if wanted(r.component)]
        return found

    def plugins(self, *, load: bool = True) -> list[Plugin]:
        """Every plugin with its status and components; with ``load``, imports all that are not disabled."""
        if load:
            self._load_all()
        return sorted(self._plugins, key=lambda plugin: (not plugin.source.is_builtin, plugin.source))

    def provider(self, component: Component) -> PluginSource | None:
        """The plugin that a component's class came from; None for a class that was never registered."""
        found = self._source_of(type(component))
        if found is None:  # its module was imported without its plugin
            package = type(component).__module__.partition(".")[0]
            self._load_all(lambda source: source.target.partition(":")[0].partition(".")[0] == package)
            found = self._source_of(type(component))
        return found

    def _source_of(self, component: type[Component]) -> PluginSource | None:
        registrations = (r for plugin in self._plugins for r in plugin.registrations)
        return next((r.source for r in registrations if r.component is component), None)

    def command(self, name: str) -> Command:
        """The command of a name, or of ``distribution/name``; imports only the plugin that brings it.

        Raises
        ------
        UnknownComponentError
            When no plugin brings it, or more than one does (the message lists them).
        PluginError
            When the plugin that brings it is broken.
        """
        distribution, _, short = name.rpartition("/")
        having = [
            plugin
            for plugin in self._plugins
            if short in plugin.source.commands or short in plugin.commands
            if plugin.source.distribution in (distribution or plugin.source.distribution, canonical(distribution))
        ]
        found = [plugin for plugin in having if plugin.status != "disabled"]
        if len(found) == 1:
            (plugin,) = found
            if short not in plugin.commands:
                self._load(plugin, fatal=True)
            return plugin.commands[short]
        if found:
            raise UnknownComponentError(
                f"command {name!r} is provided by {' and '.join(plugin.source.release for plugin in found)}",
                hint=f"write {' or '.join(f'{plugin.source.distribution}/{short}' for plugin in found)}",
            )
        known = sorted({c for p in self._plugins if p.status != "disabled" for c in (*p.source.commands, *p.commands)})
        disabled = f"it comes with {having[0].source.distribution}, which is disabled" if having else ""
        hint = disabled or did_you_mean(short, known).strip()
        raise UnknownComponentError(f"no plugin brings a command {name!r}", hint=hint or None)

    def _unknown(self, kind: str, name: str) -> UnknownComponentError:
        distribution, slash, _ = name.rpartition("/")
        installed = {plugin.source.distribution for plugin in self._plugins}
        if slash and not installed & {distribution, canonical(distribution)}:
            return UnknownComponentError(
                f"there is no {kind} {name!r}: no plugin {distribution!r} is installed",
                hint=f"{did_you_mean(distribution, installed)}installed are {', '.join(sorted(installed))}",
            )
        package = package_with(kind, name)
        if package:
            there = "it is installed, but disabled or broken" if package in installed else way_to_install(package)
            return UnknownComponentError(f"there is no {kind} {name!r}", hint=f"{name} comes with {package}: {there}")
        known = self.names(kind)
        elsewhere = [other for other in KINDS if name in self.names(other)]
        hint = f"{name} is of kind {elsewhere[0]}; " if elsewhere else did_you_mean(name, known)
        file = Path(f"{name.removesuffix('.py').replace('-', '_')}.py")
        if file.is_file() and not elsewhere:
            hint = (
                f"is it in {file}? in Python, Registry(files=[{str(file)!r}]); in a command, --plugin {quoted(file)}; "
            )
        return UnknownComponentError(
            f"there is no {kind} {name!r}", hint=f"{hint}known are {', '.join(known) or 'none at all'}"
        )

    def _built_in(self, kind: str, name: str | None = None) -> list[Registration]:
        self._load_all(lambda source: source.is_builtin)
        return self._find(kind, name, BUILTIN)

    def _find(self, kind: str, name: str | None = None, *distributions: str) -> list[Registration]:
        return [
            registration
            for plugin in self._plugins
            for registration in plugin.registrations
            if registration.component.kind == kind
            and name in (None, registration.component.name)
            and (not distributions or registration.source.distribution in distributions)
        ]

    def _load_all(self, wanted: Any = lambda source: True) -> None:
        with LOADING:  # another thread may be loading
            for plugin in self._plugins:
                if not plugin.loaded and plugin.status != "disabled" and wanted(plugin.source):
                    self._load(plugin, fatal=self.strict)

    def _load(self, plugin: Plugin, *, fatal: bool) -> None:
        plugin.loaded = True
        try:
            contribution = load_plugin(plugin.source)
        except PluginError as error:
            if fatal:
                raise
            plugin.status, plugin.reason = "failed", error.message
            logger.warning("%s; %s", error.message, error.hint)
            return
        siblings = {
            registration.component
            for other in self._plugins
            if other.source.distribution == plugin.source.distribution
            for registration in other.registrations
        }
        plugin.registrations = [Registration(c, plugin.source) for c in contribution.components if c not in siblings]
        plugin.zoo, plugin.commands = contribution.zoo, contribution.commands
        for other in self._plugins:
            if other is plugin:
                continue
            theirs = {(r.component.kind, r.component.name) for r in other.registrations}
            for registration in plugin.registrations:
                component = registration.component
                if (component.kind, component.name) in theirs:
                    self._mark_clash(plugin, other, component.label, component.name)
            for name in plugin.commands.keys() & other.commands.keys():
                self._mark_clash(plugin, other, f"command {name}", name)

    def _mark_clash(self, plugin: Plugin, other: Plugin, label: str, name: str) -> None:
        for one, two in ((plugin, other), (other, plugin)):
            if not one.source.is_builtin:
                one.status = "clash"
                one.reason = f"{label} is also provided by {two.source}; write {one.source.distribution}/{name}"
                logger.warning("plugin %s: %s", one.source, one.reason)

    def _disable(self, named: tuple[str, ...], environment: str) -> None:
        from_environment = [name.strip() for name in environment.split(",") if name.strip()]
        for name in (*named, *from_environment):
            matching = [plugin for plugin in self._plugins if plugin.source.is_named(name)]
            if not matching and name != "all" and name in named:
                known = sorted({plugin.source.distribution for plugin in self._plugins})
                raise UsageError(
                    f"there is no plugin {name!r} to disable",
                    hint=f"{did_you_mean(name, known)}installed are {', '.join(known)}",
                )
            for plugin in matching:
                plugin.status = "disabled"

    @staticmethod
    def check_kind(kind: str) -> str:
        """Return the kind, or raise a UsageError if it does not exist."""
        if kind not in KINDS:
            raise UsageError(
                f"there is no kind {kind!r}", hint=f"{did_you_mean(kind, KINDS)}kinds are {', '.join(KINDS)}"
            )
        return kind


@cache
def default_registry() -> Registry:
    """The default registry, ``nnzoo.registry``, which is made at first use."""
    return Registry()


def _read_plugin_file(path: Path) -> bytes:
    try:
        return read_regular(path, FILE_LIMIT)
    except IsADirectoryError:
        raise UsageError(
            f"plugin {path} is a folder", hint=f"install a package: pip install -e {quoted(path)}"
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        where = working_directory() or "a folder that is gone"
        raise UsageError(f"plugin file {path} does not exist", hint=f"looked for in {where}") from None
    except OSError as error:
        raise StorageError(f"can't read plugin file {path}: {error.strerror or error}") from error
