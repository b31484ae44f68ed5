"""Whether a network is clearly better than a constant answer: the verdict is that of a test by swapped answers."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnzoo.training.baseline import compare_with_baseline


def verdict(predictions, targets, *, higher):
    """The verdict on predictions of one number, against always answering 0."""
    problem = SimpleNamespace(width=1, positions=1, output_shape=(1,), has_classes=False, names=())
    task = SimpleNamespace(
        baseline=lambda targets, problem: np.zeros(1),
        answer=lambda outputs, problem: {"answer": 0.0},
        decide=lambda predictions, answers: np.copyto(answers, predictions),
    )

    def score(predictions, targets, counts):
        wrong = (predictions != targets).mean()
        return {"figure": 1 - wrong if higher else wrong}

    scorer = SimpleNamespace(
        metrics=[SimpleNamespace(higher_is_better=higher)],
        figures=("loss", "figure"),
        problem=problem,
        task=task,
        score=score,
        own_units=lambda targets: targets,
    )
    data = SimpleNamespace(targets=targets, counts=None, samples=len(targets))
    evaluation = SimpleNamespace(predictions=predictions, targets=targets)
    return compare_with_baseline(scorer, data, data, evaluation).verdict


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize(
    ("right", "said"),
    [(1, "too few"), (4, "too few"), (8, "better"), (30, "better")],  # by chance in 1 of 2, 16, 256 and 2³⁰ swaps
)
def test_few_samples_in_which_both_differ_are_too_few(right, said, higher):
    targets = np.repeat([1.0, 0.0], [right, 30])[:, None]
    assert verdict(targets, targets, higher=higher) == said


@pytest.mark.parametrize("higher", [True, False])
def test_who_is_wrong_more_often_is_not_better(higher):
    targets = np.repeat([1.0, 0.0], [10, 30])[:, None]
    predictions = np.where(np.arange(40)[:, None] < 20, 1 - targets, targets)
    assert verdict(predictions, targets, higher=higher) == "no better"
