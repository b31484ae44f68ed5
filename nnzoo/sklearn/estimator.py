"""`NNEstimator`: the common base of classifier and regressor."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from multiprocessing import parent_process
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from annotated_types import Ge, Gt, Lt, doc
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, _check_y, check_is_fitted, validate_data

from nnzoo.data import columns_of
from nnzoo.errors import FileFormatError, UnknownComponentError, UsageError
from nnzoo.hyperparameters import Validated
from nnzoo.kinds import (
    Activation,
    Columns,
    ColumnType,
    FittedStep,
    Floats,
    Loss,
    Metric,
    Optimizer,
    Schedule,
    Split,
    Task,
)
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.columns import warn_of_unknown_columns
from nnzoo.plugins.registry import default_registry
from nnzoo.sklearn.files import export_estimator, load_estimator, save_estimator
from nnzoo.sklearn.inputs import counted, is_table, parted, prepare_samples
from nnzoo.sklearn.learner import Learner
from nnzoo.sklearn.targets import unmasked
from nnzoo.training.data import PreparedData
from nnzoo.training.recipe import Recipe, resolve_recipe

DTYPES = (np.float64, np.float32)
"""The types of inputs; other types become the first."""
LARGEST_AUTO_BATCH = 200
"""The most samples in a step if the batch size is "auto", as in scikit-learn."""

_SESSION = "_nnzoo_session"


@dataclass(frozen=True)
class Settings(Validated):
    """The arguments that neither a component nor the recipe checks."""

    hidden_layer_sizes: Annotated[tuple[Annotated[int, Ge(1)], ...], doc("units of each hidden layer")]
    max_iter: Annotated[int, Ge(1), doc("epochs")]
    early_stopping: Annotated[bool, doc("stop when the monitored figure no longer improves, and keep the best epoch")]
    validation_fraction: Annotated[float, Gt(0), Lt(1), doc("share of the samples that is held out for it")]
    n_iter_no_change: Annotated[int, Ge(1), doc("epochs without improvement before it stops")]


@dataclass(eq=False, repr=False)
class NNEstimator(BaseEstimator, ABC):
    """A fully connected network as a scikit-learn estimator; `NNClassifier` and `NNRegressor` document it."""

    _task: ClassVar[str]

    hidden_layer_sizes: Sequence[int] | int = (100,)
    activation: str | Activation = "relu"
    _: KW_ONLY
    optimizer: str | Optimizer = "momentum"
    learning_rate: float | None = None
    schedule: str | Schedule | None = None
    weight_decay: float | None = None
    loss: str | Loss | None = None
    metrics: str | Metric | Sequence[str | Metric] | None = None
    batch_size: int | Literal["auto"] = "auto"
    max_iter: int = 100
    early_stopping: bool = False
    monitor: str = "loss"
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    random_state: int | np.random.RandomState | None = None
    verbose: bool = False

    n_outputs_: int = field(init=False)
    n_features_in_: int = field(init=False)
    input_scale_: float = field(init=False)
    n_iter_: int = field(init=False)
    loss_curve_: list[float] = field(init=False)
    validation_scores_: dict[str, list[float | None]] | None = field(init=False)
    _learner: Learner = field(init=False)
    _names: tuple[str, ...] = field(init=False)
    _column_types: Mapping[str, ColumnType] = field(init=False)

    @abstractmethod
    def _values(self, y: Any, name: str) -> NDArray[Any]:
        """Targets as an array of unchanged values, checked."""

    @abstractmethod
    def _learn_targets(self, y: NDArray[Any], given: Any) -> None:
        """Learn to encode targets; set ``n_outputs_`` and ``_names``. ``given`` are the targets before conversion."""

    @abstractmethod
    def _encode(self, y: NDArray[Any], name: str) -> NDArray[Any]:
        """Targets in the form of data sets: class numbers of shape (n,), or values of shape (n, outputs)."""

    @abstractmethod
    def _target_steps(self, samples: Split) -> tuple[FittedStep, ...]:
        """The preprocessing of encoded targets, fitted on these samples."""

    @abstractmethod
    def _class_weights(self) -> str | Mapping[str, float] | None:
        """Weights of classes by name."""

    @abstractmethod
    def _target_form(self) -> str:
        """The type or form of targets, for a file."""

    @abstractmethod
    def _restore_targets(self, names: tuple[str, ...], width: int, form: str) -> None:
        """Restore from a file what `_learn_targets` has set, and convert ``class_weight`` by name to one by label."""

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or a data frame
            Inputs. float32 trains in float32, which is faster, and all else in float64. A pandas or Polars data frame
            may have texts, categories, dates and missing values; see the notes.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or values; more than one output in regression only.
        sample_weight : array-like of shape (n_samples,), optional
            The weight of each sample: training minimizes Σ wᵢ ℓᵢ / Σ wᵢ, with ℓᵢ the loss of a sample. Samples of
            weight 0 are left out.
        X_val, y_val : array-like, optional
            Validation data, measured after each epoch. With ``early_stopping``, they replace the part that is held out.

        Returns
        -------
        NNEstimator
            The estimator itself.

        Raises
        ------
        ValueError
            For data or an argument that can't be used, such as a name that no plugin provides.
        DivergedError
            When the loss or a gradient stops being finite.
        """
        self.__dict__.pop("_learner", None)
        settings = self._settings()
        if (X_val is None) != (y_val is None):
            raise UsageError("X_val and y_val go together: give both or neither")
        samples, held_out, seed = self._samples(X, y, sample_weight, first=True), None, self._draw_seed()
        if X_val is not None and y_val is not None:
            held_out = self._samples(X_val, y_val, suffix="_val")
        elif settings.early_stopping:
            stratify = self._task == "classification"
            samples, held_out = parted(samples, settings.validation_fraction, seed, stratify=stratify)
        data = self._prepared(samples, held_out)
        recipe = self._recipe(
            len(samples),
            data=data,
            seed=seed,
            schedule="one-cycle" if self.schedule is None else self.schedule,
            epochs=settings.max_iter,
            early_stopping=settings.n_iter_no_change if settings.early_stopping else None,
        )
        return self._train(self._begin(recipe, data), data)

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator to a model file.

        The file has everything needed to answer raw rows: ``nnzoo predict``, ``nnzoo export`` and
        `nnzoo.DeepNeuralNetwork.load` read it, too. Weights are stored in float32.

        Raises
        ------
        NotFittedError, UsageError, StorageError
            When there is no network yet, labels of this type can't be stored, or the file can't be written.
        """
        check_is_fitted(self)
        save_estimator(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a fitted estimator from a file that `save` wrote, with its arguments, labels and curves.

        It answers as before, in float32; `partial_fit` continues from there, with a new state of the optimizer.

        The file need not be trusted: nothing in it is ever run.

        Raises
        ------
        FileFormatError, PluginError, StorageError
            When it is not such a file or is damaged, needs a plugin that is not installed, or can't be read.
        """
        return load_estimator(cls, Path(path))

    def export(self, path: str | Path, format: str = "numpy", *, overwrite: bool = False) -> list[Path]:
        """Write the fitted network in another format.

        Parameters
        ----------
        path : path
            The path of the files, with or without a suffix of the format, or a directory for them.
        format : str
            ``numpy``, a script that needs only NumPy, or a format from a plugin, such as ``onnx``.
        overwrite : bool
            Whether existing files are replaced.

        Returns
        -------
        list of Path
            The files that were written.

        Raises
        ------
        NotFittedError, UsageError, StorageError
            When there is no network yet, the format does not support it, or a file exists or can't be written.
        """
        check_is_fitted(self)
        return export_estimator(self, Path(path), format, overwrite=overwrite)

    @property
    def network_(self) -> DeepNeuralNetwork:
        """The network for raw inputs, as a new `nnzoo.DeepNeuralNetwork` that answers the same, in float32."""
        check_is_fitted(self)
        return self._learner.exported()

    @property
    def validation_loss_curve_(self) -> list[float | None] | None:
        """Mean loss on the validation data after each epoch; None if there are none."""
        return None if self.validation_scores_ is None else self.validation_scores_["loss"]

    def _fit_part(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, classes: NDArray[Any] | None = None
    ) -> Self:
        """Train the existing network, or a new one, for one epoch on these samples."""
        if self._settings().early_stopping:
            raise UsageError("partial_fit can't stop early: it never sees all the data", hint="use fit")
        learner = self._learner if self.__sklearn_is_fitted__() else None
        samples = self._samples(X, y, sample_weight, first=learner is None, classes=classes)
        data = learner.prepared(samples) if learner else self._prepared(samples)
        recipe = self._recipe(
            len(samples),
            seed=learner.recipe.seed if learner else self._draw_seed(),
            schedule="constant" if self.schedule is None else self.schedule,
            epochs=1,
        )
        if recipe.schedule.name != "constant":
            raise UsageError(
                f"partial_fit can't follow {recipe.schedule.label}: how many steps there will be is not known",
                hint="leave schedule out, or make it constant",
            )
        if recipe.class_weight == "balanced":
            raise UsageError(
                "partial_fit can't balance classes: it never sees all the data", hint="give class_weight as numbers"
            )
        if learner:
            learner.follow(recipe)
        else:
            learner = self._begin(recipe, data)
        return self._train(learner, data)

    def _prepared(self, samples: Split, held_out: Split | None = None) -> PreparedData:
        """Samples prepared for a new network; the preprocessing is fitted on them."""
        task: Task = default_registry().build("task", self._task)
        return prepare_samples(task, samples, held_out, self._target_steps(samples), self._names)

    def _begin(self, recipe: Recipe, data: PreparedData) -> Learner:
        """A new network for these data; resets the curves."""
        self.input_scale_ = data.train.scale
        self.loss_curve_, self.validation_scores_ = [], None if data.validation is None else {}
        dtype = np.float32 if data.train.array.dtype == np.float32 else np.float64
        return Learner(recipe, data.problem, data.preprocessing, self.input_scale_, dtype)

    def _train(self, learner: Learner, data: PreparedData) -> Self:
        """Train to the end of the learner's recipe, and record the figures of each epoch."""
        for metrics in learner.train(data):
            self.loss_curve_.append(metrics.figures["train_loss"] or 0.0)
            if self.validation_scores_ is not None:
                for name, value in metrics.figures.items():
                    part, _, figure = name.partition("_")
                    if part == "validation":
                        self.validation_scores_.setdefault(figure, []).append(value)
            if self.verbose:
                print(metrics)
        self._learner, self.n_iter_ = learner, learner.epochs
        return self

    def _predicted(self, X: ArrayLike) -> Floats:
        """The network's predictions, of shape (n, outputs)."""
        check_is_fitted(self)
        try:
            inputs = self._inputs(X)
            if isinstance(inputs, Columns):
                warn_of_unknown_columns(self._learner.preprocessing, inputs, stacklevel=3)
            return self._learner.predict(inputs)
        except FileFormatError as error:
            raise UsageError(f"X: {error.message}", hint=error.hint) from None

    def __getstate__(self) -> dict[str, Any]:
        """The state for a copy in another process, with the classes of this session that the arguments name."""
        words = {word for value in self.get_params(deep=False).values() for word in _words(value)}
        named = [component for component in default_registry().registered() if component.name in words]
        return {**super().__getstate__(), _SESSION: named}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state, and register the classes in it."""
        registry = default_registry()
        for component in state.pop(_SESSION, ()):
            if component not in registry.registered():
                registry.register(component)
        super().__setstate__(state)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a network; one that diverged in `fit` does not count."""
        return hasattr(self, "_learner")

    def _samples(
        self,
        X: ArrayLike,
        y: ArrayLike | None,
        sample_weight: ArrayLike | None = None,
        *,
        first: bool = False,
        classes: NDArray[Any] | None = None,
        suffix: str = "",
    ) -> Split:
        """Checked data; the ``first`` decide the form of inputs and targets (or ``classes`` that of targets)."""
        if y is None:
            raise UsageError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        regression, values = self._task == "regression", self._values(y, f"y{suffix}")
        inputs = self._inputs(X, first=first, name=f"X{suffix}")
        targets = _check_y(values, multi_output=regression, y_numeric=regression, estimator=self)
        check_consistent_length(inputs, targets)
        weights = None
        if sample_weight is not None:
            given = unmasked(sample_weight, "sample_weight")
            weights = _check_sample_weight(given, inputs, dtype=np.float64, ensure_non_negative=True)
            weights = weights if np.ptp(weights) or not weights.any() else None
        if first:
            self._learn_targets(targets if classes is None else classes, y)
        return counted(Split(inputs, self._encode(targets, f"y{suffix}"), weights=weights))

    def _inputs(self, X: Any, *, first: bool = False, name: str = "X") -> NDArray[Any] | Columns:
        """Checked inputs: an array of numbers, or a table if the first inputs were a table."""
        if type(X) is dict:  # some sparse arrays are of a subclass
            raise UsageError(f"{name} is a dict, not an array or a data frame", hint=f"give pandas.DataFrame({name})")
        given = unmasked(X, name)
        table = is_table(given) if first else bool(self._column_types)
        if not table:
            if first:
                self._column_types = {}
            try:
                numbers: NDArray[Any] = validate_data(self, given, reset=first, dtype=DTYPES)
            except ValueError as error:
                if first and "NaN" in str(error):
                    error.add_note(f"{type(self).__name__} fills the missing values of a data frame: use one instead.")
                raise
            return numbers
        validate_data(self, given, reset=first, skip_check_array=True)
        names = tuple(self._column_types) if isinstance(given, np.ndarray) else None
        columns = columns_of(given, None if first else self._column_types, names=names)
        if first:
            self._column_types = {column: columns.type(column) for column in columns}
        return columns

    def _draw_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _settings(self) -> Settings:
        names = [field.name for field in fields(Settings)]
        return Settings(**{name: getattr(self, name) for name in names})

    def _recipe(self, samples: int, *, data: PreparedData | None = None, **settings: Any) -> Recipe:
        """The recipe for the arguments and the number of samples; the defaults for a table depend on all ``data``."""
        registry = default_registry()
        if not (isinstance(self.batch_size, str) and self.batch_size == "auto"):
            settings["batch_size"] = self.batch_size
        elif data is None or not data.preprocessing.columns:
            settings["batch_size"] = min(LARGEST_AUTO_BATCH, samples)
        try:
            recipe = resolve_recipe(
                registry,
                task=self._task,
                outputs=self.n_outputs_,
                data=data,
                model=registry.build("model", "mlp", {"hidden": self._settings().hidden_layer_sizes}),
                activation=self.activation,
                loss=self.loss,
                optimizer=self.optimizer,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                metrics=self.metrics,
                monitor=self.monitor,
                class_weight=self._class_weights(),
                **settings,
            )
        except UnknownComponentError as error:
            if parent_process() is None:
                raise
            cure = "if it is registered in the process that started this one, give the object in place of its name"
            raise UnknownComponentError(error.message, hint=f"{error.hint}; {cure}") from None
        if self._task == "regression" and recipe.loss.gives_probabilities:
            raise UsageError(f"{recipe.loss.label} is for classes, not for values", hint="leave loss out, or use mse")
        return recipe


def _words(value: Any) -> set[str]:
    """The words in an argument, which may be names of components."""
    texts = value if isinstance(value, list | tuple) else [value]
    return {word for text in texts if isinstance(text, str) for word in re.findall(r"[a-z0-9-]+", text)}
