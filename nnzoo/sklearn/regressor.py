"""`NNRegressor`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.preprocessing import StandardScaler

from nnzoo.errors import UsageError
from nnzoo.kinds import FittedStep, Floats, Split
from nnzoo.plugins.registry import default_registry
from nnzoo.sklearn.estimator import NNEstimator
from nnzoo.sklearn.targets import target_values


@final
@dataclass(eq=False, repr=False)
class NNRegressor(RegressorMixin, NNEstimator):
    """A fully connected network that predicts one value or several.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default (100,)
        Units of each hidden layer. ``()`` makes a linear model.
    activation : str or Activation, default "relu"
        The activation of the hidden layers. Like every component below: a name (``sigmoid``), a name with
        hyperparameters (``leaky-relu:negative_slope=0.1``) or an instance, built in or from any installed plugin.
    optimizer : str or Optimizer, default "momentum"
        The optimizer: ``sgd``, ``momentum:beta=0.95``, …
    learning_rate : float, optional
        Size of a step; default the optimizer's own, fitted to activation, loss, depth and number of outputs.
    schedule : str or Schedule, optional
        The learning-rate schedule; default ``one-cycle`` in `fit`, and ``constant`` in `partial_fit`.
    weight_decay : float, optional
        Share of each weight, times the learning rate, that is lost at each step; default the optimizer's own.
    loss : str or Loss, optional
        The training loss; default ``mse``.
    metrics : str, Metric or list of them, optional
        Metrics besides the loss; default ``r2`` and ``mae``. Any that nnzoo or a plugin provides, such as ``rmse``.
    batch_size : int or "auto", default "auto"
        Samples in a step; "auto" is 200, or all if there are fewer; for tables (see the notes) 8 to 128.
    max_iter : int, default 100
        Passes over the data. All are made, unless training stops early: the schedule is stretched over them.
    early_stopping : bool, default False
        Stop when ``monitor`` has not improved on validation data for ``n_iter_no_change`` epochs, and keep the weights
        of the best epoch.
    monitor : str, default "loss"
        The figure for ``early_stopping``: ``loss``, or one of ``metrics``.
    validation_fraction : float, default 0.1
        Share of the samples that is held out for this; not used if `fit` is given ``X_val`` and ``y_val``.
    n_iter_no_change : int, default 10
        See ``early_stopping``.
    random_state : int, RandomState or None, default None
        Seed for initial weights, the order of samples and the held-out part. The same int gives the same bits.
    verbose : bool, default False
        Print the figures of each epoch, by name.

    Attributes
    ----------
    loss_curve_ : list of float
        Mean loss over each epoch, weighted by ``sample_weight``, while the network was learning; see the notes.
    validation_scores_ : dict of str to list of float, or None
        Loss and metrics on the validation data after each epoch, by name: ``validation_scores_["r2"]``; None if there
        are no such data.
    validation_loss_curve_ : list of float or None
        ``validation_scores_["loss"]``.
    network_ : DeepNeuralNetwork
        The network for raw inputs: it answers the same, in float32, and needs no scikit-learn.
    n_iter_ : int
        Epochs that were run.
    n_outputs_ : int
        The number of values to predict.
    input_scale_ : float
        The factor for inputs; see the notes of `NNClassifier`.
    n_features_in_ : int
        Width of the inputs.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if X had any.

    See Also
    --------
    NNClassifier : The same for classes.

    Notes
    -----
    The network learns standardised targets, each output with its own mean and standard deviation, and predictions are
    converted back. So in the loss curves of ``mse``, 1 is the loss of always predicting the mean. `partial_fit` keeps
    the mean and the standard deviation of its first call, whose samples should be representative.

    Put a ``StandardScaler`` before this estimator in a ``Pipeline``, and see the notes of `NNClassifier` on data frames
    with texts, categories, dates and missing values.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from nnzoo.sklearn import NNRegressor
    >>> X, y = make_friedman1(300, random_state=0)
    >>> network = make_pipeline(StandardScaler(), NNRegressor(random_state=0)).fit(X, y)
    >>> network.score(X, y) > 0.9
    True
    >>> network.predict(X[:2]).shape
    (2,)
    """

    _task: ClassVar[str] = "regression"

    _shape: tuple[int, ...] = field(init=False)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the existing network, or a new one, for one epoch on these samples.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for `fit`. Weights are relative to the others of the same call.

        Returns
        -------
        NNRegressor
            The estimator itself.

        Raises
        ------
        ValueError, DivergedError
            As `fit`; also when the architecture or the optimizer has changed.
        """
        return self._fit_part(X, y, sample_weight)

    def predict(self, X: ArrayLike) -> Floats:
        """The values of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            With as many axes as ``y`` had in `fit`.
        """
        values = self._predicted(X)
        return values.reshape(len(values), *self._shape)

    def __sklearn_tags__(self) -> Any:
        """The estimator's abilities, for scikit-learn."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _values(self, y: Any, name: str) -> NDArray[Any]:
        values = target_values(y, name)
        if values.dtype.kind in "USmM":
            raise UsageError(f"{name} holds {values.dtype} values; expected numbers", hint="NNClassifier takes labels")
        if values.dtype.kind == "O" and isinstance(values.flat[0] if values.size else 0, str):
            raise UsageError(f"{name} holds texts; expected numbers", hint="NNClassifier takes labels")
        return values

    def _learn_targets(self, y: NDArray[Any], given: Any) -> None:
        self._shape, self.n_outputs_ = y.shape[1:], _rows(y).shape[1]
        names = tuple(getattr(given, "columns", ())) or (getattr(given, "name", None),)
        named = len(set(names)) == self.n_outputs_ and all(name and isinstance(name, str) for name in names)
        self._names = names if named else ()

    def _encode(self, y: NDArray[Any], name: str) -> NDArray[Any]:
        rows = _rows(y)
        if rows.shape[1] != self.n_outputs_:
            raise UsageError(f"{name} has {rows.shape[1]} outputs, but the network has {self.n_outputs_}")
        return rows

    def _target_steps(self, samples: Split) -> tuple[FittedStep, ...]:
        """Standardisation by the weighted mean and deviation, which `Preprocessing.fitted` does not support."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaler = StandardScaler().fit(samples.targets, sample_weight=samples.weights)
        if not np.isfinite(scaler.scale_).all():
            raise UsageError("y holds values whose squares overflow", hint="scale it")
        step = default_registry().build("preprocessor", "standardize")
        return (FittedStep(step, {"mean": scaler.mean_, "deviation": scaler.scale_}),)

    def _class_weights(self) -> str | Mapping[str, float] | None:
        return None

    def _target_form(self) -> str:
        return "row" if self._shape else "value"

    def _restore_targets(self, names: tuple[str, ...], width: int, form: str) -> None:
        if form not in ("row", "value") or (form == "value" and width > 1):
            raise ValueError(f"{width} values are not a {form}")
        self._shape, self._names, self.n_outputs_ = () if form == "value" else (width,), names, width


def _rows(y: NDArray[Any]) -> Floats:
    """Values of shape (n, outputs), in float64 so that their mean and deviation are exact."""
    return y.reshape(len(y), -1).astype(np.float64)
