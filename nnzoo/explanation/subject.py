"""`Subject`: the sample and the network that a step is explained with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnzoo.errors import UsageError
from nnzoo.kinds import Columns, Floats, Preprocessing, Problem, Split
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.importance import Importance
from nnzoo.model.model_file import ModelFile, find_component
from nnzoo.model.stored import build_stored
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry
from nnzoo.terminal import one_line
from nnzoo.training.batches import Batch, Batches
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import Recipe, resolve_recipe

FULL_UP_TO = 30
"""Parameters, and values of a sample; up to these, every number is shown."""

TINY_PARAMETERS = {
    "0.dense.weight": [[0.2, -0.4], [0.6, 0.3]],
    "0.dense.bias": [0.1, 0.1],
    "2.dense.weight": [[0.5, -0.3], [0.7, 0.4]],
    "2.dense.bias": [0.0, 0.2],
}
"""With these, one hidden unit of the tiny network is above 0, and one below: ReLU passes the one on, not the other."""

TINY_SAMPLE = [1.0, 0.5]
TINY_CLASS = 1
TINY_LEARNING_RATE = 0.5
TINY_WEIGHT_DECAY = 0.01


@dataclass(frozen=True)
class Subject:
    """What is explained.

    Attributes
    ----------
    sample : str
        Which it is: ``sample 0 of digits (train)``; untrusted text in it is fit to be printed.
    network : Network
        As it is before the step.
    recipe : Recipe
        Loss, optimizer, learning rate and weight decay.
    problem : Problem
        Shapes and names.
    batch : Batch
        The sample as the network sees it and its encoded target, float64.
    preprocessing : Preprocessing
        What made that of raw data.
    row : Columns or None
        The sample as the table has it; None where it is from no table.
    importance : Importance or None
        Of a trained network that takes a table, which columns count.
    """

    sample: str
    network: Network
    recipe: Recipe
    problem: Problem
    batch: Batch
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    row: Columns | None = None
    importance: Importance | None = None

    @property
    def x(self) -> Floats:
        """The sample, of shape (1, *input_shape)."""
        return self.batch.inputs

    @property
    def label(self) -> str | None:
        """The name of the sample's class; None where it has no single class."""
        only_one = self.problem.has_classes and self.problem.positions == 1
        return self.output_name(int(self.batch.targets[0])) if only_one else None

    @property
    def labels(self) -> list[str] | None:
        """The names of the labels that the sample has; None where it is not for labels."""
        if not (self.problem.has_labels and self.problem.positions == 1):
            return None
        return [self.output_name(int(label)) for label in np.flatnonzero(self.batch.targets)]

    def own_units(self, values: Floats) -> Floats:
        """Encoded targets, or predictions of them, of shape (m, k), in the units of the data; as exact as float32."""
        decoded: Floats = values.astype(np.float64)
        self.preprocessing.decode_targets(decoded)
        return decoded.astype(np.float32).astype(np.float64)

    def output_name(self, index: int) -> str:
        """What one of all outputs stands for, fit to be printed."""
        return one_line(self.problem.name(index % self.problem.width))

    @property
    def small(self) -> bool:
        """Whether every number can be shown."""
        return max(len(self.network.parameters), self.x.size, math.prod(self.network.output_shape)) <= FULL_UP_TO


@dataclass(frozen=True)
class DataPart:
    """A part of a data set: its name, its raw samples, and the same preprocessed and encoded."""

    name: str
    raw: Split
    prepared: Split


def tiny_subject(recipe: Recipe) -> Subject:
    """A network of two inputs, two hidden units and two outputs, with round weights, and one sample for it.

    Parameters
    ----------
    recipe : Recipe
        Its model must be ``mlp:hidden=2``.
    """
    problem = Problem((2,), (2,), (), ("0", "1"))
    network = build_network(recipe, problem, np.float64)
    for name, values in TINY_PARAMETERS.items():
        network.parameters[name][...] = np.array(values)
    return Subject(
        sample="the tiny example",
        network=network,
        recipe=recipe,
        problem=problem,
        batch=Batch(np.array([TINY_SAMPLE]), np.array([TINY_CLASS])),
    )


def sample_subject(
    part: DataPart,
    index: int,
    problem: Problem,
    recipe: Recipe,
    network: Network,
    preprocessing: Preprocessing,
    importance: Importance | None = None,
) -> Subject:
    """A sample of a data set, and a network for it.

    Parameters
    ----------
    part : DataPart
        Where it is from.
    index : int
        The sample's own in this part.
    problem : Problem
        Shapes and names.
    recipe, network, preprocessing, importance : Recipe, Network, Preprocessing, Importance
        As in `Subject`.

    Raises
    ------
    UsageError
        When there is no sample of that index.
    """
    split, name = part.prepared, part.name
    if not 0 <= index < len(split):
        raise UsageError(
            f"there is no sample {index}: {name} has {len(split):,}",
            hint=f"they are counted from 0 to {len(split) - 1}",
        )
    is_input, place = recipe.task.target_is_input, np.array([index])
    one = next(Batches(split.take(place), 1, problem, np.float64, target_is_input=is_input).in_order())
    row = part.raw.inputs.take(place) if isinstance(part.raw.inputs, Columns) else None
    return Subject(f"sample {index} of {name}", network, recipe, problem, one, preprocessing, row, importance)


def trained_recipe(model: ModelFile, dnn: DeepNeuralNetwork, registry: Registry, given: Mapping[str, Any]) -> Recipe:
    """The recipe for one more step of a trained network, with the optimizer and the rates of its training.

    Parameters
    ----------
    model, dnn : ModelFile, DeepNeuralNetwork
        The file and its network.
    registry : Registry
        Where the optimizer is looked up.
    given : mapping
        What the user chose instead: ``optimizer``, ``learning_rate``, ``weight_decay``. Another optimizer comes with
        its own rates.

    Raises
    ------
    PluginError, FileFormatError, UsageError
    """
    own: dict[str, Any] = {}
    if "optimizer" not in given and "optimizer" in model.description.components:
        own = {name: model.description.settings.get(name) for name in ("learning_rate", "weight_decay")}
        own["optimizer"] = find_component(model, "optimizer", registry)
    fixed: dict[str, Any] = {"task": dnn.task, "model": dnn.model, "activation": dnn.activation, "loss": dnn.loss}
    fixed |= {"seed": dnn.network.seed}
    fixed |= {name: model.description.settings.get(name) for name in ("freeze", "learning_rate_of")}
    if model.description.metrics:
        stored = model.description.metrics
        fixed["metrics"] = [build_stored(registry, "metric", metric, str(model.path)) for metric in stored]
    return resolve_recipe(
        registry, outputs=dnn.problem.width, problem=dnn.problem, schedule="constant", **{**own, **given, **fixed}
    )
