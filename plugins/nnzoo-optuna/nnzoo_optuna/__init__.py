"""A search for nnzoo's sweeps that learns from earlier trials: Optuna's TPE."""

from __future__ import annotations

from nnzoo.api import Search, hookimpl

from nnzoo_optuna.tpe import Optuna

__all__ = ["Optuna"]


@hookimpl
def nnzoo_searches() -> list[type[Search]]:
    return [Optuna]
