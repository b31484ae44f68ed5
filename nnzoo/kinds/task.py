"""`Task`: what a network's outputs mean; and `Problem`, a task with the shapes and names of one data set."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.errors import UsageError
from nnzoo.kinds.arrays import MOST_AXES, Floats, Shape
from nnzoo.kinds.parts import InputPart, OutputPart
from nnzoo.kinds.preprocessor import InvertiblePreprocessor


@dataclass(frozen=True)
class Problem:
    """What a network learns, as shapes and names.

    Losses and metrics see one row for each *position*: usually a sample has one, but where a target has a class at each
    of T places, it has T.

    Attributes
    ----------
    input_shape : tuple of int
        Of one sample.
    output_shape : tuple of int
        Of the network's output for one sample: the positions, and k numbers for each.
    target_shape : tuple of int
        Of one sample's target, as `Task.encode` makes it: the positions alone where targets are class numbers, else the
        output shape.
    names : tuple of str
        What the k outputs of a position stand for: classes, labels or values. Empty where they have no names.
    has_labels : bool
        Whether targets are zeros and ones, one for each of the k labels of a position.
    inputs : tuple of InputPart
        Where a sample consists of several inputs, what each of its values belongs to: they stand side by side in one
        row, so that ``input_shape`` is (d,). Empty for one input.
    outputs : tuple of OutputPart
        Where several things are learnt together, which outputs belong to each. Empty for one.
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
        """How many outputs a position has: k."""
        return self.output_shape[-1]

    @property
    def logits(self) -> int:
        """How many outputs a sample has."""
        return math.prod(self.output_shape)

    @property
    def positions(self) -> int:
        """How many positions a sample has."""
        return math.prod(self.output_shape[:-1])

    @property
    def has_classes(self) -> bool:
        """Whether each position has one class, so that its target is a class number."""
        return self.target_shape != self.output_shape

    def of_output(self, part: OutputPart) -> Problem:
        """The problem of one of several outputs, by itself."""
        return Problem(self.input_shape, (part.width,), () if part.names else (part.width,), part.names)

    def difference(self, other: Problem) -> str:
        """What another problem's inputs and outputs stand for that this one's do not, in words; nothing if the same.

        Of names, which either may lack, only two that are there are compared.
        """
        if self.inputs != other.inputs:
            there, here = (", ".join(map(str, each.inputs)) or "one" for each in (other, self))
            return f"the inputs {there}, not {here}"
        if self.outputs != other.outputs:
            there, here = (", ".join(map(str, each.outputs)) or "one" for each in (other, self))
            return f"the targets {there}, not {here}"
        if self.names and other.names and self.names != other.names:
            there, here = (", ".join(each.names[:10]) for each in (other, self))
            return f"{there}, not {here}"
        return ""

    def name(self, index: int) -> str:
        """What an output stands for; its number where it has no name."""
        return self.names[index] if self.names else str(index)


@dataclass(frozen=True)
class Task(Component):
    """What a network predicts: how targets are encoded, and how outputs become answers.

    Attributes
    ----------
    default_loss : str
        The loss that is used when the user chooses none.
    default_metrics : tuple of str
        The metrics that are measured when the user chooses none.
    figures : tuple of str
        Which drawings and report sections suit its answers: ``confusion``, ``mistakes``, ``predicted``.
    target_is_input : bool
        Whether the network learns to reproduce its input; a data set's own targets are then ignored.
    inputs_are_classes : bool
        Whether inputs are class numbers as targets are, such as the characters of a text. Data whose classes have other
        numbers are then brought to the network's own on both sides.
    decides_from_outputs : bool
        Whether `decide` gives the same for a network's raw outputs as for predictions (the largest stays the largest),
        which spares making the latter at each step.
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
        """What is done to targets before they are encoded, and taken back in answers; fitted on the training part."""

    @abstractmethod
    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        """The shapes and names of a data set's problem.

        Parameters
        ----------
        input_shape : tuple of int
            Of one sample, as the network sees it.
        targets : ndarray of shape (n, ...)
            The training part's targets, as the data set has them; of its inputs where ``target_is_input``.
        names : tuple of str
            The data set's names of classes, labels or values; may be empty.

        Raises
        ------
        FileFormatError
            When the targets do not fit this task.
        """

    @abstractmethod
    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        """Targets as losses and metrics take them, of shape (n, *problem.target_shape).

        Parameters
        ----------
        targets : ndarray of shape (n, ...)
            As for `problem`, behind the `target_steps`.
        problem : Problem
            What `problem` returned.

        Returns
        -------
        ndarray
            Class numbers as intp, or values as float32.

        Raises
        ------
        FileFormatError
            When one of them is invalid; the message says where it is.
        """

    @abstractmethod
    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        """Write the answers into ``out``, in the form of encoded targets, so that the two can be compared.

        Parameters
        ----------
        predictions : ndarray of shape (m, k)
            For each position what the loss makes of the outputs: probabilities, or values in the user's units.
        out : ndarray
            Class numbers, intp of shape (m,), where the problem has classes; else float64 of shape (m, k).
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
        """One sample's prediction in words and numbers, as JSON can hold it.

        Parameters
        ----------
        prediction : ndarray of shape problem.output_shape
            Probabilities, or values in the user's units.
        problem : Problem
            What `problem` returned.

        Returns
        -------
        dict
            ``answer`` first: the class's name, a list of labels, or a number. Then anything else by name, such as
            ``probability`` and ``probabilities``, or ``values``.
        """


@dataclass(frozen=True)
class CompositeTask(Task):
    """A task whose loss and metrics depend on the problem: on how many things are learnt, and what each of them is.

    Its ``default_loss`` and ``default_metrics`` are for use before the problem is known.
    """

    @abstractmethod
    def loss_for(self, problem: Problem) -> Component:
        """The loss that is used when the user chooses none."""

    @abstractmethod
    def metrics_for(self, problem: Problem) -> tuple[str, ...]:
        """The metrics that are measured when the user chooses none."""
