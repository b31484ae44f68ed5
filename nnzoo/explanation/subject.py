"""`Subject`: the sample and the network of the explanation."""

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
"""Every number is shown if there are no more parameters, inputs and outputs than this, each."""

TINY_PARAMETERS = {
    "0.dense.weight": [[0.2, -0.4], [0.6, 0.3]],
    "0.dense.bias": [0.1, 0.1],
    "2.dense.weight": [[0.5, -0.3], [0.7, 0.4]],
    "2.dense.bias": [0.0, 0.2],
}
"""Chosen so that ReLU passes on one hidden unit, which is above 0, and blocks the other, which is below."""

TINY_SAMPLE = [1.0, 0.5]
TINY_CLASS = 1
TINY_LEARNING_RATE = 0.5
TINY_WEIGHT_DECAY = 0.01


@dataclass(frozen=True)
class Subject:
    """The sample and the network of the explanation.

    Attributes
    ----------
    sample : str
        The sample's description, such as ``sample 0 of digits (train)``, with untrusted text made printable.
    network : Network
        The network before the step.
    recipe : Recipe
        Loss, optimizer, learning rate and weight decay.
    problem : Problem
        Shapes and names.
    batch : Batch
        The network input and the encoded target, float64.
    preprocessing : Preprocessing
        The steps from raw data to the batch.
    row : Columns or None
        The sample as a row of its table; None if the data set is not a table.
    importance : Importance or None
        The importance of the columns for a trained network on a table; None otherwise.
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
        """The network input, of shape (1, *input_shape)."""
        return self.batch.inputs

    @property
    def label(self) -> str | None:
        """The name of the sample's class; None if it does not have exactly one class."""
        only_one = self.problem.has_classes and self.problem.positions == 1
        return self.output_name(int(self.batch.targets[0])) if only_one else None

    @property
    def labels(self) -> list[str] | None:
        """The names of the sample's labels; None in a task without labels."""
        if not (self.problem.has_labels and self.problem.positions == 1):
            return None
        return [self.output_name(int(label)) for label in np.flatnonzero(self.batch.targets)]

    def in_data_units(self, values: Floats) -> Floats:
        """Decode targets or predictions, of shape (m, k), to the units of the data, rounded to float32."""
        decoded: Floats = values.astype(np.float64)
        self.preprocessing.decode_targets(decoded)
        return decoded.astype(np.float32).astype(np.float64)

    def output_name(self, index: int) -> str:
        """The printable name of an output."""
        return one_line(self.problem.name(index % self.problem.width))

    @property
    def small(self) -> bool:
        """Whether every number can be shown."""
        return max(len(self.network.parameters), self.x.size, math.prod(self.network.output_shape)) <= FULL_UP_TO


@dataclass(frozen=True)
class DataPart:
    """A part of a data set: its name, its raw samples, and its preprocessed and encoded samples."""

    name: str
    raw: Split
    prepared: Split


def tiny_subject(recipe: Recipe) -> Subject:
    """Return a network of two inputs, two hidden units and two outputs with round weights, and one sample for it.

    The model of the recipe must be ``mlp:hidden=2``.
    """
    problem = Problem((2,), (2,), (), ("0", "1"))
    network = build_network(recipe, problem, np.float64)
    for name, values in TINY_PARAMETERS.items():
        network.parameters[name][...] = np.array(values)
    batch = Batch(np.array([TINY_SAMPLE]), np.array([TINY_CLASS]))
    return Subject("the tiny example", network, recipe, problem, batch)


def sample_subject(
    part: DataPart,
    index: int,
    problem: Problem,
    recipe: Recipe,
    network: Network,
    preprocessing: Preprocessing,
    importance: Importance | None = None,
) -> Subject:
    """Return a sample of a data set, by its index in a part, with a network for it. Other arguments: see `Subject`.

    Raises
    ------
    UsageError
        When the part has no sample of that index.
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
    """Return the recipe for one more step of a trained network, with its optimizer and rates.

    The user's choices of ``optimizer``, ``learning_rate`` and ``weight_decay`` are in ``given``. An optimizer chosen
    there has its own default rates. A missing plugin, an invalid file or choice raises an `NnzooError`.
    """
    description = model.description
    trained: dict[str, Any] = {}
    if "optimizer" not in given and "optimizer" in description.components:
        trained = {name: description.settings.get(name) for name in ("learning_rate", "weight_decay")}
        trained["optimizer"] = find_component(model, "optimizer", registry)
    fixed: dict[str, Any] = {"task": dnn.task, "model": dnn.model, "activation": dnn.activation, "loss": dnn.loss}
    fixed |= {name: description.settings.get(name) for name in ("freeze", "learning_rate_of")}
    if description.metrics:
        fixed["metrics"] = [build_stored(registry, "metric", m, str(model.path)) for m in description.metrics]
    choices = {"schedule": "constant", "seed": dnn.network.seed, **trained, **given, **fixed}
    return resolve_recipe(registry, outputs=dnn.problem.width, problem=dnn.problem, **choices)
