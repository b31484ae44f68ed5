"""Values from outside against the types that we declare: pydantic's work, imported when there is something to check.

Importing it takes as long as importing NumPy, and a training with values that are plainly right does not need it.
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
"""The ``__pydantic_config__`` of dataclasses that are read from files: no other fields, and only finite numbers."""


class FaultyContentsError(ValueError):
    """Contents that are not what they should be; the text says where the first fault is, and what is wrong there."""


def check_values(kind: type[T], values: Any) -> T:
    """A dataclass made of the values that a file holds.

    Raises
    ------
    FaultyContentsError
        When they are not of its types.
    """
    checked: T = _checked(kind, "validate_python", values)
    return checked


def check_json(kind: type[T], text: str | bytes) -> T:
    """A dataclass made of JSON, whose texts are never taken for numbers.

    Raises
    ------
    FaultyContentsError
        When it is not JSON, or not of its types.
    """
    checked: T = _checked(kind, "validate_json", text, strict=True)
    return checked


def _checked(kind: Any, way: str, given: Any, **options: bool) -> Any:
    from pydantic import ValidationError

    try:
        return getattr(_known_adapter(kind), way)(given, **options)
    except ValidationError as error:
        raise FaultyContentsError(_first_fault(error)) from None


@cache
def _known_adapter(kind: Any) -> TypeAdapter[Any]:
    return make_adapter(kind)


def make_adapter(hint: Any, config: ConfigDict | None = None) -> TypeAdapter[Any]:
    """What checks values of a type, with pydantic kept from looking for plugins of its own.

    It would read the entry points of all that is installed: that takes time, and one unreadable file among them would
    be an error.
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


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return one_line(f"{place}: {first['msg']}" if place else first["msg"], 200)
