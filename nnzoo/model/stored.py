"""Components and data as records and model files store them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, ClassVar, TypeAlias

from annotated_types import Ge, Gt, Len, MaxLen

from nnzoo.checking import STRICT
from nnzoo.component import Component
from nnzoo.errors import AmbiguousComponentError, FileFormatError, PluginError, UnknownComponentError, UsageError
from nnzoo.hyperparameters import format_value, values_of
from nnzoo.kinds import InputPart, OutputPart, Problem
from nnzoo.kinds.columns import DateOrder
from nnzoo.plugins.catalogue import KNOWN_PACKAGES, way_to_install
from nnzoo.plugins.discovery import BUILTIN
from nnzoo.plugins.registry import SESSION, Registry
from nnzoo.spelling import in_brackets
from nnzoo.terminal import one_line, quoted

_Shape: TypeAlias = Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1, 8)]
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9.!+_-]*")
"""Valid names and versions of packages; a file may have any text in their place."""
OPTIONS_LIMIT = 4096
"""The most characters of a component's hyperparameters: a file could ask for a million layers."""
DEPTH_LIMIT = 100
"""The deepest nesting of lists and mappings; a component inside another takes two or three levels."""


@dataclass(frozen=True)
class StoredComponent:
    """A component as files store it: ``distribution/name``, the distribution's version, and all hyperparameters.

    A component among the hyperparameters is stored in the same way, at any depth: ``{"name": …, "version": …,
    "options": …}``, or a list of them. Files of nnzoo 0.2 and before have only its short name, which means the same as
    on the command line.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    version: str
    options: dict[str, Any]

    def __post_init__(self) -> None:
        if _is_deeper(self.options, DEPTH_LIMIT):
            raise FileFormatError(f"the hyperparameters of {one_line(self.name, 60)} are nested too deep")

    @property
    def origin(self) -> str:
        """The distribution or file that it comes from; ``session`` for a class that a program registered."""
        return self.name.rpartition("/")[0]

    @property
    def short_name(self) -> str:
        """Its name without the distribution."""
        return self.name.rpartition("/")[2]

    @property
    def spec(self) -> str:
        """Its spec for the command line: ``momentum:beta=0.9``, ``nnzoo-x/clipped:inner=(nnzoo-x/adam:…)``."""
        name = self.name.removeprefix(f"{BUILTIN}/")
        options = ",".join(f"{key}={_spelled(value)}" for key, value in self.options.items())
        return f"{name}:{options}" if options else name


@dataclass(frozen=True)
class StoredData:
    """The problem that a network was trained for, and the data.

    Attributes
    ----------
    input_shape, output_shape, target_shape, names, has_labels
        As `Problem` has them.
    samples : dict of str to int
        The number of samples, by part.
    sha256 : str
        The data set's fingerprint.
    target : str
        The target column of a table; empty for other data, or if it is not known.
    columns : int
        The number of columns in a table's file; 0 for other data, or if it is not known.
    units : dict of str to str, or None
        The units of a table's columns of numbers that have one; None if they are not known.
    date_order : {"auto", "day-first", "month-first"}
        The order of day and month in a table's dates.
    input_parts, output_parts : tuple of InputPart, tuple of OutputPart
        The inputs and outputs, if there are several.
    scale : float
        In files of nnzoo 0.1, the factor for integers; later files have a preprocessing.
    """

    __pydantic_config__: ClassVar = STRICT

    input_shape: _Shape
    output_shape: _Shape
    target_shape: Annotated[tuple[Annotated[int, Ge(1)], ...], MaxLen(8)]
    names: tuple[str, ...] = ()
    samples: dict[str, int] = field(default_factory=dict)
    sha256: str = ""
    scale: Annotated[float, Gt(0)] = 1.0
    has_labels: bool = False
    target: str = ""
    input_parts: tuple[InputPart, ...] = ()
    output_parts: tuple[OutputPart, ...] = ()
    columns: int = 0
    units: dict[str, str] | None = None
    date_order: DateOrder = "auto"

    @property
    def problem(self) -> Problem:
        """The shapes and names.

        Raises
        ------
        FileFormatError
            When they do not fit together.
        """
        problem = Problem(
            self.input_shape,
            self.output_shape,
            self.target_shape,
            self.names,
            self.has_labels,
            self.input_parts,
            self.output_parts,
        )
        if self.names and len(self.names) != problem.width:
            raise FileFormatError(f"there are {len(self.names)} names for {problem.width} outputs")
        if self.target_shape not in (self.output_shape, self.output_shape[:-1]):
            raise FileFormatError(f"targets of shape {self.target_shape} do not belong to {self.output_shape} outputs")
        stops = [0, *(part.stop for part in self.input_parts)]
        if self.input_parts and (
            [part.start for part in self.input_parts] != stops[:-1]
            or self.input_shape != (stops[-1],)
            or min(stops) < 0
        ):
            raise FileFormatError(f"its inputs do not fill a row of {self.input_shape} values")
        ends = [0, *(part.start + part.width for part in self.output_parts)]
        if self.output_parts and (
            [part.start for part in self.output_parts] != ends[:-1]
            or self.output_shape != (ends[-1],)
            or any(part.width < 1 or len(part.names) not in (0, part.width) for part in self.output_parts)
        ):
            raise FileFormatError(f"its parts do not fill {self.output_shape} outputs")
        return problem


@dataclass(frozen=True)
class StoredStart:
    """The trained network that fine-tuning started from.

    Attributes
    ----------
    source : str
        Its full name in the zoo, else the name of its file or run; empty if it was in no file.
    sha256 : str
        Fingerprint of its model file; empty if there is none.
    weights_sha256 : str
        Fingerprint of its parameters.
    new_head : bool
        Whether its last layer was replaced.
    loaded, new : tuple of str
        The arrays that were loaded from it, and those with new initial values.
    """

    __pydantic_config__: ClassVar = STRICT

    source: str
    sha256: str
    weights_sha256: str
    new_head: bool = False
    loaded: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    def __str__(self) -> str:
        known = f", SHA-256 {self.sha256 or self.weights_sha256}"
        return f"{self.source or 'a network in memory'}{known}{', with a new head' if self.new_head else ''}"


def stored_problem(
    problem: Problem, samples: Mapping[str, int] | None = None, sha256: str = "", target: str = ""
) -> StoredData:
    """A problem and facts about the data, in the form that files store."""
    return StoredData(
        problem.input_shape,
        problem.output_shape,
        problem.target_shape,
        problem.names,
        dict(samples or {}),
        sha256,
        has_labels=problem.has_labels,
        target=target,
        input_parts=problem.inputs,
        output_parts=problem.outputs,
    )


def upgraded(values: Mapping[str, Any]) -> dict[str, Any]:
    """A record or model description in the current form: those of nnzoo 0.1 name no task.

    If classes have no names, the loss shows whether it was a classification.
    """
    data, components = values.get("data"), values.get("components")
    if not (isinstance(data, Mapping) and isinstance(components, Mapping) and "outputs" in data):
        return dict(values)
    outputs, names = data["outputs"], data.get("class_names", ())
    loss = components.get("loss")
    of_classes = bool(names) or (isinstance(loss, Mapping) and loss.get("name") == "nnzoo/softmax-cross-entropy")
    task = {"name": f"{BUILTIN}/{'classification' if of_classes else 'regression'}", "version": "", "options": {}}
    other = {key: value for key, value in data.items() if key not in ("outputs", "class_names")}
    shapes = {"output_shape": [outputs], "target_shape": [] if of_classes else [outputs], "names": names}
    return {**values, "components": {**components, "task": task}, "data": {**other, **shapes}}


def component_record(registry: Registry, component: Component) -> StoredComponent:
    """A component as files store it, with those inside it."""
    source = registry.provider(component) or SESSION
    options = {name: _stored_value(registry, value) for name, value in values_of(component).items()}
    return StoredComponent(f"{source.distribution}/{component.name}", source.version, options)


def _stored_value(registry: Registry, value: Any) -> Any:
    if isinstance(value, tuple):
        return [_stored_value(registry, item) for item in value]
    return asdict(component_record(registry, value)) if isinstance(value, Component) else value


def as_component(value: Any) -> StoredComponent | None:
    """A value among stored hyperparameters as a component; None if it is not one."""
    if not isinstance(value, Mapping):
        return None
    name, version, options = value.get("name"), value.get("version", ""), value.get("options")
    if isinstance(name, str) and isinstance(version, str) and isinstance(options, Mapping):
        return StoredComponent(name, version, dict(options))
    return None


def _is_deeper(value: Any, limit: int) -> bool:
    """Whether lists and mappings are nested deeper than the limit."""
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return limit == 0 or any(_is_deeper(item, limit - 1) for item in inside)


def _spelled(value: Any, *, in_list: bool = False) -> str:
    """A stored value as a spec has it."""
    if isinstance(value, list | tuple):
        return ",".join(_spelled(item, in_list=True) for item in value)
    inner = as_component(value)
    return in_brackets(inner.spec) if inner else format_value(value, in_list=in_list)


def list_records(registry: Registry, lists: Mapping[str, Sequence[Component]]) -> dict[str, Any]:
    """Lists of components by name, as files store them."""
    return {name: tuple(component_record(registry, each) for each in many) for name, many in lists.items()}


def build_stored(registry: Registry, kind: str, stored: StoredComponent, owner: str) -> Any:
    """Build a component that a file names; ``owner`` is ``the run`` or a path, for messages.

    Raises
    ------
    PluginError
        When it comes from a plugin that is not installed; the hint has the command.
    FileFormatError
        When it does not accept the stored hyperparameters.
    """
    try:
        component = registry.get(kind, stored.name).component
        nested, own = component.nested(), dict(stored.options)
        inner = {name: own.pop(name) for name in nested if name in own}
        if len(str(own)) + sum(4 * len(value) for value in inner.values() if isinstance(value, list)) > OPTIONS_LIMIT:
            raise FileFormatError(f"{owner}: the hyperparameters of its {kind} are too long")
        place = f"{owner}: {component.label}"
        built = {name: _build_inner(registry, nested[name].kind, value, place) for name, value in inner.items()}
        return registry.build(kind, stored.name, {**own, **built})
    except AmbiguousComponentError as error:
        hint = (
            "the file does not say which: disable all of these plugins but one (in Python, Registry(disabled=[…]); "
            "in a command, --no-plugin NAME)"
        )
        raise PluginError(f"{owner}: {error.message}", hint=hint) from None
    except UnknownComponentError:
        hint = way_to(stored.name, stored.version) or (
            "register it first (registry.register), or write the file again with a plugin that can be installed"
        )
        message = f"{owner} needs the {kind} {stored.name!r}, which is not installed"
        raise PluginError(message, hint=hint) from None
    except UsageError as error:
        raise FileFormatError(f"{owner}: {error.message}", hint=error.hint) from None
    except FileFormatError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(f"{owner} has a {kind} that can't be built: {error}") from None


def _build_inner(registry: Registry, kind: str, value: Any, owner: str) -> Any:
    """The component, or the tuple of them, that a hyperparameter holds; other values are returned unchanged."""
    if isinstance(value, list):
        return tuple(_build_inner(registry, kind, item, owner) for item in value)
    inner = as_component(value)
    if inner is None and isinstance(value, Mapping):
        raise FileFormatError(f"{owner}: {one_line(str(value), 60)} is not a component")
    return build_stored(registry, kind, inner, owner) if inner else value


def way_to(name: str, version: str) -> str:
    """How to get a component that a file names, in words; empty if a program registered it.

    >>> way_to("acme-waves/sine", "0.2")
    'it comes with acme-waves 0.2, which is not installed'
    >>> way_to("x; rm -rf y #/adam", "0.2")
    ''
    """
    distribution = name.rpartition("/")[0]
    if distribution.endswith(".py"):
        return (
            f"give the file that has it; in Python, Registry(files=[…]); in a command, --plugin {quoted(distribution)}"
        )
    if distribution in ("session", BUILTIN) or not (
        _DISTRIBUTION.fullmatch(distribution) and _VERSION.fullmatch(version)
    ):
        return ""
    known = distribution in KNOWN_PACKAGES
    way = f": {way_to_install(distribution)}" if known else ", which is not installed"  # a file can name any package
    return f"it comes with {distribution} {version}{way}"
