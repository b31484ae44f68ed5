"""The format of the server's messages: a JSON head, followed by the bytes of arrays."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {np.dtype("f4"): "f4", np.dtype("u1"): "u1", np.dtype("i4"): "i4"}


def pack(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> bytes:
    """One message: the length of the head in 4 bytes, little-endian, the head, and the arrays' bytes.

    ``head["arrays"]`` has each array's type, shape and place behind the head; every place is a multiple of 4.
    """
    layout, parts, place = {}, [], 0
    for name, array in (arrays or {}).items():
        kind = _TYPES[array.dtype]
        data = array.astype(f"<{kind}", copy=False).tobytes()
        layout[name] = {"type": kind, "shape": array.shape, "at": place}
        padding = -len(data) % 4
        parts.append(data + bytes(padding))
        place += len(data) + padding
    text = json.dumps({**head, "arrays": layout}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<I", len(text)), text, *parts])
