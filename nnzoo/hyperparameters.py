"""`Validated`: frozen dataclasses whose fields declare their type, range and description.

The declaration ``beta: Annotated[float, Ge(0), Lt(1), doc("decay")] = 0.9`` drives validation in Python and on the
command line, help texts and the JSON round trip. pydantic converts text to the declared type and checks it; this module
adds messages that name the wrong value, its component and the allowed range.
"""

from __future__ import annotations

import inspect
import math
import numbers
import operator
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, dataclass, fields
from functools import reduce
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin, get_type_hints

import annotated_types

from nnzoo.checking import make_adapter
from nnzoo.errors import HyperparameterError, did_you_mean
from nnzoo.spelling import Written, in_brackets, spell_text

if TYPE_CHECKING:
    from pydantic import ConfigDict, TypeAdapter

_Missing = type(MISSING)  # a class pickled by value in another process has another MISSING
_VALIDATION: ConfigDict = {"allow_inf_nan": False}
_Doc = type(annotated_types.doc(""))  # typing_extensions.Doc, or the older DocInfo
_LOWER = {annotated_types.Ge: ("ge", "<="), annotated_types.Gt: ("gt", "<")}
_UPPER = {annotated_types.Le: ("le", "<="), annotated_types.Lt: ("lt", "<")}
_ADAPTERS: dict[type[Any], dict[str, TypeAdapter[Any]]] = {}
_HINTS: dict[type[Any], dict[str, Any]] = {}
NAMED_IN_FULL = 6
"""Most hyperparameters that a message lists with type and range; of more, it lists the names alone."""


@dataclass(frozen=True)
class Hyperparameter:
    """One field of a component: name, type, range, default and meaning.

    Attributes
    ----------
    name, type : str
    allowed : str
        The range, such as ``0 <= beta < 1``; empty if any value of the type is allowed.
    default : object
        A placeholder if the field is `required`.
    description : str
    """

    name: str
    type: str
    allowed: str
    default: Any
    description: str

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return isinstance(self.default, _Missing)

    def __str__(self) -> str:
        allowed = f", {self.allowed}" if self.allowed else ""
        default = "" if self.required else f", default {format_value(self.default)}"
        return f"{self.name} ({self.type}{allowed}{default})"

    def to_dict(self) -> dict[str, Any]:
        """The hyperparameter as JSON; a required one has no ``default``."""
        known = {"name": self.name, "type": self.type, "range": self.allowed, "description": self.description}
        if self.required:
            return known
        is_plain = isinstance(self.default, bool | int | float | str | None)
        return {**known, "default": self.default if is_plain else format_value(self.default)}

    def explained(self) -> str:
        """Name, type, range, default and description on one line."""
        return f"{self}: {self.description}" if self.description else str(self)


@dataclass(frozen=True)
class Validated:
    """Base of dataclasses whose values are checked on construction, so that every instance is valid.

    Raises
    ------
    HyperparameterError
        For a value of the wrong type or outside the declared range.
    """

    label: ClassVar[str] = ""
    """Its name in messages."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = _plain(getattr(self, field.name))
            object.__setattr__(self, field.name, _checked(type(self), field, value))

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Build an instance from values by name; text is converted to the declared type.

        Raises
        ------
        HyperparameterError
            For an unknown or missing name, or a value that is not allowed.
        """
        known = {field.name: field for field in fields(cls)}
        for key in options:
            if key not in known:
                raise HyperparameterError(f"{cls.label} has no hyperparameter {key!r}", hint=_offer(cls, key))
        missing = next((h for h in cls.hyperparameters() if h.required and h.name not in options), None)
        if missing:
            raise HyperparameterError(f"{cls.label} needs a value for {missing.name}", hint=missing.explained())
        return cls(**{key: _checked(cls, known[key], _plain(value)) for key, value in options.items()})

    @classmethod
    def nested(cls) -> dict[str, Any]:
        """The fields that hold `Validated` objects, each with the class that it requires."""
        classes = {name: _validated_in(declared) for name, (declared, _) in cls.declarations().items()}
        return {name: inner for name, inner in classes.items() if inner}

    @classmethod
    def declarations(cls) -> dict[str, tuple[Any, tuple[Any, ...]]]:
        """Each field's type without its constraints, and the constraints (of ``annotated_types``)."""
        return {name: split_annotation(hint) for name, hint in _hints(cls).items()}

    @classmethod
    def hyperparameters(cls) -> list[Hyperparameter]:
        """Each field with type, allowed range, default and description, in order."""
        return [_describe(cls, field) for field in fields(cls)]


def format_value(value: Any, *, in_list: bool = False) -> str:
    """Write a value as on the command line: ``(64, 32)`` is ``64,32``."""
    if isinstance(value, tuple | list):
        return ",".join(format_value(item, in_list=True) for item in value)
    if isinstance(value, Validated):
        return in_brackets(str(value))
    return spell_text(value, in_list=in_list) if isinstance(value, str) else str(value)


def values_of(component: Validated) -> dict[str, Any]:
    """The values of a component's fields, by name."""
    return {field.name: getattr(component, field.name) for field in fields(component)}


def _plain(value: Any) -> Any:
    """Convert NumPy scalars to Python's (a np.float64 would promote float32 arithmetic), arrays and lists to tuples."""
    if hasattr(value, "dtype") and hasattr(value, "tolist"):  # without importing NumPy
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return value
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def _checked(cls: type[Validated], field: Field[Any], value: Any) -> Any:
    """The value in its declared type, or an error that names the field. Only text is converted."""
    hint = _hints(cls)[field.name]
    if _fits(value, hint):
        return value
    is_tuple = _tuple_in(hint) is not None
    if _read(value, hint) is None and NoneType in _choices(hint):
        return None
    if is_tuple and isinstance(value, Written) and value.within is not None and _are_numbers(hint):
        value = [Written(item.strip()) for item in value.within.split(",")]  # in a list of texts, brackets are kept
    items = value if isinstance(value, list | tuple) else (value,)
    if is_tuple and (*items,) == ("",):
        items = ()  # mlp:hidden= is a model without a hidden layer
    item_hint = get_args(_tuple_in(hint))[0] if is_tuple else hint
    items = tuple(_read(item, item_hint) for item in items)
    listed = is_tuple or isinstance(value, list | tuple)
    try:
        return _adapter(cls, field.name).validate_python(
            items if listed else items[0], strict=not all(isinstance(item, str | None) for item in items)
        )
    except ValueError:  # pydantic's ValidationError is one
        given = f"{cls.label}{': ' if cls.label else ''}{field.name} = {_as_given(value) or '(nothing)'}"
        if any(isinstance(item, str) and not _is_text(item) for item in items):
            hint = "a record holds text only: rename the file or folder" if field.name.endswith("path") else None
            raise HyperparameterError(f"{given} has bytes that are not UTF-8", hint=hint) from None
        raise HyperparameterError(f"{given} is not allowed", hint=_describe(cls, field).explained()) from None


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value plainly fits: it has exactly a declared type and is in its range. Other values may fit, too."""
    bare, constraints = split_annotation(hint)
    if get_origin(bare) is tuple:
        item, *rest = get_args(bare) or (None,)
        fits = type(value) is tuple and rest == [...] and all(_fits(each, item) for each in value)
        return fits and value != ("",) and all(type(each) is _Doc for each in constraints)
    if isinstance(bare, UnionType) or get_origin(bare) is Union:
        fits = any(_fits(value, member) for member in get_args(bare))
    elif get_origin(bare) is Literal:
        fits = any(type(value) is type(each) and value == each for each in get_args(bare))
    elif bare in (bool, int, float):
        fits = type(value) is bare and (bare is not float or math.isfinite(value))
    elif bare is str:
        fits = type(value) is str and _is_text(value)
    elif isinstance(bare, type) and issubclass(bare, Validated):
        fits = isinstance(value, bare)
    else:
        fits = value is None and bare is NoneType
    return fits and all(_holds(value, each) for each in constraints)


def _holds(value: Any, constraint: Any) -> bool:
    """Whether a value, unless it is None, satisfies a constraint; False for an unknown kind of constraint."""
    kind = type(constraint)
    if kind in _LOWER or kind in _UPPER:
        name, _ = (_LOWER if kind in _LOWER else _UPPER)[kind]
        return value is None or bool(getattr(operator, name)(value, getattr(constraint, name)))
    return kind is _Doc


def evaluate_annotations(cls: type[Validated]) -> None:
    """Replace string annotations by types: a copy of the class in another process can't evaluate them."""
    own = inspect.get_annotations(cls)
    with suppress(NameError):  # reported when a value is checked
        cls.__annotations__ = own | {name: hint for name, hint in _hints(cls).items() if name in own}


def allows(cls: type[Validated], name: str, value: Any) -> bool:
    """Whether a field accepts a value."""
    try:
        _checked(cls, next(field for field in fields(cls) if field.name == name), value)
    except HyperparameterError:
        return False
    return True


def _read(value: Any, hint: Any) -> Any:
    """A value without its brackets; the word ``None`` becomes None if the type allows None."""
    choices = _choices(hint)
    if isinstance(value, str) and value == "None" and NoneType in choices:
        return None if isinstance(value, Written) or str not in choices else value
    return value.text if isinstance(value, Written) else value


def _as_given(value: Any) -> str:
    """A refused value as text; texts are shown unchanged."""
    if isinstance(value, tuple | list):
        return ",".join(map(_as_given, value))
    return value if isinstance(value, str) else format_value(value)


def _is_text(value: str) -> bool:
    """Whether a text can be encoded in UTF-8; a file name on the command line may contain other bytes."""
    try:
        return bool(value.encode()) or not value
    except UnicodeEncodeError:
        return False


def _hints(cls: type[Validated]) -> dict[str, Any]:
    """The annotations of the fields, each evaluated in the module of its class; ``ClassVar`` and others are ignored."""
    if (known := _HINTS.get(cls)) is not None:
        return known
    hints: dict[str, Any] = {}
    names = {field.name for field in fields(cls)}
    for base in reversed(cls.__mro__):
        own = {name: hint for name, hint in inspect.get_annotations(base).items() if name in names}
        holder = type(base.__name__, (), {"__annotations__": own})
        module = sys.modules.get(base.__module__)  # None for a class pickled by value in another process
        hints |= get_type_hints(holder, vars(module) if module else {}, include_extras=True)
    _HINTS[cls] = hints
    return hints


def _adapter(cls: type[Validated], name: str) -> TypeAdapter[Any]:
    """The pydantic adapter of a field, made once for each class."""
    adapters = _ADAPTERS.setdefault(cls, {})
    if name not in adapters:
        hint = _hints(cls)[name]
        bare, _ = split_annotation(hint)
        config = None if _validated_in(bare) is bare else _VALIDATION  # pydantic allows none for an instance check
        adapters[name] = make_adapter(_instances_only(hint), config)
    return adapters[name]


def _validated_in(hint: Any) -> type[Validated] | None:
    """The first `Validated` class in a type; None without one."""
    bare, _ = split_annotation(hint)
    if isinstance(bare, type) and issubclass(bare, Validated):
        return bare
    return next(filter(None, map(_validated_in, get_args(bare))), None)


def _instances_only(hint: Any) -> Any:
    """The type with every `Validated` class replaced by an instance check, so that pydantic never builds one."""
    if isinstance(hint, type) and issubclass(hint, Validated):
        from pydantic import InstanceOf

        instance_of: Any = InstanceOf  # type checkers expect an argument that is not known at run time only
        return instance_of[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if _validated_in(hint) is None:
        return hint
    if origin is Annotated:
        return Annotated[(_instances_only(arguments[0]), *arguments[1:])]
    inner = tuple(map(_instances_only, arguments))
    return origin[inner] if origin is tuple else reduce(operator.or_, inner)


def _tuple_in(hint: Any) -> Any:
    """The tuple type of a field that is a tuple, or a tuple or None; else None."""
    members = [choice for choice in _choices(hint) if choice is not NoneType]
    return members[0] if len(members) == 1 and get_origin(members[0]) is tuple else None


def split_annotation(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Split an annotation into the bare type and its constraints.

    >>> split_annotation(Annotated[float, annotated_types.Ge(0)])
    (<class 'float'>, (Ge(ge=0),))
    """
    if get_origin(hint) is not Annotated:
        return hint, ()
    # isinstance with the protocol GroupedMetadata would take as long as building the component
    grouped = (m if hasattr(m, "__is_annotated_types_grouped_metadata__") else (m,) for m in hint.__metadata__)
    return get_args(hint)[0], tuple(constraint for group in grouped for constraint in group)


def _are_numbers(hint: Any) -> bool:
    """Whether a tuple holds numbers, so that every comma separates items."""
    items = [item for item in get_args(_tuple_in(hint)) if item is not Ellipsis]
    return {choice for item in items for choice in _choices(item)} <= {int, float, bool, NoneType}


def _describe(cls: type[Validated], field: Field[Any]) -> Hyperparameter:
    bare, metadata = split_annotation(_hints(cls)[field.name])
    item, none = "", ""
    if tuple_type := _tuple_in(bare):  # tuple[Annotated[int, Ge(1)], ...]: the range belongs to the items
        none = " or None" if tuple_type is not bare else ""
        bare, inner = split_annotation(get_args(tuple_type)[0])
        item, metadata = "list of ", (*inner, *metadata)
    text = " or ".join(
        "None" if choice is NoneType else str(getattr(choice, "__name__", choice)) for choice in _choices(bare)
    )
    description = next((m.documentation for m in metadata if isinstance(m, _Doc)), "")
    factory: Any = field.default_factory
    default = field.default if isinstance(factory, _Missing) else factory()
    return Hyperparameter(field.name, item + text + none, _range(field.name, metadata), default, description)


def _choices(hint: Any) -> list[Any]:
    """The alternatives of a type: the members of a union, each without its range, or the words of a Literal."""
    bare, _ = split_annotation(hint)
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    members = get_args(bare) if isinstance(bare, UnionType) or get_origin(bare) is Union else ()
    return [choice for member in members for choice in _choices(member)] or [bare]


def _range(name: str, metadata: tuple[Any, ...]) -> str:
    """The constraints as a formula: ``0 <= beta < 1``."""
    low = [f"{getattr(m, _LOWER[type(m)][0])} {_LOWER[type(m)][1]} " for m in metadata if type(m) in _LOWER]
    high = [f" {_UPPER[type(m)][1]} {getattr(m, _UPPER[type(m)][0])}" for m in metadata if type(m) in _UPPER]
    return "".join([*low, name, *high]) if low or high else ""


def _offer(cls: type[Validated], key: str) -> str:
    """The hint for an unknown name: similar names, and all hyperparameters."""
    known = cls.hyperparameters()
    few = len(known) <= NAMED_IN_FULL
    listed = "; ".join(map(str, known)) if few else ", ".join(h.name for h in known)
    return f"{did_you_mean(key, [h.name for h in known])}it takes {listed or 'none'}"
