"""Values that a hyperparameter must accept and values that it must refuse, derived from its declaration."""

from __future__ import annotations

import math
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import annotated_types

from nnzoo.hyperparameters import split_annotation

_STRICT = {annotated_types.Gt: "gt", annotated_types.Lt: "lt"}
_LOWER = {annotated_types.Ge: "ge", annotated_types.Gt: "gt"}
_UPPER = {annotated_types.Le: "le", annotated_types.Lt: "lt"}


def allowed(bare: Any, constraints: tuple[Any, ...], default: Any) -> list[Any]:
    """The default, and other values of the declared type and range, including its ends.

    >>> allowed(int, (annotated_types.Ge(1), annotated_types.Lt(9)), 4)
    [4, 1, 8]
    """
    if get_origin(bare) is tuple:
        items = allowed(*_item(bare), default=default[0] if default else 1)
        return [default, *((item,) for item in items), tuple(items)]
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    if bare is bool:
        return [False, True]
    choices = get_args(bare)
    if NoneType in choices:
        return [None, *allowed(next(c for c in choices if c is not NoneType), constraints, default)]
    if bare not in (int, float):
        return [default]
    low, high = _ends(bare, constraints)
    inside = [end for end in (low, high) if end is not None]
    if bare is float and low is not None and high is not None:
        inside.append((low + high) / 2)
    return [default, *inside]


def refused(bare: Any, constraints: tuple[Any, ...]) -> list[Any]:
    """Values of other types, values that are not finite, and values beyond the ends of the range."""
    if get_origin(bare) is tuple:
        return [object(), *((item,) for item in refused(*_item(bare)) if item is not None)]
    if get_origin(bare) is Literal:
        return ["no-such-choice", 0.5]
    choices = get_args(bare)
    if NoneType in choices:
        rest = refused(next(c for c in choices if c is not NoneType), constraints)
        return [value for value in rest if value is not None]
    if bare not in (int, float):
        return [object(), None]
    wrong: list[Any] = [None, object(), "many", True, math.nan, math.inf, -math.inf]
    for constraint in constraints:
        if type(constraint) in _LOWER | _UPPER:
            bound = getattr(constraint, (_LOWER | _UPPER)[type(constraint)])
            outward = -1 if type(constraint) in _LOWER else 1
            wrong.append(bound + outward)
            if type(constraint) in _STRICT:
                wrong.append(bound)
    return wrong


def has_range(bare: Any, constraints: tuple[Any, ...]) -> bool:
    """Whether a declaration limits its values: a number needs a bound, for anything else its type is enough."""
    if bare is Any or bare is object:
        return False
    if get_origin(bare) is tuple:
        return has_range(*_item(bare))
    choices = [choice for choice in get_args(bare) if choice is not NoneType] or [bare]
    if get_origin(bare) is Literal or not {int, float} & set(choices):
        return True
    return any(type(constraint) in _LOWER | _UPPER for constraint in constraints)


def _item(bare: Any) -> tuple[Any, tuple[Any, ...]]:
    """The declaration of a tuple's items."""
    return split_annotation(get_args(bare)[0])


def _ends(bare: type, constraints: tuple[Any, ...]) -> tuple[Any, Any]:
    """The smallest and the largest allowed value; None without a bound."""
    ends: list[Any] = [None, None]
    for constraint in constraints:
        for side, bounds in enumerate((_LOWER, _UPPER)):
            if type(constraint) in bounds:
                bound = getattr(constraint, bounds[type(constraint)])
                inward = 1 - 2 * side
                if type(constraint) in _STRICT:
                    bound = bound + inward if bare is int else math.nextafter(bound, inward * math.inf)
                ends[side] = bare(bound)
    return ends[0], ends[1]
