"""From a recipe and data to a trainer that is ready to go."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import DTypeLike

from nnzoo.component import require_returned, with_article
from nnzoo.errors import FileFormatError, PluginError, UsageError
from nnzoo.kinds import Dataset, Layer, Shape, Split
from nnzoo.nn import EVALUATION_BATCH, Network
from nnzoo.nn.randomness import generator
from nnzoo.training.batches import Batches
from nnzoo.training.recipe import Recipe
from nnzoo.training.trainer import Trainer


def build_network(recipe: Recipe, input_shape: Shape, outputs: int, dtype: DTypeLike = np.float32) -> Network:
    """The recipe's network with its initial weights.

    Raises
    ------
    UsageError
        When the model can't take samples of that shape, or does not end in ``outputs`` logits.
    PluginError
        When what the model or one of its layers returned can't be used.
    """
    layers = recipe.model.layers(input_shape, outputs, recipe.activation)
    require_returned(recipe.model, "layers", layers, list | tuple, "a list of layers")
    for layer in layers:
        if not isinstance(layer, Layer):
            raise PluginError(
                f"{recipe.model.label}: there is {with_article(layer)} among its layers",
                hint="each must be an instance of a Layer; for an activation, Activate(activation) is one",
            )
    try:
        network = Network(layers, input_shape, seed=recipe.seed, dtype=dtype)
    except MemoryError:
        raise UsageError(f"{recipe.model} makes a network that does not fit in memory") from None
    if network.output_shape != (outputs,):
        raise UsageError(f"{recipe.model.label} yields outputs of shape {network.output_shape}, not ({outputs},)")
    return network


def prepare_new(recipe: Recipe, dataset: Dataset) -> Trainer:
    """A trainer of the recipe's network, with its initial weights, on a data set.

    Raises
    ------
    UsageError, PluginError
        As `build_network` and `prepare`.
    FileFormatError
        When the data hold a value that is not finite.
    """
    network = build_network(recipe, dataset.input_shape, dataset.outputs)
    for part, split in (("training", dataset.train), ("test", dataset.test)):
        _require_finite(part, split)
    return prepare(network, recipe, dataset.train, dataset.test, classes=len(dataset.class_names))


def prepare(
    network: Network,
    recipe: Recipe,
    train: Split,
    test: Split | None,
    *,
    classes: int,
    first_epoch: int = 0,
) -> Trainer:
    """A trainer on these data; the recipe's share for validation is held out of the training part.

    Parameters
    ----------
    network, recipe : Network, Recipe
        What is trained, and how.
    train, test : Split
        ``test`` may be None.
    classes : int
        Number of classes; 0 in regression.
    first_epoch : int
        How many epochs the network has been trained before.

    Raises
    ------
    UsageError
        When the recipe does not go with these data.
    PluginError
        When a component returns what the trainer can't work with.
    """
    kept, held_out = hold_out(train, recipe.validation, recipe.seed)
    if held_out is None and (recipe.early_stopping is not None or recipe.keep == "best"):
        option = "keep = best" if recipe.early_stopping is None else f"early_stopping = {recipe.early_stopping}"
        raise UsageError(
            f"{option} needs validation data", hint="hold some out, with --validation 0.1; test data choose nothing"
        )

    def measured(split: Split | None) -> Batches | None:
        return None if split is None else Batches(split, EVALUATION_BATCH, classes, network.dtype)

    trainer = Trainer(
        network,
        recipe,
        Batches(kept, recipe.batch_size, classes, network.dtype),
        validation=measured(held_out),
        test=measured(test),
        first_epoch=first_epoch,
    )
    _require_numbers(trainer, is_one_hot=classes > 0)
    return trainer


def _require_numbers(trainer: Trainer, *, is_one_hot: bool) -> None:
    """Blame schedule or loss, before any step is taken, if it forgets to return its number."""
    recipe, network = trainer.recipe, trainer.network
    factor = recipe.schedule.factor(0, max(trainer.total_steps, 1))
    require_returned(recipe.schedule, "factor", factor, Real, "a number")
    logits = np.zeros((1, *network.output_shape), network.dtype)
    targets = np.zeros_like(logits)
    targets[0, 0] = is_one_hot
    with np.errstate(all="ignore"):
        value = recipe.loss.value_and_gradient(logits, targets, np.empty_like(logits))
    require_returned(recipe.loss, "value_and_gradient", value, Real, "a number")


def _require_finite(part: str, split: Split) -> None:
    for what, array in (("inputs", split.inputs), ("targets", split.targets)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise FileFormatError(
                f"{what} of the {part} part hold values that are not finite (NaN, infinity)",
                hint="leave such samples out, or fill in a value",
            )


def hold_out(split: Split, share: float, seed: int) -> tuple[Split, Split | None]:
    """Part a split into what is trained on and a random share that is held out (None where the share is 0).

    Raises
    ------
    UsageError
        When one of the parts would be empty.
    """
    if not share:
        return split, None
    count = round(len(split) * share)
    if not 0 < count < len(split):
        raise UsageError(f"validation = {share} of {len(split)} training samples leaves one of the two parts empty")
    order = generator(seed, "validation").permutation(len(split))
    return split.take(np.sort(order[count:])), split.take(np.sort(order[:count]))
