"""Import one plugin and collect its components, so that a broken plugin breaks only itself.

This guards against a plugin's bugs, not against malice: a plugin is code that runs with all the user's rights.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import io
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from difflib import get_close_matches
from functools import cache
from opcode import opmap
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pluggy

from nnzoo.component import Component, with_article
from nnzoo.errors import PluginError
from nnzoo.files.place import working_directory
from nnzoo.kinds import KINDS, ZooModel
from nnzoo.kinds.zoo_model import ZOO_NAME
from nnzoo.plugins import hookspecs
from nnzoo.plugins.discovery import COMMANDS, NAME, PluginSource
from nnzoo.terminal import one_line, quoted

if TYPE_CHECKING:
    from click import Command

_IMPORTED: dict[str, PluginSource] = {}
"""The plugins imported so far, by top-level module."""

LOADING = threading.RLock()
"""Held while a plugin is imported, because its effects on the whole process are undone afterwards."""

_OF_VERSION_0_1 = {
    "value_and_gradient": "a loss now has plan, and losses, which writes the loss and the gradient of each row; "
    "nothing is averaged (see docs/hooks/nnzoo_losses.md)",
}
"""Methods of components in nnzoo 0.1, and their replacements."""


@dataclass(frozen=True)
class Contribution:
    """The contents of a plugin: component classes, trained networks, and commands by name."""

    components: list[type[Component]]
    zoo: list[ZooModel]
    commands: dict[str, Command]


def load_plugin(source: PluginSource) -> Contribution:
    """Import a plugin and return what its hooks list; built-in plugins are loaded once per process.

    Raises
    ------
    PluginError
        For any fault of the plugin; the process is left as it was before.
    """
    return _load_once(source) if source.is_builtin else _load(source)


def _load(source: PluginSource) -> Contribution:
    if source.problem:
        raise _error(source, source.problem)
    try:
        with LOADING, _undone_afterwards():
            contribution = _collect(_import(source))
        _refuse_unannounced(source, contribution.commands)
        return contribution
    except _RefusedError as refused:
        raise _error(source, one_line(str(refused))) from None
    except BaseException as error:  # even SystemExit: a plugin must not end the program
        if isinstance(error, KeyboardInterrupt) and not _raised_by_plugin(error):
            raise
        raise _error(source, _reason(error)) from error


_load_once = cache(_load)


def culprit(error: BaseException) -> str | None:
    """The third-party plugin whose code raised an error; None if there is none, or for Ctrl-C."""
    if isinstance(error, KeyboardInterrupt) and not _raised_by_plugin(error):
        return None
    found = (_third_party(frame) for frame, _ in traceback.walk_tb(error.__traceback__))
    return next((str(source) for source in found if source), None)


def _raised_by_plugin(error: BaseException) -> bool:
    """Whether a ``raise`` of a plugin is the origin of an error; a signal comes between other instructions."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or not _third_party(last.tb_frame):
        return False
    return last.tb_frame.f_code.co_code[last.tb_lasti] == opmap["RAISE_VARARGS"]


def _third_party(frame: FrameType) -> PluginSource | None:
    """The third-party plugin that the code of a frame belongs to, if any."""
    source = _IMPORTED.get(str(frame.f_globals.get("__name__")).partition(".")[0])
    return None if source is None or source.is_builtin else source


def third_parties() -> list[str]:
    """The third-party plugins imported so far."""
    return sorted({str(source) for source in _IMPORTED.values() if not source.is_builtin})


def check_component(component: Any) -> None:
    """Check a class that does not come from a plugin by the rules for classes that a hook lists.

    Raises
    ------
    PluginError
        When it is not a component class, or not a complete one.
    """
    try:
        _checked(component, getattr(component, "kind", ""), "register")
    except _RefusedError as refused:
        raise PluginError(f"can't use {component!r}: {refused}") from None


class _RefusedError(Exception):
    """A violation of the rules for plugins."""


def _error(source: PluginSource, reason: str) -> PluginError:
    if source.is_file:
        return PluginError(f"plugin {source} failed: {reason}", hint=f"fix {source.target}, or leave it out")
    return PluginError(
        f"plugin {source} failed: {reason}",
        hint=f"update it, leave it out (in Python, Registry(disabled=[{source.distribution!r}]); in a command, "
        f"--no-plugin {quoted(source.distribution)}), or: pip uninstall {quoted(source.distribution)}",
    )


def _reason(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, SyntaxError):
        where = f" ({Path(error.filename).name}, line {error.lineno})" if error.filename else ""
        return f"{type(error).__name__}: {one_line(error.msg)}{where}"
    try:
        said = one_line(str(error))
    except Exception:  # its own __str__ is broken
        said = ""
    reason = f"{type(error).__name__}: {said}".rstrip(": ")
    return f"it tries to end the program ({reason})" if isinstance(error, SystemExit) else reason


@contextmanager
def _undone_afterwards() -> Iterator[None]:
    """Undo changes that a plugin makes to the process while it loads, and refuse the plugin if there are any."""
    directory, numpy_errors, printed = working_directory(), np.geterr(), _Printed()
    moved = loosened = False
    try:
        with redirect_stdout(printed), _started_here() as threads:
            yield
    finally:
        if (moved := working_directory() != directory) and directory is not None:
            os.chdir(directory)
        if loosened := np.geterr() != numpy_errors:
            np.seterr(**numpy_errors)
    if moved:
        raise _RefusedError("it changes the working directory")
    if loosened:
        raise _RefusedError("it changes NumPy's error handling (np.seterr)")
    left = next((one for one in threads if not one.daemon and one.is_alive()), None)
    if left is not None:
        raise _RefusedError(f"it leaves a thread running ({left.name}), for which the program would wait at its end")
    if printed.getvalue():
        raise _RefusedError(f"it prints to standard output: {printed.getvalue().strip().splitlines()[0][:60]!r}")


class _Printed(io.StringIO):
    """Captures what this thread prints, and passes on what other threads print."""

    def __init__(self) -> None:
        super().__init__()
        self._thread, self._stdout = threading.get_ident(), sys.stdout

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return super().write(text)
        return self._stdout.write(text)


@contextmanager
def _started_here() -> Iterator[list[threading.Thread]]:
    """Collect the threads that this thread starts within the context, but not those that other threads start."""
    here, start = threading.get_ident(), threading.Thread.start
    started: list[threading.Thread] = []

    def noted(thread: threading.Thread) -> None:
        if threading.get_ident() == here:
            started.append(thread)
        start(thread)

    threading.Thread.start = noted  # type: ignore[method-assign, assignment]
    try:
        yield started
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]


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
    unique = re.sub(r"[^A-Za-z0-9]", lambda sign: f"_{ord(sign[0]):x}_", os.path.realpath(path))
    name = f"nnzoo_plugin_file_{unique}"  # different for a-b.py and a_b.py
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or path.suffix != ".py":
        raise _RefusedError("it is not a Python file (its name must end in .py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses need their module there
    _IMPORTED[name] = source
    try:
        code = path.read_bytes() if source.code is None else source.code
        exec(compile(code, path, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _collect(plugin: object) -> Contribution:
    """Call the plugin's hooks, with a separate plugin manager, so that a bad plugin leaves no trace."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    _refuse_unsound_hooks(plugin, manager)
    manager.register(plugin)
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or []}
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
    zoo, commands = list[Any](), list[Any]()
    if hookspecs.ZOO_HOOK in implemented:
        zoo = _listed(manager.hook.nnzoo_zoo(), hookspecs.ZOO_HOOK)
    if hookspecs.COMMANDS_HOOK in implemented:
        commands = _listed(manager.hook.nnzoo_commands(), hookspecs.COMMANDS_HOOK, "commands")
    return Contribution(components, [_checked_model(model) for model in zoo], _by_name(commands))


def _refuse_unsound_hooks(plugin: object, manager: pluggy.PluginManager) -> None:
    """Refuse mistakes in hooks that pluggy would report in its own terms, or silently ignore."""
    known = hookspecs.ALL_HOOKS
    marked = {name: options for name in dir(plugin) if (options := manager.parse_hookimpl_opts(plugin, name))}
    for name, options in marked.items():
        if options["wrapper"] or options["hookwrapper"] or options["specname"]:
            raise _RefusedError(f"{name} must be marked with @hookimpl alone, without wrapper or specname")
        if name not in known:
            raise _RefusedError(f"there is no hook {name}{_nearest_hook(name) or f'; {_hooks()}'}")
        if inspect.iscoroutinefunction(getattr(plugin, name)):
            raise _RefusedError(f"{name} must be a plain function, not an async one")
        _refuse_arguments(getattr(plugin, name), name)
    for name in sorted(set(dir(plugin)) & set(known) - marked.keys()):
        if not inspect.isroutine(found := getattr(plugin, name)):
            raise _RefusedError(f"{name} must be a function, not {with_article(found)}")
        raise _RefusedError(f"{name} is not marked with @hookimpl (from nnzoo.api import hookimpl)")
    if not marked:
        raise _RefusedError(f"it implements no hook; {_hooks()}")


def _nearest_hook(name: str) -> str:
    """A hint at the hook that was probably meant; names are compared without their common prefix."""
    stems = {hook.removeprefix("nnzoo_"): hook for hook in hookspecs.ALL_HOOKS}
    near = get_close_matches(name.removeprefix("nnzoo_"), stems, n=1)
    return f" (did you mean {stems[near[0]]}?)" if near else ""


def _hooks() -> str:
    return f"the hooks are {', '.join(hookspecs.ALL_HOOKS)}"


def _refuse_arguments(function: Callable[..., object], hook: str) -> None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a method without self
        raise _RefusedError(f"{hook} is a method, so it takes self and nothing else") from None
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if needed == ["self"]:
        raise _RefusedError(f"{hook} is a method of a class: the entry point must name an object of that class")
    if needed:
        raise _RefusedError(f"{hook} must take no arguments, but it takes {', '.join(needed)}")


def _listed(results: list[Any], hook: str, of: str = "component classes") -> list[Any]:
    """The list that the plugin's hook returned (pluggy drops None)."""
    answer = results[0] if results else None
    if not isinstance(answer, list):
        raise _RefusedError(f"{hook} must return a list of {of}, not {with_article(answer)}")
    return answer


def _class_variables(base: type[Component]) -> set[str]:
    """The class variables that a kind and its bases declare."""
    return {
        name
        for cls in base.__mro__
        for name, hint in inspect.get_annotations(cls).items()
        if "ClassVar" in str(hint) and name != "label"
    }


def _refuse_signatures(component: type[Component], base: type[Component]) -> None:
    """Refuse a method that can't be called as its kind's, or has its arguments in another order."""
    for method in sorted(base.__abstractmethods__):
        if not inspect.isfunction(own := getattr(component, method)):
            continue
        expected, found = (list(inspect.signature(f).parameters) for f in (getattr(base, method), own))
        try:
            inspect.signature(own).bind(*expected)
        except TypeError:
            fits = False
        else:
            fits = found == expected or set(found) != set(expected)
        if not fits:
            raise _RefusedError(
                f"{component.__name__}.{method} takes ({', '.join(found)}); it must take ({', '.join(expected)})"
            )


def _checked_model(model: Any) -> ZooModel:
    if not isinstance(model, ZooModel):
        raise _RefusedError(f"{hookspecs.ZOO_HOOK} lists {with_article(model)}, which is not a ZooModel")
    if not ZOO_NAME.fullmatch(model.name):
        raise _RefusedError(f"{model.name!r} is not a name for a trained network: it is architecture.tag")
    for file in (model.model_file, model.card_file):
        if not file.is_file():
            raise _RefusedError(f"{hookspecs.ZOO_HOOK} lists {model.name}, but there is no {file.name}")
    return model


def _by_name(commands: list[Any]) -> dict[str, Command]:
    """Commands by their names, checked."""
    if not commands:
        return {}
    import click  # only needed for commands

    named: dict[str, Command] = {}
    for command in commands:
        if not isinstance(command, click.Command):
            listed = with_article(command)
            raise _RefusedError(f"{hookspecs.COMMANDS_HOOK} lists {listed}, which is not a click command")
        name = command.name or ""
        if not NAME.fullmatch(name):
            raise _RefusedError(f"{name!r} is not a valid name for a command: use a-z, 0-9 and '-'")
        if name in named:
            raise _RefusedError(f"it lists the command {name} more than once")
        named[name] = command
    return named


def _refuse_unannounced(source: PluginSource, commands: dict[str, Command]) -> None:
    """Refuse differences between metadata and hook, as ``nnzoo --help`` relies on the metadata."""
    if source.is_file:
        return
    for name in sorted(set(source.commands) - commands.keys()):
        raise _RefusedError(f"its metadata announce the command {name}, which {hookspecs.COMMANDS_HOOK} does not list")
    for name in sorted(commands.keys() - set(source.commands)):
        raise _RefusedError(
            f"{hookspecs.COMMANDS_HOOK} lists the command {name}, which its metadata do not announce: "
            f'in pyproject.toml, [project.entry-points."{COMMANDS}"] must have {name} = "{source.target}"'
        )


def _checked(component: Any, kind: str, hook: str) -> type[Component]:
    base = KINDS.get(kind, Component)
    if isinstance(component, base):
        raise _RefusedError(f"{hook} lists an instance of {type(component).__name__}; list the class itself")
    if not isinstance(component, type) or not issubclass(component, base):
        listed = component.__name__ if isinstance(component, type) else repr(component)
        raise _RefusedError(f"{hook} lists {listed}, which is not a subclass of {base.__name__}")
    missing = sorted(component.__abstractmethods__) or [n for n in _class_variables(base) if not hasattr(component, n)]
    if missing and missing != ["name"]:
        for method, instead in _OF_VERSION_0_1.items():
            if callable(getattr(component, method, None)):
                raise _RefusedError(f"{component.__name__} was written for nnzoo 0.1 ({method}): {instead}")
        raise _RefusedError(f"{component.__name__} does not define {', '.join(missing)}")
    name = getattr(component, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _RefusedError(f"{component.__name__}.name = {name!r} is not a component name: use a-z, 0-9 and '-'")
    own = inspect.get_annotations(component)
    fields = {field.name for field in component.__dataclass_fields__.values()}
    lost = [key for key, hint in own.items() if key not in fields and "ClassVar" not in str(hint)]
    if lost:
        raise _RefusedError(
            f"{component.__name__} declares {', '.join(lost)} but is not marked @dataclass(frozen=True)"
        )
    _refuse_signatures(component, base)
    hyperparameters = {field.name for field in dataclass_fields(component)}
    for name in sorted(hyperparameters & _class_variables(base)):
        raise _RefusedError(f"{component.__name__}.{name} is not a hyperparameter: write {name}: ClassVar")
    hiding = sorted(name for name in hyperparameters if callable(getattr(base, name, None)))
    if hiding:
        raise _RefusedError(f"{component.__name__} has a field {hiding[0]}, which hides the method: rename the field")
    return component
