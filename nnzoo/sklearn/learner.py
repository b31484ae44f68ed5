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
        What it is and how it is trained.
    problem : Problem
        Shapes and names.
    preprocessing : Preprocessing
        What is done to columns and targets.
    scale : float
        What its inputs are multiplied by then.
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
        self._lock = Lock()  # a network works in arrays of its own, so one prediction at a time

    def train(self, data: PreparedData) -> Iterator[EpochMetrics]:
        """Train to the recipe's end, epoch by epoch; keep the weights that it says."""
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
        """More samples to train on, as the network sees them."""
        return PreparedData(self.problem, self.preprocessing, as_seen(self.preprocessing, self.scale, samples))

    def follow(self, recipe: Recipe) -> None:
        """Train on by another recipe.

        Raises
        ------
        UsageError
            When it is for another network, or has another optimizer.
        """
        before, now = self.recipe.components(), recipe.components()
        for kind in ("model", "activation", "loss", "optimizer"):
            if now[kind] != before[kind]:
                raise UsageError(
                    f"partial_fit goes on with {kind} {before[kind]}, but now it is {now[kind]}",
                    hint="call fit to begin anew",
                )
        self.recipe = recipe

    def predict(self, inputs: NDArray[Any] | Columns) -> Floats:
        """What the network predicts, (n, outputs): probabilities, or values in the user's units, which are float64.

        Raises
        ------
        DivergedError
            When one is not finite.
        """
        x = as_numbers(self.preprocessing, inputs)
        with self._lock, np.errstate(all="ignore"):  # what is not finite is found below
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
        """The same network for raw data, in float32, with all that is done before and behind it."""
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
    """Multiplication by one number, as a preprocessor that every export knows."""
    fitted = {"mean": np.array(0.0), "deviation": np.array(1 / scale)}
    return FittedStep(default_registry().build("preprocessor", "standardize"), fitted)
