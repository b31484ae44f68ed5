"""Transforms change training batches, in a way that can be repeated, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import Buffer, Problem, Split, Transform, TransformBatch
from nnzoo.builtin.transforms import Noise
from nnzoo.errors import PluginError, UnknownComponentError
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@dataclass(frozen=True)
class Smoothing(Transform):
    """A tenth of each target is spread over all classes."""

    name: ClassVar[str] = "smoothing"
    soft_targets: ClassVar[bool] = True

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return {}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Mapping[str, Any]) -> None:
        batch.targets *= 0.9
        batch.targets += 0.1 / batch.targets.shape[1]


@dataclass(frozen=True)
class Beyond(Transform):
    """Every target becomes the same number, which may not be a class."""

    name: ClassVar[str] = "beyond"
    target: int = 3

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return {}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Mapping[str, Any]) -> None:
        batch.targets[-1] = self.target


def trainer_of(split: Split, *transforms: Transform | str, task: str = "classification", **options: Any) -> Any:
    recipe = resolve_recipe(registry, task=task, transforms=transforms, epochs=3, batch_size=8, **options)
    data = prepare_data(recipe.task, split, None, names=())
    return prepare(build_network(recipe, data.problem), recipe, data)


def samples(n: int = 20) -> Split:
    rng = np.random.default_rng(0)
    return Split(rng.normal(size=(n, 5)).astype(np.float32), np.arange(n) % 3)


def test_noise_has_the_deviation_that_was_asked_for_and_is_drawn_anew() -> None:
    split = Split(np.zeros((2000, 5), np.float32), np.arange(2000) % 3)
    batches = trainer_of(split, Noise(0.3)).train
    first, second = (np.concatenate([b.inputs.copy() for b in batches.shuffled(0, epoch)]) for epoch in (1, 2))
    assert first.std() == pytest.approx(0.3, rel=0.03)
    assert abs(first.mean()) < 0.02
    assert not np.array_equal(first, second)
    again = np.concatenate([b.inputs.copy() for b in batches.shuffled(0, 1)])
    np.testing.assert_array_equal(first, again)
    later = np.concatenate([b.inputs.copy() for b in batches.shuffled(0, 1, first=100)])
    np.testing.assert_array_equal(first[800:], later)
    assert all((b.inputs == 0).all() for b in batches.in_order())


def test_transforms_do_not_affect_evaluation_and_prediction(digits: Any) -> None:
    dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=16")
    dnn.train(digits, epochs=4, transforms=["noise:deviation=0.5"], validation=0.2, verbose=False)
    plain = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=16")
    plain.train(digits, epochs=4, validation=0.2, verbose=False)
    assert not np.array_equal(dnn.network.parameters.vector, plain.network.parameters.vector)
    x, y = digits.arrays()[2:]
    assert dnn.history[-1].test_accuracy == pytest.approx(dnn.score(x, y))
    assert dnn.history[-1].train_loss > dnn.history[-1].validation_loss  # the noise is in one of them only


def test_soft_targets_are_shares_but_metrics_use_the_classes() -> None:
    trainer = trainer_of(samples(), Smoothing())
    batch = next(trainer.train.shuffled(0, 1))
    assert batch.targets.shape == (8, 3)
    np.testing.assert_allclose(batch.targets, 0.9 * np.eye(3)[batch.labels] + 0.1 / 3, rtol=1e-6)
    outputs = trainer.network.forward(batch.inputs, step=0).copy()
    losses, grad = trainer.scorer.losses(outputs, batch)
    z = outputs - outputs.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(losses, -(batch.targets * log_p).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(grad, np.exp(log_p) - batch.targets, atol=1e-6)
    trainer.scorer.count(trainer.state.tally, 1.0, outputs, batch)
    right = (outputs.argmax(axis=1) == batch.labels).mean()
    assert trainer.scorer.values(trainer.state.tally)["accuracy"] == pytest.approx(right)
    assert trainer.train.targets.tolist() == samples().targets.tolist()


def test_several_transforms_act_in_order() -> None:
    trainer = trainer_of(samples(), Smoothing(), Smoothing())
    batch = next(trainer.train.shuffled(0, 1))
    np.testing.assert_allclose(batch.targets, 0.81 * np.eye(3)[batch.labels] + 0.19 / 3, rtol=1e-5)


def test_transforms_see_values_in_the_network_s_units() -> None:
    rng = np.random.default_rng(0)
    split = Split(rng.normal(size=(20, 5)).astype(np.float32), rng.normal(size=(20, 2)))
    trainer = trainer_of(split, Noise(), task="regression")
    batch = next(trainer.train.shuffled(0, 1))
    assert batch.targets.shape == (8, 2)
    assert batch.labels is None


@pytest.mark.parametrize("target", [3, -1])
def test_targets_that_are_not_classes_any_more_are_refused(target: int) -> None:
    assert trainer_of(samples(), Beyond(2)).advance() is not None
    with pytest.raises(PluginError, match=r"transform beyond: .*not a class, 0 … 2"):
        trainer_of(samples(), Beyond(target)).advance()


def test_an_unknown_transform_is_refused_by_name() -> None:
    with pytest.raises(UnknownComponentError, match="there is no transform 'niose'"):
        resolve_recipe(registry, transforms=["niose"])
