"""Metrics of classes, labels and values."""

from nnzoo.api import Metric, hookimpl
from nnzoo.builtin.metrics.classes import F1, Accuracy, BalancedAccuracy, Precision, Recall, TopK
from nnzoo.builtin.metrics.values import R2, MeanAbsoluteError, RootMeanSquaredError

__all__ = [
    "F1",
    "R2",
    "Accuracy",
    "BalancedAccuracy",
    "MeanAbsoluteError",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "TopK",
    "nnzoo_metrics",
]


@hookimpl
def nnzoo_metrics() -> list[type[Metric]]:
    return [Accuracy, TopK, BalancedAccuracy, Precision, Recall, F1, R2, MeanAbsoluteError, RootMeanSquaredError]
