"""`Component`: what every plugin contributes, a frozen dataclass whose fields *are* its hyperparameters."""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, ClassVar

from nnzoo.errors import PluginError
from nnzoo.hyperparameters import Validated, format_value, values_of
from nnzoo.spelling import parse_spec

__all__ = ["Component", "parse_spec", "plugin_bug", "require_returned", "with_article", "with_inner"]


@dataclass(frozen=True)
class Component(Validated, ABC):
    """Base of everything a plugin contributes: a name, a kind, and hyperparameters as fields.

    One that another distribution had before lists its full name of that time, ``distribution/name``, in ``formerly``:
    records and model files of that time still mean it.

    Subclass one of the kinds (`Activation`, `Optimizer`, …), never this class directly. Values are checked when a
    component is built, so one that exists is valid:

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
        """Hyperparameters by name, as JSON can hold them: `from_options` reads them, and `Registry.build` where there
        are components among them.
        """
        return {name: _jsonable(value) for name, value in values_of(self).items()}

    def __str__(self) -> str:
        """The component as it is written on the command line: ``momentum:beta=0.9``."""
        options = ",".join(f"{name}={format_value(value)}" for name, value in values_of(self).items())
        return f"{self.name}:{options}" if options else self.name

    @classmethod
    def description(cls) -> str:
        """The docstring, or nothing where it is only the one that dataclasses make up."""
        text = inspect.cleandoc(cls.__doc__ or "")
        return "" if text.startswith(f"{cls.__name__}(") else text

    @classmethod
    def summary(cls) -> str:
        """The first line of the description."""
        return cls.description().split("\n", 1)[0]


def require_returned(
    component: Component, method: str, value: object, wanted: type[Any] | UnionType, wanted_in_words: str
) -> None:
    """Blame a component for a method that returned what the core can't work with.

    Raises
    ------
    PluginError
        When the value is not of the type wanted.
    """
    if isinstance(value, wanted):
        return
    said = "None (is there a return missing?)" if value is None else with_article(value)
    raise plugin_bug(component, f"{method} returned {said}; it must return {wanted_in_words}")


def plugin_bug(component: Component, what: str) -> PluginError:
    """The error that blames a component for what it has done."""
    return PluginError(
        f"{component.label}: {what}",
        hint=f"this is a bug in its plugin; all that is wrong with it: nnzoo check {component.kind} {component.name}",
    )


def with_inner(component: Component) -> Iterator[Component]:
    """The component, and those that are hyperparameters of it, at any depth."""
    yield component
    for value in values_of(component).values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Component):
                yield from with_inner(item)


def with_article(thing: object) -> str:
    """What something is, in words.

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
