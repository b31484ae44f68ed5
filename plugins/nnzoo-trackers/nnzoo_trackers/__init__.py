"""Observers for nnzoo that send the figures of a training run to MLflow and TensorBoard."""

from __future__ import annotations

from nnzoo.api import Observer, hookimpl

from nnzoo_trackers.mlflow_run import Mlflow
from nnzoo_trackers.tensorboard_files import TensorBoard

__all__ = ["Mlflow", "TensorBoard"]


@hookimpl
def nnzoo_observers() -> list[type[Observer]]:
    return [Mlflow, TensorBoard]
