"""`Exporter`: a trained network in a format of other programs; and `TrainedNetwork`, what an exporter sees of it."""

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

    It comes from the component's own code, never from a file. Called as ``function(x, *arrays, **options)``, where a
    layer with several inputs gets each of them, it returns the output.

    Attributes
    ----------
    name : str
        The function's name; empty if there is nothing to compute, as for dropout.
    definitions : mapping of str to str
        The function's source by that name, and before it the constants and functions that it needs, each by its own.
        Beside each other they use ``np`` and ``math``, and in annotations ``Array`` and ``Any``.
    arrays : tuple of str
        The layer's parameters and state that it takes.
    options : mapping of str to value
        Its other arguments, by name: numbers, texts, None, or tuples of these; for a component inside, such as one of
        several losses, the `PlainFunction` that computes it, which is passed as a function of one array.
    arrays_by_name : bool
        Whether the arrays are passed by name, too.
    memory : str
        Of a function that was made of a layer's `forward`: the name of an argument that takes what stands for the
        layer's memory in place of the arrays: an object with mappings ``parameters``, ``state`` and ``workspace``,
        where ``training`` is False, ``rng`` None, and ``penalty`` may be set.
    workspace : mapping of str to Buffer
        What the memory's workspace has.
    """

    name: str = ""
    definitions: Mapping[str, str] = field(default_factory=dict)
    arrays: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    arrays_by_name: bool = False
    memory: str = ""
    workspace: Mapping[str, Buffer] = field(default_factory=dict)

    def renamed(self, names: Mapping[str, str]) -> PlainFunction:
        """The same with other names for some of its definitions, where a script has such names already."""
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
        Every hyperparameter. One that is a component itself, as the activation of ``nnzoo/activate``, is a
        `NamedComponent` here, too, and several are a tuple of them.
    function : PlainFunction or None
        For an activation, a layer or a loss, the function that computes it; None if there is none.
    not_plain : str
        Why there is none.
    exports : mapping of str to callable
        For an activation or a layer, what its class has for exporters, by their names. It comes from the component's
        own code, never from a file.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    function: PlainFunction | None = field(default=None, compare=False, repr=False)
    not_plain: str = field(default="", compare=False, repr=False)
    exports: Mapping[str, Callable[..., Any]] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        """The name, and those of components within: ``nnzoo/activate (nnzoo/relu)``."""
        values = (value if isinstance(value, tuple) else (value,) for value in self.options.values())
        within = ", ".join(item.name for value in values for item in value if isinstance(item, NamedComponent))
        return f"{self.name} ({within})" if within else self.name


class OperatorGraph(Protocol):
    """A model of another format that grows operator by operator, each behind those that it needs.

    It is what an exporter of such a format hands to the functions of `AnyLayer.exports`. Constants have the names that
    a layer gives them, with the layer's own in front.
    """

    def node(
        self, operator: str, inputs: Sequence[str], attributes: Mapping[str, Any] | None = None, domain: str = ""
    ) -> str:
        """Add an operator with one output; returns the name of that."""

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
        What it is.
    input_shape, output_shape : tuple of int
        Shape of one sample before and behind it; of one with several inputs, the first one's.
    parameters, state : mapping of str to ndarray
        Its arrays, float32, by the names that the layer has for them: ``weight``, ``bias``. They can't be written to.
    inputs : tuple of int, optional
        The places in `TrainedNetwork.layers` whose outputs it takes, where −1 is the network's input; None for that of
        the layer before it.
    input_shapes : tuple of tuple of int
        Of one with several inputs, the shape of each; else empty.
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
    """A preprocessor of a trained network, with what it has learnt from the training part.

    Attributes
    ----------
    component : NamedComponent
        What it is, such as ``nnzoo/standardize``.
    fitted : mapping of str to ndarray
        Numbers (float64, int64) or texts (``str_``), by the names that the preprocessor has for them. They can't be
        written to.
    """

    component: NamedComponent
    fitted: Fitted = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedFeature:
    """What is done to one column of a table, or to a whole array of samples, before the network sees it.

    Attributes
    ----------
    steps : tuple of TrainedStep
        In order. Steps for pictures, such as ``nnzoo/square``, come first and are skipped for arrays.
    column : str
        The column's name, which may be any text; empty for arrays and pictures.
    type : {"number", "category", "date", ""}
        What the column holds: numbers, texts or dates, of which any may be missing; empty for arrays and pictures.
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
        In order, from the input to the logits. Each takes the output of the one before, or where ``is_row`` is False,
        what `inputs_of` says.
    loss : NamedComponent
        What it was trained with; this decides how logits become predictions. ``nnzoo/softmax-cross-entropy`` takes
        their softmax, ``nnzoo/binary-cross-entropy`` the sigmoid of each, ``nnzoo/mse`` takes them as they are. The
        function of another one takes an array of shape (n, …, k) and returns predictions of that shape.
    task : NamedComponent
        What predictions mean: ``nnzoo/classification``, ``nnzoo/regression``, ``nnzoo/multi-label``, or another
        plugin's task.
    problem : Problem
        Shapes of inputs and outputs, and what the outputs stand for. Names come from a file, so any text may be in
        them.
    features : tuple of TrainedFeature
        What is done to raw data before the first layer: one for each column of a table that is used, whose results
        are put side by side in this order; or a single one for arrays and pictures. Empty where arrays of numbers are
        used as they are.
    target_steps : tuple of TrainedStep
        What was done to targets before training. Predictions are taken back through these steps, the last one first,
        in float64.
    scale : float
        What integer arrays are multiplied by in the last step, such as ``nnzoo/pixels``; 1 where there is none. An
        exporter that knows nothing of ``features`` needs this alone.
    facts : mapping of str to str
        What else is known of it, to be passed on: ``model``, ``dataset``, ``test_accuracy``, ``sha256``, … Any text
        may be in them, too.
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
        """Shape of one sample, as the first layer takes it."""
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
        """How many logits a sample has, or each of its positions."""
        return self.problem.width

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the outputs stand for where they are classes; else empty."""
        return self.problem.names if self.problem.has_classes else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that are used; none where inputs are arrays or pictures."""
        return tuple(feature.column for feature in self.features if feature.type)


@dataclass(frozen=True)
class Exporter(Component):
    """A format of other programs that trained networks can be written in.

    Attributes
    ----------
    suffixes : tuple of str
        The endings of its files, each once: ``(".onnx",)``. The files share one name and one folder.
    preprocesses : bool
        Whether its files take raw data and give answers in the user's own units, as `TrainedNetwork.features` and
        ``target_steps`` say. Where not, nnzoo refuses to export a network that has more of them than ``scale`` covers.
    takes_graphs : bool
        Whether it looks at `TrainedNetwork.inputs_of`. If not, nnzoo refuses to export a network whose layers are
        not a plain sequence.
    """

    kind: ClassVar[str] = "exporter"
    suffixes: ClassVar[tuple[str, ...]]
    preprocesses: ClassVar[bool] = False
    takes_graphs: ClassVar[bool] = False

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
            For a layer, activation, loss or preprocessor that the format or the exporter does not know; it names it.
        """
