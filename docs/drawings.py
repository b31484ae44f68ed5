"""Drawings of components for the reference: functions, paths of optimizers, learning rates. SVG for light and dark."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from nnzoo.api import Activation, Component, MetricSchedule, Optimizer, ProbingOptimizer, Schedule
from nnzoo.figures.style import COLORS, STYLE


def draw(component: Component | None, path: Path, *, anew: bool) -> str:
    """Draw an activation, an optimizer or a schedule, and return the caption; empty for other kinds."""
    of_kind = {Activation: draw_activation, Optimizer: draw_optimizer, Schedule: draw_schedule}
    drawing = next((one for kind, one in of_kind.items() if isinstance(component, kind)), None)
    if drawing is None:
        return ""
    if not anew and path.is_file() and (seen := re.search("<dc:title>(.*?)</dc:title>", path.read_text("utf-8"))):
        return unescape(seen[1])
    grey = {f"{part}color": "#8a8a8a" for part in ("text.", "axes.label", "axes.edge", "xtick.", "ytick.")}
    style: Any = STYLE | grey | {"grid.color": "#8a8a8a55", "svg.hashsalt": "nnzoo"}
    with rc_context(style):
        figure = Figure(figsize=(7, 2.5), layout="constrained")
        said = drawing(component, figure)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Date": None, "Title": said})
    return said


def draw_activation(activation: Any, figure: Figure) -> str:
    """The function and its derivative."""
    z = np.linspace(-5, 5, 501)
    value, slope = np.empty_like(z), np.ones_like(z)
    activation.forward(z, value)
    left, right = figure.subplots(1, 2)
    left.plot(z, value)
    activation.backward(z, value, slope)
    right.plot(z, slope, color=COLORS[1], linestyle="-")
    left.set(title="f(z)", xlabel="z")
    right.set(title="f′(z)", xlabel="z")
    return f"{activation.name}: the function and its derivative."


TURN = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
BOWL = TURN @ np.diag([1, 20]) @ TURN.T
"""A quadratic, twenty times as steep across as along, and rotated away from the axes."""


def height(places: Any) -> Any:
    """The value of the quadratic at some points."""
    return 0.5 * np.einsum("...i,ij,...j", places, BOWL, places)


def descent(optimizer: Any, rate: float, steps: int = 40) -> Any:
    """The points that an optimizer visits."""
    place, places = np.array([-1.7, 0.9]), []
    state = optimizer.init(place)
    for step in range(steps + 1):
        places.append(place.copy())
        gradient = BOWL @ place
        if isinstance(optimizer, ProbingOptimizer):
            optimizer.probe(place, gradient, state, rate, step)
            gradient = BOWL @ place
            place[:] = places[-1]
        optimizer.update(place, gradient, state, rate, step)
    return np.array(places)


def draw_optimizer(optimizer: Any, figure: Figure) -> str:
    """The path down the quadratic with the best of some learning rates."""
    with np.errstate(all="ignore"):
        paths = {rate: descent(optimizer, rate) for rate in np.geomspace(1e-3, 10, 33)}
        best = min(paths, key=lambda rate: np.nan_to_num(height(paths[rate]), nan=np.inf).mean())
    x, y = np.meshgrid(np.linspace(-2, 1, 151), np.linspace(-1.1, 1.3, 121))
    left, right = figure.subplots(1, 2)
    left.contour(x, y, height(np.stack([x, y], -1)), np.geomspace(0.01, 40, 12), colors="#8a8a8a88", linewidths=0.7)
    left.plot(*paths[best].T, ".-", color=COLORS[1], linewidth=1.2)
    left.plot(0, 0, "+", color=COLORS[0], markersize=10)
    left.set(title="40 steps", xlim=(-2, 1), ylim=(-1.1, 1.3), aspect="equal")
    right.semilogy(height(paths[best]), color=COLORS[0])
    right.set(title="Value", xlabel="step")
    seen = "on a quadratic that is 20 times as steep across as along"
    return f"{optimizer.name} {seen}; learning rate {best:.2g}, the best of {len(paths)}."


def draw_schedule(schedule: Any, figure: Figure) -> str:
    """The factor of each step, over 20 epochs; the loss falls during the first half."""
    steps, further, factors = 1000, 1.0, []
    memory: dict[str, float] = {}
    for step in range(steps):
        factors.append(schedule.factor(step, steps) * further)
        if isinstance(schedule, MetricSchedule) and step % 50 == 49:
            loss = max(1 - step / 500, 0.1)
            further = schedule.after_epoch({"train_loss": loss, "validation_loss": loss, "test_loss": loss}, memory)
    ax = figure.subplots()
    ax.plot(np.arange(steps) / 50, factors)
    ax.set(title="Learning rate, as a multiple of --learning-rate", xlabel="epoch", ylim=(0, None), xlim=(0, 20))
    heard = "; the loss falls until epoch 9, then stays" if isinstance(schedule, MetricSchedule) else ""
    return f"{schedule.name}: the learning rate over 20 epochs{heard}."
