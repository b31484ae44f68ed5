"""Prepare a data set for a network: hold out validation data, fit and apply preprocessing, encode targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import require_returned
from nnzoo.errors import FileFormatError, UsageError, located
from nnzoo.kinds import (
    Columns,
    Cursor,
    Dataset,
    Feature,
    FittedFeature,
    FittedStep,
    Preprocessing,
    Problem,
    Rows,
    Split,
    Stream,
    Task,
)
from nnzoo.nn.randomness import generator
from nnzoo.plugins.registry import Registry, default_registry

PIXELS = "pixels"
"""The preprocessor of a data set that only states a factor on its integers (`Split.scale`)."""


@dataclass(frozen=True)
class PreparedData:
    """The data that a network is trained and measured on.

    Attributes
    ----------
    problem : Problem
        Shapes and names.
    preprocessing : Preprocessing
        Fitted on the training part, without the validation data.
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
    """A preprocessing that was never fitted: it multiplies integers, and leaves other numbers unchanged.

    ``stated`` means that a data set stated the multiplier, so that its samples are integers. If it is 1/255, they are
    bytes, and the network was not trained on numbers outside [0, 1].
    """
    largest = 1.0 if stated and math.isclose(255 * multiplier, 1) else -1.0  # -1: not known
    known = {"multiplier": multiplier, "largest": largest, "all": 0.0}
    fitted = {name: np.asarray(value, np.float64) for name, value in known.items()}
    pixels = registry.build("preprocessor", PIXELS, {"multiplier": multiplier} if stated else {})
    return Preprocessing((FittedFeature((FittedStep(pixels, fitted),)),))


def prepare_dataset(
    dataset: Dataset, task: Task, *, validation: float = 0.0, seed: int = 0, registry: Registry | None = None
) -> PreparedData:
    """Prepare a data set with its own features and names; see `prepare_data`."""
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

    Training samples of weight 0 are left out first. Preprocessing is fitted on all others, whatever their weights.

    Parameters
    ----------
    task : Task
        Decides the meaning of targets.
    train, test : Split
        Raw data; ``test`` may be None.
    features : sequence of Feature
        The preprocessing of inputs. If ``train.scale`` is not 1, the preprocessor `PIXELS` is added.
    names : tuple of str
        Of classes, labels or values.
    validation : float
        Share of the training part to hold out: random samples, or the last ones of ordered samples.
    seed : int
        Random seed that selects them.
    preprocessing : Preprocessing, optional
        Used unchanged instead of a new one, for a network that was trained before.
    adapted : callable, optional
        Changes the new preprocessing, for a network that was trained on other data.
    registry : Registry, optional
        Provides the preprocessor; default `nnzoo.registry`.

    Raises
    ------
    UsageError
        When nothing would be left to train on.
    FileFormatError
        When a value or a target can't be used; the message names the part and the column.
    PluginError
        When a component returns an invalid value.
    """
    stream = train.inputs if isinstance(train.inputs, Stream) else None
    if stream is not None and validation:
        raise UsageError(
            f"validation = {validation}, but training samples come as a stream, from which none can be held out",
            hint="leave validation out; the test part is measured after each epoch",
        )
    train = _counted(train.examples())
    trained_on, held_out = parted(len(train), validation, seed, ordered=train.ordered)
    fitting = train if trained_on is None else train.view(trained_on)
    if preprocessing is None and train.scale != 1:
        pixels = (registry or default_registry()).build("preprocessor", PIXELS, {"multiplier": train.scale})
        steps = features[0].steps if features else ()
        features = (Feature((*steps, pixels)),)
    steps = () if task.target_is_input else task.target_steps()
    with located("training part: "):
        if steps and fitting.targets.dtype.kind not in "fiu":
            task.problem((), fitting.targets, names)  # raises the right error
        if preprocessing is None:
            inputs = fitting.inputs if isinstance(fitting.inputs, Columns) else fitting.samples
            preprocessing = Preprocessing.fitted(features, inputs, steps, fitting.targets if steps else None)
        if adapted is not None:
            preprocessing = adapted(preprocessing)
        whole = _prepared(preprocessing, train)
        first = whole if trained_on is None else whole.view(trained_on)
        shape, targets = first.samples.shape[1:], first.array if task.target_is_input else first.targets
        problem = require_returned(task, "problem", task.problem(shape, targets, names), Problem, "a Problem")
        problem = replace(problem, inputs=train.parts)

    def encoded(prepared: Split, part: str) -> Split:
        if task.target_is_input:
            return prepared
        with located(f"{part} part: "):
            targets = task.encode(prepared.targets, problem)
            return replace(prepared, targets=require_returned(task, "encode", targets, np.ndarray, "an array"))

    with located("test part: "):
        other = None if test is None else _prepared(preprocessing, test)
    learnt = encoded(first, "training")
    if stream is not None:
        learnt = replace(learnt, inputs=_prepared_stream(stream, train, preprocessing, task, problem))
    return PreparedData(
        problem,
        preprocessing,
        learnt,
        None if held_out is None else encoded(whole.view(held_out), "validation"),
        None if other is None else encoded(other, "test"),
    )


def apply_preprocessing(preprocessing: Preprocessing, task: Task, problem: Problem, split: Split, part: str) -> Split:
    """A part of a data set with the preprocessing of a trained network; FileFormatError if it does not fit."""
    with located(f"{part} part: "):
        prepared = _prepared(preprocessing, split, problem)
        return prepared if task.target_is_input else replace(prepared, targets=task.encode(prepared.targets, problem))


def parted(
    samples: int, share: float, seed: int, *, ordered: bool = False
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | tuple[None, None]:
    """The indices of the samples to train on, and of those to hold out; None for both if the share is 0.

    Random samples are held out, or the last ones if they are ``ordered``. Raises UsageError if a part would be empty.
    """
    if not share:
        return None, None
    count = round(samples * share)
    if not 0 < count < samples:
        raise UsageError(f"validation = {share} of {samples} training samples leaves one of the two parts empty")
    if ordered:
        return np.arange(samples - count), np.arange(samples - count, samples)
    order = generator(seed, "validation").permutation(samples)
    return np.sort(order[count:]), np.sort(order[:count])


def _counted(split: Split) -> Split:
    """The samples with a weight other than 0 in any position; all samples if there are none."""
    if split.weights is None:
        return split
    places = np.flatnonzero((split.weights.reshape(len(split), -1) != 0).any(axis=1))
    if len(places) in (0, len(split)):
        return split
    in_memory = not isinstance(split.inputs, Columns) and not isinstance(split.samples, Rows)
    return split.take(places) if in_memory else split.view(places)


def _prepared(preprocessing: Preprocessing, split: Split, problem: Problem | None = None) -> Split:
    if problem is not None and split.parts and split.parts != problem.inputs:
        given, wanted = (", ".join(map(str, parts)) or "one" for parts in (split.parts, problem.inputs))
        raise FileFormatError(f"samples have the inputs {given}, but the network takes {wanted}")
    inputs = (
        preprocessing.apply(split.inputs)
        if isinstance(split.inputs, Columns)
        else preprocessing.prepared(split.samples)
    )
    if problem is not None and inputs.shape[1:] != problem.input_shape:
        shapes = inputs.shape[1:], problem.input_shape
        if np.prod(shapes[0]) != np.prod(shapes[1]) or 1 not in map(len, shapes):  # flat, or a picture
            raise FileFormatError(f"samples have shape {shapes[0]}, but the network takes shape {shapes[1]}")
        shape = problem.input_shape
        inputs = inputs.shaped(shape) if isinstance(inputs, Rows) else inputs.reshape(-1, *shape)
    targets = preprocessing.encode_targets(split.targets)
    if split.weights is not None and not (np.isfinite(split.weights).all() and split.weights.min() >= 0):
        raise FileFormatError("weights must be finite, and none below 0")
    return Split(inputs, targets, preprocessing.scale_for(inputs), split.weights, split.parts, split.ordered)


def _prepared_stream(
    stream: Stream, examples: Split, preprocessing: Preprocessing, task: Task, problem: Problem
) -> Stream:
    """A stream of preprocessed samples with encoded targets; the first samples decide the preprocessing."""
    prepare = preprocessing.preparing(examples.array)
    one = examples.array[:1] if prepare is None else prepare(examples.array[:1])
    dtype = (
        examples.targets.dtype
        if task.target_is_input
        else task.encode(preprocessing.encode_targets(examples.targets[:1]), problem).dtype
    )

    def read(cursor: Cursor, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
        raw = inputs if prepare is None else np.empty((len(inputs), *stream.sample_shape), stream.dtype)
        wanted = np.empty((len(inputs), *stream.target_shape), stream.target_dtype)
        stream.read(cursor, raw, wanted)
        with located("training part: "):
            if raw.dtype.kind == "f" and not np.isfinite(raw).all():
                raise FileFormatError("the stream has a value that is not finite")
            if prepare is not None:
                inputs[...] = prepare(raw)
            if not task.target_is_input:
                targets[...] = task.encode(preprocessing.encode_targets(wanted), problem)

    shape = () if task.target_is_input else problem.target_shape
    return Stream(stream.samples, one.shape[1:], one.dtype, shape, dtype, stream.start, read)
