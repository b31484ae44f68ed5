"""JSON from elsewhere."""

from __future__ import annotations

import json
import math
from typing import Any


def parse_json(text: str) -> Any:
    """What a JSON text says. Numbers must be finite: JSON knows no others, though `json.loads` does.

    Raises
    ------
    ValueError
        When it is no JSON, or nests too deep.
    """
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("it nests too deep") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number that JSON knows")
    return value
