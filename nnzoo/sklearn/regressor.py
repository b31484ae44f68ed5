"""`NNRegressor`."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.preprocessing import StandardScaler

from nnzoo.errors import UsageError
from nnzoo.kinds import Floats
from nnzoo.sklearn.estimator import NNEstimator


@final
class NNRegressor(RegressorMixin, NNEstimator):
    """A fully connected network that predicts one value or several.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default (100,)
        Units of each hidden layer. ``()`` makes a linear model.
    activation : str or Activation, default "relu"
        Of the hidden layers. Like every component below: a name (``sigmoid``), a name with hyperparameters
        (``leaky-relu:negative_slope=0.1``) or an instance, built in or from any installed plugin.
    optimizer : str or Optimizer, default "momentum"
        What moves the weights: ``sgd``, ``momentum:beta=0.95``, …
    learning_rate : float, optional
        Size of a step; default the optimizer's own, fitted to activation, loss, depth and number of outputs.
    schedule : str or Schedule, optional
        How the learning rate changes; default ``one-cycle`` in `fit`, and ``constant`` in `partial_fit`.
    weight_decay : float, optional
        Share of each weight, times the learning rate, that is lost at each step; default the optimizer's own.
    loss : str or Loss, optional
        What training makes small; default ``mse``.
    batch_size : int or "auto", default "auto"
        Samples in a step; "auto" is 200, or all where there are fewer.
    max_iter : int, default 100
        Passes over the data. All are made, unless training stops early: the schedule is stretched over them.
    early_stopping : bool, default False
        End when the loss on validation data has not got better for ``n_iter_no_change`` epochs, and keep the weights
        of the epoch where it was smallest.
    validation_fraction : float, default 0.1
        Share of the samples that is held out for this; none where `fit` is given ``X_val`` and ``y_val``.
    n_iter_no_change : int, default 10
        See ``early_stopping``.
    random_state : int, RandomState or None, default None
        Where initial weights, the order of samples and the held-out part come from. One int, one result, to the bit.
    verbose : bool, default False
        Print the figures of each epoch.

    Attributes
    ----------
    loss_curve_ : list of float
        Mean loss over each epoch, weighted by ``sample_weight``, while the network was learning; see the notes.
    validation_loss_curve_ : list of float or None
        Mean loss on the validation data after each epoch; None where there are none.
    n_iter_ : int
        Epochs that were run.
    n_outputs_ : int
        The number of values to predict.
    input_scale_ : float
        What inputs are multiplied by; see the notes of `NNClassifier`.
    n_features_in_ : int
        Width of the inputs.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had any.

    See Also
    --------
    NNClassifier : The same for classes.

    Notes
    -----
    The network learns targets that are standardised, each output by its own mean and standard deviation, and its
    predictions are brought back. So in the loss curves of ``mse``, 1 is what it costs to predict the mean.
    `partial_fit` keeps the mean and the standard deviation of its first call, which should be a fair sample.

    Put a ``StandardScaler`` before this one in a ``Pipeline``, as for `NNClassifier`.

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

    _regression: ClassVar[bool] = True

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the network there is, or a new one, for one epoch on these samples alone.

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
            As `fit`; also when the architecture or the optimizer is another than before.
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
            As many axes as ``y`` had in `fit`.
        """
        outputs = self._predicted(X).astype(np.float64)  # float32 would round values far from 0
        values: Floats = self._scaler.inverse_transform(outputs)
        return values.reshape(len(values), *self._shape)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _learn_targets(self, y: NDArray[Any], weights: Floats | None) -> None:
        self._shape = y.shape[1:]
        rows = _rows(y)
        self.n_outputs_ = rows.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            self._scaler = StandardScaler().fit(rows, sample_weight=weights)
        if not np.isfinite(self._scaler.scale_).all():
            raise UsageError("y holds values whose squares overflow", hint="scale it")

    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        rows = _rows(y)
        if rows.shape[1] != self.n_outputs_:
            raise UsageError(f"y has {rows.shape[1]} outputs, but the network has {self.n_outputs_}")
        values: Floats = self._scaler.transform(rows)
        return values


def _rows(y: NDArray[Any]) -> Floats:
    """Values of shape (n, outputs), in float64 so that their mean and deviation are exact."""
    return y.reshape(len(y), -1).astype(np.float64)
