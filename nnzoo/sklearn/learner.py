"""`Learner`: a network that is trained, predicts, and can be pickled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Lock
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnzoo.errors import DivergedError, UsageError
from nnzoo.kinds import Columns, FittedFeature, FittedStep, Floats, Preprocessing, Problem, Split
from nnzoo.model import DeepNeuralNetwork
from nnzoo.plugins.registry import default_registry
from nnzoo.sklearn.inputs import as_numbers, as_seen
from nnzoo.training.data import PreparedData
from nnzoo.training.optimizing import initial_memory
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import EpochMetrics


@final
class Learner:
    """The network of an estimator.

    Parameters
    ----------
    recipe : Recipe
        Its architecture, and how it is trained.
    problem : Problem
        Shapes and names.
    preprocessing : Preprocessing
        The preprocessing of columns and targets.
    scale : float
        The factor for preprocessed inputs.
    dtype : dtype
        float32 or float64.
    """

    def __init__(
        self, recipe: Recipe, problem: Problem, preprocessing: Preprocessing, scale: float, dtype: DTypeLike
    ) -> None:
        self.recipe, self.problem, self.preprocessing, self.scale = recipe, problem, preprocessing, scale
        self.network = build_network(recipe, problem, dtype)
        self.optimizer = initial_memory(recipe.optimizer, self.network.parameters)
        self.steps = self.epochs = 0
        self.last: EpochMetrics | None = None
        self._lock = Lock()  # a network computes in its own buffers, so only one prediction at a time

    def train(self, data: PreparedData) -> Iterator[EpochMetrics]:
        """Train for the recipe's epochs, and yield the figures of each; then keep the selected weights."""
        trainer = prepare(self.network, self.recipe, data, first_epoch=self.epochs)
        trainer.state.optimizer, trainer.state.steps = self.optimizer, self.steps
        try:
            for metrics in trainer.epochs():
                self.epochs, self.steps, self.last = metrics.epoch, trainer.state.steps, metrics
                yield metrics
        except DivergedError as error:
            hint = f"give a learning_rate below {self.recipe.learning_rate:g}, or scale the inputs (StandardScaler)"
            raise DivergedError(error.message, hint=hint) from None
        trainer.keep_best()

    def prepared(self, samples: Split) -> PreparedData:
        """Prepare more samples to train on."""
        return PreparedData(self.problem, self.preprocessing, as_seen(self.preprocessing, self.scale, samples))

    def follow(self, recipe: Recipe) -> None:
        """Continue with another recipe.

        Raises
        ------
        UsageError
            When it is for another network, or has another optimizer.
        """
        before, now = self.recipe.components(), recipe.components()
        for kind in ("model", "activation", "loss", "optimizer"):
            if now[kind] != before[kind]:
                raise UsageError(
                    f"partial_fit continues with {kind} {before[kind]}, but now it is {now[kind]}",
                    hint="call fit to start again",
                )
        self.recipe = recipe

    def predict(self, inputs: NDArray[Any] | Columns) -> Floats:
        """Predictions of shape (n, outputs): probabilities, or values in the user's units in float64.

        Raises
        ------
        DivergedError
            When a prediction is not finite.
        """
        x = as_numbers(self.preprocessing, inputs)
        with self._lock, np.errstate(all="ignore"):  # values that are not finite are found below
            outputs = self.network.predict(x, scale=self.scale)
            self.recipe.loss.predict(outputs)
        if not np.isfinite(outputs).all():
            raise DivergedError(
                "the network's outputs are not finite", hint="scale the inputs, or train with a lower learning rate"
            )
        if self.preprocessing.targets:
            outputs = outputs.astype(np.float64)  # float32 would round values far from 0
            self.preprocessing.decode_targets(outputs)
        return outputs

    def exported(self) -> DeepNeuralNetwork:
        """The same network for raw data, in float32, with its preprocessing."""
        preprocessing = self.preprocessing
        if self.scale != 1:
            features = preprocessing.features or (FittedFeature(()),)
            scaled = tuple(replace(each, steps=(*each.steps, _multiplied(self.scale))) for each in features)
            preprocessing = replace(preprocessing, features=scaled)
        return DeepNeuralNetwork.of(
            self.network, self.recipe, self.problem, preprocessing, history=[self.last] if self.last else []
        )

    def __getstate__(self) -> dict[str, Any]:
        network = self.network
        kept = {name: value for name, value in vars(self).items() if name not in ("network", "_lock")}
        vectors = {"parameters": network.parameters.vector, "state": network.state.vector}
        return {**kept, **vectors, "dtype": network.dtype}

    def __setstate__(self, values: dict[str, Any]) -> None:
        self.__init__(*(values[name] for name in ("recipe", "problem", "preprocessing", "scale", "dtype")))
        self.network.parameters.vector[...] = values["parameters"]
        self.network.state.vector[...] = values["state"]
        self.optimizer = {name: np.array(array) for name, array in values["optimizer"].items()}
        self.epochs, self.steps, self.last = values["epochs"], values["steps"], values["last"]


def _multiplied(scale: float) -> FittedStep:
    """Multiplication by a number, as a preprocessor that every exporter supports."""
    fitted = {"mean": np.array(0.0), "deviation": np.array(1 / scale)}
    return FittedStep(default_registry().build("preprocessor", "standardize"), fitted)
