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
"""What uint8 pixels are multiplied by in a network that has not been trained."""


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
    task : str or Task
        What outputs mean: ``classification``, ``regression``, ``multi-label``, or what a plugin provides.
    loss : str or Loss, optional
        Default the task's: ``softmax-cross-entropy``, ``mse``, ``binary-cross-entropy``.
    seed : int
        Random seed, for initial weights and the order of samples.
    model : str or Model, optional
        Another architecture, such as a plugin's ``lenet5``.
    input_shape : tuple of int, optional
        Shape of one sample, for such a model.
    outputs : int, optional
        Number of its classes, or of values to predict.
    class_names : sequence of str
        What the outputs stand for: classes, labels or values; kept in the model file.
    registry : Registry, optional
        Where names are looked up; default `nnzoo.registry`.

    Attributes
    ----------
    network : Network
        Layers and parameters.
    problem : Problem
        Shapes and names of inputs, outputs and targets.
    preprocessing : Preprocessing
        What is done to raw inputs, fitted by the first `train`; kept in the model file.
    history : list of EpochMetrics
        The figures of every epoch so far.
    start : StoredStart or None
        The trained network that it was fine-tuned from, and what became of its arrays.

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
                raise UsageError("sizes describe a whole network: leave model, input_shape and outputs out")
            widths = check_widths(sizes)
            model = registry.build("model", "mlp", {"hidden": widths[1:-1]})
            input_shape, outputs = widths[:1], widths[-1]
        elif model is None or input_shape is None or outputs is None:
            raise UsageError(
                "what network? give sizes, such as [784, 64, 10]",
                hint="or a model, input_shape and outputs: model='lenet5', input_shape=(28, 28), outputs=10",
            )
        aim: Task = registry.build("task", task)
        shape, width = tuple(check_widths(input_shape, least=1)), check_widths([outputs], least=1)[0]
        problem = problem_of(aim, shape, width, check_class_names(class_names, width))
        self._begin(
            registry, problem, {"task": aim, "model": model, "activation": activation, "loss": loss, "seed": seed}
        )

    def _begin(self, registry: Registry, problem: Problem, fixed: dict[str, Any]) -> None:
        self._registry, self.problem, self._fixed = registry, problem, fixed
        self._recipe = resolve_recipe(registry, outputs=problem.width, problem=problem, **fixed)
        self.task, self.model, self.loss = self._recipe.task, self._recipe.model, self._recipe.loss
        self.activation = self._recipe.activation
        classes = self.task.inputs_are_classes
        self.preprocessing = Preprocessing() if classes else pixels_of(registry, IMAGE_SCALE)
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
        """What the outputs stand for; empty where they have no names."""
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
            What `load_dataset` returned.
        model, activation, task, loss, seed, registry
            As for the class; the task is by default the data set's.

        Examples
        --------
        >>> from nnzoo import DeepNeuralNetwork, load_dataset
        >>> digits = load_dataset("digits")
        >>> DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=32")
        <DeepNeuralNetwork mlp:hidden=32, relu: input 8×8, 10 outputs, 2,410 parameters>
        """
        registry = registry or default_registry()
        aim: Task = registry.build("task", task or dataset.task)
        problem = prepare_dataset(dataset, aim, registry=registry).problem
        dnn = cls.__new__(cls)
        fixed = {"task": aim, "model": model, "activation": activation, "loss": loss, "seed": seed}
        dnn._begin(registry, problem, fixed)
        return dnn

    @classmethod
    def load(cls, path: str | Path | ModelFile, *, registry: Registry | None = None) -> Self:
        """The network in a model file, such as a run's ``model.safetensors``.

        Parameters
        ----------
        path : path or ModelFile
            The file, or what `read_model` made of it. It need not be trusted: nothing in it is ever run.
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
        fixed = {
            "task": parts.task,
            "model": parts.model,
            "activation": parts.activation,
            "loss": parts.loss,
            "seed": seed if isinstance(seed, int) and seed >= 0 else 0,
        }
        dnn._begin(registry, parts.problem, fixed)
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
        """A network that was trained by other means, with a copy of its weights in float32.

        Parameters
        ----------
        network : Network
            Of the recipe's architecture, for the problem.
        recipe : Recipe
            What it is and how it was trained.
        problem : Problem
            Shapes and names.
        preprocessing : Preprocessing
            What is done to raw inputs before it, and to targets.
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
            What it was trained on, for commands that go by the file, such as `nnzoo evaluate`.

        Raises
        ------
        StorageError
            When it can't be written; what was there before is still there then.
        """
        results = self.history[-1].to_dict() if self.history else {}
        description = description_of(self._registry, self._recipe, self.problem, results, self.start)
        if dataset is not None:
            known = {"dataset": component_record(self._registry, dataset)}
            description = replace(description, components={**description.components, **known})
        save_model(Path(path), self.network, description, self._registry, self.preprocessing)

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
        """Train on arrays, or on a data set. Called again, it begins a new training with the weights it has.

        With ``resume=True`` it goes on with the last one: optimizer, schedule, observers and the best epoch so far go
        on as if it had never stopped, to the same bits. ``epochs`` counts from that training's beginning, and all other
        arguments must be the same.

        Parameters
        ----------
        x_train, x_test : array-like of shape (n, *input_shape), or (n, …) with as many values in each sample
            uint8 images, and whole numbers from 0 to 255 that can only be pixels, are scaled to [0, 1]; all other
            numbers are used as they are. ``x_train`` may be a `Dataset` instead, with all four parts in it.
        y_train, y_test : array-like
            As the task says: class labels 0 … outputs − 1 of shape (n,), or one-hot rows; values of shape (n, outputs)
            or (n,); zeros and ones of shape (n, outputs).
        epochs, batch_size : int, optional
            Passes over the data, and samples in a step; default 10 and 64 (128 on the command line), or what suits the
            size and the noise of a table.
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
        early_stopping : int, optional
            Stop after so many epochs without a better validation figure, and keep the best epoch.
        keep : {"best", "last"}, optional
            The epoch whose weights are kept; default ``last``, or ``best`` with ``early_stopping``.
        monitor : str
            The validation figure that selects the best epoch: ``loss``, or a metric's.
        metrics : sequence of str or Metric, optional
            What is measured beside the loss; default the task's.
        transforms : sequence of str or Transform, optional
            What is done to training batches, such as ``noise``.
        observers : sequence of str or Observer, optional
            Who watches the training: ``clip``, ``average``, ``stop-at``, ``log``, or what a plugin provides.
        class_weight : str or mapping of str to float, optional
            How much each class counts in the training loss: ``"balanced"``, or weights by name (1 for the rest).
        sample_weight : array-like of shape (n,), optional
            How much each training sample counts; one of weight 0 is left out.
        freeze : str or sequence of str
            Patterns of the names of arrays that are left as they are, such as ``"0.*"``.
        learning_rate_of : mapping of str to float, optional
            By what the learning rate of the arrays of such a pattern is multiplied.
        threads : int or "auto"
            Threads that a step may use; ``auto`` for all processors where layers are large, to the same bits.
        stop_after : int, optional
            End the call when so many of the ``epochs`` are done; `resume` goes on.
        resume : bool
            Go on with the last training.
        verbose : bool
            Print a line for each epoch, and one at the end if a constant answer does as well on the test data.

        Returns
        -------
        list of EpochMetrics
            The figures of these epochs.

        Raises
        ------
        UsageError, FileFormatError
            For an array or argument that can't be used; nothing has been trained then.
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
        sizes = {"epochs": epochs, "batch_size": batch_size}
        usual = {} if of_table else {"epochs": 10, "batch_size": 64}
        chosen |= usual | {name: value for name, value in sizes.items() if value is not None}
        seed = resolve_recipe(self._registry, **chosen).seed  # a mistake is to be found before anything is computed
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
                hint="DeepNeuralNetwork.for_dataset(dataset) makes one that fits",
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
            last.go_on(trainer)
        if stop_after is not None and stop_after <= trainer.state.epoch:
            raise UsageError(f"stop_after = {stop_after}, and {trainer.state.epoch} epochs are done already")
        self._unfinished = None  # what an error leaves can't go on
        self._initial = None
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

        What its preprocessing has learnt is kept, so that raw numbers go on to mean the same. The data must have the
        same classes, labels or values, by name, unless there is a new head.

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
            Start the last layer that has parameters anew, with as many outputs as the data want: those of a `Dataset`,
            which names the classes.
        task, loss : str or Task, str or Loss, optional
            Default the network's own; another task takes a new head.
        seed : int, optional
            Random seed, for the new head and the order of samples; default the network's own.
        **training
            The other arguments of `train`, ``freeze`` and ``learning_rate_of`` among them.

        Returns
        -------
        list of EpochMetrics
            The figures of these epochs; the network's `history` starts with them.

        Raises
        ------
        UsageError, FileFormatError, DivergedError
            As `train`, and when the data do not fit. The network is what it was before then.
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

        Where several things were learnt together, a dict of arrays by name: names of classes of shape (n,), and values
        of shape (n, k).

        Parameters
        ----------
        x : array-like, or a table, or pictures
            As for `train`: an array has samples as the network takes them. After training on a table a data frame, or a
            mapping of names to columns. Pictures of any size, to which is done what was done to those of the training,
            are paths of PNG or JPEG files, Pillow's images, or a list of arrays of shape (h, w) or (h, w, 3).

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
        """For each sample the answer in words and numbers, as `Task.answer` has it.

        Raises
        ------
        UsageError, FileFormatError, DivergedError
            As `predict`.
        """
        return [self.task.answer(prediction, self.problem) for prediction in self._predictions(x)]

    def score(self, x: Any, y: ArrayLike) -> float:
        """The task's first metric: in a classification the accuracy, in a regression R².

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
        if self._initial is not None:
            if crc32(self.network.parameters.vector.data) == self._initial:
                warnings.warn("this network has not been trained: it answers from random weights", stacklevel=3)
            else:
                self._initial = None  # by a loop outside `train`
        return predictions

    @property
    def predictor(self) -> Predictor:
        """The network with what goes before and behind it, for raw data."""
        pictures = self._file.pictures
        return Predictor(self.network, self.task, self.loss, self.problem, self.preprocessing, pictures)
