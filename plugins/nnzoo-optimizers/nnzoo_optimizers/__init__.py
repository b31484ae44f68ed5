"""Optimizers for nnzoo: heavy ball, Nesterov, AdaGrad, RMSProp, Adam, AdamW, Lion, LARS, LAMB, Muon and SAM."""

from __future__ import annotations

from nnzoo.api import Optimizer, hookimpl

from nnzoo_optimizers.adagrad import Adagrad
from nnzoo_optimizers.adam import Adam, AdamW
from nnzoo_optimizers.lamb import Lamb
from nnzoo_optimizers.lars import Lars
from nnzoo_optimizers.lion import Lion
from nnzoo_optimizers.momentum import HeavyBall, Nesterov
from nnzoo_optimizers.muon import Muon
from nnzoo_optimizers.rmsprop import RmsProp
from nnzoo_optimizers.sam import Sam

__all__ = ["Adagrad", "Adam", "AdamW", "HeavyBall", "Lamb", "Lars", "Lion", "Muon", "Nesterov", "RmsProp", "Sam"]


@hookimpl
def nnzoo_optimizers() -> list[type[Optimizer]]:
    return [HeavyBall, Nesterov, Adagrad, RmsProp, Adam, AdamW, Lion, Lars, Lamb, Muon, Sam]
