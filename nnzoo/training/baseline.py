"""Compare a network with the best constant answer, which ignores the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnzoo.errors import counted
from nnzoo.kinds import Floats
from nnzoo.terminal import one_line, visible
from nnzoo.training.batches import Batches
from nnzoo.training.measures import Measure, in_words
from nnzoo.training.scoring import Evaluation, Scorer

if TYPE_CHECKING:
    from nnzoo.training.trainer import Trainer

SWAPS = 400
FEW = 20
CLEAR = 6.0
"""A difference of this many standard deviations needs only `FEW` swaps."""
MANY = 20_000
"""With this many samples or more, any difference is clear without a test."""
LEVEL = 0.025


@dataclass(frozen=True)
class AgainstBaseline:
    """The first metric of a network and of the baseline on the same data.

    Attributes
    ----------
    figure : str
        The metric's name.
    value, baseline : float or None
        The values of the network and of the best constant answer: the most frequent class, or the mean.
    answer : str
        The constant answer in words.
    samples : int
        The number of measured samples.
    verdict : {"better", "constant", "no better", "too few"}
        ``constant`` if the network gives all samples the same answer; ``too few`` if a permutation test, which swaps
        the answers of both at random, sample by sample, finds such a difference not to be rare.
    """

    figure: str
    value: float | None
    baseline: float | None
    answer: str
    samples: int
    verdict: str

    @property
    def is_useless(self) -> bool:
        """Whether the network has learned nothing of use."""
        return self.verdict in ("constant", "no better")

    def sentence(self, measure: Measure) -> str:
        """The comparison in words.

        >>> accuracy = Measure("accuracy", "accuracy", "acc", is_share=True)
        >>> AgainstBaseline("accuracy", 0.95, 0.34, "setosa", 30, "better").sentence(accuracy)
        'baseline: always answering setosa reaches accuracy 34.00%'
        """
        title, same = measure.title, f"always answering {self.answer}"
        reached = f"has no {title}" if self.baseline is None else f"reaches {title} {measure.show(self.baseline)}"
        if self.verdict == "better":
            return f"baseline: {same} {reached}"
        if self.verdict == "constant":
            return f"the network gives every sample the same answer: it has learned nothing of use; {same} {reached}"
        if self.verdict == "no better":
            return f"no better than {same}, which {reached}: the network has learned nothing of use"
        samples = counted(self.samples, "sample")
        return (
            f"too few samples to tell: on {samples}, {title} {measure.show(self.value)} is not clearly better than "
            f"{same}, which {reached}"
        )


def baseline_of(trainer: Trainer) -> AgainstBaseline | None:
    """Compare the network with the best constant answer on the test data; None without test data or metrics."""
    if trainer.test is None:
        return None
    with trainer.network.on_threads(trainer.recipe.threads):
        evaluation = trainer.scorer.measure(trainer.network, trainer.test)
    return compare_with_baseline(trainer.scorer, trainer.train, trainer.test, evaluation)


def compare_with_baseline(
    scorer: Scorer, train: Batches, measured: Batches, evaluation: Evaluation
) -> AgainstBaseline | None:
    """Compare a network with the best constant answer; None if there is no metric.

    Parameters
    ----------
    scorer : Scorer
        The network's.
    train : Batches
        The training data, whose targets decide the constant answer.
    measured : Batches
        The data that the network was evaluated on.
    evaluation : Evaluation
        The result.
    """
    if not scorer.metrics:
        return None
    row = scorer.task.baseline(scorer.own_units(train.targets), scorer.problem)
    network = evaluation.predictions.reshape(-1, scorer.problem.width)
    constant = np.broadcast_to(row, network.shape).copy()
    figure, higher = scorer.figures[1], scorer.metrics[0].higher_is_better

    def scores(*predictions: Floats) -> list[float | None]:
        return [scorer.score(each, evaluation.targets, measured.counts)[figure] for each in predictions]

    value, baseline = scores(network, constant)
    shown = _words(scorer.task.answer(np.broadcast_to(row, scorer.problem.output_shape), scorer.problem), scorer)
    if value is None or baseline is None:
        verdict = "too few" if measured.samples < 2 else "no better" if value is None else "better"
        return AgainstBaseline(figure, value, baseline, shown, measured.samples, verdict)
    verdict = "better" if (value > baseline if higher else value < baseline) else "no better"
    if not (evaluation.targets != evaluation.targets[0]).any():
        verdict = "better" if verdict == "better" else "too few"  # a constant answer may be right for every sample
    elif _is_constant(scorer, network):
        verdict = "constant"
    if verdict == "better" and measured.samples < MANY:
        rng, observed, sign = np.random.default_rng(0), abs(value - baseline), 1 if higher else -1
        mixture = scorer.mixing(network, constant, evaluation.targets, measured.counts)
        differences: list[float] = []
        as_large, most = 0, LEVEL * SWAPS
        while len(differences) < SWAPS and as_large <= most:
            swapped = np.repeat(rng.random(measured.samples) < 0.5, scorer.problem.positions)
            new, old = mixture(swapped), mixture(~swapped)
            differences.append(0.0 if new is None or old is None else new - old)
            as_large += sign * differences[-1] >= observed * (1 - 1e-9)
            if len(differences) == FEW and observed > CLEAR * np.std(differences):
                break
        if as_large > LEVEL * len(differences):
            verdict = "too few"
    return AgainstBaseline(figure, value, baseline, shown, measured.samples, verdict)


def _is_constant(scorer: Scorer, predictions: Floats) -> bool:
    """Whether all answers are the same."""
    problem = scorer.problem
    answers = np.empty(len(predictions), np.intp) if problem.has_classes else np.empty(predictions.shape)
    scorer.task.decide(predictions, answers)
    return bool((answers == answers[0]).all())


def _words(result: dict[str, Any], scorer: Scorer) -> str:
    """A task's answer on one short line."""
    answer, problem = result["answer"], scorer.problem
    text = in_words(answer)
    if isinstance(answer, float) and problem.names:
        text = f"{text} for {problem.names[0]}"
    return one_line(visible(text), 60)
