"""`Predictor`: a trained network with its preprocessing and its task, from raw data to answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import DivergedError, FileFormatError, UsageError
from nnzoo.kinds import (
    Columns,
    Dataset,
    Floats,
    Loss,
    Metric,
    PicturePreprocessor,
    Preprocessing,
    Problem,
    Raw,
    Rows,
    Samples,
    Split,
    Task,
    blocks,
    joined,
)
from nnzoo.model.model_file import Architecture, ModelFile
from nnzoo.nn import EVALUATION_BATCH, Network
from nnzoo.plugins.registry import Registry
from nnzoo.training.batches import Batches
from nnzoo.training.data import apply_preprocessing
from nnzoo.training.scoring import Evaluation, Scorer

Pictures: TypeAlias = Callable[[], PicturePreprocessor | None]
"""Returns the step that turns a picture into a sample, or None to stretch it to the size of a sample."""
ALL = "all"
"""Both parts of a data set."""


@dataclass(frozen=True)
class Source:
    """The file or zoo entry that a network was loaded from: name, SHA-256, and how it turns pictures into samples."""

    name: str = ""
    sha256: str = ""
    pictures: Pictures | None = None


@dataclass(frozen=True)
class Predictor:
    """Everything needed to answer raw data, and to be measured on it.

    ``pictures`` turns a picture into a sample if the preprocessing has no step for that; None if that is not known.
    """

    network: Network
    task: Task
    loss: Loss
    problem: Problem
    preprocessing: Preprocessing
    pictures: Pictures | None = None

    def predictions(self, raw: Raw) -> Floats:
        """Probabilities, or values in the user's units, of shape (n, *output_shape), float64.

        ``raw`` are samples before any preprocessing; `Rows` are read in blocks.

        Raises
        ------
        FileFormatError
            When a sample can't be used.
        DivergedError
            When an output is not finite.
        """
        shape = self.problem.input_shape
        if isinstance(raw, Rows):
            inputs: Samples = self.preprocessing.prepared(raw)
            inputs = inputs.shaped(shape) if isinstance(inputs, Rows) else inputs
        else:
            inputs = self.preprocessing.apply(raw).reshape(-1, *shape)
        scale = self.preprocessing.scale_for(inputs)
        outputs: Floats = np.empty((len(inputs), *self.network.output_shape), self.network.dtype)
        with np.errstate(all="ignore"):
            done = 0
            for block in blocks(inputs, EVALUATION_BATCH) if isinstance(inputs, Rows) else [inputs]:
                outputs[done : done + len(block)] = self.network.predict(block, scale=scale)
                done += len(block)
        if not np.isfinite(outputs).all():
            raise DivergedError(
                "the network's outputs are not finite", hint="train it again with a lower learning rate"
            )
        rows = outputs.reshape(-1, self.problem.width)
        self.loss.predict(rows)
        predictions: Floats = rows.astype(np.float64)
        self.preprocessing.decode_targets(predictions)
        return predictions.reshape(-1, *self.problem.output_shape)

    def decisions(self, predictions: Floats) -> NDArray[Any]:
        """The task's answers, in the form of encoded targets: of shape (n, *target_shape)."""
        rows = predictions.reshape(-1, self.problem.width)
        answers: NDArray[Any] = np.empty(len(rows), np.intp) if self.problem.has_classes else np.empty(rows.shape)
        self.task.decide(rows, answers)
        return answers.reshape(len(predictions), *self.problem.target_shape)

    def part(self, dataset: Dataset, part: str, name: str) -> Split:
        """A part of a data set as this network sees it: with its own preprocessing, and its own class numbers.

        ``part`` is ``train``, ``test`` or ``all``; messages call the data set ``name``.

        Raises
        ------
        UsageError
            When the data are for another task, or have other classes or values.
        FileFormatError
            When a value can't be used.
        """
        if part == ALL:
            split = _joined(dataset.train.examples(), dataset.test)
        else:
            split = dataset.train.examples() if part == "train" else dataset.test
        split = self._own_targets(dataset, split, name)
        return apply_preprocessing(self.preprocessing, self.task, self.problem, split, part)

    def evaluate(self, split: Split, metrics: Sequence[Metric]) -> Evaluation:
        """The figures on a part of a data set, as returned by `part`."""
        return self.scorer(metrics).measure(self.network, self.batches(split))

    def scorer(self, metrics: Sequence[Metric]) -> Scorer:
        """A scorer of the network's loss and of the metrics."""
        return Scorer(self.task, self.loss, metrics, self.problem, self.preprocessing, self.network.dtype)

    def batches(self, split: Split) -> Batches:
        """A part of a data set, as returned by `part`, in batches for evaluation."""
        is_input = self.task.target_is_input
        return Batches(split, EVALUATION_BATCH, self.problem, self.network.dtype, target_is_input=is_input)

    def _own_targets(self, dataset: Dataset, split: Split, name: str) -> Split:
        """Renumber the classes of a split as the network numbers them, by their names."""
        problem = self.problem
        if self.task.target_is_input:
            return split
        try:
            theirs = self.task.problem(problem.input_shape, split.targets, dataset.names)
        except FileFormatError as error:
            raise UsageError(f"{name} does not fit the network, whose task is {self.task}: {error.message}") from None
        if theirs.target_shape != problem.target_shape:
            raise UsageError(
                f"{name} has targets of shape {theirs.target_shape}, and the network {problem.target_shape}"
            )
        if not problem.has_classes or theirs.names == problem.names:
            return split
        if not (theirs.names and problem.names):
            if theirs.width != problem.width:
                raise UsageError(f"{name} has {theirs.width} classes, and the network {problem.width}")
            return split
        own_number = {each: place for place, each in enumerate(problem.names)}
        numbers = np.array([own_number.get(each, -1) for each in theirs.names])
        used = [split.targets, split.array] if self.task.inputs_are_classes else [split.targets]
        unknown = [theirs.names[label] for label in np.unique(np.concatenate(used, axis=None)) if numbers[label] < 0]
        if unknown:
            raise UsageError(
                f"{name} has classes that the network does not know: {', '.join(unknown[:10])}",
                hint=f"it knows {', '.join(problem.names[:20])}",
            )
        if self.task.inputs_are_classes:
            split = replace(split, inputs=numbers[split.array])
        return replace(split, targets=numbers[split.targets])


def pictures_of(file: ModelFile, parts: Architecture, registry: Registry) -> Pictures:
    """How the network of a model file turns a picture into a sample."""
    from nnzoo.imaging.samples import picture_step  # not needed until a model is loaded

    dataset = file.description.components.get("dataset")
    name = None if dataset is None else dataset.name
    return partial(picture_step, parts.preprocessing, name, parts.problem.input_shape, registry)


def _joined(first: Split, second: Split) -> Split:
    a, b = first.inputs, second.inputs
    if isinstance(a, Columns) and isinstance(b, Columns):
        inputs: Any = Columns({name: np.concatenate([a[name], b[name]]) for name in a})
    else:
        one, other = first.samples, second.samples
        in_memory = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
        inputs = np.concatenate([first.array, second.array]) if in_memory else joined([one, other])
    weights = None
    if first.weights is not None and second.weights is not None:
        weights = np.concatenate([first.weights, second.weights])
    return Split(inputs, np.concatenate([first.targets, second.targets]), first.scale, weights, first.parts)
