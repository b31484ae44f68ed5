"""`DeepNeuralNetwork`: build, train and use a network from Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnzoo.errors import DivergedError, UsageError
from nnzoo.kinds import Activation, Floats, Loss, Model, Optimizer, Schedule, Split
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry, default_registry
from nnzoo.training.arrays import check_inputs, check_labels, check_values, input_scale
from nnzoo.training.metrics import EpochMetrics
from nnzoo.training.prepare import EVALUATION_BATCH, build_network, prepare
from nnzoo.training.recipe import resolve_recipe


@final
class DeepNeuralNetwork:
    """A fully connected network, trained with NumPy alone.

    Parameters
    ----------
    sizes : sequence of int
        Width of the input, of each hidden layer, and of the output (the number of classes).
    activation : str or Activation
        Of the hidden layers: ``relu``, ``sigmoid``, or what a plugin provides.
    task : {"classification", "regression"}
        Labels and probabilities, or values.
    loss : str or Loss, optional
        Default ``softmax-cross-entropy``, or ``mse`` in regression.
    seed : int
        Where all randomness comes from: initial weights and the order of samples.
    registry : Registry, optional
        Where names are looked up; default `nnzoo.registry`.

    Attributes
    ----------
    network : Network
        Layers and parameters.
    history : list of EpochMetrics
        The figures of every epoch so far.

    Examples
    --------
    >>> from nnzoo import DeepNeuralNetwork, load_dataset
    >>> x_train, y_train, x_test, y_test = load_dataset("digits").arrays()
    >>> dnn = DeepNeuralNetwork(sizes=[64, 32, 10], activation="relu")
    >>> history = dnn.train(x_train, y_train, x_test, y_test, verbose=False)
    >>> history[-1].test_accuracy > 0.95
    True
    >>> dnn.predict(x_test[:3])
    array([4, 9, 4])
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Activation = "relu",
        *,
        task: Literal["classification", "regression"] = "classification",
        loss: str | Loss | None = None,
        seed: int = 0,
        registry: Registry | None = None,
    ) -> None:
        if task not in ("classification", "regression"):
            raise UsageError(f"task = {task!r} is neither 'classification' nor 'regression'")
        given: Any = sizes
        widths = list(given) if isinstance(given, Iterable) else [given]
        if len(widths) < 2 or not all(isinstance(w, int | np.integer) and w > 0 for w in widths):
            raise UsageError(
                f"sizes = {widths} is not a list of two or more widths",
                hint="it goes from input to output, such as [784, 64, 10]",
            )
        self.sizes = [int(width) for width in widths]
        self.task = task
        self._registry = registry or default_registry()
        model: Model = self._registry.build("model", "mlp", {"hidden": self.sizes[1:-1]})
        self._fixed: dict[str, Any] = {"model": model, "activation": activation, "loss": loss, "seed": seed}
        recipe = resolve_recipe(self._registry, regression=task == "regression", **self._fixed)
        self.activation, self.loss = recipe.activation, recipe.loss
        self.network: Network = build_network(recipe, (self.sizes[0],), self.sizes[-1])
        self.history: list[EpochMetrics] = []

    def train(
        self,
        x_train: ArrayLike,
        y_train: ArrayLike,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        epochs: int = 10,
        batch_size: int = 64,
        optimizer: str | Optimizer = "momentum",
        l_rate: float | None = None,
        beta: float | None = None,
        *,
        learning_rate: float | None = None,
        schedule: str | Schedule = "one-cycle",
        weight_decay: float | None = None,
        validation: float = 0.0,
        threads: int = 1,
        verbose: bool = True,
    ) -> list[EpochMetrics]:
        """Train on arrays. Called again, it goes on from the weights it has.

        Parameters
        ----------
        x_train, x_test : array-like of shape (n, sizes[0]), or (n, …) with as many values in each sample
            uint8 images are scaled to [0, 1]; all other numbers are used as they are.
        y_train, y_test : array-like of shape (n,)
            Class labels 0 … sizes[-1] − 1, or one-hot rows; in regression values, of shape (n, sizes[-1]) or (n,).
        epochs, batch_size : int
            Passes over the data, and samples in a step. (The command line's default batch size is 128.)
        optimizer : str or Optimizer
            ``sgd``, ``momentum``, or what a plugin provides; with hyperparameters, ``name:key=value``.
        l_rate, learning_rate : float, optional
            Two spellings of the learning rate; default the optimizer's own, fitted to the activation.
        beta : float, optional
            Short for the optimizer's hyperparameter of that name.
        schedule : str or Schedule
            How the learning rate changes.
        weight_decay : float, optional
            Decoupled weight decay; default the optimizer's own.
        validation : float
            Share of the training data that is held out and measured.
        threads : int
            Threads that matrix products may use; more than one pays for wide layers on an idle machine.
        verbose : bool
            Print a line for each epoch.

        Returns
        -------
        list of EpochMetrics
            The figures of these epochs.

        Raises
        ------
        UsageError
            For an array or argument that can't be used; nothing has been trained then.
        DivergedError
            When the loss or a gradient stops being finite; the weights are those before that step.
        """
        if l_rate is not None and learning_rate is not None:
            raise UsageError("l_rate and learning_rate are two spellings of one argument: give one")
        recipe = resolve_recipe(
            self._registry,
            regression=self.task == "regression",
            optimizer=self._registry.build("optimizer", optimizer, {} if beta is None else {"beta": beta}),
            schedule=schedule,
            learning_rate=l_rate if learning_rate is None else learning_rate,
            weight_decay=weight_decay,
            epochs=epochs,
            batch_size=batch_size,
            validation=validation,
            threads=threads,
            **self._fixed,
        )
        train = self._split(x_train, y_train, "train")
        if (x_test is None) != (y_test is None):
            raise UsageError("x_test and y_test go together: give both or neither")
        test = None if x_test is None or y_test is None else self._split(x_test, y_test, "test")
        if test and test.scale != train.scale:
            raise UsageError(
                f"x_train has dtype {np.asarray(x_train).dtype} and x_test {np.asarray(x_test).dtype}",
                hint="uint8 pixels are scaled to [0, 1] and other numbers used as they are: give both alike",
            )
        trainer = prepare(
            self.network,
            recipe,
            train,
            test,
            classes=self.sizes[-1] if self.task == "classification" else 0,
            first_epoch=len(self.history),
        )
        before = len(self.history)
        for metrics in trainer.epochs():
            self.history.append(metrics)
            if verbose:
                print(metrics)
        return self.history[before:]

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Class labels, of shape (n,); in regression values, of shape (n, sizes[-1]).

        Parameters
        ----------
        x : array-like
            As for `train`.

        Raises
        ------
        UsageError
            For an array that can't be used.
        DivergedError
            When an output is not finite.
        """
        outputs = self._outputs(x)
        return outputs.argmax(axis=1) if self.task == "classification" else outputs

    def predict_proba(self, x: ArrayLike) -> Floats:
        """Class probabilities, of shape (n, sizes[-1]); each row sums to 1.

        Raises
        ------
        UsageError
            As `predict`, and when the loss gives no probabilities.
        """
        if not self.loss.gives_probabilities:
            raise UsageError(f"{self.loss.label} gives no probabilities", hint="use softmax-cross-entropy")
        return self._outputs(x)

    def score(self, x: ArrayLike, y: ArrayLike) -> float:
        """Share of right predictions; in regression the coefficient of determination R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)².

        Raises
        ------
        UsageError
            As `predict`, and when ``y`` does not fit.
        """
        predicted = self.predict(x)
        if self.task == "classification":
            return float((predicted == check_labels(y, "y", len(predicted), self.sizes[-1])).mean())
        values = check_values(y, "y", len(predicted), self.sizes[-1])
        wrong, spread = ((values - predicted) ** 2).sum(), ((values - values.mean(axis=0)) ** 2).sum()
        return float(1 - wrong / spread) if spread else float(wrong == 0)

    def _outputs(self, x: ArrayLike) -> Floats:
        inputs = check_inputs(x, "x", self.sizes[0])
        scale = input_scale(inputs)
        outputs: Floats = np.empty((len(inputs), self.sizes[-1]), np.float32)
        with np.errstate(all="ignore"):
            for start in range(0, len(inputs), EVALUATION_BATCH):
                chunk = inputs[start : start + EVALUATION_BATCH].astype(np.float32)
                chunk *= scale
                outputs[start : start + EVALUATION_BATCH] = self.network.forward(chunk)
        if not np.isfinite(outputs).all():
            raise DivergedError(
                "the network's outputs are not finite", hint="train it again with a lower learning rate"
            )
        self.loss.predict(outputs)
        return outputs

    def _split(self, x: ArrayLike, y: ArrayLike, part: str) -> Split:
        inputs = check_inputs(x, f"x_{part}", self.sizes[0])
        check = check_labels if self.task == "classification" else check_values
        return Split(inputs, check(y, f"y_{part}", len(inputs), self.sizes[-1]), input_scale(inputs))
