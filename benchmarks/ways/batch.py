"""From the data set to a batch of float32."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from benchmarks.task import PIXELS, Task
from benchmarks.ways import SCALE, Way


def ways(n: int) -> Iterator[Way]:
    images, _ = Task().data()
    order = np.random.default_rng(1).permutation(len(images))
    starts = cycle(range(0, len(images) - n, n))
    raw, x = np.empty((n, PIXELS), np.uint8), np.empty((n, PIXELS), np.float32)
    table = (np.arange(256) * SCALE).astype(np.float32)

    def chosen() -> NDArray[np.intp]:
        start = next(starts)
        return order[start : start + n]

    def cast_then_scale() -> None:
        np.copyto(x, raw, casting="unsafe")
        np.multiply(x, SCALE, out=x)

    def gather_and_cast(rows: int) -> None:
        places = chosen()
        for start in range(0, n, rows):
            part = raw[: min(rows, n - start)]
            images.take(places[start : start + rows], axis=0, out=part, mode="clip")
            np.copyto(x[start : start + rows], part, casting="unsafe")

    yield "gather: take(out=, mode='clip')", lambda: images.take(chosen(), axis=0, out=raw, mode="clip")
    yield "gather: images[chosen]", lambda: images[chosen()]
    yield "scale: multiply uint8 by a float32", lambda: np.multiply(raw, np.float32(SCALE), out=x)
    yield "scale: cast, then multiply in place", cast_then_scale
    yield "scale: look up in a table of 256", lambda: table.take(raw, out=x, mode="clip")
    yield "cast alone, the scale left to others", lambda: np.copyto(x, raw, casting="unsafe")
    yield "gather and cast, the whole batch at once", partial(gather_and_cast, n)
    for rows in (16, 8):
        yield f"gather and cast, {rows} rows at a time", partial(gather_and_cast, rows)
