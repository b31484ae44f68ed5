"""Arrays and tables of the user, checked and converted to the form of data sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnzoo.data import columns_of
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Dataset, Feature, Floats, Problem, Rows, Samples, Split, Task, rows_of_inputs
from nnzoo.kinds.file_rows import unmapped
from nnzoo.model.columns import warn_of_unknown_columns
from nnzoo.model.predictor import Predictor
from nnzoo.plugins.registry import Registry
from nnzoo.training.arrays import check_form, check_inputs, check_labels, check_values
from nnzoo.training.data import PIXELS


def problem_of(task: Task, input_shape: tuple[int, ...], outputs: int, names: tuple[str, ...]) -> Problem:
    """The problem of a network with that many outputs: of class numbers, if the task takes these, else of values.

    Raises
    ------
    UsageError
        When the task takes neither.
    """
    for targets in (np.array([outputs - 1]), np.zeros((1, outputs))):
        try:
            problem = task.problem(input_shape, targets, names)
        except FileFormatError:
            continue
        if problem.output_shape == (outputs,):
            return problem
    raise UsageError(
        f"{task.label} needs to see data before it knows its outputs",
        hint="DeepNeuralNetwork.for_dataset(dataset, task=…) makes a network that fits",
    )


def own_parts(
    registry: Registry,
    task: Task,
    problem: Problem,
    x_train: Any,
    y_train: Any,
    x_test: Any,
    y_test: Any,
    sample_weight: Any,
) -> tuple[Split, Split | None, tuple[Feature, ...], tuple[str, ...]]:
    """Training part, test part, preprocessing features and names; ``x_train`` may be a whole data set.

    Raises
    ------
    UsageError
        When an array can't be used, or two do not belong together.
    """
    if isinstance(x_train, Dataset):
        if any(part is not None for part in (y_train, x_test, y_test, sample_weight)):
            raise UsageError("a data set has all its parts: leave out y_train, x_test, y_test and sample_weight")
        return x_train.train, x_train.test, x_train.features, x_train.names
    if (x_test is None) != (y_test is None):
        raise UsageError("x_test and y_test go together: give both or neither")
    if y_train is None and not task.target_is_input:
        raise UsageError("y_train is missing")
    train = _own_split(task, problem, x_train, y_train, "train")
    test = None if x_test is None else _own_split(task, problem, x_test, y_test, "test")
    if test and (test.samples.dtype == np.uint8) != (train.samples.dtype == np.uint8):
        raise UsageError(
            f"x_train has dtype {np.asarray(x_train).dtype} and x_test {np.asarray(x_test).dtype}",
            hint="uint8 pixels are scaled to [0, 1] and other numbers used as they are: give both the same dtype",
        )
    if sample_weight is not None:
        weights = np.asarray(sample_weight, np.float64)
        if weights.shape != (len(train),):
            raise UsageError(f"sample_weight has shape {weights.shape}; expected ({len(train)},)")
        train = replace(train, weights=weights)
    if task.inputs_are_classes:  # whole numbers that are not pixels
        return train, test, (), problem.names
    pixels = registry.build("preprocessor", PIXELS)
    return train, test, (Feature((pixels,)),), problem.names


def own_targets(task: Task, problem: Problem, y: ArrayLike, name: str, samples: int) -> NDArray[Any]:
    """Targets in the form that data sets use.

    Raises
    ------
    UsageError
    """
    outputs = math.prod(problem.output_shape)
    if task.target_is_input:
        return np.zeros(samples)
    if problem.has_classes and problem.positions == 1:
        return check_labels(y, name, samples, outputs)
    if problem.has_classes:
        return np.asarray(y)
    return check_values(y, name, samples, outputs).reshape(samples, *problem.target_shape)


def own_predictions(predictor: Predictor, x: Any) -> Floats:
    """Probabilities, or values in the user's units, of shape (n, *output_shape), float64.

    ``x`` may be an array, a table (a data frame or columns by name), paths of image files, Pillow images, or a list of
    arrays with one picture each, depending on what the network was trained on.

    Raises
    ------
    UsageError, FileFormatError, DivergedError
    """
    from nnzoo.model.own_pictures import own_pictures, takes_pictures  # not needed for training

    preprocessing = predictor.preprocessing
    if preprocessing.columns:
        names = preprocessing.columns if isinstance(x, np.ndarray) and x.dtype.names is None else None
        columns = columns_of(x, preprocessing.types, names=names)
        warn_of_unknown_columns(preprocessing, columns, stacklevel=4)
        return predictor.predictions(columns)
    if (pictures := own_pictures(predictor, x)) is not None:
        return predictor.predictions(pictures)
    if not predictor.problem.inputs and _are_arrays(x):
        return predictor.predictions(x)
    try:
        inputs = _own_inputs(x, "x", predictor.problem)
    except UsageError as error:
        if error.hint or not takes_pictures(predictor):
            raise
        raise UsageError(error.message, hint="give pictures of any size as a list of paths, images or arrays") from None
    try:
        return predictor.predictions(inputs)
    except FileFormatError as error:
        raise UsageError(f"x: {error.message}", hint=error.hint) from None


def _own_split(task: Task, problem: Problem, x: Any, y: ArrayLike, part: str) -> Split:
    inputs = _own_inputs(x, f"x_{part}", problem)
    return Split(inputs, own_targets(task, problem, y, f"y_{part}", len(inputs)), parts=problem.inputs)


def _own_inputs(x: Any, name: str, problem: Problem) -> Samples:
    """Samples of the network's shape; rows in a file are not loaded.

    Raises
    ------
    UsageError
    """
    width, shape = math.prod(problem.input_shape), problem.input_shape
    if isinstance(x, Mapping) and problem.inputs:
        x = rows_of_inputs(x, problem.inputs)
    elif problem.inputs and _are_arrays(x):
        raise UsageError(
            f"{name} is a list of arrays, and the network has inputs with names",
            hint=f"give a dict of arrays by name: {', '.join(map(str, problem.inputs))}",
        )
    samples = unmapped(x) if isinstance(x, np.ndarray) else x
    if isinstance(samples, Rows):
        check_form(samples, name, width)
        _require_fitting(samples.shape[1:], name, problem)
        return samples.shaped(shape)
    checked = check_inputs(x, name, width)
    _require_fitting(np.shape(x)[1:], name, problem)
    return checked.reshape(-1, *shape)


def _require_fitting(given: tuple[int, ...], name: str, problem: Problem) -> None:
    """Refuse samples that have the right number of values in another arrangement, except plain rows."""
    have, wanted = (tuple(side for side in shape if side != 1) for shape in (given, problem.input_shape))
    takes_any = len(wanted) <= 1 and not problem.inputs  # a network for rows flattens samples of any shape
    if not takes_any and have != wanted and len(have) > 1:
        names = ", ".join(map(str, problem.inputs))
        hint = f"give a dict of arrays by name: {names}" if problem.inputs else "or rows of all their values"
        raise UsageError(f"{name} has samples of shape {given}, and the network takes {problem.input_shape}", hint=hint)


def _are_arrays(x: Any) -> bool:
    """Whether it is a list of arrays, such as pictures."""
    return isinstance(x, list) and bool(x) and all(isinstance(each, np.ndarray) and each.ndim > 1 for each in x)
