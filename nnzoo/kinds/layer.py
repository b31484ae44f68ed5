"""`Layer` and `MergeLayer`: one step of a network, and the arrays that it plans."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Initialization, Initializer, Shape


@dataclass(frozen=True)
class Parameter:
    """A trained array: its shape, its initial values, and whether it is a weight.

    Weights (``is_weight``) come first in the flat vector and are shrunk by weight decay; biases, scales and shifts come
    last. ``fan_in`` and ``fan_out`` are the numbers of inputs and outputs of one unit, for weights.
    ``initialization`` is a name, or a function of the shape and a random generator that returns the values.
    """

    shape: Shape
    initialization: Initialization | Initializer = "zeros"
    fan_in: int = 1
    fan_out: int = 1
    is_weight: bool = False


@dataclass(frozen=True)
class Buffer:
    """Scratch space for one sample; the network allocates it with the batch axis in front.

    ``dtype`` is None for the network's floating-point type; ``fill`` is the initial value.
    """

    shape: Shape
    dtype: type[np.generic] | None = None
    fill: float = 0


def scratch(buffers: Mapping[str, Buffer], samples: int, dtype: DTypeLike) -> dict[str, NDArray[Any]]:
    """Scratch arrays for so many samples, by name; ``dtype`` is the network's floating-point type."""
    return {name: np.full((samples, *b.shape), b.fill, b.dtype or dtype) for name, b in buffers.items()}


@dataclass(frozen=True)
class LayerPlan:
    """The arrays that a layer needs for one input shape, so that all can be allocated before the first step.

    Attributes
    ----------
    output_shape : tuple of int
        Shape of one output sample.
    parameters : mapping of str to Parameter
        Arrays to be trained.
    state : mapping of str to Parameter
        Arrays that are saved with the weights but not trained (running statistics).
    workspace : mapping of str to Buffer
        Scratch arrays that last from forward to backward.
    gradient_in_place : bool
        Whether ``grad_in`` and ``grad_out`` are one array, which `backward` changes in place (input and output then
        have the same shape).
    random : bool
        Whether the layer draws random numbers in training.
    penalized : bool
        Whether `Layer.forward` sets ``memory.penalty``, which is added to the loss of the batch: an L1 norm of weights,
        a divergence. `Layer.backward` must add its gradient.
    shares_work : bool
        Whether the layer shares its work between threads, with `in_threads` or `product`: each matrix product of the
        network then uses one thread.
    """

    output_shape: Shape
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    state: Mapping[str, Parameter] = field(default_factory=dict)
    workspace: Mapping[str, Buffer] = field(default_factory=dict)
    gradient_in_place: bool = False
    random: bool = False
    penalized: bool = False
    shares_work: bool = False


@dataclass
class LayerMemory:
    """The planned arrays of one layer, as views for one batch size.

    ``training`` is True in a training step and False in a prediction. ``rng`` is seeded anew for each training step,
    from the run's seed, the step and the layer's place; it is None in a prediction. ``penalty`` is what `Layer.forward`
    adds to the batch's mean loss.
    """

    parameters: dict[str, Floats]
    gradients: dict[str, Floats]
    state: dict[str, Floats]
    workspace: dict[str, NDArray[Any]]
    training: bool = False
    rng: np.random.Generator | None = None
    penalty: float = 0.0


@dataclass(frozen=True)
class AnyLayer(Component):
    """The common base of `Layer` and `MergeLayer`. A layer holds hyperparameters only, never arrays.

    Attributes
    ----------
    applies : str
        For a layer that only applies an activation, the name of the hyperparameter that holds it: ``nnzoo explain``
        then shows the activation's equation, values and slopes.
    in_numpy : callable, optional
        A function of plain NumPy that computes the same in a prediction, from the inputs and, by name, parameters,
        state, hyperparameters, ``input_shape`` and ``output_shape``. It is copied into exported scripts, so it must be
        self-contained. By default it is made from `forward`, if that is plain NumPy.
    exports : mapping of str to callable
        Functions for other formats, by the exporter's name: for ``onnx`` a function that adds its operators to a
        model. Each exporter documents the arguments of its functions.
    class_inputs : str
        For a layer whose inputs are class numbers (0 … classes − 1), the name of the hyperparameter that holds the
        number of classes.
    """

    kind: ClassVar[str] = "layer"
    applies: ClassVar[str] = ""
    in_numpy: ClassVar[Callable[..., Any] | None] = None
    exports: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    class_inputs: ClassVar[str] = ""


@dataclass(frozen=True)
class Layer(AnyLayer):
    """A differentiable function of a batch."""

    @abstractmethod
    def plan(self, input_shape: Shape) -> LayerPlan:
        """The layer's output shape and arrays for samples of this shape.

        Raises
        ------
        UsageError
            When the layer does not support this shape.
        """

    @abstractmethod
    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        """Write the layer's output for the batch ``x`` into ``out``.

        Parameters
        ----------
        x : ndarray of shape (n, *input_shape)
            Must not be changed. `backward` gets the same array, so no copy is needed.
        out : ndarray of shape (n, *output_shape)
            Receives the output.
        memory : LayerMemory
            The planned arrays.
        """

    @abstractmethod
    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        """Write the parameters' gradients into ``memory.gradients``, and the input's into ``grad_in``.

        Parameters
        ----------
        x, out : ndarray
            Input and output of `forward`; ``out`` may be used as scratch space.
        grad_out : ndarray of shape (n, *output_shape)
            ∂L/∂out; may be used as scratch space.
        grad_in : ndarray of shape (n, *input_shape), or None
            Receives ∂L/∂x. None if it is not needed: in the first layer that has parameters.
        memory : LayerMemory
            As `forward` left it.
        """


@dataclass(frozen=True)
class MergeLayer(AnyLayer):
    """A differentiable function of two or more batches, which joins branches of a graph.

    Attributes
    ----------
    sign : str
        One to three characters that diagrams show in a circle: ``+``. If empty, it is drawn like any other layer.
    """

    sign: ClassVar[str] = ""

    @abstractmethod
    def plan(self, input_shapes: tuple[Shape, ...]) -> LayerPlan:
        """The layer's output shape and arrays, for one shape per input; ``gradient_in_place`` must be False.

        Raises
        ------
        UsageError
            When the layer does not support these shapes.
        """

    @abstractmethod
    def forward(self, inputs: Sequence[Floats], out: Floats, memory: LayerMemory) -> None:
        """Write the layer's output into ``out``.

        Parameters
        ----------
        inputs : sequence of ndarray, each of shape (n, *input_shape)
            Must not be changed. `backward` gets the same arrays.
        out : ndarray of shape (n, *output_shape)
            Receives the output.
        memory : LayerMemory
            The planned arrays.
        """

    @abstractmethod
    def backward(
        self,
        inputs: Sequence[Floats],
        out: Floats,
        grad_out: Floats,
        grads_in: Sequence[Floats | None],
        memory: LayerMemory,
    ) -> None:
        """Write the parameters' gradients into ``memory.gradients``, and each input's into its array of ``grads_in``.

        Parameters
        ----------
        inputs, out : sequence of ndarray, ndarray
            Inputs and output of `forward`; ``out`` may be used as scratch space.
        grad_out : ndarray of shape (n, *output_shape)
            ∂L/∂out; may be used as scratch space once all of ``grads_in`` are written.
        grads_in : sequence of (ndarray of shape (n, *input_shape), or None)
            Each receives ∂L/∂(its input). None if it is not needed: if nothing before is trained.
        memory : LayerMemory
            As `forward` left it.
        """
