"""How dates become numbers, by ONNX operators: whole numbers until the last division, so that no second is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
from onnx import TensorProto

from nnzoo_onnx.graph import Graph

NOT_A_TIME = np.iinfo(np.int64).min
"""The value of a missing date, as in NumPy's datetime64."""


def add_date_parts(graph: Graph, x: str, parts: Sequence[str]) -> str:
    """The year with decimals, and the position of a date in each cycle as sine and cosine; NaN if it is missing.

    Parameters
    ----------
    graph : Graph
        The graph to which the operators are added.
    x : str
        Seconds since 1970, int64 of shape (batch, 1).
    parts : sequence of str
        Which ones, of ``year``, ``season``, ``day``, ``weekday`` and ``time``: see the preprocessor `date-parts`.
    """
    whole = cache(lambda number: graph.constant(str(number), np.array([number], np.int64)))
    real = cache(lambda number: graph.constant(str(number), np.array([number], np.float64)))

    def share(number: str, of: int) -> str:
        return graph.node("Div", [graph.node("Cast", [number], {"to": TensorProto.DOUBLE}), real(float(of))])

    year, day = 31_556_952, 86_400  # seconds; the year is the mean one of the calendar, 365.2425 days
    missing = graph.node("Equal", [x, whole(NOT_A_TIME)])
    seconds = graph.node("Where", [missing, whole(0), x])
    time = graph.node("Mod", [seconds, whole(day)])
    days = graph.node("Div", [graph.node("Sub", [seconds, time]), whole(day)])
    turns: dict[str, Callable[[], str]] = {
        "season": lambda: share(graph.node("Mod", [seconds, whole(year)]), year),
        "day": lambda: share(_day_of_month(graph, days, whole), 31),
        # 1970 began on a Thursday; a week begins on Monday
        "weekday": lambda: share(graph.node("Mod", [graph.node("Add", [days, whole(3)]), whole(7)]), 7),
        "time": lambda: share(time, day),
    }
    columns = []
    for part in parts:
        if part == "year":
            columns.append(graph.node("Add", [share(seconds, year), real(1970.0)]))
            continue
        angle = graph.node("Mul", [turns[part](), real(2 * math.pi)])
        columns += [graph.node("Sin", [angle]), graph.node("Cos", [angle])]
    return graph.node("Where", [missing, real(math.nan), graph.node("Concat", columns, {"axis": 1})])


def _day_of_month(graph: Graph, days: str, whole: Callable[[int], str]) -> str:
    """The day of the month, from 0, of days since 1970.

    Years are counted from March, so that the day that some have more than others is their last; 400 of them, an era,
    have 146,097 days. From March on, five months have 153 days, whichever.

    References
    ----------
    Hinnant, "chrono-Compatible Low-Level Date Algorithms", https://howardhinnant.github.io/date_algorithms.html.
    """
    add, subtract, times, by = (partial(_of_two, graph, operator) for operator in ("Add", "Sub", "Mul", "Div"))
    of_era = graph.node("Mod", [add(days, whole(719_468)), whole(146_097)])  # the day 0 is the first of March of year 0
    leap_days = add(subtract(by(of_era, whole(1_460)), by(of_era, whole(36_524))), by(of_era, whole(146_096)))
    year = by(subtract(of_era, leap_days), whole(365))
    before = subtract(add(times(year, whole(365)), by(year, whole(4))), by(year, whole(100)))
    of_year = subtract(of_era, before)
    month = by(add(times(of_year, whole(5)), whole(2)), whole(153))
    return subtract(of_year, by(add(times(month, whole(153)), whole(2)), whole(5)))


def _of_two(graph: Graph, operator: str, one: str, other: str) -> str:
    return graph.node(operator, [one, other])
