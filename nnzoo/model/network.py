"""`DeepNeuralNetwork`: build, train and use a network from Python."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any, Self, final
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike

from nnzoo.errors import UsageError
from nnzoo.kinds import (
    Activation,
    AnyModel,
    Dataset,
    DatasetLoader,
    Floats,
    Loss,
    Metric,
    Observer,
    Optimizer,
    Preprocessing,
    Problem,
    Schedule,
    Task,
    Transform,
    answers_of,
)
from nnzoo.model.model_file import (
    Architecture,
    ModelFile,
    description_of,
    find_architecture,
    read_model,
    require_fitting,
    save_model,
)
from nnzoo.model.own_arrays import own_parts, own_predictions, own_targets, problem_of
from nnzoo.model.predictor import Predictor, Source, pictures_of
from nnzoo.model.resuming import Unfinished
from nnzoo.model.starting import Start
from nnzoo.model.stored import StoredStart, component_record
from nnzoo.nn import Network, Threads
from nnzoo.nn.summary import summarize
from nnzoo.plugins.registry import Registry, default_registry
from nnzoo.plugins.zoo_index import find_zoo_entry
from nnzoo.training.arrays import check_class_names, check_widths
from nnzoo.training.baseline import baseline_of
from nnzoo.training.data import pixels_of, prepare_data, prepare_dataset
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import Recipe, fitting_threads, resolve_recipe
from nnzoo.training.scoring import EpochMetrics, Scorer

IMAGE_SCALE = 1 / 255
"""The factor for uint8 pixels in a network that has not been trained."""


@final
class DeepNeuralNetwork:
    """A network, trained with NumPy alone.

    Parameters
    ----------
    sizes : sequence of int, optional
        Widths of a fully connected network: the input, each hidden layer, and the output (the number of classes).
        Leave it out to give ``model``, ``input_shape`` and ``outputs`` instead.
    activation : str or Activation
        The activation of the hidden layers: ``relu``, ``sigmoid``, or one from a plugin.
    task : str or Task
        The meaning of the outputs: ``classification``, ``regression``, ``multi-label``, or a task from a plugin.
    loss : str or Loss, optional
        Default the task's: ``softmax-cross-entropy``, ``mse``, ``binary-cross-entropy``.
    seed : int
        Random seed, for initial weights and the order of samples.
    model : str or Model, optional
        Another architecture, such as a plugin's ``lenet5``.
    input_shape : tuple of int, optional
        Shape of one sample, for such a model.
    outputs : int, optional
        Its number of classes, or of values to predict.
    class_names : sequence of str
        The names of the outputs (classes, labels or values); kept in the model file.
    registry : Registry, optional
        Where names are looked up; default `nnzoo.registry`.

    Attributes
    ----------
    network : Network
        Layers and parameters.
    problem : Problem
        Shapes and names of inputs, outputs and targets.
    preprocessing : Preprocessing
        The preprocessing of raw inputs, fitted by the first `train`; kept in the model file.
    history : list of EpochMetrics
        The figures of every epoch so far.
    start : StoredStart or None
        The trained network that it was fine-tuned from, and which arrays were loaded.

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
        task: str | Task = "classification",
        loss: str | Loss | None = None,
        seed: int = 0,
        model: str | AnyModel | None = None,
        input_shape: Sequence[int] | None = None,
        outputs: int | None = None,
        class_names: Sequence[str] = (),
        registry: Registry | None = None,
    ) -> None:
        registry = registry or default_registry()
        if sizes is not None:
            if (model, input_shape, outputs) != (None, None, None):
                raise UsageError("sizes describe a whole network: leave out model, input_shape and outputs")
            widths = check_widths(sizes)
            model = registry.build("model", "mlp", {"hidden": widths[1:-1]})
            input_shape, outputs = widths[:1], widths[-1]
        elif model is None or input_shape is None or outputs is None:
            raise UsageError(
                "what network? give sizes, such as [784, 64, 10]",
                hint="or a model, input_shape and outputs: model='lenet5', input_shape=(28, 28), outputs=10",
            )
        built: Task = registry.build("task", task)
        shape, width = tuple(check_widths(input_shape, least=1)), check_widths([outputs], least=1)[0]
        problem = problem_of(built, shape, width, check_class_names(class_names, width))
        fixed = {"task": built, "model": model, "activation": activation, "loss": loss, "seed": seed}
        self._begin(registry, problem, fixed)

    def _begin(self, registry: Registry, problem: Problem, fixed: dict[str, Any]) -> None:
        self._registry, self.problem, self._fixed = registry, problem, fixed
        self._recipe = resolve_recipe(registry, outputs=problem.width, problem=problem, **fixed)
        self.task, self.model, self.loss = self._recipe.task, self._recipe.model, self._recipe.loss
        self.activation = self._recipe.activation
        self.preprocessing = Preprocessing() if self.task.inputs_are_classes else pixels_of(registry, IMAGE_SCALE)
        self.network: Network = build_network(self._recipe, problem)
        self.history: list[EpochMetrics] = []
        self.start: StoredStart | None = None
        self._file, self._tuned = Source(), False
        self._initial: int | None = crc32(self.network.parameters.vector.data)  # None once it was trained
        self._unfinished: Unfinished | None = None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample, as the network sees it."""
        return self.problem.input_shape

    @property
    def outputs(self) -> int:
        """How many outputs the network has."""
        return math.prod(self.problem.output_shape)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the outputs; empty if they have none."""
        return self.problem.names

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.input_shape))
        return (
            f"<DeepNeuralNetwork {self.model}, {self.activation}: input {shape}, {self.outputs} outputs, "
            f"{len(self.network.parameters):,} parameters>"
        )

    @classmethod
    def for_dataset(
        cls,
        dataset: Dataset,
        *,
        model: str | AnyModel = "mlp",
        activation: str | Activation = "relu",
        task: str | Task | None = None,
        loss: str | Loss | None = None,
        seed: int = 0,
        registry: Registry | None = None,
    ) -> Self:
        """A new network that fits a data set, such as a table; train it with ``train(dataset)``.

        Parameters
        ----------
        dataset : Dataset
            The result of `load_dataset`.
        model, activation, task, loss, seed, registry
            As for the class; the default task is the data set's.

        Examples
        --------
        >>> from nnzoo import DeepNeuralNetwork, load_dataset
        >>> digits = load_dataset("digits")
        >>> DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=32")
        <DeepNeuralNetwork mlp:hidden=32, relu: input 8×8, 10 outputs, 2,410 parameters>
        """
        registry = registry or default_registry()
        built: Task = registry.build("task", task or dataset.task)
        problem = prepare_dataset(dataset, built, registry=registry).problem
        dnn = cls.__new__(cls)
        fixed = {"task": built, "model": model, "activation": activation, "loss": loss, "seed": seed}
        dnn._begin(registry, problem, fixed)
        return dnn

    @classmethod
    def load(cls, path: str | Path | ModelFile, *, registry: Registry | None = None) -> Self:
        """Load the network in a model file, such as a run's ``model.safetensors``.

        Parameters
        ----------
        path : path or ModelFile
            The file, or the result of `read_model`. It need not be trusted: nothing in it is ever run.
        registry : Registry, optional
            Where its components are looked up; default `nnzoo.registry`.

        Raises
        ------
        FileFormatError
            When it is not a model file, is damaged, or does not fit together.
        PluginError
            When it needs a plugin that is not installed.
        StorageError
            When it can't be read.
        """
        registry = registry or default_registry()
        file = path if isinstance(path, ModelFile) else read_model(Path(path))
        parts = find_architecture(file, registry)
        require_fitting(file, parts)
        seed = file.description.settings.get("seed", 0)
        dnn = cls.__new__(cls)
        fixed = {kind: getattr(parts, kind) for kind in ("task", "model", "activation", "loss")}
        dnn._begin(registry, parts.problem, fixed | {"seed": seed if isinstance(seed, int) and seed >= 0 else 0})
        dnn.preprocessing, dnn.start, dnn._initial = parts.preprocessing, file.description.start, None
        dnn._file = Source(file.path.name, file.sha256, pictures_of(file, parts, registry))
        for flat in (dnn.network.parameters, dnn.network.state):
            for name in flat.layout:
                flat[name][...] = file.tensors[name]
        return dnn

    @classmethod
    def of(
        cls,
        network: Network,
        recipe: Recipe,
        problem: Problem,
        preprocessing: Preprocessing,
        *,
        history: Sequence[EpochMetrics] = (),
        registry: Registry | None = None,
    ) -> Self:
        """Wrap a network that was trained by other means, with a copy of its weights in float32.

        Parameters
        ----------
        network : Network
            A network of the recipe's architecture, for the problem.
        recipe : Recipe
            Its architecture, and how it was trained.
        problem : Problem
            Shapes and names.
        preprocessing : Preprocessing
            The preprocessing of raw inputs and of targets.
        history : sequence of EpochMetrics
            Figures of its epochs.
        registry : Registry, optional
            Where names are looked up; default `nnzoo.registry`.
        """
        dnn = cls.__new__(cls)
        fixed = {kind: getattr(recipe, kind) for kind in ("task", "model", "activation", "loss", "seed")}
        dnn._begin(registry or default_registry(), problem, fixed)
        dnn._recipe, dnn.preprocessing, dnn.history, dnn._initial = recipe, preprocessing, list(history), None
        dnn.network.parameters.vector[...] = network.parameters.vector
        dnn.network.state.vector[...] = network.state.vector
        return dnn

    @classmethod
    def from_zoo(cls, name: str, *, registry: Registry | None = None) -> Self:
        """Load a trained network that comes with nnzoo or a plugin; ``nnzoo zoo list`` shows them.

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
        entry = find_zoo_entry(registry, name)
        with as_file(entry.model.model_file) as path:
            dnn = cls.load(path, registry=registry)
        dnn._file = replace(dnn._file, name=entry.full_name)
        return dnn

    def save(self, path: str | Path, *, dataset: DatasetLoader | None = None) -> None:
        """Write the network to a model file, with its architecture and the figures of its last epoch.

        Parameters
        ----------
        path : str or Path
            Replaced where it exists.
        dataset : DatasetLoader, optional
            The data set it was trained on, for commands that read it from the file, such as `nnzoo evaluate`.

        Raises
        ------
        StorageError
            When it can't be written; an existing file is then still there.
        """
        results = self.history[-1].to_dict() if self.history else {}
        description = description_of(self._registry, self._recipe, self.problem, results, self.start)
        if dataset is not None:
            known = {"dataset": component_record(self._registry, dataset)}
            description = replace(description, components={**description.components, **known})
        save_model(Path(path), self.network, description, self._registry, self.preprocessing)

    def summary(self) -> str:
        """Its layers as a table: spec, shape of the output, and number of parameters.

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
        x_train: ArrayLike | Dataset,
        y_train: ArrayLike | None = None,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        optimizer: str | Optimizer = "momentum",
        l_rate: float | None = None,
        beta: float | None = None,
        *,
        learning_rate: float | None = None,
        schedule: str | Schedule = "one-cycle",
        weight_decay: float | None = None,
        validation: float = 0.0,
        early_stopping: int | None = None,
        keep: str | None = None,
        monitor: str = "loss",
        metrics: Sequence[str | Metric] | None = None,
        transforms: Sequence[str | Transform] | None = None,
        observers: Sequence[str | Observer] | None = None,
        class_weight: str | Mapping[str, float] | None = None,
        sample_weight: ArrayLike | None = None,
        freeze: str | Sequence[str] = (),
        learning_rate_of: Mapping[str, float] | Sequence[str] | None = None,
        threads: Threads = 1,
        stop_after: int | None = None,
        resume: bool = False,
        verbose: bool = True,
    ) -> list[EpochMetrics]:
        """Train on arrays, or on a data set. Another call starts a new training run from the current weights.

        With ``resume=True`` it continues the last one: optimizer, schedule, observers and the best epoch so far
        continue as if it had never stopped, to the same bits. ``epochs`` counts from the beginning of that run, and all
        other arguments must be the same.

        Parameters
        ----------
        x_train, x_test : array-like of shape (n, *input_shape), or (n, …) with as many values in each sample
            uint8 images, and whole numbers from 0 to 255 that can only be pixels, are scaled to [0, 1]; all other
            numbers are used as they are. ``x_train`` may be a `Dataset` instead, which has all four arrays.
        y_train, y_test : array-like
            Depending on the task: class labels 0 … outputs − 1 of shape (n,), or one-hot rows; values of shape
            (n, outputs) or (n,); zeros and ones of shape (n, outputs).
        epochs, batch_size : int, optional
            Passes over the data, and samples in a step; default 10 and 64 (128 on the command line), or fitted to the
            size and the noise of a table.
        optimizer : str or Optimizer
            ``sgd``, ``momentum``, or one from a plugin; with hyperparameters, ``name:key=value``.
        l_rate, learning_rate : float, optional
            Two spellings of the learning rate; default the optimizer's own, fitted to the activation.
        beta : float, optional
            Shorthand for the optimizer's hyperparameter of that name.
        schedule : str or Schedule
            The learning-rate schedule.
        weight_decay : float, optional
            Decoupled weight decay; default the optimizer's own.
        validation : float
            Share of the training data that is held out for validation.
        early_stopping : int, optional
            Stop after this number of epochs without a better validation figure, and keep the best epoch.
        keep : {"best", "last"}, optional
            The epoch whose weights are kept; default ``last``, or ``best`` with ``early_stopping``.
        monitor : str
            The validation figure that selects the best epoch: ``loss``, or a metric's.
        metrics : sequence of str or Metric, optional
            Metrics besides the loss; default the task's.
        transforms : sequence of str or Transform, optional
            Changes to training batches, such as ``noise``.
        observers : sequence of str or Observer, optional
            ``clip``, ``average``, ``stop-at``, ``log``, or observers from a plugin.
        class_weight : str or mapping of str to float, optional
            The weight of each class in the training loss: ``"balanced"``, or weights by name (1 for the rest).
        sample_weight : array-like of shape (n,), optional
            The weight of each training sample; samples of weight 0 are left out.
        freeze : str or sequence of str
            Patterns for the names of arrays that training leaves unchanged, such as ``"0.*"``.
        learning_rate_of : mapping of str to float, optional
            By such a pattern, the factor for the learning rate of these arrays.
        threads : int or "auto"
            Threads that a step may use; ``auto`` uses all processors if layers are large, with the same bits.
        stop_after : int, optional
            Return after this number of the ``epochs``; `resume` continues.
        resume : bool
            Continue the last training run.
        verbose : bool
            Print a line for each epoch, and one at the end if a constant answer does as well on the test data.

        Returns
        -------
        list of EpochMetrics
            The figures of these epochs.

        Raises
        ------
        UsageError, FileFormatError
            For an array or argument that can't be used, before anything is trained.
        DivergedError
            When the loss or a gradient stops being finite; the weights are those before that step.
        """
        if l_rate is not None and learning_rate is not None:
            raise UsageError("l_rate and learning_rate are two spellings of one argument: give one")
        chosen: dict[str, Any] = {
            "optimizer": self._registry.build("optimizer", optimizer, {} if beta is None else {"beta": beta}),
            "schedule": schedule,
            "learning_rate": l_rate if learning_rate is None else learning_rate,
            "weight_decay": weight_decay,
            "validation": validation,
            "early_stopping": early_stopping,
            "keep": keep,
            "monitor": monitor,
            "metrics": metrics,
            "transforms": transforms,
            "observers": observers,
            "class_weight": class_weight,
            "freeze": freeze,
            "learning_rate_of": learning_rate_of,
            "threads": threads,
            **self._fixed,
        }
        if resume and self._unfinished is None:
            raise UsageError(
                "there is no training to resume: the network has not been trained since it was made or loaded"
            )
        of_table = isinstance(x_train, Dataset) and x_train.is_table
        usual = {} if of_table else {"epochs": 10, "batch_size": 64}
        sizes = {"epochs": epochs, "batch_size": batch_size}
        chosen |= usual | {name: value for name, value in sizes.items() if value is not None}
        seed = resolve_recipe(self._registry, **chosen).seed  # finds mistakes before anything is computed
        train, test, features, names = own_parts(
            self._registry, self.task, self.problem, x_train, y_train, x_test, y_test, sample_weight
        )
        data = prepare_data(
            self.task,
            train,
            test,
            features=features,
            names=names,
            validation=validation,
            seed=seed,
            preprocessing=self.preprocessing if self.history or self._tuned else None,
            registry=self._registry,
        )
        recipe = fitting_threads(resolve_recipe(self._registry, data=data, **chosen))
        if data.problem.input_shape != self.input_shape or data.problem.output_shape != self.problem.output_shape:
            raise UsageError(
                f"the data have inputs of shape {data.problem.input_shape} and need outputs of shape "
                f"{data.problem.output_shape}; the network has {self.input_shape} and {self.problem.output_shape}",
                hint="DeepNeuralNetwork.for_dataset(dataset) makes a network that fits",
            )
        trained = bool(self.history) or self._tuned or bool(self.problem.inputs or self.problem.outputs)
        if trained and (other := self.problem.difference(data.problem)):
            raise UsageError(
                f"the data have {other}, which the network has learnt",
                hint="fine_tune(dataset, new_head=True) learns other targets, and another network other inputs",
            )
        last = self._unfinished if resume else None
        trainer = prepare(self.network, recipe, data, first_epoch=last.first_epoch if last else len(self.history))
        if last:
            last.restore(trainer)
        if stop_after is not None and stop_after <= trainer.state.epoch:
            raise UsageError(f"stop_after = {stop_after}, and {trainer.state.epoch} epochs are done already")
        self._unfinished = self._initial = None  # after an error, there is nothing to resume
        self._recipe, self.preprocessing, self._file = recipe, data.preprocessing, Source()
        self.problem = replace(data.problem, names=data.problem.names or self.problem.names)
        before = len(self.history)
        with trainer.observing.watching(trainer.state, recipe):
            for metrics_of_epoch in trainer.epochs():
                self.history.append(metrics_of_epoch)
                if verbose:
                    print(metrics_of_epoch)
                if trainer.state.epoch == stop_after:
                    break
        self._unfinished = Unfinished.kept(trainer)
        if verbose and trainer.finished() and (found := baseline_of(trainer)) and found.is_useless:
            print(found.sentence(trainer.scorer.measures[found.figure]))
        return self.history[before:]

    def fine_tune(
        self,
        x_train: ArrayLike | Dataset,
        y_train: ArrayLike | None = None,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        *,
        new_head: bool = False,
        task: str | Task | None = None,
        loss: str | Loss | None = None,
        seed: int | None = None,
        **training: Any,
    ) -> list[EpochMetrics]:
        """Train a trained network on other data, as ``nnzoo train --from`` does.

        Its fitted preprocessing is kept, so that raw numbers keep their meaning. The data must have the same classes,
        labels or values, by name, unless there is a new head.

        >>> from nnzoo import DeepNeuralNetwork, load_dataset
        >>> dnn = DeepNeuralNetwork.from_zoo("digits-mlp")
        >>> history = dnn.fine_tune(load_dataset("digits"), freeze="0.*", epochs=1, l_rate=0.1, verbose=False)
        >>> dnn.start.source, dnn.start.new
        ('nnzoo/digits-mlp.relu', ())

        Parameters
        ----------
        x_train, y_train, x_test, y_test
            As for `train`.
        new_head : bool
            Replace the last layer that has parameters by a new one, with as many outputs as the data need. The data
            must be a `Dataset`, which names the classes.
        task, loss : str or Task, str or Loss, optional
            Default the network's own; another task needs a new head.
        seed : int, optional
            Random seed, for the new head and the order of samples; default the network's own.
        **training
            The other arguments of `train`, such as ``freeze`` and ``learning_rate_of``.

        Returns
        -------
        list of EpochMetrics
            The figures of these epochs; the network's `history` starts with them.

        Raises
        ------
        UsageError, FileFormatError, DivergedError
            As `train`, and when the data do not fit. The network is then unchanged.
        """
        if new_head and not isinstance(x_train, Dataset):
            raise UsageError(
                "a new head needs to know its classes, which arrays do not name",
                hint="give a Dataset: Dataset(Split(x_train, y_train), Split(x_test, y_test), class_names)",
            )
        parts = Architecture(self.task, self.model, self.activation, self.loss, self.problem, self.preprocessing)
        tensors = {**self.network.parameters.views(), **self.network.state.views()}
        start = Start(self._file.name, parts, tensors, new_head, self._file.sha256)
        asked = {"task": task, "loss": loss, "seed": seed}
        chosen = start.choices(self._registry, {name: value for name, value in asked.items() if value is not None})
        train, test, features, names = own_parts(
            self._registry, self.task, self.problem, x_train, y_train, x_test, y_test, training.get("sample_weight")
        )
        data = start.prepare(
            chosen["task"],
            train,
            test,
            features=features,
            names=names,
            validation=training.get("validation", 0.0),
            seed=chosen.get("seed", self._fixed["seed"]),
            registry=self._registry,
        )
        tuned = type(self).__new__(type(self))
        tuned._begin(self._registry, data.problem, {**self._fixed, "loss": None, **chosen})
        tuned.preprocessing, tuned._tuned = data.preprocessing, True
        tuned.network, tuned.start = start.network(tuned._recipe, data.problem)
        history = tuned.train(x_train, y_train, x_test, y_test, **training)
        vars(self).update(vars(tuned))
        return history

    def predict(self, x: Any) -> Any:
        """The task's answers: class labels of shape (n,); values, or zeros and ones, of shape (n, outputs).

        A network with several outputs returns a dict of arrays by name: class names of shape (n,), and values of shape
        (n, k).

        Parameters
        ----------
        x : array-like, or a table, or pictures
            An array of samples, as for `train`. After training on a table, a data frame or a mapping of names to
            columns. Pictures of any size are paths of PNG or JPEG files, Pillow images, or a list of arrays of shape
            (h, w) or (h, w, 3); they are prepared as those of the training data.

        Raises
        ------
        UsageError, FileFormatError
            For an array, a file or a picture that can't be used.
        StorageError
            For a file that can't be read.
        DivergedError
            When an output is not finite.

        Warns
        -----
        UserWarning
            When the network was never trained: it answers from its random initial weights.
        """
        predictions = self._predictions(x)
        if self.problem.outputs:
            return {part.name: answers_of(part, predictions) for part in self.problem.outputs}
        answers = self.predictor.decisions(predictions)
        return answers if self.problem.has_classes else answers.astype(np.float32)

    def predict_proba(self, x: Any) -> Floats:
        """Probabilities, of shape (n, outputs): of each class, in rows that sum to 1, or of each label.

        Raises
        ------
        UsageError
            As `predict`, and when the loss gives no probabilities.
        """
        if not self.loss.gives_probabilities:
            hint = "answers(x) has those of each class" if self.problem.outputs else "use softmax-cross-entropy"
            raise UsageError(f"{self.loss.label} gives no probabilities", hint=hint)
        return self._predictions(x).astype(np.float32)

    def answers(self, x: Any) -> list[dict[str, Any]]:
        """The answer for each sample in words and numbers, as returned by `Task.answer`.

        Raises
        ------
        UsageError, FileFormatError, DivergedError
            As `predict`.
        """
        return [self.task.answer(prediction, self.problem) for prediction in self._predictions(x)]

    def score(self, x: Any, y: ArrayLike) -> float:
        """The task's first metric: the accuracy of a classification, R² of a regression.

        Raises
        ------
        UsageError
            As `predict`, and when ``y`` does not fit.
        """
        if self.problem.outputs:
            raise UsageError(
                f"{self.task.label} has a figure for each of {', '.join(part.name for part in self.problem.outputs)}",
                hint="predict(x) has the answers by name; train() measures each on the test part",
            )
        metric = self._registry.build("metric", self.task.default_metrics[0])
        scorer = Scorer(self.task, self.loss, [metric], self.problem)
        predictions = self._predictions(x)
        targets = own_targets(self.task, self.problem, y, "y", len(predictions))
        if self.problem.has_classes:
            targets = self.task.encode(targets, self.problem)
        shape = (-1,) if self.problem.has_classes else (-1, self.problem.width)
        value = next(iter(scorer.score(predictions.reshape(-1, self.problem.width), targets.reshape(shape)).values()))
        return float("nan") if value is None else value

    def _predictions(self, x: Any) -> Floats:
        predictions = own_predictions(self.predictor, x)
        if self._initial is not None and crc32(self.network.parameters.vector.data) == self._initial:
            warnings.warn("this network has not been trained: it answers from random weights", stacklevel=3)
        return predictions

    @property
    def predictor(self) -> Predictor:
        """The network with its preprocessing and task, for raw data."""
        parts = self.network, self.task, self.loss, self.problem, self.preprocessing
        return Predictor(*parts, self._file.pictures)
