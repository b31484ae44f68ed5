"""`make_sweep_page`: the page of a sweep."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

from nnzoo.errors import UsageError
from nnzoo.figures.sweeps import axis_ends, result_axis, sweep_figure
from nnzoo.figures.words import capitalized
from nnzoo.pages.page import Image, figure_image, render_page
from nnzoo.sweeps.parameters import Parameter
from nnzoo.sweeps.view import SweepView
from nnzoo.terminal import quoted

TOP = 50
"""The most rows of the leaderboard."""
DIGITS = 4


def make_sweep_page(view: SweepView) -> str:
    """Make the self-contained page of a sweep. It need not be trusted: everything in it is text to the page."""
    best, importance = view.summary.winner, _image(view, "importance")
    of_rung = f" at {view.shares[0]:.3g} of the epochs, which all had" if len(view.shares) > 1 else ""
    rungs, board = _image(view, "rungs"), view.rows[:TOP]
    names = list(dict.fromkeys(name for row in board for name in row.configuration))
    share = ["share of the epochs"] if len(view.shares) > 1 else []
    return render_page(
        "sweep.html.jinja",
        name=view.directory.resolve().name,
        heading=_heading(view),
        notes=_notes(view),
        tiles=_tiles(view),
        figure=view.figure,
        best=best and [(_words(name), value) for name, value in best.configuration.items()],
        measured=_measured(view),
        command=view.summary.command,
        compare=f"nnzoo compare default {quoted(f'{view.directory}#1')} --seeds 8",
        drawing=_image(view, "configurations"),
        lines=_lines(view),
        importance=importance,
        importance_rows=[
            (each.parameter.title, f"{each.share:.1%}", f"{each.low:.1%} … {each.high:.1%}", f"{each.configurations:,}")
            for each in view.importances
        ],
        of_rung=of_rung,
        rungs=rungs,
        rung_rows=_rung_rows(view) if rungs else [],
        board_caption=f"The first {len(board):,} of {len(view.rows):,} configurations",
        board_titles=["rank", *map(_words, names), *share, "over seeds", view.figure],
        board_words=1 + len(names),
        board=[
            (
                f"{row.rank:,}",
                *(row.configuration.get(name, "") for name in names),
                *([f"{row.share:.3g}"] if share else []),
                "" if row.low is None or row.low == row.high else f"{row.low:.4f} … {row.high:.4f}",
                row.status if row.value is None else f"{row.value:.4f}",
            )
            for row in board
        ],
        failures=[
            (
                f"{each.count:,}",
                each.status,
                each.message,
                ", ".join(f"{_words(name)} {value}" for name, value in each.example.configuration.items()),
            )
            for each in view.failures
        ],
        conditions=_conditions(view),
    )


def _heading(view: SweepView) -> str:
    tried = f"{len(view.rows):,} configuration{'' if len(view.rows) == 1 else 's'} on {view.plan.dataset}"
    best = view.summary.winner
    return tried if best is None or best.value is None else f"{tried}: best {view.figure} {best.value:.4f}"


def _notes(view: SweepView) -> list[str]:
    if view.summary.winner is not None and not view.winner_results:
        return ["This sweep has not ended: its best configuration has not been measured on the test data."]
    return []


def _tiles(view: SweepView) -> list[tuple[str, str]]:
    counts = [(f"trials {status}", f"{number:,}") for status, number in view.summary.trials.items() if number]
    tiles = [*counts, ("seeds each", f"{view.plan.seeds:,}")]
    best = view.summary.winner
    if best is not None and best.value is not None:
        tiles.append((f"best {view.figure}", f"{best.value:.4f}"))
    seconds = sum(line.get("seconds", 0.0) for line in view.log.ended.values())
    return [*tiles, ("time of all trials", f"{seconds:,.0f} s")]


def _measured(view: SweepView) -> list[tuple[str, str]]:
    """The figures of the winner's run, the test figures first."""
    parts = ("test", "validation", "train")
    figures = {name: value for name, value in view.winner_results.items() if isinstance(value, float)}
    names = [name for part in parts for name in figures if name.startswith(f"{part}_") and name != "train_seconds"]
    return [(_words(name), f"{figures[name]:.4f}") for name in names]


def _image(view: SweepView, name: str) -> Image | None:
    """A figure with its description; None if there is nothing to draw."""
    alts = {
        "configurations": f"{len(view.rows):,} configurations as lines across their settings and the {view.figure}.",
        "importance": "; ".join(
            f"{each.parameter.title} {each.share:.0%} ({each.low:.0%} to {each.high:.0%})" for each in view.importances
        ),
        "rungs": f"The {view.figure} of each configuration at each share of the epochs.",
    }
    try:
        return figure_image(sweep_figure(view, name), capitalized(alts[name]))
    except UsageError:
        return None


def _lines(view: SweepView) -> dict[str, Any]:
    """The data of the script: the axes, and the values of each row on them, or null."""
    axes = [*view.parameters, result_axis(view)]
    described = [
        {
            "title": axis.title,
            "labels": list(axis.labels) or None,
            "log": axis.is_log,
            "turned": axis is axes[-1] and not view.higher_is_better,
            **dict(zip(("low", "high"), axis_ends(axis), strict=True)),
        }
        for axis in axes
    ]
    columns = [[_compact(value, axis) for value in axis.values.tolist()] for axis in axes]
    return {"axes": described, "rows": list(zip(*columns, strict=True))}


def _compact(value: float, axis: Parameter) -> float | None:
    """A value on an axis, with a few digits; None if it is missing."""
    if math.isnan(value):
        return None
    return int(value) if axis.labels else float(f"{value:.{DIGITS}g}")


def _rung_rows(view: SweepView) -> list[tuple[str, ...]]:
    rows = list[tuple[str, ...]]()
    for share in view.shares:
        values = [rung[share] for rung in view.rungs if share in rung]
        if values:
            best = max(values) if view.higher_is_better else min(values)
            rows.append((f"{share:.3g}", f"{len(values):,}", f"{best:.4f}", f"{median(values):.4f}"))
    return rows


def _conditions(view: SweepView) -> list[tuple[str, str]]:
    plan = view.plan
    settings = [
        (_words(name), ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
        for name, value in plan.settings.items()
    ]
    space = [(f"space: {_words(name)}", text) for name, text in plan.space.items()]
    facts = [("data set", plan.dataset), ("data", f"SHA-256 {plan.data_sha256}"), *space, *settings]
    facts += [("search", plan.search), ("trials", str(plan.trials or "default"))]
    facts += [("seed of the search", str(plan.seed)), ("seeds each", str(plan.seeds))]
    return [*facts, ("nnzoo", plan.nnzoo)]


def _words(name: str) -> str:
    return name.replace("_", " ")
