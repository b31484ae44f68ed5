"""`NNClassifier`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from nnzoo.errors import UsageError
from nnzoo.kinds import FittedStep, Floats, Split
from nnzoo.plugins.registry import default_registry
from nnzoo.sklearn.estimator import NNEstimator
from nnzoo.sklearn.targets import class_numbers, label_dtype, label_names, named_labels, shown_labels, target_values


def _gives_probabilities(estimator: NNClassifier) -> bool:
    loss = estimator.loss
    return loss is None or bool(default_registry().build("loss", loss).gives_probabilities)


@final
@dataclass(eq=False, repr=False)
class NNClassifier(ClassifierMixin, NNEstimator):
    """A fully connected network that predicts classes.

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
        Size of a step; default the optimizer's own, fitted to activation, loss and depth.
    schedule : str or Schedule, optional
        The learning-rate schedule; default ``one-cycle`` in `fit`, and ``constant`` in `partial_fit`.
    weight_decay : float, optional
        Share of each weight, times the learning rate, that is lost at each step; default the optimizer's own.
    loss : str or Loss, optional
        The training loss; default ``softmax-cross-entropy``. With a loss that gives no probabilities, such as ``mse``,
        there is no `predict_proba`.
    class_weight : dict, "balanced" or None, default None
        The weight of each class in the training loss, as ``{label: weight}``; other labels have weight 1. "balanced"
        gives all classes the same weight, whatever their number of samples.
    metrics : str, Metric or list of them, optional
        Metrics besides the loss; default ``accuracy``. Any that nnzoo or a plugin provides, such as ``f1``,
        ``balanced-accuracy``, ``top-k:k=3``.
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
        Share of the samples that is held out for this, with every class in proportion; not used if `fit` is given
        ``X_val`` and ``y_val``.
    n_iter_no_change : int, default 10
        See ``early_stopping``.
    random_state : int, RandomState or None, default None
        Seed for initial weights, the order of samples and the held-out part. The same int gives the same bits.
    verbose : bool, default False
        Print the figures of each epoch, by name.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    loss_curve_ : list of float
        Mean loss over each epoch, weighted by ``sample_weight``, while the network was learning.
    validation_scores_ : dict of str to list of float, or None
        Loss and metrics on the validation data after each epoch, by name: ``validation_scores_["accuracy"]``; None if
        there are no such data.
    validation_loss_curve_ : list of float or None
        ``validation_scores_["loss"]``.
    network_ : DeepNeuralNetwork
        The network for raw inputs: it answers the same, in float32, and needs no scikit-learn.
    n_iter_ : int
        Epochs that were run.
    n_outputs_ : int
        The number of classes.
    input_scale_ : float
        The factor for inputs, see the notes.
    n_features_in_ : int
        Width of the inputs.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if X had any.

    See Also
    --------
    NNRegressor : The same for values.
    nnzoo.DeepNeuralNetwork : Networks of any architecture, without scikit-learn.

    Notes
    -----
    Networks learn best from features of similar size: put a ``StandardScaler`` before this estimator in a
    ``Pipeline``. Single features are not scaled here. But if the mean of ‖x‖² is above 20, for which the default
    learning rates would not be safe, all inputs are multiplied by the same factor, which makes it 20.

    Sample weights that differ very much lead to steps of very different size: a smaller learning rate or larger
    batches help.

    A pandas or Polars data frame may have texts, categories, dates and missing values. Then numbers are standardised,
    missing ones become the median, a category becomes a column of zeros and ones, and a date becomes numbers. This is
    fitted in `fit` on the training part, regardless of weights, and kept with the network. The defaults of batch size,
    learning rate and weight decay are then those of ``nnzoo train --dataset table.csv``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from nnzoo.sklearn import NNClassifier
    >>> iris = load_iris()
    >>> X, y = iris.data, iris.target_names[iris.target]
    >>> network = make_pipeline(StandardScaler(), NNClassifier(hidden_layer_sizes=(32,), random_state=0))
    >>> network.fit(X, y).score(X, y) > 0.95
    True
    >>> network.predict(X[[0, 60, 120]])
    array(['setosa', 'versicolor', 'virginica'], dtype='<U10')

    A component by its name, with a hyperparameter; a name that does not exist is an error:

    >>> NNClassifier(optimizer="momentum:beta=0.5").fit(X, y).n_iter_
    100
    >>> NNClassifier(activation="rellu").fit(X, y)
    Traceback (most recent call last):
    nnzoo.errors.UnknownComponentError: there is no activation 'rellu'
      did you mean relu? known are identity, relu, sigmoid
    """

    _task: ClassVar[str] = "classification"

    class_weight: Mapping[Any, float] | Literal["balanced"] | None = field(default=None, kw_only=True)

    classes_: NDArray[Any] = field(init=False)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train the existing network, or a new one, for one epoch on these samples.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for `fit`. Weights are relative to the others of the same call.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever occur; needed at the first call.

        Returns
        -------
        NNClassifier
            The estimator itself.

        Raises
        ------
        ValueError, DivergedError
            As `fit`; also when the architecture or the optimizer has changed.

        Examples
        --------
        >>> import numpy as np
        >>> network = NNClassifier(random_state=0)
        >>> for part in range(3):
        ...     _ = network.partial_fit(np.eye(4), ["a", "b", "b", "c"], classes=["a", "b", "c"])
        >>> network.n_iter_
        3
        """
        known = self.classes_ if self.__sklearn_is_fitted__() else None
        if known is None and classes is None:
            raise UsageError("the first call of partial_fit needs classes: all labels that will ever occur")
        labels = None if classes is None else np.unique(self._values(classes, "classes"))
        if known is not None and labels is not None and labels.tolist() != known.tolist():
            raise UsageError(
                f"classes are {shown_labels(labels)}, but the network has {shown_labels(known)}",
                hint="leave classes out, or call fit to start again",
            )
        return self._fit_part(X, y, sample_weight, labels)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels, in the form that `fit` was given.
        """
        outputs = self._predicted(X)
        labels: NDArray[Any] = self.classes_[outputs.argmax(axis=1)]
        return labels

    @available_if(_gives_probabilities)
    def predict_proba(self, X: ArrayLike) -> Floats:
        """The probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; each row sums to 1.
        """
        return self._predicted(X)

    def _values(self, y: Any, name: str) -> NDArray[Any]:
        values = target_values(y, name)
        if values.ndim == 2 and values.shape[1] > 1:
            flags = values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())
            hint = "give one label for each sample"
            if flags and (values.sum(axis=1) == 1).all():
                hint = f"these are one-hot rows, which become labels with {name}.argmax(axis=1)"
            elif flags:
                hint = "for several labels per sample, DeepNeuralNetwork has task='multi-label'"
            raise UsageError(f"{name} should be a 1d array, got an array of shape {values.shape}", hint=hint)
        return values

    def _learn_targets(self, y: NDArray[Any], given: Any) -> None:
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        self.n_outputs_, self._names = len(self.classes_), label_names(self.classes_)

    def _encode(self, y: NDArray[Any], name: str) -> NDArray[Any]:
        return class_numbers(y, self.classes_, name)

    def _target_steps(self, samples: Split) -> tuple[FittedStep, ...]:
        return ()

    def _class_weights(self) -> str | Mapping[str, float] | None:
        weights = self.class_weight
        if weights is None or (isinstance(weights, str) and weights == "balanced"):
            return weights
        if not isinstance(weights, Mapping):
            raise UsageError(
                f"class_weight = {weights!r} is not allowed",
                hint="it is 'balanced', None, or a dict of label to weight",
            )
        labels = self._values(list(weights), "class_weight")
        numbers = class_numbers(labels, self.classes_, "class_weight").tolist() if len(labels) else []
        return {self._names[number]: weight for number, weight in zip(numbers, weights.values(), strict=True)}

    def _target_form(self) -> str:
        return label_dtype(self.classes_)

    def _restore_targets(self, names: tuple[str, ...], width: int, form: str) -> None:
        self.classes_, self._names, self.n_outputs_ = named_labels(names, form), names, width
        if isinstance(self.class_weight, Mapping):
            label = dict(zip(names, self.classes_.tolist(), strict=True))
            self.class_weight = {label[name]: weight for name, weight in self.class_weight.items()}
