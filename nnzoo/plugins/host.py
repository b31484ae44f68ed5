"""Import one plugin and ask it for its components, so that a broken one breaks only itself.

This guards against a plugin's bugs, not its malice: a plugin is code that runs with all the user's rights.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import io
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pluggy

from nnzoo.component import Component
from nnzoo.errors import PluginError
from nnzoo.kinds import KINDS
from nnzoo.plugins import hookspecs
from nnzoo.plugins.discovery import PluginSource

_IMPORTED: dict[str, PluginSource] = {}
"""Which plugin a top-level module belongs to, of those imported so far."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def load_components(source: PluginSource) -> list[type[Component]]:
    """Import a plugin and return the component classes that its hooks list.

    Raises
    ------
    PluginError
        Whatever the plugin does wrong; the process is left as it was before.
    """
    if source.problem:
        raise _error(source, source.problem)
    try:
        with _undone_afterwards():
            return _ask(_import(source))
    except KeyboardInterrupt:
        raise
    except _RefusedError as refused:
        raise _error(source, str(refused)) from None
    except BaseException as error:  # even SystemExit: a plugin must not end the program
        raise _error(source, _first_line(error)) from error


def culprit(error: BaseException) -> str | None:
    """The third-party plugin in whose code an error was raised, if it was in one's."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        source = _IMPORTED.get(str(frame.f_globals.get("__name__")).partition(".")[0])
        if source and not source.is_builtin:
            return str(source)
    return None


def check_component(component: Any) -> None:
    """Hold a class that is registered by hand to the same rules as one that a hook lists.

    Raises
    ------
    PluginError
        When it is no component class, or not a complete one.
    """
    try:
        _checked(component, getattr(component, "kind", ""), "register")
    except _RefusedError as refused:
        raise PluginError(f"can't register {component!r}: {refused}") from None


class _RefusedError(Exception):
    """What a plugin has done against the rules."""


def _error(source: PluginSource, reason: str) -> PluginError:
    if source.is_file:
        return PluginError(f"plugin {source} failed: {reason}", hint=f"mend {source.target}, or leave --plugin out")
    return PluginError(
        f"plugin {source} failed: {reason}",
        hint=f"update it, run with --no-plugin {source.distribution}, or: pip uninstall {source.distribution}",
    )


def _first_line(error: BaseException) -> str:
    where = (
        f" ({Path(error.filename).name}, line {error.lineno})"
        if isinstance(error, SyntaxError) and error.filename
        else ""
    )
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message}".strip().rstrip(":").split("\n", 1)[0] + where


@contextmanager
def _undone_afterwards() -> Iterator[None]:
    """Undo what a plugin does to the process while it loads, and hold it against the plugin."""
    directory, numpy_errors, printed = Path.cwd(), np.geterr(), io.StringIO()
    moved = loosened = False
    try:
        with redirect_stdout(printed):
            yield
    finally:
        if moved := Path.cwd() != directory:
            os.chdir(directory)
        if loosened := np.geterr() != numpy_errors:
            np.seterr(**numpy_errors)
    if moved:
        raise _RefusedError("it changes the working directory")
    if loosened:
        raise _RefusedError("it changes NumPy's error handling (np.seterr)")
    if printed.getvalue():
        raise _RefusedError(f"it prints to standard output: {printed.getvalue().strip().splitlines()[0][:60]!r}")


def _import(source: PluginSource) -> object:
    if source.is_file:
        return _import_file(source)
    module, _, attribute = source.target.partition(":")
    _IMPORTED[module.partition(".")[0]] = source
    plugin: object = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        plugin = getattr(plugin, name)
    return plugin


def _import_file(source: PluginSource) -> ModuleType:
    path = Path(source.target)
    name = f"nnzoo_plugin_file_{re.sub(r'[^A-Za-z0-9]', '_', str(path.resolve()))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise _RefusedError("it is not a Python file (its name must end in .py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    _IMPORTED[name] = source
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _ask(plugin: object) -> list[type[Component]]:
    """Register the plugin with a plugin manager of its own, so that a bad one leaves nothing, and call its hooks."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _RefusedError(str(error).replace("\n", "; ")) from None
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or []}
    _refuse_unmarked(plugin, implemented)
    components = [
        _checked(component, kind, hook)
        for kind, hook in hookspecs.HOOKS.items()
        if hook in implemented
        for component in _listed(getattr(manager.hook, hook)(), hook)
    ]
    labels = [component.label for component in components]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice:
        raise _RefusedError(f"it lists {twice} more than once")
    return components


def _refuse_unmarked(plugin: object, implemented: set[str]) -> None:
    """A hook without its marker would be ignored; so would a plugin with no hook at all."""
    unmarked = [name for name in dir(plugin) if name in hookspecs.HOOKS.values() and name not in implemented]
    if unmarked:
        raise _RefusedError(f"{unmarked[0]} is not marked with @hookimpl (from nnzoo.api import hookimpl)")
    if not implemented:
        raise _RefusedError(f"it implements no hook; the hooks are {', '.join(hookspecs.HOOKS.values())}")


def _listed(results: list[Any], hook: str) -> list[Any]:
    """The one answer of the one plugin that was asked (pluggy leaves None out)."""
    answer = results[0] if results else None
    if not isinstance(answer, list):
        raise _RefusedError(f"{hook} must return a list of component classes, not {type(answer).__name__}")
    return answer


def _checked(component: Any, kind: str, hook: str) -> type[Component]:
    base = KINDS.get(kind, Component)
    if isinstance(component, base):
        raise _RefusedError(f"{hook} lists an instance of {type(component).__name__}; list the class itself")
    if not isinstance(component, type) or not issubclass(component, base):
        raise _RefusedError(f"{hook} lists {component!r}, which is not a subclass of {base.__name__}")
    missing = sorted(component.__abstractmethods__)
    if missing:
        raise _RefusedError(f"{component.__name__} does not define {', '.join(missing)}")
    name = getattr(component, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _RefusedError(f"{component.__name__}.name = {name!r} is not a component name: use a-z, 0-9 and '-'")
    own = inspect.get_annotations(component)
    fields = {field.name for field in component.__dataclass_fields__.values()}
    lost = [key for key, hint in own.items() if key not in fields and "ClassVar" not in str(hint)]
    if lost:
        raise _RefusedError(
            f"{component.__name__} declares {', '.join(lost)} but is not marked @dataclass(frozen=True)"
        )
    return component
