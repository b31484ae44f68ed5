"""`Learner`: a network that is trained, predicts, and can be pickled."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike

from nnzoo.errors import DivergedError, UsageError
from nnzoo.kinds import Floats
from nnzoo.training.batches import Batches
from nnzoo.training.metrics import EpochMetrics
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import Recipe
from nnzoo.training.state import TrainingState
from nnzoo.training.trainer import Trainer


@final
class Learner:
    """The network of an estimator.

    Parameters
    ----------
    recipe : Recipe
        What it is and how it is trained.
    features, outputs : int
        Width of its input, and of its output.
    dtype : dtype
        float32 or float64.
    scale : float
        What its inputs are multiplied by.
    """

    def __init__(self, recipe: Recipe, features: int, outputs: int, dtype: DTypeLike, scale: float) -> None:
        self.recipe, self.features, self.outputs, self.scale = recipe, features, outputs, scale
        self.network = build_network(recipe, (features,), outputs, dtype)
        self.optimizer = recipe.optimizer.init(self.network.parameters.vector)
        self.steps = self.epochs = 0
        self._lock = Lock()  # a network works in arrays of its own, so one prediction at a time

    def train(self, train: Batches, validation: Batches | None = None) -> Iterator[EpochMetrics]:
        """Train to the recipe's end, epoch by epoch; keep the weights that it says."""
        trainer = Trainer(self.network, self.recipe, train, validation, first_epoch=self.epochs)
        trainer.state = TrainingState(self.optimizer, self.steps)
        try:
            for metrics in trainer.epochs():
                self.epochs, self.steps = metrics.epoch, trainer.state.steps
                yield metrics
        except DivergedError as error:
            hint = f"give a learning_rate below {self.recipe.learning_rate:g}, or scale the inputs (StandardScaler)"
            raise DivergedError(error.message, hint=hint) from None
        best = trainer.state.best
        if self.recipe.keep == "best" and best.parameters is not None and best.state is not None:
            self.network.parameters.vector[...] = best.parameters
            self.network.state.vector[...] = best.state

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

    def predict(self, x: Floats) -> Floats:
        """What the network predicts for samples of shape (n, features): probabilities or values, (n, outputs).

        Raises
        ------
        DivergedError
            When one is not finite.
        """
        with self._lock, np.errstate(all="ignore"):  # what is not finite is found below
            outputs = self.network.predict(x, scale=self.scale)
            self.recipe.loss.predict(outputs)
        if not np.isfinite(outputs).all():
            raise DivergedError(
                "the network's outputs are not finite", hint="scale the inputs, or train with a lower learning rate"
            )
        return outputs

    def __getstate__(self) -> dict[str, Any]:
        network = self.network
        kept = {name: value for name, value in vars(self).items() if name not in ("network", "_lock")}
        vectors = {"parameters": network.parameters.vector, "state": network.state.vector}
        return {**kept, **vectors, "dtype": network.dtype}

    def __setstate__(self, values: dict[str, Any]) -> None:
        self.__init__(*(values[name] for name in ("recipe", "features", "outputs", "dtype", "scale")))
        self.network.parameters.vector[...] = values["parameters"]
        self.network.state.vector[...] = values["state"]
        self.optimizer = {name: np.array(array) for name, array in values["optimizer"].items()}
        self.epochs, self.steps = values["epochs"], values["steps"]
