"""`Task`: the meaning of a network's outputs; and `Problem`, a task with the shapes and names of one data set."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.errors import UsageError, listed
from nnzoo.kinds.arrays import MOST_AXES, Floats, Shape
from nnzoo.kinds.parts import InputPart, OutputPart
from nnzoo.kinds.preprocessor import InvertiblePreprocessor


@dataclass(frozen=True)
class Problem:
    """The shapes and names of a network's inputs and outputs.

    Losses and metrics see one row for each *position*: usually a sample has one position; a sequence with a class at
    each of T places has T.

    Attributes
    ----------
    input_shape : tuple of int
        Of one sample.
    output_shape : tuple of int
        Of the network's output for one sample: the positions, and k numbers for each.
    target_shape : tuple of int
        Of one sample's target from `Task.encode`: only the positions if targets are class numbers, else the output
        shape.
    names : tuple of str
        Names of the k outputs of a position: classes, labels or values. May be empty.
    has_labels : bool
        Whether targets are zeros and ones, one for each of the k labels of a position.
    inputs : tuple of InputPart
        For several inputs, the place of each in the row of a sample, which has ``input_shape`` (d,). Empty for one.
    outputs : tuple of OutputPart
        For several targets, the outputs that belong to each. Empty for one.
    """

    input_shape: Shape
    output_shape: Shape
    target_shape: Shape
    names: tuple[str, ...] = ()
    has_labels: bool = False
    inputs: tuple[InputPart, ...] = ()
    outputs: tuple[OutputPart, ...] = ()

    def __post_init__(self) -> None:
        for shape in (self.input_shape, self.output_shape, self.target_shape):
            if len(shape) > MOST_AXES:
                raise UsageError(f"shape {shape} has {len(shape)} axes", hint=f"a sample has at most {MOST_AXES}")

    @property
    def width(self) -> int:
        """The number of outputs of a position: k."""
        return self.output_shape[-1]

    @property
    def logits(self) -> int:
        """The number of outputs of a sample."""
        return math.prod(self.output_shape)

    @property
    def positions(self) -> int:
        """The number of positions of a sample."""
        return math.prod(self.output_shape[:-1])

    @property
    def has_classes(self) -> bool:
        """Whether the target of each position is a class number."""
        return self.target_shape != self.output_shape

    def of_output(self, part: OutputPart) -> Problem:
        """The problem of one of several outputs, by itself."""
        return Problem(self.input_shape, (part.width,), () if part.names else (part.width,), part.names)

    def difference(self, other: Problem) -> str:
        """The first difference between another problem's inputs and outputs and this one's, in words; empty if none.

        Names are compared only if both problems have them.
        """
        if self.inputs != other.inputs:
            theirs, ours = (", ".join(map(str, each.inputs)) or "one" for each in (other, self))
            return f"the inputs {theirs}, not {ours}"
        if self.outputs != other.outputs:
            theirs, ours = (", ".join(map(str, each.outputs)) or "one" for each in (other, self))
            return f"the targets {theirs}, not {ours}"
        if self.names and other.names and self.names != other.names:
            theirs, ours = (listed(each.names, 10) for each in (other, self))
            return f"{theirs}, not {ours}"
        return ""

    def name(self, index: int) -> str:
        """The name of an output, or its number."""
        return self.names[index] if self.names else str(index)


@dataclass(frozen=True)
class Task(Component):
    """What a network predicts: how targets are encoded, and how outputs become answers.

    Attributes
    ----------
    default_loss : str
        The loss, if the user chooses none.
    default_metrics : tuple of str
        The metrics, if the user chooses none.
    figures : tuple of str
        The drawings and report sections that suit its answers: ``confusion``, ``mistakes``, ``predicted``.
    target_is_input : bool
        Whether the network learns to reproduce its input; a data set's targets are then ignored.
    inputs_are_classes : bool
        Whether inputs are class numbers, as targets are: the characters of a text, for example. Class numbers of other
        data are then translated to the network's own in both.
    decides_from_outputs : bool
        Whether `decide` returns the same for a network's raw outputs as for predictions (the largest stays the
        largest); no predictions are then computed at each step.
    """

    kind: ClassVar[str] = "task"
    default_loss: ClassVar[str]
    default_metrics: ClassVar[tuple[str, ...]] = ()
    figures: ClassVar[tuple[str, ...]] = ()
    target_is_input: ClassVar[bool] = False
    inputs_are_classes: ClassVar[bool] = False
    decides_from_outputs: ClassVar[bool] = False

    @abstractmethod
    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        """Steps applied to targets before encoding and undone in answers; they are fitted on the training part."""

    @abstractmethod
    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        """The shapes and names of a data set's problem.

        Parameters
        ----------
        input_shape : tuple of int
            Of one sample, as the network sees it.
        targets : ndarray of shape (n, ...)
            The raw targets of the training part; its inputs if ``target_is_input``.
        names : tuple of str
            The data set's names of classes, labels or values; may be empty.

        Raises
        ------
        FileFormatError
            When the targets do not fit this task.
        """

    @abstractmethod
    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        """Targets for losses and metrics, of shape (n, *problem.target_shape).

        Parameters
        ----------
        targets : ndarray of shape (n, ...)
            As for `problem`, after the `target_steps`.
        problem : Problem
            What `problem` returned.

        Returns
        -------
        ndarray
            Class numbers as intp, or values as float32.

        Raises
        ------
        FileFormatError
            When a target is invalid; the message has its place.
        """

    @abstractmethod
    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        """Write the answers into ``out``, in the form of encoded targets, so that they can be compared.

        Parameters
        ----------
        predictions : ndarray of shape (m, k)
            For each position, probabilities or values in the user's units.
        out : ndarray
            Class numbers, intp of shape (m,), if the problem has classes; else float64 of shape (m, k).
        """

    @abstractmethod
    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        """The best prediction that ignores the inputs, as one row of predictions.

        Parameters
        ----------
        targets : ndarray of shape (m,), intp, or (m, k), float64
            Encoded targets of the training part, one for each position; values are in the user's units.
        problem : Problem
            What `problem` returned.

        Returns
        -------
        ndarray of shape (k,), float64
            The share of each class, or the mean of each value.
        """

    @abstractmethod
    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        """One sample's prediction in words and numbers, as JSON.

        Parameters
        ----------
        prediction : ndarray of shape problem.output_shape
            Probabilities, or values in the user's units.
        problem : Problem
            What `problem` returned.

        Returns
        -------
        dict
            ``answer`` first: the class name, a list of labels, or a number. Then other entries such as ``probability``
            and ``probabilities``, or ``values``.
        """


@dataclass(frozen=True)
class CompositeTask(Task):
    """A task whose loss and metrics depend on the problem: on the number and the kinds of its targets.

    Its ``default_loss`` and ``default_metrics`` are used before the problem is known.
    """

    @abstractmethod
    def loss_for(self, problem: Problem) -> Component:
        """The loss, if the user chooses none."""

    @abstractmethod
    def metrics_for(self, problem: Problem) -> tuple[str, ...]:
        """The metrics, if the user chooses none."""
