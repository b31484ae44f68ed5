"""Build the network and the trainer of a recipe."""

from __future__ import annotations

import json
import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnzoo.component import plugin_bug, require_returned
from nnzoo.errors import UsageError, did_you_mean, listed
from nnzoo.kinds import Dataset, LayerPlan, Problem, Split, Stream
from nnzoo.nn import EVALUATION_BATCH, Network
from nnzoo.nn.plans import graph_of, plan_layers
from nnzoo.training.batches import Batches, balanced_weights
from nnzoo.training.data import PreparedData, prepare_dataset
from nnzoo.training.measures import PARTS
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import Scorer
from nnzoo.training.trainer import Trainer

UNLIKELY = 2.0**100
"""A value that no loss has: if an array still contains it after a call, nothing was written."""


def build_network(recipe: Recipe, problem: Problem, dtype: DTypeLike = np.float32) -> Network:
    """The recipe's network for a problem, with its initial weights.

    Raises
    ------
    UsageError
        When the model does not support such samples, or has another number of outputs than the problem.
    PluginError
        When the model or one of its layers returns an invalid value.
    """
    graph = graph_of(recipe.model, problem, recipe.activation)
    try:
        network = Network(graph, problem.input_shape, seed=recipe.seed, dtype=dtype)
    except MemoryError:
        raise UsageError(f"{recipe.model} makes a network that does not fit in memory") from None
    if math.prod(network.output_shape) != problem.logits:
        raise UsageError(
            f"{recipe.model.label} yields outputs of shape {network.output_shape}, not {problem.output_shape}"
        )
    return network


def plan_network(recipe: Recipe, problem: Problem) -> list[LayerPlan]:
    """The plan of each layer of the recipe's network, without allocating its arrays; errors as for `build_network`."""
    return plan_layers(graph_of(recipe.model, problem, recipe.activation), problem.input_shape)


def prepare_new(recipe: Recipe, dataset: Dataset) -> Trainer:
    """A trainer of the recipe's network, with its initial weights, on a data set.

    Errors are those of `prepare_dataset`, `build_network` and `prepare`.
    """
    data = prepare_dataset(dataset, recipe.task, validation=recipe.validation, seed=recipe.seed)
    return prepare(build_network(recipe, data.problem), recipe, data)


def prepare(network: Network, recipe: Recipe, data: PreparedData, *, first_epoch: int = 0) -> Trainer:
    """A trainer of a network on prepared data.

    Parameters
    ----------
    network, recipe : Network, Recipe
        The network to train, and the settings.
    data : PreparedData
        From `prepare_dataset`.
    first_epoch : int
        The number of epochs that the network was trained before.

    Raises
    ------
    UsageError
        When the recipe does not suit these data.
    PluginError
        When a component returns an invalid value.
    """
    if data.validation is None and (recipe.early_stopping is not None or recipe.keep == "best"):
        option = "keep = best" if recipe.early_stopping is None else f"early_stopping = {recipe.early_stopping}"
        raise UsageError(
            f"{option} needs validation data",
            hint="hold some out, with validation = 0.1; test data never selects a model",
        )
    task, problem = recipe.task, data.problem
    scorer = Scorer(task, recipe.loss, recipe.metrics, problem, data.preprocessing, network.dtype)
    require_figure(scorer, recipe.monitor)

    def batches(split: Split, size: int, **training: Any) -> Batches:
        return Batches(split, size, problem, network.dtype, target_is_input=task.target_is_input, **training)

    trainer = Trainer(
        network,
        recipe,
        scorer,
        batches(
            data.train,
            recipe.batch_size,
            class_weights=class_weights(recipe.class_weight, problem, data.train),
            transforms=recipe.transforms,
        ),
        validation=None if data.validation is None else batches(data.validation, EVALUATION_BATCH),
        test=None if data.test is None else batches(data.test, EVALUATION_BATCH),
        first_epoch=first_epoch,
    )
    _require_working(trainer)
    return trainer


def require_figure(scorer: Scorer, name: str) -> None:
    """Refuse a figure that is not measured (UsageError)."""
    if name in scorer.measures:
        return
    part, _, figure = name.partition("_")
    if part in PARTS and figure in scorer.measures:
        raise UsageError(
            f"monitor = {name}: the best epoch is always selected on validation data", hint=f"write monitor = {figure}"
        )
    raise UsageError(
        f"monitor = {name} is not among the metrics",
        hint=f"{did_you_mean(name, scorer.figures)}metrics are {', '.join(scorer.figures)}; "
        "to measure another, add it as a metric",
    )


def class_weights(text: str, problem: Problem, train: Split) -> NDArray[np.float64] | None:
    """A weight for each class, of shape (k,): ``balanced``, or ``name=weight,…`` with 1 for classes not named.

    Raises
    ------
    UsageError
        When targets are not class numbers, a class is unknown, or a weight is not a number of 0 or more.
    """
    if not text:
        return None
    if not problem.has_classes:
        raise UsageError("class_weight is for tasks with one class per sample")
    if isinstance(train.inputs, Stream):
        raise UsageError("class_weight needs the classes of all samples, which are not known in advance for a stream")
    if text == "balanced":
        return balanced_weights(train.targets, problem.width, train.weights)
    weights, names = np.ones(problem.width), [problem.name(index) for index in range(problem.width)]
    for name, value in _named_weights(text).items():
        if name not in names:
            raise UsageError(
                f"class_weight names {name!r}, which is not a class",
                hint=f"{did_you_mean(name, names)}classes are {listed(names)}",
            )
        try:
            weights[names.index(name)] = float(value)
        except (TypeError, ValueError):
            raise UsageError(f"class_weight: {value!r} is not a number") from None
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
        raise UsageError(f"class_weight = {text}: weights must be finite, and none below 0")
    return weights


def _named_weights(text: str) -> dict[str, Any]:
    """Weights by name, from the text of `class_weight_text`."""
    if text.startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError:
            raise UsageError(f"class_weight = {text} is not JSON") from None
    weights = {}
    for piece in text.split(","):
        name, equals, value = (part.strip() for part in piece.rpartition("="))
        if not equals:
            raise UsageError(f"class_weight = {text} is neither 'balanced' nor name=weight,…")
        if name in weights:
            raise UsageError(f"class_weight = {text} names {name!r} twice")
        weights[name] = value
    return weights


def _require_working(trainer: Trainer) -> None:
    """Blame the schedule or the loss (PluginError) before the first step if it does not return or write its result."""
    recipe, scorer = trainer.recipe, trainer.scorer
    factor = recipe.schedule.factor(0, max(trainer.total_steps, 1))
    require_returned(recipe.schedule, "factor", factor, Real, "a number")
    batch = next(trainer.train.in_order())
    batch.targets = batch.targets[:1]
    outputs = np.zeros((1, scorer.problem.width), trainer.network.dtype)
    with np.errstate(all="ignore"):
        losses, grad = scorer.losses(outputs, batch)
        losses.fill(UNLIKELY)
        grad.fill(UNLIKELY)
        scorer.losses(outputs, batch)
    for name, array in (("losses", losses), ("grad", grad)):
        if (array == UNLIKELY).all():
            raise plugin_bug(recipe.loss, f"losses does not write into {name!r}")
