"""`Exporter`: a trained network in a format of other programs; and `TrainedNetwork`, what an exporter sees of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Shape


@dataclass(frozen=True)
class NamedComponent:
    """A component as data: its full name, and its hyperparameters.

    Attributes
    ----------
    name : str
        ``distribution/name``, such as ``nnzoo/dense``, so that no two are confused.
    options : mapping of str to value
        Every hyperparameter. One that is a component itself, as the activation of ``nnzoo/activate``, is a
        `NamedComponent` here, too.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The name, and that of a component within: ``nnzoo/activate (nnzoo/relu)``."""
        within = ", ".join(value.name for value in self.options.values() if isinstance(value, NamedComponent))
        return f"{self.name} ({within})" if within else self.name


@dataclass(frozen=True)
class TrainedLayer:
    """A layer of a trained network.

    Attributes
    ----------
    component : NamedComponent
        What it is.
    input_shape, output_shape : tuple of int
        Shape of one sample before and behind it.
    parameters, state : mapping of str to ndarray
        Its arrays, float32, by the names that the layer has for them: ``weight``, ``bias``. They can't be written to.
    """

    component: NamedComponent
    input_shape: Shape
    output_shape: Shape
    parameters: Mapping[str, Floats] = field(default_factory=dict)
    state: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network as data: all that it takes to compute what it computes, without nnzoo.

    Attributes
    ----------
    layers : tuple of TrainedLayer
        In order, from the input to the logits.
    loss : NamedComponent
        What it was trained with; this decides how logits become predictions. ``nnzoo/softmax-cross-entropy`` takes
        their softmax, ``nnzoo/mse`` takes them as they are.
    scale : float
        What uint8 inputs are multiplied by; other numbers are used as they are.
    class_names : tuple of str
        What the outputs stand for; empty in regression. They come from a file, so any text may be in them.
    facts : mapping of str to str
        What else is known of it, to be passed on: ``model``, ``dataset``, ``test_accuracy``, ``sha256``, … Any text
        may be in them, too.
    """

    layers: tuple[TrainedLayer, ...]
    loss: NamedComponent
    scale: float = 1.0
    class_names: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def input_shape(self) -> Shape:
        """Shape of one input sample."""
        return self.layers[0].input_shape

    @property
    def outputs(self) -> int:
        """How many logits a sample has."""
        return self.layers[-1].output_shape[0]


@dataclass(frozen=True)
class Exporter(Component):
    """A format of other programs that trained networks can be written in.

    Attributes
    ----------
    suffixes : tuple of str
        How the names of its files end, each once: ``(".onnx",)``. The files share one name and lie side by side.
    """

    kind: ClassVar[str] = "exporter"
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def export(self, trained: TrainedNetwork) -> dict[str, bytes]:
        """The contents of each file, by its suffix. nnzoo writes them: all, or none.

        Parameters
        ----------
        trained : TrainedNetwork
            The network.

        Raises
        ------
        UsageError
            For a layer, activation or loss that the format or the exporter does not know; it names it.
        """
