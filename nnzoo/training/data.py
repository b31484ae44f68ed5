"""From a data set to what a network learns from: preprocessed, encoded, parted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import require_returned
from nnzoo.errors import FileFormatError, UsageError
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

    Training samples of weight 0 are left out before anything else. All others count the same where preprocessing is
    fitted, whatever their weights.

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
        Share of the training part that is held out, at random; of samples that follow one another, the last ones.
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
    stream = train.inputs if isinstance(train.inputs, Stream) else None
    if stream is not None and validation:
        raise UsageError(
            f"validation = {validation}, but training samples come as a stream, of which nothing can be held out",
            hint="leave validation out; the test part is measured after each epoch",
        )
    train = _counted(train.examples())
    kept, held_out = parted(len(train), validation, seed, ordered=train.ordered)
    fitting = train if kept is None else train.view(kept)
    if preprocessing is None and train.scale != 1:
        pixels = (registry or default_registry()).build("preprocessor", PIXELS, {"multiplier": train.scale})
        steps = features[0].steps if features else ()
        features = (Feature((*steps, pixels)),)
    steps = () if task.target_is_input else task.target_steps()
    with _naming("training"):
        if steps and fitting.targets.dtype.kind not in "fiu":
            task.problem((), fitting.targets, names)  # it says what is wrong with them
        if preprocessing is None:
            inputs = fitting.inputs if isinstance(fitting.inputs, Columns) else fitting.samples
            preprocessing = Preprocessing.fitted(features, inputs, steps, fitting.targets if steps else None)
        if adapted is not None:
            preprocessing = adapted(preprocessing)
        whole = _prepared(preprocessing, train)
        first = whole if kept is None else whole.view(kept)
        shape, targets = first.samples.shape[1:], first.targets
        if task.target_is_input:
            targets = first.array
        problem = task.problem(shape, targets, names)
        require_returned(task, "problem", problem, Problem, "a Problem")
        problem = replace(problem, inputs=train.parts)

    def encoded(prepared: Split, part: str) -> Split:
        if task.target_is_input:
            return prepared
        with _naming(part):
            targets = task.encode(prepared.targets, problem)
            require_returned(task, "encode", targets, np.ndarray, "an array")
            return replace(prepared, targets=targets)

    with _naming("test"):
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
    """Part a split into what is trained on and a share that is held out (None where the share is 0), see `parted`.

    Inputs stay where they are, but for those of a table.

    Raises
    ------
    UsageError
        When one of the parts would be empty.
    """
    kept, held_out = parted(len(split), share, seed, ordered=split.ordered)
    return (split, None) if kept is None or held_out is None else (split.view(kept), split.view(held_out))


def parted(
    samples: int, share: float, seed: int, *, ordered: bool = False
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | tuple[None, None]:
    """Which samples are trained on, and which are held out; None for both where the share is 0.

    These are some at random, or the last ones where they are ``ordered``.

    Raises
    ------
    UsageError
        When one of the parts would be empty.
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
    """The samples that have a weight other than 0, in any of their positions; all of them where there is none."""
    if split.weights is None:
        return split
    places = np.flatnonzero((split.weights.reshape(len(split), -1) != 0).any(axis=1))
    if len(places) in (0, len(split)):
        return split
    lies_elsewhere = isinstance(split.inputs, Columns) or isinstance(split.samples, Rows)
    return split.view(places) if lies_elsewhere else split.take(places)


def _prepared(preprocessing: Preprocessing, split: Split, problem: Problem | None = None) -> Split:
    if problem is not None and split.parts and split.parts != problem.inputs:
        there, wanted = (", ".join(map(str, parts)) or "one" for parts in (split.parts, problem.inputs))
        raise FileFormatError(f"samples have the inputs {there}, and the network takes {wanted}")
    inputs = (
        preprocessing.apply(split.inputs)
        if isinstance(split.inputs, Columns)
        else preprocessing.prepared(split.samples)
    )
    if problem is not None and inputs.shape[1:] != problem.input_shape:
        shapes = inputs.shape[1:], problem.input_shape
        if np.prod(shapes[0]) != np.prod(shapes[1]) or 1 not in map(len, shapes):  # in a row, or as a picture
            raise FileFormatError(f"samples have shape {shapes[0]}, and the network takes shape {shapes[1]}")
        shape = problem.input_shape
        inputs = inputs.shaped(shape) if isinstance(inputs, Rows) else inputs.reshape(-1, *shape)
    targets = preprocessing.encode_targets(split.targets)
    if split.weights is not None and not (np.isfinite(split.weights).all() and split.weights.min() >= 0):
        raise FileFormatError("weights must be finite, and none below 0")
    return Split(inputs, targets, preprocessing.scale_for(inputs), split.weights, split.parts, split.ordered)


def _prepared_stream(
    stream: Stream, examples: Split, preprocessing: Preprocessing, task: Task, problem: Problem
) -> Stream:
    """A stream of what the network sees: preprocessed as its first samples are, with encoded targets."""
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
        with _naming("training"):
            if raw.dtype.kind == "f" and not np.isfinite(raw).all():
                raise FileFormatError("the stream has a value that is not finite")
            if prepare is not None:
                inputs[...] = prepare(raw)
            if not task.target_is_input:
                targets[...] = task.encode(preprocessing.encode_targets(wanted), problem)

    shape = () if task.target_is_input else problem.target_shape
    return Stream(stream.samples, one.shape[1:], one.dtype, shape, dtype, stream.start, read)


@contextmanager
def _naming(part: str) -> Iterator[None]:
    """Put the part of a data set into errors of its values."""
    try:
        yield
    except FileFormatError as error:
        raise FileFormatError(f"{part} part: {error.message}", hint=error.hint) from None
