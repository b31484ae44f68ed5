"""The trained networks that come with nnzoo; ``trained/`` holds their files, `nnzoo zoo add` made them."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import ZooModel, hookimpl

NAMES = ("mnist-mlp.relu", "mnist-mlp.sigmoid", "mnist-mlp.large", "digits-mlp.relu")


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    return [ZooModel(name, files("nnzoo.builtin") / "trained") for name in NAMES]
