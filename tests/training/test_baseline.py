"""Whether a network is clearly better than a constant answer: the verdict is that of a test by swapped answers."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnzoo.training.baseline import compare_with_baseline


def compared(predictions, targets, *, higher, answer=0.0):
    """Predictions, against always answering 0."""
    width = predictions.shape[1]
    problem = SimpleNamespace(width=width, positions=1, output_shape=(width,), has_classes=False, names=())
    task = SimpleNamespace(
        baseline=lambda targets, problem: np.zeros(width),
        answer=lambda outputs, problem: {"answer": answer},
        decide=lambda predictions, answers: np.copyto(answers, predictions),
    )

    def score(predictions, targets, counts):
        wrong = (predictions != targets).mean()
        return {"figure": 1 - wrong if higher else wrong}

    def mixing(one, other, targets, counts):
        return lambda flags: score(np.where(flags[:, None], other, one), targets, counts)["figure"]

    scorer = SimpleNamespace(
        metrics=[SimpleNamespace(higher_is_better=higher)],
        figures=("loss", "figure"),
        problem=problem,
        task=task,
        score=score,
        mixing=mixing,
        own_units=lambda targets: targets,
    )
    data = SimpleNamespace(targets=targets, counts=None, samples=len(targets))
    evaluation = SimpleNamespace(predictions=predictions, targets=targets)
    return compare_with_baseline(scorer, data, data, evaluation)


def verdict(predictions, targets, *, higher):
    return compared(predictions, targets, higher=higher).verdict


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize(
    ("right", "said"),
    [(1, "too few"), (4, "too few"), (8, "better"), (30, "better")],  # by chance in 1 of 2, 16, 256 and 2³⁰ swaps
)
def test_few_samples_in_which_both_differ_are_too_few(right, said, higher):
    targets = np.repeat([1.0, 0.0], [right, 30])[:, None]
    assert verdict(targets, targets, higher=higher) == said


@pytest.mark.parametrize("higher", [True, False])
def test_a_network_that_is_wrong_more_often_is_not_better(higher):
    targets = np.repeat([1.0, 0.0], [10, 30])[:, None]
    predictions = np.where(np.arange(40)[:, None] < 20, 1 - targets, targets)
    assert verdict(predictions, targets, higher=higher) == "no better"


@pytest.mark.parametrize("samples", [1, 40])
def test_samples_of_one_class_do_not_show_that_nothing_was_learned(samples):
    """A constant answer is right each time there, and a network that errs once in 40 is worse."""
    targets = np.zeros((samples, 1))
    predictions = np.eye(samples, 1)
    assert verdict(predictions, targets, higher=True) == "too few"


def test_an_image_that_is_always_answered_is_not_spelled_out():
    images = np.ones((3, 784))
    assert compared(images, images, higher=True, answer=[[0.0] * 28] * 28).answer == "784 values from 0.000 to 0.000"
    assert compared(images[:, :2], images[:, :2], higher=True, answer=[0.0, 1.0]).answer == "0.000, 1.000"
