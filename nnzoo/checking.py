"""Check untrusted values against declared types with pydantic, which is imported only when needed.

Importing it takes as long as importing NumPy, and a training run with plainly valid values does not need it.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from nnzoo.terminal import one_line

if TYPE_CHECKING:
    from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")

STRICT: ConfigDict = {"extra": "forbid", "allow_inf_nan": False}
"""The ``__pydantic_config__`` of dataclasses read from files: no unknown fields, and only finite numbers."""


class FaultyContentsError(ValueError):
    """Invalid contents of a file; the message has the place and the cause of the first fault."""


def check_values(kind: type[T], values: Any) -> T:
    """Make a dataclass from values read from a file; FaultyContentsError if they do not have the declared types."""
    checked: T = _checked(kind, "validate_python", values)
    return checked


def check_json(kind: type[T], text: str | bytes) -> T:
    """Make a dataclass from JSON text, without converting strings to numbers; errors as for `check_values`."""
    checked: T = _checked(kind, "validate_json", text, strict=True)
    return checked


def _checked(kind: Any, way: str, given: Any, **options: bool) -> Any:
    from pydantic import ValidationError

    try:
        return getattr(_known_adapter(kind), way)(given, **options)
    except ValidationError as error:
        raise FaultyContentsError(_first_fault(error)) from None


def make_adapter(hint: Any, config: ConfigDict | None = None) -> TypeAdapter[Any]:
    """Make a pydantic adapter that checks values of a type, without loading pydantic's plugins.

    Looking for them would read the entry points of every installed package: slow, and an error if one is unreadable.
    """
    variable = "PYDANTIC_DISABLE_PLUGINS"
    before = os.environ.get(variable)
    os.environ[variable] = "__all__"
    try:
        from pydantic import TypeAdapter

        return TypeAdapter(hint, config=config)
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


_known_adapter = cache(make_adapter)


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return one_line(f"{place}: {first['msg']}" if place else first["msg"], 200)
