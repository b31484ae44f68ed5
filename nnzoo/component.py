"""`Component`: the base of everything that plugins contribute, a frozen dataclass of hyperparameters."""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, ClassVar, TypeVar

from nnzoo.errors import PluginError
from nnzoo.hyperparameters import Validated, format_value, values_of
from nnzoo.spelling import parse_spec

__all__ = ["Component", "parse_spec", "plugin_bug", "require_returned", "with_article", "with_inner"]

T = TypeVar("T")


@dataclass(frozen=True)
class Component(Validated, ABC):
    """Base of everything a plugin contributes: a name, a kind, and hyperparameters as fields.

    A component that was moved from another distribution lists its earlier full names, ``distribution/name``, in
    ``formerly``, so that old records and model files still find it.

    Subclass one of the kinds (`Activation`, `Optimizer`, …), never this class directly. Values are checked on
    construction, so that every instance is valid:

    >>> from nnzoo.builtin.optimizers import Momentum
    >>> Momentum(beta=0.5)
    Momentum(beta=0.5)
    >>> Momentum(beta=1.5)
    Traceback (most recent call last):
    nnzoo.errors.HyperparameterError: optimizer momentum: beta = 1.5 is not allowed
      beta (float, 0 <= beta < 1, default 0.9): share of the old velocity that is kept at each step

    Raises
    ------
    HyperparameterError
        For a value of the wrong type or outside the declared range.
    """

    kind: ClassVar[str]
    name: ClassVar[str]
    formerly: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.label = f"{getattr(cls, 'kind', 'component')} {getattr(cls, 'name', '')}".strip()

    def to_options(self) -> dict[str, Any]:
        """The hyperparameters as JSON, by name: for `from_options`, or for `Registry.build` if some are components."""
        return {name: _jsonable(value) for name, value in values_of(self).items()}

    def __str__(self) -> str:
        """The component as on the command line: ``momentum:beta=0.9``."""
        options = ",".join(f"{name}={format_value(value)}" for name, value in values_of(self).items())
        return f"{self.name}:{options}" if options else self.name

    @classmethod
    def description(cls) -> str:
        """The docstring; empty if it is the one that dataclasses generate."""
        text = inspect.cleandoc(cls.__doc__ or "")
        return "" if text.startswith(f"{cls.__name__}(") else text

    @classmethod
    def summary(cls) -> str:
        """The first line of the description."""
        return cls.description().split("\n", 1)[0]


def require_returned(
    component: Component, method: str, value: T, wanted: type[Any] | UnionType, wanted_in_words: str
) -> T:
    """Return the value that a component's method returned, if it has the required type.

    Raises
    ------
    PluginError
        When it has another type; the message names the component and the method.
    """
    if isinstance(value, wanted):
        return value
    returned = "None (is there a return missing?)" if value is None else with_article(value)
    raise plugin_bug(component, f"{method} returned {returned}; it must return {wanted_in_words}")


def plugin_bug(component: Component, fault: str) -> PluginError:
    """The error for a component that breaks the contract of its kind."""
    return PluginError(
        f"{component.label}: {fault}",
        hint=f"this is a bug in its plugin; see all failed checks: nnzoo check {component.kind} {component.name}",
    )


def with_inner(component: Component) -> Iterator[Component]:
    """Yield the component and the components among its hyperparameters, at any depth."""
    yield component
    for value in values_of(component).values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Component):
                yield from with_inner(item)


def with_article(thing: object) -> str:
    """The type of an object in words.

    >>> with_article((1, 2)), with_article(1), with_article(int), with_article(None)
    ('a tuple', 'an int', 'the class int', 'None')
    """
    if thing is None or isinstance(thing, type):
        return f"the class {thing.__name__}" if thing else "None"
    name = type(thing).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(item) for item in value]
    return {"name": value.name, "options": value.to_options()} if isinstance(value, Component) else value
