"""From a data set to what a network learns from: preprocessed, encoded, parted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from nnzoo.component import require_returned
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Dataset, Feature, FittedFeature, FittedStep, Preprocessing, Problem, Split, Task
from nnzoo.nn.randomness import generator
from nnzoo.plugins.registry import Registry, default_registry

PIXELS = "pixels"
"""The preprocessor of a data set that states by what its integers are multiplied (`Split.scale`), and no more."""


@dataclass(frozen=True)
class PreparedData:
    """What a network learns from and is measured on.

    Attributes
    ----------
    problem : Problem
        Shapes and names.
    preprocessing : Preprocessing
        Fitted on the training part, without what is held out for validation.
    train, validation, test : Split
        Preprocessed inputs (integers are still to be multiplied by ``scale``) and encoded targets; the last two may be
        None.
    """

    problem: Problem
    preprocessing: Preprocessing
    train: Split
    validation: Split | None = None
    test: Split | None = None


def pixels_of(registry: Registry, multiplier: float, *, stated: bool = False) -> Preprocessing:
    """A preprocessing that was never fitted: integers are multiplied, other numbers are used as they are.

    ``stated`` says that a data set has stated the multiplier, so that its samples are integers.
    """
    known = {"multiplier": multiplier, "largest": -1.0, "all": 0.0}
    fitted = {name: np.asarray(value, np.float64) for name, value in known.items()}
    pixels = registry.build("preprocessor", PIXELS, {"multiplier": multiplier} if stated else {})
    return Preprocessing((FittedFeature((FittedStep(pixels, fitted),)),))


def prepare_dataset(
    dataset: Dataset, task: Task, *, validation: float = 0.0, seed: int = 0, registry: Registry | None = None
) -> PreparedData:
    """Prepare a data set as it says itself; see `prepare_data`."""
    return prepare_data(
        task,
        dataset.train,
        dataset.test,
        features=dataset.features,
        names=dataset.names,
        validation=validation,
        seed=seed,
        registry=registry,
    )


def prepare_data(
    task: Task,
    train: Split,
    test: Split | None,
    *,
    features: Sequence[Feature] = (),
    names: tuple[str, ...] = (),
    validation: float = 0.0,
    seed: int = 0,
    preprocessing: Preprocessing | None = None,
    adapted: Callable[[Preprocessing], Preprocessing] | None = None,
    registry: Registry | None = None,
) -> PreparedData:
    """Hold out validation data, fit the preprocessing on the rest of the training part, and apply it to all.

    Parameters
    ----------
    task : Task
        What targets mean.
    train, test : Split
        Raw data; ``test`` may be None.
    features : sequence of Feature
        What is done to inputs. Where ``train.scale`` is not 1, the preprocessor `PIXELS` comes behind.
    names : tuple of str
        Of classes, labels or values.
    validation : float
        Share of the training part that is held out, at random.
    seed : int
        Decides which samples these are.
    preprocessing : Preprocessing, optional
        Used as it is, in place of a new one: for a network that has been trained before.
    adapted : callable, optional
        Makes of a new one what is used: for a network that was trained on other data.
    registry : Registry, optional
        Where the preprocessor is looked up; default `nnzoo.registry`.

    Raises
    ------
    UsageError
        When nothing would be left to train on.
    FileFormatError
        When a value or a target can't be used; the message names the part and the column.
    PluginError
        When a component returns what it should not.
    """
    kept, held_out = hold_out(train, validation, seed)
    if preprocessing is None and train.scale != 1:
        pixels = (registry or default_registry()).build("preprocessor", PIXELS, {"multiplier": train.scale})
        steps = features[0].steps if features else ()
        features = (Feature((*steps, pixels)),)
    steps = () if task.target_is_input else task.target_steps()
    with _naming("training"):
        if steps and kept.targets.dtype.kind not in "fiu":
            task.problem((), kept.targets, names)  # it says what is wrong with them
        if preprocessing is None:
            preprocessing = Preprocessing.fitted(features, kept.inputs, steps, kept.targets if steps else None)
        if adapted is not None:
            preprocessing = adapted(preprocessing)
        first = _prepared(preprocessing, kept)
        problem = task.problem(first.array.shape[1:], first.array if task.target_is_input else first.targets, names)
    require_returned(task, "problem", problem, Problem, "a Problem")
    problem = replace(problem, inputs=kept.parts)

    def encoded(split: Split, part: str) -> Split:
        with _naming(part):
            prepared = first if split is kept else _prepared(preprocessing, split)
            if task.target_is_input:
                return prepared
            targets = task.encode(prepared.targets, problem)
            require_returned(task, "encode", targets, np.ndarray, "an array")
            return replace(prepared, targets=targets)

    return PreparedData(
        problem,
        preprocessing,
        encoded(kept, "training"),
        None if held_out is None else encoded(held_out, "validation"),
        None if test is None else encoded(test, "test"),
    )


def apply_preprocessing(preprocessing: Preprocessing, task: Task, problem: Problem, split: Split, part: str) -> Split:
    """A part of a data set as a trained network sees it: with the preprocessing of its training.

    Raises
    ------
    FileFormatError
        When the data are not of the kind that the network takes.
    """
    with _naming(part):
        prepared = _prepared(preprocessing, split, problem)
        return prepared if task.target_is_input else replace(prepared, targets=task.encode(prepared.targets, problem))


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


def _prepared(preprocessing: Preprocessing, split: Split, problem: Problem | None = None) -> Split:
    if problem is not None and split.parts and split.parts != problem.inputs:
        there, wanted = (", ".join(map(str, parts)) or "one" for parts in (split.parts, problem.inputs))
        raise FileFormatError(f"samples have the inputs {there}, and the network takes {wanted}")
    inputs = preprocessing.apply(split.inputs)
    if problem is not None and inputs.shape[1:] != problem.input_shape:
        shapes = inputs.shape[1:], problem.input_shape
        if np.prod(shapes[0]) != np.prod(shapes[1]) or 1 not in map(len, shapes):  # in a row, or as a picture
            raise FileFormatError(f"samples have shape {shapes[0]}, and the network takes shape {shapes[1]}")
        inputs = inputs.reshape(-1, *problem.input_shape)
    targets = preprocessing.encode_targets(split.targets)
    if split.weights is not None and not (np.isfinite(split.weights).all() and split.weights.min() >= 0):
        raise FileFormatError("weights must be finite, and none below 0")
    return Split(inputs, targets, preprocessing.scale_for(inputs), split.weights, split.parts)


@contextmanager
def _naming(part: str) -> Iterator[None]:
    """Put the part of a data set into errors of its values."""
    try:
        yield
    except FileFormatError as error:
        raise FileFormatError(f"{part} part: {error.message}", hint=error.hint) from None
