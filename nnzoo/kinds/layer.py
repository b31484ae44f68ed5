"""`Layer` and `MergeLayer`: one step of a network, with the arrays it plans for and is then given."""

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
    """A trained array: its shape, how it starts, and whether it is a weight.

    Weights (``is_weight``) stand first in the flat vector and are what weight decay shrinks; biases, scales and
    shifts come last. ``fan_in`` and ``fan_out`` are the numbers of inputs and outputs of one unit, for weights.
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

    ``dtype`` is None for the network's own floating-point type; ``fill`` is what it holds at first.
    """

    shape: Shape
    dtype: type[np.generic] | None = None
    fill: float = 0


def scratch(buffers: Mapping[str, Buffer], samples: int, dtype: DTypeLike) -> dict[str, NDArray[Any]]:
    """Scratch arrays for so many samples, by name; ``dtype`` is the network's floating-point type."""
    return {name: np.full((samples, *b.shape), b.fill, b.dtype or dtype) for name, b in buffers.items()}


@dataclass(frozen=True)
class LayerPlan:
    """Everything a layer needs for one shape of input, so that all of it can be allocated before the first step.

    Attributes
    ----------
    output_shape : tuple of int
        Shape of one output sample.
    parameters : mapping of str to Parameter
        Arrays to be trained.
    state : mapping of str to Parameter
        Arrays that are kept with the weights but not trained (running statistics).
    workspace : mapping of str to Buffer
        Scratch arrays that live from forward to backward.
    gradient_in_place : bool
        Whether ``grad_in`` *is* ``grad_out``, one array that `backward` changes from one to the other (input and output
        then have the same shape).
    random : bool
        Whether the layer draws random numbers in training.
    penalized : bool
        Whether `Layer.forward` sets ``memory.penalty``, which is added to the loss of the batch: an L1 norm of weights,
        a divergence. Its gradient is the layer's own to add, in `Layer.backward`.
    shares_work : bool
        Whether the layer shares its work between threads, by `in_threads` or `product`: the network's matrix products
        then take one thread each, however many it may use.
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
    """The arrays of one layer for one batch size: views that the network binds to what the layer planned.

    ``training`` is True in a training step and False in a prediction; ``rng`` is seeded afresh for each training step,
    from the training's seed, the step and the layer's place, and is None in a prediction; ``penalty`` is what
    `Layer.forward` adds to the batch's mean loss.
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
    """What `Layer` and `MergeLayer` have in common. A layer holds hyperparameters only, never arrays.

    Attributes
    ----------
    applies : str
        The name of the hyperparameter that is an activation, for a layer that does no more than apply it: ``nnzoo
        explain`` then shows the activation's equation, values and slopes.
    in_numpy : callable, optional
        A function of plain NumPy that computes the same in a prediction, from the inputs and, by their names,
        parameters, state, hyperparameters, ``input_shape`` and ``output_shape``; it is copied into exported scripts, so
        it must be self-contained. Without one, it is made from `forward` if that is plain NumPy.
    exports : mapping of str to callable
        Functions for other formats, by the exporter's name: for ``onnx`` a function that adds its operators to a
        model. Each exporter says what its functions take.
    class_inputs : str
        The name of the hyperparameter that says how many classes there are, for a layer whose inputs are class numbers
        and not measured values: whole numbers from 0 to one less.
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
        """What the layer needs for samples of this shape.

        Raises
        ------
        UsageError
            When samples of this shape can't be its input.
        """

    @abstractmethod
    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        """Write the layer's output for the batch ``x`` into ``out``.

        Parameters
        ----------
        x : ndarray of shape (n, *input_shape)
            Must not be changed. The same array comes to `backward`, so no copy need be kept.
        out : ndarray of shape (n, *output_shape)
            Receives the output.
        memory : LayerMemory
            The arrays that the layer planned for.
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
            Receives ∂L/∂x. None where it is not needed: in the first layer that has parameters.
        memory : LayerMemory
            As `forward` left it.
        """


@dataclass(frozen=True)
class MergeLayer(AnyLayer):
    """A differentiable function of two or more batches: the place where branches of a graph come together.

    Attributes
    ----------
    sign : str
        One to three characters that diagrams show in a circle: ``+``. Without one, a layer is drawn like any other.
    """

    sign: ClassVar[str] = ""

    @abstractmethod
    def plan(self, input_shapes: tuple[Shape, ...]) -> LayerPlan:
        """What the layer needs for samples of these shapes, one for each input. It never plans for gradients in place.

        Raises
        ------
        UsageError
            When samples of these shapes can't be its inputs.
        """

    @abstractmethod
    def forward(self, inputs: Sequence[Floats], out: Floats, memory: LayerMemory) -> None:
        """Write the layer's output into ``out``.

        Parameters
        ----------
        inputs : sequence of ndarray, each of shape (n, *input_shape)
            Must not be changed. The same arrays come to `backward`.
        out : ndarray of shape (n, *output_shape)
            Receives the output.
        memory : LayerMemory
            The arrays that the layer planned for.
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
            Each receives ∂L/∂(its input). None where it is not needed: where nothing before is trained.
        memory : LayerMemory
            As `forward` left it.
        """
