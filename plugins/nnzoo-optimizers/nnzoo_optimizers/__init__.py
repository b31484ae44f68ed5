"""Optimizers for nnzoo: heavy ball, Nesterov, AdaGrad, RMSProp, Adam, AdamW and Lion."""

from __future__ import annotations

from nnzoo.api import Optimizer, hookimpl

from nnzoo_optimizers.adagrad import Adagrad
from nnzoo_optimizers.adam import Adam, AdamW
from nnzoo_optimizers.lion import Lion
from nnzoo_optimizers.momentum import HeavyBall, Nesterov
from nnzoo_optimizers.rmsprop import RmsProp

__all__ = ["Adagrad", "Adam", "AdamW", "HeavyBall", "Lion", "Nesterov", "RmsProp"]


@hookimpl
def nnzoo_optimizers() -> list[type[Optimizer]]:
    return [HeavyBall, Nesterov, Adagrad, RmsProp, Adam, AdamW, Lion]
