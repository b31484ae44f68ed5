"""`NNEstimator`: what classifier and regressor share, from checked arguments to a trained network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from annotated_types import Ge, Gt, Lt, doc
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nnzoo.errors import UsageError
from nnzoo.hyperparameters import Validated
from nnzoo.kinds import Activation, Floats, Loss, Optimizer, Schedule, Split
from nnzoo.nn import EVALUATION_BATCH
from nnzoo.plugins.registry import default_registry
from nnzoo.sklearn.learner import Learner
from nnzoo.sklearn.samples import Samples
from nnzoo.training.batches import Batches
from nnzoo.training.recipe import Recipe, resolve_recipe

DTYPES = (np.float64, np.float32)
"""What inputs may be; all else becomes the first."""

LARGEST_AUTO_BATCH = 200
"""Samples in a step where the batch size is "auto", as in scikit-learn."""


@dataclass(frozen=True)
class Settings(Validated):
    """The arguments that neither a component nor the recipe checks."""

    hidden_layer_sizes: Annotated[tuple[Annotated[int, Ge(1)], ...], doc("units of each hidden layer")]
    max_iter: Annotated[int, Ge(1), doc("epochs")]
    early_stopping: Annotated[bool, doc("end when the validation loss gets no better, and keep the best epoch")]
    validation_fraction: Annotated[float, Gt(0), Lt(1), doc("share of the samples that is held out for it")]
    n_iter_no_change: Annotated[int, Ge(1), doc("epochs without a better validation loss that end it")]


class NNEstimator(BaseEstimator, ABC):
    """A fully connected network as a scikit-learn estimator; `NNClassifier` and `NNRegressor` say what it takes."""

    _regression: ClassVar[bool]
    n_outputs_: int
    _learner: Learner

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] | int = (100,),
        activation: str | Activation = "relu",
        *,
        optimizer: str | Optimizer = "momentum",
        learning_rate: float | None = None,
        schedule: str | Schedule | None = None,
        weight_decay: float | None = None,
        loss: str | Loss | None = None,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 100,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.loss = loss
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.verbose = verbose

    @abstractmethod
    def _learn_targets(self, y: NDArray[Any], weights: Floats | None) -> None:
        """Find out what it takes to encode such targets, and set ``n_outputs_``."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets as a network learns them: class numbers of shape (n,), or values of shape (n, outputs)."""

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
        X : array-like of shape (n_samples, n_features)
            Inputs. float32 trains in float32, which is faster, and all else in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or values; more than one output in regression only.
        sample_weight : array-like of shape (n_samples,), optional
            How much each sample counts: what training makes small is Σ wᵢ ℓᵢ / Σ wᵢ, with ℓᵢ the loss of a sample.
            One of weight 0 is left out.
        X_val, y_val : array-like, optional
            Measured after each epoch. With ``early_stopping`` they take the place of the part that is held out.

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
            held_out = self._samples(X_val, y_val)
        elif settings.early_stopping:
            samples, held_out = samples.parted(settings.validation_fraction, seed, stratify=not self._regression)
        recipe = self._recipe(
            len(samples.inputs),
            seed=seed,
            schedule="one-cycle" if self.schedule is None else self.schedule,
            epochs=settings.max_iter,
            early_stopping=settings.n_iter_no_change if settings.early_stopping else None,
        )
        return self._train(self._begin(recipe, samples, validation=held_out is not None), samples, held_out)

    def _fit_part(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, classes: ArrayLike | None = None
    ) -> Self:
        """One epoch on these samples, of the network there is or of a new one."""
        if self._settings().early_stopping:
            raise UsageError("partial_fit can't stop early: it never sees all the data", hint="use fit")
        learner = self._learner if self.__sklearn_is_fitted__() else None
        samples = self._samples(X, y, sample_weight, first=learner is None, classes=classes)
        recipe = self._recipe(
            len(samples.inputs),
            seed=learner.recipe.seed if learner else self._draw_seed(),
            schedule="constant" if self.schedule is None else self.schedule,
            epochs=1,
        )
        if recipe.schedule.name != "constant":
            raise UsageError(
                f"partial_fit can't follow {recipe.schedule.label}: nobody knows how many steps there will be",
                hint="leave schedule out, or make it constant",
            )
        if learner:
            learner.follow(recipe)
        else:
            learner = self._begin(recipe, samples, validation=False)
        return self._train(learner, samples)

    def _begin(self, recipe: Recipe, samples: Samples, *, validation: bool) -> Learner:
        """A new network for such samples, and curves to fill."""
        self.input_scale_ = samples.input_scale()
        self.loss_curve_: list[float] = []
        self.validation_loss_curve_: list[float] | None = [] if validation else None
        return Learner(recipe, samples.inputs.shape[1], self.n_outputs_, samples.inputs.dtype, self.input_scale_)

    def _train(self, learner: Learner, samples: Samples, held_out: Samples | None = None) -> Self:
        """Train to the end of the learner's recipe, noting the figures of each epoch."""
        train = self._batches(learner, samples, learner.recipe.batch_size)
        validation = None if held_out is None else self._batches(learner, held_out, EVALUATION_BATCH)
        for metrics in learner.train(train, validation):
            self.loss_curve_.append(metrics.train_loss)
            if self.validation_loss_curve_ is not None and metrics.validation_loss is not None:
                self.validation_loss_curve_.append(metrics.validation_loss)
            if self.verbose:
                print(metrics)
        self._learner, self.n_iter_ = learner, learner.epochs
        return self

    def _batches(self, learner: Learner, samples: Samples, batch_size: int) -> Batches:
        split, classes = (
            Split(samples.inputs, samples.targets, learner.scale),
            0 if self._regression else learner.outputs,
        )
        return Batches(split, batch_size, classes, learner.network.dtype, samples.weights)

    def _predicted(self, X: ArrayLike) -> Floats:
        """What the network predicts, of shape (n, outputs)."""
        check_is_fitted(self)
        return self._learner.predict(validate_data(self, X, reset=False, dtype=DTYPES))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a network; one that diverged in `fit` is none."""
        return hasattr(self, "_learner")

    def _samples(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        first: bool = False,
        classes: ArrayLike | None = None,
    ) -> Samples:
        """Data, checked; the first decide what inputs and targets are like, unless ``classes`` tell of the targets."""
        inputs, targets = validate_data(
            self, X, y, reset=first, dtype=DTYPES, multi_output=self._regression, y_numeric=self._regression
        )
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, inputs, dtype=np.float64, ensure_non_negative=True)
            weights = weights if np.ptp(weights) or not weights.any() else None
        if first:
            self._learn_targets(targets if classes is None else np.asarray(classes), weights)
        return Samples(inputs, self._encode(targets), weights).counted()

    def _draw_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _settings(self) -> Settings:
        names = [field.name for field in fields(Settings)]
        return Settings(**{name: getattr(self, name) for name in names})

    def _recipe(self, samples: int, **settings: Any) -> Recipe:
        """The recipe that the arguments call for, with so many samples at hand."""
        registry = default_registry()
        recipe = resolve_recipe(
            registry,
            regression=self._regression,
            outputs=self.n_outputs_,
            model=registry.build("model", "mlp", {"hidden": self._settings().hidden_layer_sizes}),
            activation=self.activation,
            loss=self.loss,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            batch_size=min(LARGEST_AUTO_BATCH, samples) if self.batch_size == "auto" else self.batch_size,
            **settings,
        )
        if self._regression and recipe.loss.gives_probabilities:
            raise UsageError(f"{recipe.loss.label} is for classes, not for values", hint="leave loss out, or take mse")
        return recipe
