"""Animated figures: a frame for the run after each epoch."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from nnzoo.errors import UsageError
from nnzoo.figures.of_runs import draw_figure, figures_for, find_figure
from nnzoo.figures.style import figure_bytes
from nnzoo.trained_run import TrainedRun

MOST_FRAMES = 40
"""The most frames; for more epochs, evenly spaced ones are drawn, with the first and the last."""
DPI = 96
NONE_MOVES = "figures that can be animated come from plugins; in a command, nnzoo list-plugins --kind figure lists them"
FRAME_MS, LAST_MS = 100, 2000
"""How long a frame is shown, and the last one, in milliseconds."""


@dataclass(frozen=True)
class Frame:
    """A drawing of the run after an epoch, 0 for the initial network; its size is in CSS pixels (1/96 inch)."""

    epoch: int
    png: bytes
    width: int
    height: int


def require_animated(name: str, run: TrainedRun) -> None:
    """Raise a UsageError if there is no figure of that name, or it can't be animated."""
    if not find_figure(name, [run]).animates:
        others = animated_figures(run)
        hint = f"of this run, these can: {', '.join(others)}" if others else NONE_MOVES
        raise UsageError(f"the figure {name} can't be animated", hint=hint)


def animated_figures(run: TrainedRun) -> list[str]:
    """Return the names of the figures that suit a run and can be animated."""
    return [name for name in figures_for([run], of_plugins=True) if find_figure(name, [run]).animates]


def animation_frames(name: str, run: TrainedRun) -> list[Frame]:
    """Draw a figure, named as for `draw_figure`, after each epoch of a finished run, or after some of many epochs.

    For this, the run is trained again, in memory.

    Raises
    ------
    UsageError
        When there is no figure of that name, or it can't be animated.
    NnzooError
        When the run can't be trained again, or the figure can't be drawn.
    """
    require_animated(name, run)
    frames = []
    for at in run.epochs(chosen_epochs(len(run.history))):
        figure = draw_figure(name, [at])
        width, height = (round(96 * inches) for inches in figure.get_size_inches())
        assert at.epoch is not None
        frames.append(Frame(at.epoch, figure_bytes(figure, dpi=DPI), width, height))
    return frames


def chosen_epochs(epochs: int) -> list[int]:
    """Return the epochs that are drawn, 0 and the last among them.

    >>> chosen_epochs(3), len(chosen_epochs(1000)), chosen_epochs(1000)[-1]
    ([0, 1, 2, 3], 40, 1000)
    """
    if epochs < MOST_FRAMES:
        return list(range(epochs + 1))
    return [round(frame * epochs / (MOST_FRAMES - 1)) for frame in range(MOST_FRAMES)]


def gif_bytes(frames: list[Frame]) -> bytes:
    """Return frames as an animated GIF, which repeats after a pause."""
    first, *others = (
        Image.open(io.BytesIO(frame.png)).convert("RGB").quantize(255, dither=Image.Dither.NONE) for frame in frames
    )
    buffer = io.BytesIO()
    durations = [*[FRAME_MS] * len(others), LAST_MS]
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return buffer.getvalue()
