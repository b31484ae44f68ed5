"""`Exporter`: writes a trained network in a format of other programs; and `TrainedNetwork`, the network as data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Protocol

from numpy.typing import ArrayLike, NDArray

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Shape
from nnzoo.kinds.columns import ColumnType
from nnzoo.kinds.layer import Buffer
from nnzoo.kinds.preprocessor import Fitted
from nnzoo.kinds.task import Problem
from nnzoo.python_source import renamed


@dataclass(frozen=True)
class PlainFunction:
    """The source of a function that computes a component in a prediction and needs only NumPy.

    It is made from the component's code, never from a file. ``function(x, *arrays, **options)`` returns the output; for
    a layer with several inputs, each is an argument.

    Attributes
    ----------
    name : str
        The function's name; empty if there is nothing to compute, as for dropout.
    definitions : mapping of str to str
        The sources of the constants and functions that it needs, by name, with the function itself last. They use one
        another, ``np`` and ``math``, and in annotations ``Array`` and ``Any``.
    arrays : tuple of str
        The layer's parameters and state that it takes.
    options : mapping of str to value
        Its other arguments, by name: numbers, texts, None, or tuples of these; for a nested component, such as one of
        several losses, the `PlainFunction` that computes it, which is passed as a function of one array.
    arrays_by_name : bool
        Whether the arrays, too, are passed by name.
    memory : str
        For a function made from a layer's `forward`: the name of the argument that takes, instead of the arrays, a
        substitute for the layer's memory, with mappings ``parameters``, ``state`` and ``workspace``, with ``training``
        False, ``rng`` None, and a ``penalty`` that may be set.
    workspace : mapping of str to Buffer
        The arrays in that workspace.
    """

    name: str = ""
    definitions: Mapping[str, str] = field(default_factory=dict)
    arrays: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    arrays_by_name: bool = False
    memory: str = ""
    workspace: Mapping[str, Buffer] = field(default_factory=dict)

    def renamed(self, names: Mapping[str, str]) -> PlainFunction:
        """The function with some definitions renamed, to avoid names that a script uses already."""
        sources = {names.get(name, name): renamed(source, names) for name, source in self.definitions.items()}
        return replace(self, name=names.get(self.name, self.name), definitions=sources)


@dataclass(frozen=True)
class NamedComponent:
    """A component as data: its full name, and its hyperparameters.

    Attributes
    ----------
    name : str
        ``distribution/name``, such as ``nnzoo/dense``, so that no two are confused.
    options : mapping of str to value
        Every hyperparameter. A component, such as the activation of ``nnzoo/activate``, is a `NamedComponent`; several
        are a tuple of them.
    function : PlainFunction or None
        For an activation, a layer or a loss, the function that computes it, if there is one.
    not_plain : str
        Why there is none.
    exports : mapping of str to callable
        For an activation or a layer, its ``exports``. They come from the component's code, never from a file.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    function: PlainFunction | None = field(default=None, compare=False, repr=False)
    not_plain: str = field(default="", compare=False, repr=False)
    exports: Mapping[str, Callable[..., Any]] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        """The name, and those of nested components: ``nnzoo/activate (nnzoo/relu)``."""
        values = (value if isinstance(value, tuple) else (value,) for value in self.options.values())
        nested = ", ".join(item.name for value in values for item in value if isinstance(item, NamedComponent))
        return f"{self.name} ({nested})" if nested else self.name


class OperatorGraph(Protocol):
    """A model in another format that is built operator by operator, each after those that it needs.

    An exporter passes it to the functions of `AnyLayer.exports`. The layer's name is put before the names that it gives
    to constants.
    """

    def node(
        self, operator: str, inputs: Sequence[str], attributes: Mapping[str, Any] | None = None, domain: str = ""
    ) -> str:
        """Add an operator with one output; returns the output's name."""

    def array(self, name: str, values: ArrayLike) -> str:
        """Add a constant, as float32; returns its name."""

    def number(self, name: str, value: float) -> str:
        """Add a constant of one number, of shape (1,), as float32; returns its name."""

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant of the array's own type, such as int64; returns its name."""


@dataclass(frozen=True)
class TrainedLayer:
    """A layer of a trained network.

    Attributes
    ----------
    component : NamedComponent
    input_shape, output_shape : tuple of int
        Shape of one sample before and after it; with several inputs, of the first.
    parameters, state : mapping of str to ndarray
        Its arrays, float32 and read-only, by the layer's names: ``weight``, ``bias``.
    inputs : tuple of int, optional
        The places in `TrainedNetwork.layers` whose outputs it takes (−1 is the network's input); None for the layer
        before it.
    input_shapes : tuple of tuple of int
        With several inputs, the shape of each; else empty.
    shared_with : int, optional
        The place of an earlier layer that has the same arrays.
    """

    component: NamedComponent
    input_shape: Shape
    output_shape: Shape
    parameters: Mapping[str, Floats] = field(default_factory=dict)
    state: Mapping[str, Floats] = field(default_factory=dict)
    inputs: tuple[int, ...] | None = None
    input_shapes: tuple[Shape, ...] = ()
    shared_with: int | None = None


@dataclass(frozen=True)
class TrainedStep:
    """A fitted preprocessor of a trained network.

    Attributes
    ----------
    component : NamedComponent
        Such as ``nnzoo/standardize``.
    fitted : mapping of str to ndarray
        Numbers (float64, int64) or texts (``str_``), read-only, by the preprocessor's names.
    """

    component: NamedComponent
    fitted: Fitted = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedFeature:
    """The fitted preprocessing of one column of a table, or of a whole array of samples.

    Attributes
    ----------
    steps : tuple of TrainedStep
        In order. Steps for pictures, such as ``nnzoo/square``, come first and are skipped for arrays.
    column : str
        The column's name, which may be any text; empty for arrays and pictures.
    type : {"number", "category", "date", ""}
        The column's type: numbers, texts or dates, of which any may be missing; empty for arrays and pictures.
    """

    steps: tuple[TrainedStep, ...] = ()
    column: str = ""
    type: ColumnType | Literal[""] = ""


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network as data: everything needed to get from raw data to predictions without nnzoo.

    Attributes
    ----------
    layers : tuple of TrainedLayer
        In order, from the input to the logits. Each takes the output of the one before, or if ``is_row`` is False,
        those of `inputs_of`.
    loss : NamedComponent
        The training loss, which decides how logits become predictions: ``nnzoo/softmax-cross-entropy`` takes their
        softmax, ``nnzoo/binary-cross-entropy`` the sigmoid of each, ``nnzoo/mse`` leaves them unchanged. The function
        of any other loss takes an array of shape (n, …, k) and returns predictions of that shape.
    task : NamedComponent
        What predictions mean: ``nnzoo/classification``, ``nnzoo/regression``, ``nnzoo/multi-label``, or another
        plugin's task.
    problem : Problem
        Shapes and names of inputs and outputs. Names come from a file and may contain any text.
    features : tuple of TrainedFeature
        The preprocessing of raw data: one for each used column of a table, whose results are joined side by side in
        this order; or a single one for arrays and pictures. Empty if arrays of numbers are used unchanged.
    target_steps : tuple of TrainedStep
        The preprocessing of targets. It is undone in predictions, the last step first, in float64.
    scale : float
        The factor of the last step on integer arrays, such as ``nnzoo/pixels``; 1 without one. An exporter that does
        not support ``features`` needs only this.
    facts : mapping of str to str
        Other facts to pass on: ``model``, ``dataset``, ``test_accuracy``, ``sha256``, … They, too, may contain any
        text.
    gives_probabilities : bool
        Whether predictions are probabilities.
    """

    layers: tuple[TrainedLayer, ...]
    loss: NamedComponent
    task: NamedComponent
    problem: Problem
    features: tuple[TrainedFeature, ...] = ()
    target_steps: tuple[TrainedStep, ...] = ()
    scale: float = 1.0
    facts: Mapping[str, str] = field(default_factory=dict)
    gives_probabilities: bool = False

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample at the first layer."""
        return self.layers[0].input_shape

    @property
    def is_row(self) -> bool:
        """Whether each layer takes the output of the one before."""
        return all(self.inputs_of(place) == (place - 1,) for place in range(len(self.layers)))

    def inputs_of(self, place: int) -> tuple[int, ...]:
        """The places whose outputs a layer takes; −1 is the network's input."""
        inputs = self.layers[place].inputs
        return (place - 1,) if inputs is None else inputs

    @property
    def outputs(self) -> int:
        """The number of logits of a sample, or of each of its positions."""
        return self.problem.width

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; empty for other tasks."""
        return self.problem.names if self.problem.has_classes else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that are used; none for arrays and pictures."""
        return tuple(feature.column for feature in self.features if feature.type)


@dataclass(frozen=True)
class Exporter(Component):
    """Writes trained networks in a format of other programs.

    Attributes
    ----------
    suffixes : tuple of str
        The endings of its files, each once: ``(".onnx",)``. The files share one name and one folder.
    preprocesses : bool
        Whether its files accept raw data and return answers in the user's units, with `TrainedNetwork.features` and
        ``target_steps``. If not, nnzoo refuses to export a network with more preprocessing than ``scale``.
    takes_graphs : bool
        Whether it uses `TrainedNetwork.inputs_of`. If not, nnzoo refuses to export a network whose layers are not a
        plain sequence.
    """

    kind: ClassVar[str] = "exporter"
    suffixes: ClassVar[tuple[str, ...]]
    preprocesses: ClassVar[bool] = False
    takes_graphs: ClassVar[bool] = False

    @abstractmethod
    def export(self, trained: TrainedNetwork) -> dict[str, bytes]:
        """The contents of each file, by its suffix. nnzoo writes all of them, or none.

        Raises
        ------
        UsageError
            For a layer, activation, loss or preprocessor that the format or the exporter does not support; the message
            names it.
        """
