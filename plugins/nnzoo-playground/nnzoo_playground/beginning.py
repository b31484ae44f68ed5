"""`begin`: the first network on the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from nnzoo.api import Columns, NnzooError, Registry, find_dataset

from nnzoo_playground.lab import Lab
from nnzoo_playground.settings import Hidden, Settings

if TYPE_CHECKING:
    from nnzoo_playground.worker import Setup

FIRST_DATA, FIRST_ACTIVATION, FIRST_OPTIMIZER = "nnzoo-toys/circles", "nnzoo-activations/tanh", "nnzoo-optimizers/adam"
"""Full names, so that no other plugin must be imported for the first picture."""
LARGE = 8
"""With this many values of a sample or more, the first network has one wide layer."""


def begin(lab: Lab, setup: Setup) -> None:
    """Start with the arguments of the command, or with a small network on a small data set.

    Raises
    ------
    NnzooError
    """
    if setup.start:
        from nnzoo_playground.takeaway import open_model

        open_model(lab, setup.start, setup.dataset)
        return
    settings = first_settings(lab.registry)
    if setup.dataset is None:
        lab.begin(settings)
        return
    loader = find_dataset(lab.registry, setup.dataset)
    lab.own_loaders[str(loader)] = loader
    dataset = loader.load(lab.cache)
    inputs = dataset.train.inputs
    size = len(dataset.features) if isinstance(inputs, Columns) else math.prod(inputs.shape[1:])
    if size >= LARGE:
        large = {"layers": [Hidden(units=64)], "batch_size": 128, "optimizer": "momentum", "learning_rate": None}
        settings = settings.model_copy(update=large)
    lab.begin(settings.model_copy(update={"dataset": str(loader)}))


def first_settings(registry: Registry) -> Settings:
    """A small network that learns any toy data set, from the installed components."""
    activation = FIRST_ACTIVATION if _has(registry, "activation", FIRST_ACTIVATION) else "relu"
    optimizer: dict[str, Any] = {}
    if _has(registry, "optimizer", FIRST_OPTIMIZER):
        optimizer = {"optimizer": FIRST_OPTIMIZER, "learning_rate": 0.01}
    hidden = Hidden(units=8, activation=activation)
    painted = f"painted:points={','.join(map(str, first_points()))}"
    dataset = FIRST_DATA if _has(registry, "dataset", FIRST_DATA) else painted
    return Settings(dataset=dataset, layers=[hidden, hidden], activation=activation, weight_decay=0.0, **optimizer)


def _has(registry: Registry, kind: str, name: str) -> bool:
    try:
        registry.get(kind, name)
    except NnzooError:
        return False
    return True


def first_points() -> list[float]:
    """The first points if no toy data set is installed: two classes, one around the other."""
    rng = np.random.default_rng(0)
    points: list[float] = []
    for number in range(200):
        label = number % 2
        angle, radius = rng.uniform(0, 2 * np.pi), (0.75 if label else 0.3) * rng.uniform(0.75, 1.1)
        points += [round(radius * math.cos(angle), 3), round(radius * math.sin(angle), 3), label]
    return points
