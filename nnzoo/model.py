"""`DeepNeuralNetwork`: build, train and use a network from Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.resources import as_file
from pathlib import Path
from typing import Any, Literal, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnzoo.errors import DivergedError, UsageError
from nnzoo.kinds import Activation, Floats, Loss, Model, Optimizer, Schedule, Split
from nnzoo.nn import Network
from nnzoo.nn.summary import summarize
from nnzoo.plugins.registry import Registry, default_registry
from nnzoo.plugins.zoo_index import find_zoo_entry
from nnzoo.runs.model_file import ModelFile, description_of, find_architecture, read_model, require_fitting, save_model
from nnzoo.training.arrays import (
    IMAGE_SCALE,
    check_class_names,
    check_inputs,
    check_labels,
    check_values,
    check_widths,
    pixel_step,
)
from nnzoo.training.evaluation import r_squared
from nnzoo.training.metrics import EpochMetrics
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe


@final
class DeepNeuralNetwork:
    """A network, trained with NumPy alone.

    Parameters
    ----------
    sizes : sequence of int, optional
        Of a fully connected network, the width of the input, of each hidden layer, and of the output (the number of
        classes). Leave it out to give ``model``, ``input_shape`` and ``outputs`` instead.
    activation : str or Activation
        Of the hidden layers: ``relu``, ``sigmoid``, or what a plugin provides.
    task : {"classification", "regression"}
        Labels and probabilities, or values.
    loss : str or Loss, optional
        Default ``softmax-cross-entropy``, or ``mse`` in regression.
    seed : int
        Where all randomness comes from: initial weights and the order of samples.
    model : str or Model, optional
        Another architecture, such as a plugin's ``lenet5``.
    input_shape : tuple of int, optional
        Shape of one sample, for such a model.
    outputs : int, optional
        Number of its classes, or of values to predict.
    class_names : sequence of str
        What the labels mean; kept in the model file.
    registry : Registry, optional
        Where names are looked up; default `nnzoo.registry`.

    Attributes
    ----------
    network : Network
        Layers and parameters.
    image_scale : float
        What uint8 inputs are multiplied by; other numbers are used as they are. It is 1/255, or what pixels must have
        been multiplied by to give the numbers that the network was trained on.
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
        sizes: Sequence[int] | None = None,
        activation: str | Activation = "relu",
        *,
        task: Literal["classification", "regression"] = "classification",
        loss: str | Loss | None = None,
        seed: int = 0,
        model: str | Model | None = None,
        input_shape: Sequence[int] | None = None,
        outputs: int | None = None,
        class_names: Sequence[str] = (),
        registry: Registry | None = None,
    ) -> None:
        if task not in ("classification", "regression"):
            raise UsageError(f"task = {task!r} is neither 'classification' nor 'regression'")
        self.task: Literal["classification", "regression"] = task
        self._registry = registry or default_registry()
        if sizes is not None:
            if (model, input_shape, outputs) != (None, None, None):
                raise UsageError("sizes say all of a fully connected network: leave model, input_shape and outputs out")
            widths = check_widths(sizes)
            model = self._registry.build("model", "mlp", {"hidden": widths[1:-1]})
            input_shape, outputs = widths[:1], widths[-1]
        elif model is None or input_shape is None or outputs is None:
            raise UsageError(
                "what network? give sizes, such as [784, 64, 10]",
                hint="or a model, input_shape and outputs: model='lenet5', input_shape=(28, 28), outputs=10",
            )
        self.input_shape, self.outputs = tuple(check_widths(input_shape, least=1)), check_widths([outputs], least=1)[0]
        self.class_names = check_class_names(class_names, self.outputs)
        self.image_scale = IMAGE_SCALE
        self._fixed: dict[str, Any] = {"model": model, "activation": activation, "loss": loss, "seed": seed}
        self._recipe = resolve_recipe(
            self._registry, regression=task == "regression", outputs=self.outputs, **self._fixed
        )
        self.model, self.activation, self.loss = self._recipe.model, self._recipe.activation, self._recipe.loss
        self.network: Network = build_network(self._recipe, self.input_shape, self.outputs)
        self.history: list[EpochMetrics] = []

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.input_shape))
        return (
            f"<DeepNeuralNetwork {self.model}, {self.activation}: input {shape}, {self.outputs} outputs, "
            f"{len(self.network.parameters):,} parameters>"
        )

    @classmethod
    def load(cls, path: str | Path | ModelFile, *, registry: Registry | None = None) -> Self:
        """The network in a model file, such as a run's ``model.safetensors``.

        Parameters
        ----------
        path : path or ModelFile
            The file, or what `read_model` made of it. It may come from a stranger: nothing in it is ever run.
        registry : Registry, optional
            Where its components are looked up; default `nnzoo.registry`.

        Raises
        ------
        FileFormatError
            When it is no model file, is damaged, or does not fit together.
        PluginError
            When it needs a plugin that is not installed.
        StorageError
            When it can't be read.
        """
        registry = registry or default_registry()
        file = path if isinstance(path, ModelFile) else read_model(Path(path))
        parts, data = find_architecture(file, registry), file.description.data
        require_fitting(file, parts)
        seed = file.description.settings.get("seed", 0)
        dnn = cls(
            activation=parts.activation,
            task="classification" if parts.loss.gives_probabilities or data.class_names else "regression",
            loss=parts.loss,
            seed=seed if isinstance(seed, int) and seed >= 0 else 0,
            model=parts.model,
            input_shape=data.input_shape,
            outputs=data.outputs,
            class_names=data.class_names,
            registry=registry,
        )
        dnn.image_scale = data.scale
        for flat in (dnn.network.parameters, dnn.network.state):
            for name in flat.layout:
                flat[name][...] = file.tensors[name]
        return dnn

    @classmethod
    def from_zoo(cls, name: str, *, registry: Registry | None = None) -> Self:
        """A trained network that comes with nnzoo or a plugin; ``nnzoo zoo list`` shows them.

        >>> from nnzoo import DeepNeuralNetwork, load_dataset
        >>> *_, x_test, y_test = load_dataset("digits").arrays()
        >>> DeepNeuralNetwork.from_zoo("digits-mlp").score(x_test, y_test) > 0.95
        True

        Parameters
        ----------
        name : str
            ``architecture.tag``, or ``architecture`` for its default tag.
        registry : Registry, optional
            Where it is looked up; default `nnzoo.registry`.

        Raises
        ------
        UnknownComponentError
            When there is no such network.
        """
        registry = registry or default_registry()
        with as_file(find_zoo_entry(registry, name).model.model_file) as path:
            return cls.load(path, registry=registry)

    def save(self, path: str | Path) -> None:
        """Write the network to a model file, with its architecture and the figures of its last epoch.

        Raises
        ------
        StorageError
            When it can't be written; what was there before is still there then.
        """
        data = {
            "input_shape": self.input_shape,
            "outputs": self.outputs,
            "scale": self.image_scale,
            "class_names": self.class_names,
        }
        results = self.history[-1].to_dict() if self.history else {}
        save_model(Path(path), self.network, description_of(self._registry, self._recipe, data, results))

    def summary(self) -> str:
        """Its layers as a table: what each is, the shape of its output, and how many parameters it has.

        >>> print(DeepNeuralNetwork(sizes=[4, 3, 2]).summary())
        layer                                output shape  parameters
        ─────────────────────────────────────────────────────────────
        dense:units=3,initialization=he                 3          15
        activate:activation=relu                        3           0
        dense:units=2,initialization=glorot             2           8
        <BLANKLINE>
        input 4, 23 parameters, 92 bytes
        """
        return summarize(self.network)

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
        x_train, x_test : array-like of shape (n, *input_shape), or (n, …) with as many values in each sample
            uint8 images are scaled to [0, 1]; all other numbers are used as they are.
        y_train, y_test : array-like of shape (n,)
            Class labels 0 … outputs − 1, or one-hot rows; in regression values, of shape (n, outputs) or (n,).
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
            outputs=self.outputs,
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
        self._recipe = recipe
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
            classes=self.outputs if self.task == "classification" else 0,
            first_epoch=len(self.history),
        )
        if train.inputs.dtype != np.uint8:
            self.image_scale = pixel_step(train.inputs) or self.image_scale
        before = len(self.history)
        for metrics in trainer.epochs():
            self.history.append(metrics)
            if verbose:
                print(metrics)
        return self.history[before:]

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Class labels, of shape (n,); in regression values, of shape (n, outputs).

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
        """Class probabilities, of shape (n, outputs); each row sums to 1.

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
            return float((predicted == check_labels(y, "y", len(predicted), self.outputs)).mean())
        values = check_values(y, "y", len(predicted), self.outputs)
        r2 = r_squared(values, predicted)
        return float((values == predicted).all()) if r2 is None else r2

    def _outputs(self, x: ArrayLike) -> Floats:
        inputs = check_inputs(x, "x", math.prod(self.input_shape))
        with np.errstate(all="ignore"):
            outputs = self.network.predict(inputs.reshape(-1, *self.input_shape), scale=self._scale(inputs))
        if not np.isfinite(outputs).all():
            raise DivergedError(
                "the network's outputs are not finite", hint="train it again with a lower learning rate"
            )
        self.loss.predict(outputs)
        return outputs

    def _split(self, x: ArrayLike, y: ArrayLike, part: str) -> Split:
        inputs = check_inputs(x, f"x_{part}", math.prod(self.input_shape))
        check = check_labels if self.task == "classification" else check_values
        targets = check(y, f"y_{part}", len(inputs), self.outputs)
        return Split(inputs.reshape(-1, *self.input_shape), targets, self._scale(inputs))

    def _scale(self, inputs: NDArray[Any]) -> float:
        """What inputs are multiplied by: uint8 means pixels; all else is used as it is."""
        return self.image_scale if inputs.dtype == np.uint8 else 1.0
