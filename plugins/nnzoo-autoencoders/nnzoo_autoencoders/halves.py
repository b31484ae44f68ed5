"""The two halves of an autoencoder: from samples to codes, and from codes to samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from nnzoo.api import FigureRun, Floats, Graph, Network, UsageError


def code_place(run: FigureRun) -> int:
    """The place of the layer whose output is the code: the narrowest one.

    Raises
    ------
    UsageError
        When the network's layers do not stand in a row, or none is narrower than the samples.
    """
    network: Any = run.dnn.network
    widths = [math.prod(plan.output_shape) for plan in network.plans]
    place = widths.index(min(widths))
    if not network.graph.is_row() or place == len(widths) - 1:
        raise UsageError(
            f"{run.path} has no code to draw: its network is not an autoencoder whose layers stand in a row",
            hint="autoencoder, denoising and vae are",
        )
    return place


def part_of(run: FigureRun, start: int, stop: int) -> Network:
    """The layers of a trained network from one place to before another, as a network with the same weights."""
    whole: Any = run.dnn.network
    shape = whole.plans[start - 1].output_shape if start else whole.input_shape
    part = Network(Graph.of(whole.layers[start:stop]), shape)
    for ours, theirs in ((part.parameters, whole.parameters), (part.state, whole.state)):
        for name in ours.layout:
            place, rest = name.split(".", 1)
            np.copyto(ours[name], theirs[f"{int(place) + start}.{rest}"])
    return part


def codes_of(run: FigureRun, samples: int) -> Floats:
    """The codes of the first test samples, of shape (n, c)."""
    test = run.test.take(np.arange(min(samples, len(run.test))))
    codes = part_of(run, 0, code_place(run) + 1).predict(test.array, scale=test.scale)
    return codes.reshape(len(codes), -1)


def decode(run: FigureRun, codes: Floats) -> Floats:
    """Decoded codes: predictions of shape (n, *input_shape)."""
    place, whole = code_place(run), run.dnn.network
    outputs = part_of(run, place + 1, len(whole.layers)).predict(codes.astype(np.float32))
    run.dnn.loss.predict(outputs)
    return outputs.reshape(-1, *run.problem.input_shape)


def main_directions(codes: Floats) -> tuple[Floats, Floats, Floats]:
    """The middle of codes, the two directions along which they vary most, and how much they do.

    The directions of a code of two numbers are its axes.

    Parameters
    ----------
    codes : ndarray of shape (n, c)
        With c at least 2.

    Returns
    -------
    ndarray of shape (c,), ndarray of shape (2, c), ndarray of shape (2,)
        The last one has standard deviations.
    """
    middle = codes.mean(axis=0, dtype=np.float64)
    around = codes - middle
    if codes.shape[1] == 2:
        return middle, np.eye(2), around.std(axis=0)
    _, sizes, directions = np.linalg.svd(around, full_matrices=False)
    first = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)[:2]
    return middle, directions[:2] * np.sign(first), sizes[:2] / math.sqrt(len(codes))


def require_asked(figure: str, run: FigureRun) -> None:
    """Refuse a run whose task does not ask for the figure, as ``reconstruction`` does.

    Raises
    ------
    UsageError
    """
    if figure not in run.task_figures:
        raise UsageError(f"{run.path} has no figure {figure}: it is for the task reconstruction")


def require_pictures(figure: str, run: FigureRun) -> None:
    """Refuse a run whose samples can't be looked at.

    Raises
    ------
    UsageError
    """
    shape = run.problem.input_shape
    if len(shape) != 2 and not (len(shape) == 3 and {shape[0], shape[-1]} & {1, 3}):
        raise UsageError(f"{run.path} has no figure {figure}: its samples, of shape {shape}, are not images")
