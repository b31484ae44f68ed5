"""Whether a network is better than an answer that looks at no input at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnzoo.kinds import Floats
from nnzoo.training.batches import Batches
from nnzoo.training.scoring import Evaluation, Scorer

RESAMPLES = 400
FEW = 20
CLEAR = 6.0
"""So many standard deviations that `FEW` resamples are enough."""
MANY = 20_000
"""From so many samples on, no resampling is needed to see a difference."""


@dataclass(frozen=True)
class Comparison:
    """The first metric of a network and of the baseline on the same data.

    Attributes
    ----------
    figure : str
        The metric's name.
    value, baseline : float or None
        The network's, and what the best constant answer reaches: the most frequent class, the mean.
    samples : int
        How many samples were measured.
    verdict : {"better", "no better", "too few"}
        ``too few`` where so few samples can't tell the two apart: 95 % of bootstrap resamples of them give differences
        of either sign.
    """

    figure: str
    value: float | None
    baseline: float | None
    samples: int
    verdict: str

    def sentence(self, shown: str, shown_baseline: str) -> str:
        """The comparison in plain words, with the two values as they are to be shown."""
        name = self.figure.replace("_", " ")
        if self.verdict == "better":
            return f"baseline: {name} {shown_baseline}, for the same answer to every sample"
        if self.verdict == "too few":
            return (
                f"too few samples to tell: on {self.samples:,} samples, {name} {shown} is not clearly better than "
                f"{shown_baseline}, for the same answer to every sample"
            )
        return f"no better than the same answer to every sample, which reaches {name} {shown_baseline}"


def compare_with_baseline(
    scorer: Scorer, train: Batches, measured: Batches, evaluation: Evaluation
) -> Comparison | None:
    """Hold a network against the best constant answer; None where there is no metric.

    Parameters
    ----------
    scorer : Scorer
        The network's.
    train : Batches
        What the network learnt from: the constant answer is made of its targets.
    measured : Batches
        The data it was evaluated on.
    evaluation : Evaluation
        What came of it.
    """
    if not scorer.metrics:
        return None
    row = scorer.task.baseline(scorer.own_units(train.targets), scorer.problem)
    network = evaluation.predictions.reshape(-1, scorer.problem.width)
    constant = np.broadcast_to(row, network.shape).copy()
    figure, higher = scorer.figures[1], scorer.metrics[0].higher_is_better

    def gain(counts: Floats | None) -> tuple[float | None, float | None]:
        values = [scorer.score(each, evaluation.targets, counts)[figure] for each in (network, constant)]
        return values[0], values[1]

    value, baseline = gain(measured.counts)
    if value is None or baseline is None:
        return Comparison(figure, value, baseline, measured.samples, "better" if baseline is None else "no better")
    verdict = "better" if (value > baseline if higher else value < baseline) else "no better"
    if verdict == "better" and measured.samples < MANY:
        rng = np.random.default_rng(0)
        n, positions = measured.samples, scorer.problem.positions
        differences: list[float] = []
        for number in range(RESAMPLES):
            if number == FEW and np.mean(differences) > CLEAR * np.std(differences):
                break
            counts = np.repeat(np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64), positions)
            counts = counts if measured.counts is None else counts * measured.counts
            new, old = gain(counts)
            gained = 0.0 if new is None or old is None else new - old
            differences.append(gained if higher else -gained)
        if np.quantile(differences, 0.025) <= 0:
            verdict = "too few"
    return Comparison(figure, value, baseline, measured.samples, verdict)
