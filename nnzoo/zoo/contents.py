"""The contents of a trained network's card: what it learnt, how, how well, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from annotated_types import Ge

from nnzoo.checking import STRICT
from nnzoo.runs.environment import Environment
from nnzoo.training.measures import LOSS, Measure

Kind: TypeAlias = Literal["class", "label", "value", ""]
Method: TypeAlias = Literal["wilson", "bootstrap", ""]

LEVEL = 0.95
"""The share of such intervals that contain the value that all possible samples would give."""


@dataclass(frozen=True)
class CardData:
    """The data set that a network was trained on.

    Attributes
    ----------
    name, license, sha256 : str
    samples : dict of str to int
        How many there are of each part.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    license: str
    sha256: str
    samples: dict[str, Annotated[int, Ge(0)]]


@dataclass(frozen=True)
class CardFigure:
    """A figure on the test samples.

    Attributes
    ----------
    name, title : str
        ``balanced_accuracy`` and what it is called in text.
    value : float
    low, high : float or None
        The 95 % interval; None where it is not known.
    method : str
        How the interval was found: ``wilson`` (of the share of right answers) or ``bootstrap`` (samples drawn with
        replacement, percentiles); empty where there is none.
    higher_is_better, is_share : bool
        Which direction is the better one; whether it is shown as a percentage.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    title: str
    value: float
    low: float | None = None
    high: float | None = None
    method: Method = ""
    higher_is_better: bool = False
    is_share: bool = False

    @property
    def measure(self) -> Measure:
        """How it is called, shown and judged."""
        if self.name == LOSS.name:
            return LOSS
        return Measure(self.name, self.title, self.title, self.higher_is_better, self.is_share)

    @property
    def interval(self) -> str:
        """The interval as text; a dash where there is none."""
        if self.low is None or self.high is None:
            return "–"
        return f"{self.measure.show(self.low)} to {self.measure.show(self.high)}"

    def holds(self, value: float | None) -> bool:
        """Whether a value is within the interval, or equal but for rounding."""
        if value is None:
            return False
        rounding = 1e-4 * max(abs(self.value), 1e-3)
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        return low - rounding <= value <= high + rounding

    def is_near(self, value: float | None) -> bool:
        """Whether a value is no further off than twice the interval is wide, as that of another training may be."""
        if value is None or self.low is None or self.high is None:
            return False
        return abs(value - self.value) <= 2 * (self.high - self.low)


@dataclass(frozen=True)
class CardOutput:
    """What came of one class, label or value: ``recall``, ``samples``, … of a class, ``mae``, ``r2``, … of a value."""

    __pydantic_config__: ClassVar = STRICT

    name: str
    figures: dict[str, int | float | None]


@dataclass(frozen=True)
class Card:
    """Everything known about a trained network. Made from its run by `make_zoo_model`, never by hand.

    Attributes
    ----------
    name : str
        ``architecture.tag``.
    summary, intended_use, limits : str
        One sentence; what it is good for, and what not.
    license : str
        Of the weights, as Hugging Face spells licences: ``apache-2.0``; ``unknown`` where it is not known.
    data : CardData
    task : str
        What its outputs mean: ``classification``, …
    command : str
        The command that trains it.
    seed, parameters : int
        Where the random numbers came from; how many numbers were learnt.
    figures : tuple of CardFigure
        Measured on all test samples, the loss first.
    weights_sha256, file_sha256 : str
        Of the parameters, and of the model file.
    environment : Environment
        Versions of what it was trained with.
    tags : tuple of str
        Words to find it by.
    base_model : str
        The network that its training started from; empty where there is none.
    kind : {"class", "label", "value", ""}
        What ``outputs`` are of.
    outputs : tuple of CardOutput
        Class by class, label by label, or value by value; nothing where there are too many.
    class_names, confusion : tuple of str, list of list of int
        How many test samples of each class (row) were taken for each class (column); empty where there are none, or too
        many.
    size : int or None
        Bytes of the model file.
    train_seconds : float or None
        How long the training took, without evaluation.
    milliseconds : float or None
        Time that one sample takes on one core, preprocessing included, among many that are answered together.
    processor : str
        What that was measured on.

    What is None is not known: cards of nnzoo 0.1 do not have it.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    summary: str
    license: str
    data: CardData
    task: str
    command: str
    seed: int
    parameters: Annotated[int, Ge(0)]
    figures: tuple[CardFigure, ...]
    intended_use: str
    limits: str
    weights_sha256: str
    file_sha256: str
    environment: Environment
    tags: tuple[str, ...] = ()
    base_model: str = ""
    kind: Kind = ""
    outputs: tuple[CardOutput, ...] = ()
    class_names: tuple[str, ...] = ()
    confusion: list[list[Annotated[int, Ge(0)]]] = field(default_factory=list)
    size: Annotated[int, Ge(0)] | None = None
    train_seconds: Annotated[float, Ge(0)] | None = None
    milliseconds: Annotated[float, Ge(0)] | None = None
    processor: str = ""

    def figure(self, name: str) -> CardFigure | None:
        """A figure by its name; None where it was not measured."""
        return next((each for each in self.figures if each.name == name.replace("-", "_")), None)

    def value(self, name: str) -> float | None:
        """The value of a figure; None where it was not measured."""
        found = self.figure(name)
        return found.value if found else None

    @property
    def test_accuracy(self) -> float | None:
        """The share of right answers; None where that was not measured."""
        return self.value("accuracy")

    @property
    def test_loss(self) -> float | None:
        """The mean loss of the test samples."""
        return self.value(LOSS.name)

    @property
    def headline(self) -> CardFigure | None:
        """The figure that stands for all: the first metric, or the loss where there is no metric."""
        return next((each for each in self.figures if each.name != LOSS.name), None) or self.figure(LOSS.name)

    @property
    def speed(self) -> str:
        """The time that a sample takes, as text; a dash where it is not known."""
        return "–" if self.milliseconds is None else f"{self.milliseconds:.3g} ms a sample"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What is said of it beside its figures, titles and text."""
        samples = ", ".join(f"{count:,} {part}" for part, count in self.data.samples.items() if count)
        known: list[tuple[str, Any]] = [
            ("data", f"{self.data.name} ({samples}), {self.data.license}"),
            ("task", self.task),
            ("started from", self.base_model),
            ("command", self.command),
            ("seed", str(self.seed)),
            ("license", self.license),
            ("parameters", f"{self.parameters:,}"),
            ("file size", None if self.size is None else f"{self.size:,} bytes"),
            ("training", None if self.train_seconds is None else seconds_text(self.train_seconds)),
            ("speed", None if self.milliseconds is None else f"{self.speed} on one core, {self.processor}"),
            ("use", self.intended_use),
            ("limits", self.limits),
            ("data SHA-256", self.data.sha256),
            ("weights SHA-256", self.weights_sha256),
            ("file SHA-256", self.file_sha256),
        ]
        return [(title, text) for title, text in known if text]


def seconds_text(seconds: float) -> str:
    """A time as people read it.

    >>> [seconds_text(each) for each in (0.2512, 12.34, 1030.4)]
    ['0.251 s', '12.3 s', '1,030 s']
    """
    return f"{seconds:,.0f} s" if seconds >= 1000 else f"{seconds:.3g} s"
