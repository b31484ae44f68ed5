"""The hooks that a plugin may implement: one for each kind of component, one for networks and one for commands.

A plugin is a module (or any object) that an installed distribution names in the entry-point group ``nnzoo``; it has
one or more of these functions, marked with `hookimpl`. Each returns a list (never a generator) of component classes,
not instances. A hook runs once, when a component of the plugin is first needed or listed.
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

from nnzoo.kinds import (
    Activation,
    AnyLayer,
    AnyModel,
    DatasetLoader,
    Executor,
    Exporter,
    Figure,
    Loss,
    Metric,
    Observer,
    Optimizer,
    Preprocessor,
    Schedule,
    Search,
    Task,
    Transform,
    ZooModel,
)

if TYPE_CHECKING:
    from click import Command

PROJECT = "nnzoo"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

HOOKS = {
    "activation": "nnzoo_activations",
    "optimizer": "nnzoo_optimizers",
    "schedule": "nnzoo_schedules",
    "loss": "nnzoo_losses",
    "layer": "nnzoo_layers",
    "model": "nnzoo_models",
    "dataset": "nnzoo_datasets",
    "task": "nnzoo_tasks",
    "metric": "nnzoo_metrics",
    "preprocessor": "nnzoo_preprocessors",
    "transform": "nnzoo_transforms",
    "observer": "nnzoo_observers",
    "figure": "nnzoo_figures",
    "exporter": "nnzoo_exporters",
    "executor": "nnzoo_executors",
    "search": "nnzoo_searches",
}
"""The hook that contributes each kind."""

ZOO_HOOK = "nnzoo_zoo"
"""The hook that contributes trained networks."""

COMMANDS_HOOK = "nnzoo_commands"
"""The hook that contributes commands."""

ALL_HOOKS = (*HOOKS.values(), ZOO_HOOK, COMMANDS_HOOK)
"""Every hook that a plugin may implement."""


@hookspec
def nnzoo_activations() -> list[type[Activation]]:
    """Contribute activations.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.activations import Relu
    >>> @hookimpl
    ... def nnzoo_activations():
    ...     return [Relu]
    """


@hookspec
def nnzoo_optimizers() -> list[type[Optimizer]]:
    """Contribute optimizers.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.optimizers import Sgd
    >>> @hookimpl
    ... def nnzoo_optimizers():
    ...     return [Sgd]
    """


@hookspec
def nnzoo_schedules() -> list[type[Schedule]]:
    """Contribute learning-rate schedules.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.schedules import Constant
    >>> @hookimpl
    ... def nnzoo_schedules():
    ...     return [Constant]
    """


@hookspec
def nnzoo_losses() -> list[type[Loss]]:
    """Contribute losses.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.losses import MeanSquaredError
    >>> @hookimpl
    ... def nnzoo_losses():
    ...     return [MeanSquaredError]
    """


@hookspec
def nnzoo_layers() -> list[type[AnyLayer]]:
    """Contribute layers: the building blocks of models, in this plugin and in others.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.layers import Dense
    >>> @hookimpl
    ... def nnzoo_layers():
    ...     return [Dense]
    """


@hookspec
def nnzoo_models() -> list[type[AnyModel]]:
    """Contribute models: architectures, as lists or graphs of layers.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.models import Mlp
    >>> @hookimpl
    ... def nnzoo_models():
    ...     return [Mlp]
    """


@hookspec
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    """Contribute data sets.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.datasets import Digits
    >>> @hookimpl
    ... def nnzoo_datasets():
    ...     return [Digits]
    """


@hookspec
def nnzoo_tasks() -> list[type[Task]]:
    """Contribute tasks.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.tasks import Classification
    >>> @hookimpl
    ... def nnzoo_tasks():
    ...     return [Classification]
    """


@hookspec
def nnzoo_metrics() -> list[type[Metric]]:
    """Contribute metrics.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.metrics import Accuracy
    >>> @hookimpl
    ... def nnzoo_metrics():
    ...     return [Accuracy]
    """


@hookspec
def nnzoo_preprocessors() -> list[type[Preprocessor]]:
    """Contribute preprocessors.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.preprocessors import Standardize
    >>> @hookimpl
    ... def nnzoo_preprocessors():
    ...     return [Standardize]
    """


@hookspec
def nnzoo_transforms() -> list[type[Transform]]:
    """Contribute transforms: changes to training batches, and to nothing else.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.transforms import Noise
    >>> @hookimpl
    ... def nnzoo_transforms():
    ...     return [Noise]
    """


@hookspec
def nnzoo_observers() -> list[type[Observer]]:
    """Contribute observers, which see each step and epoch of a training and may intervene.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.observers import Clip
    >>> @hookimpl
    ... def nnzoo_observers():
    ...     return [Clip]
    """


@hookspec
def nnzoo_figures() -> list[type[Figure]]:
    """Contribute figures: drawings of runs.

    >>> from dataclasses import dataclass
    >>> from nnzoo.api import Figure, hookimpl
    >>> @dataclass(frozen=True)
    ... class Seconds(Figure):
    ...     name = "seconds"
    ...     def plan(self, run):
    ...         return 6.4, 3.6
    ...     def draw(self, figure, runs):
    ...         figure.subplots().plot(*runs[0].series("seconds"))
    >>> @hookimpl
    ... def nnzoo_figures():
    ...     return [Seconds]
    """


@hookspec
def nnzoo_exporters() -> list[type[Exporter]]:
    """Contribute exporters: file formats for trained networks.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.exporters import NumpyScript
    >>> @hookimpl
    ... def nnzoo_exporters():
    ...     return [NumpyScript]
    """


@hookspec
def nnzoo_executors() -> list[type[Executor]]:
    """Contribute executors, which spread many trainings over workers.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.executors import Serial
    >>> @hookimpl
    ... def nnzoo_executors():
    ...     return [Serial]
    """


@hookspec
def nnzoo_searches() -> list[type[Search]]:
    """Contribute searches, which choose the configurations that a sweep tries.

    >>> from nnzoo.api import hookimpl
    >>> from nnzoo.builtin.searches import Grid
    >>> @hookimpl
    ... def nnzoo_searches():
    ...     return [Grid]
    """


@hookspec
def nnzoo_zoo() -> list[ZooModel]:
    """Contribute trained networks, each with its card.

    >>> from importlib.resources import files
    >>> from nnzoo.api import ZooModel, hookimpl
    >>> @hookimpl
    ... def nnzoo_zoo():
    ...     return [ZooModel("digits-mlp.relu", files("nnzoo.builtin") / "trained")]
    """


@hookspec
def nnzoo_commands() -> list[Command]:
    """Contribute commands. The package's metadata announces them in the entry-point group ``nnzoo.commands``.

    >>> import click
    >>> from nnzoo.api import Registry, hookimpl
    >>> @click.command()
    ... @click.pass_obj
    ... def optimizers(registry: Registry) -> None:
    ...     click.echo(", ".join(registry.names("optimizer")))
    >>> @hookimpl
    ... def nnzoo_commands():
    ...     return [optimizers]
    """
