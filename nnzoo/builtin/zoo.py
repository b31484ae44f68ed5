"""The trained networks that come with nnzoo; their files in ``trained/`` were made by `nnzoo zoo add`."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import ZooModel, hookimpl

NAMES = ("mnist-mlp.relu", "mnist-mlp.sigmoid", "mnist-mlp.large", "digits-mlp.relu")


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    return [ZooModel(name, files("nnzoo.builtin") / "trained") for name in NAMES]
