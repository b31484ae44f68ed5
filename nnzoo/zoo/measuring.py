"""Measure a trained network for its card: figures with their intervals, and its speed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Dataset, Floats, Metric, Split
from nnzoo.model.assessment import Assessment, outcome_of
from nnzoo.model.predictor import Predictor
from nnzoo.nn.threads import blas_threads
from nnzoo.runs.environment import describe_environment
from nnzoo.training.batches import Batches
from nnzoo.training.measures import LOSS, Measure
from nnzoo.training.scoring import Scorer
from nnzoo.zoo.contents import LEVEL, CardFigure, CardOutput, Kind, Method

_Z = 1.959963984540054
"""The standard normal distribution has LEVEL of its mass within this distance of 0."""
REPLICATES, FEWER = 1000, 200
"""Bootstrap replicates, and the smaller number for large predictions."""
LARGE = 1 << 21
"""The size of large predictions, in numbers."""
MOST_OUTPUTS = 100
"""The most classes, labels or values that a card lists."""
_TIMED, _SECONDS, _REPEATS = 1000, 0.3, 5
"""Speed is measured on at most this number of samples, for at least this time and this number of times."""


def wilson(right: int, samples: int) -> tuple[float, float]:
    """Wilson's score interval of a share: ``right`` of ``samples``.

    With p = right/n and z = 1.96, its middle is (p + z²/2n) / (1 + z²/n). Unlike the bootstrap's, its width is not 0 if
    all answers are right.

    >>> [round(end, 4) for end in wilson(9814, 10_000)], [round(end, 4) for end in wilson(30, 30)]
    ([0.9786, 0.9839], [0.8865, 1.0])

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
    """
    if not samples:
        return 0.0, 1.0
    share, z2 = right / samples, _Z * _Z / samples
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z / (1 + z2) * math.sqrt(share * (1 - share) / samples + z2 / (4 * samples))
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(
    figures: Callable[[Floats], dict[str, float | None]], samples: int, replicates: int
) -> dict[str, tuple[float, float]]:
    """The percentile interval of every figure, computed from samples drawn with replacement.

    Parameters
    ----------
    figures : callable
        Takes how often each sample was drawn, of shape (samples,), float64, and returns figures by name.
    samples, replicates : int
        The number of samples, and how often they are drawn.

    References
    ----------
    Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    found: dict[str, list[float]] = {}
    for _ in range(replicates):
        drawn: NDArray[np.intp] = rng.integers(samples, size=samples)
        for name, value in figures(np.bincount(drawn, minlength=samples).astype(np.float64)).items():
            if value is not None and math.isfinite(value):
                found.setdefault(name, []).append(value)
    ends = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    quantiles = {name: np.quantile(values, ends).tolist() for name, values in found.items()}
    return {name: (low, high) for name, (low, high) in quantiles.items()}


def measured(
    predictor: Predictor, split: Split, metrics: Sequence[Metric], name: str
) -> tuple[Assessment, tuple[CardFigure, ...]]:
    """Measure a network on test samples from `Predictor.part`; return its figures also with 95 % intervals.

    The share of right answers has Wilson's interval, all else that of the bootstrap, which draws whole samples: the
    positions of a sample belong together. ``name`` is that of the data set.
    """
    scorer, batches = predictor.scorer(metrics), predictor.batches(split)
    found = scorer.measure(predictor.network, batches)
    losses = _losses(predictor, scorer, batches)
    outcome = outcome_of(name, "test", predictor, split, found)
    rows = found.predictions.reshape(-1, predictor.problem.width)
    positions = predictor.problem.positions

    def drawn(counts: Floats) -> dict[str, float | None]:
        each = np.repeat(counts, positions)
        each = each if batches.counts is None else each * batches.counts
        return {LOSS.name: float(counts @ losses) / found.samples, **scorer.score(rows, found.targets, each)}

    intervals = bootstrap(drawn, found.samples, FEWER if rows.size > LARGE else REPLICATES)
    right, answers = 0, 0  # unknown if samples have several answers, or weights
    if outcome.confusion is not None and positions == 1 and batches.counts is None:
        right, answers = int(np.trace(outcome.confusion)), found.samples
    figures = []
    for figure, value in found.figures.items():
        if value is None:
            continue
        measure = scorer.measures[figure]
        is_right_share = measure.is_share and answers and math.isclose(value * answers, right, abs_tol=1e-6)
        method: Method = "wilson" if is_right_share else "bootstrap"
        ends = wilson(right, answers) if is_right_share else intervals.get(figure)
        figures.append(_figure(measure, value, ends, method))
    return outcome, tuple(figures)


def outputs_of(outcome: Assessment) -> tuple[Kind, tuple[CardOutput, ...]]:
    """The kind of outputs that a card lists, and the figures of each; empty if there are too many."""
    answers = [CardOutput(name, asdict(figures)) for name, figures in outcome.answers.items()]
    values = [CardOutput(name, asdict(figures)) for name, figures in outcome.values.items()]
    found = (*answers, *values)
    if not 0 < len(found) <= MOST_OUTPUTS:
        return "", ()
    return ("value" if not answers else "label" if outcome.kind == "label" else "class"), found


def milliseconds_a_sample(predictor: Predictor, data: Dataset) -> tuple[float, str]:
    """The time in ms for a raw test sample on one core, the best of several tries, and the processor in words.

    Up to a thousand samples are answered together.
    """
    samples = min(len(data.test.targets), _TIMED)
    raw = data.test.take(np.arange(samples)).loaded
    seconds: list[float] = []
    with blas_threads(1):
        while len(seconds) < _REPEATS or sum(seconds) < _SECONDS:
            started = time.perf_counter()
            predictor.predictions(raw)
            seconds.append(time.perf_counter() - started)
        here = describe_environment([])
    kernels = " ".join(f"{library.get('internal_api')} {library.get('architecture')}" for library in here.blas)
    return float(f"{1000 * min(seconds) / samples:.3g}"), f"{here.machine}{f' ({kernels})' if kernels else ''}"


def _losses(predictor: Predictor, scorer: Scorer, batches: Batches) -> NDArray[np.float64]:
    """The loss of each sample, of shape (n,): the mean of its positions, each times its weight."""
    found = []
    for batch in batches.in_order():
        losses, _ = scorer.losses(scorer.rows(predictor.network.forward(batch.inputs)), batch)
        weighted = losses if batch.weights is None else losses * batch.weights
        found.append(weighted.astype(np.float64) + predictor.network.penalty)
    of_samples: NDArray[np.float64] = np.concatenate(found).reshape(-1, predictor.problem.positions).mean(axis=1)
    return of_samples


def _figure(measure: Measure, value: float, ends: tuple[float, float] | None, method: Method) -> CardFigure:
    shown = measure.higher_is_better, measure.is_share
    if ends is None:
        return CardFigure(measure.name, measure.title, value, None, None, "", *shown)
    low, high = (float(f"{end:.6g}") for end in ends)
    # A percentile interval need not contain a biased figure.
    return CardFigure(measure.name, measure.title, value, min(low, value), max(high, value), method, *shown)
