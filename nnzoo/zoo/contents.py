"""`Card`: what a network learnt, how and how well, and what it is for."""

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
"""The level of confidence intervals."""


@dataclass(frozen=True)
class CardData:
    """The data set that a network was trained on; ``samples`` are numbers of samples by part."""

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
        Such as ``balanced_accuracy``, and its name in text.
    low, high : float or None
        The 95 % interval; None if it is not known.
    method : str
        The method for the interval: ``wilson`` (share of right answers) or ``bootstrap`` (percentiles for samples drawn
        with replacement); empty if there is no interval.
    higher_is_better, is_share : bool
        Whether higher values are better; whether it is shown as a percentage.
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
        """Its measure: title, direction and format."""
        if self.name == LOSS.name:
            return LOSS
        return Measure(self.name, self.title, self.title, self.higher_is_better, self.is_share)

    @property
    def interval(self) -> str:
        """The interval as text; a dash if there is none."""
        if self.low is None or self.high is None:
            return "–"
        return f"{self.measure.show(self.low)} to {self.measure.show(self.high)}"

    def holds(self, value: float | None) -> bool:
        """Whether a value is within the interval, or equal up to rounding."""
        if value is None:
            return False
        rounding = 1e-4 * max(abs(self.value), 1e-3)
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        return low - rounding <= value <= high + rounding

    def is_near(self, value: float | None) -> bool:
        """Whether a value from another training run is plausible: within twice the width of the interval."""
        if value is None or self.low is None or self.high is None:
            return False
        return abs(value - self.value) <= 2 * (self.high - self.low)


@dataclass(frozen=True)
class CardOutput:
    """The figures of one class, label or value: such as ``recall`` or ``mae``."""

    __pydantic_config__: ClassVar = STRICT

    name: str
    figures: dict[str, int | float | None]


@dataclass(frozen=True)
class Card:
    """Everything known about a trained network; made from its run by `make_zoo_model`, never by hand.

    Attributes
    ----------
    name : str
        ``architecture.tag``.
    summary, intended_use, limits : str
        One sentence; what it is good for, and what not.
    license : str
        The licence of the weights, as spelt by Hugging Face: ``apache-2.0``; ``unknown`` if it is not known.
    command : str
        The command that trains it.
    parameters : int
        The number of parameters.
    figures : tuple of CardFigure
        Measured on all test samples, the loss first.
    weights_sha256, file_sha256 : str
        Fingerprints of the parameters and of the model file.
    environment : Environment
        The versions at training time.
    tags : tuple of str
        Search words.
    base_model : str
        The network that it was fine-tuned from; empty if there is none.
    kind : {"class", "label", "value", ""}
        The kind of ``outputs``.
    outputs : tuple of CardOutput
        The figures of each class, label or value; empty if there are too many.
    class_names, confusion : tuple of str, list of list of int
        The number of test samples by class (row) and answer (column); empty if there are no classes, or too many.
    size : int or None
        Bytes of the model file.
    train_seconds : float or None
        The time that training took, without evaluation.
    milliseconds : float or None
        The time for one sample on one core, preprocessing included, if many are answered together.
    processor : str
        The processor for that time.

    None means unknown: cards of nnzoo 0.1 lack some values.
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
        """A figure by its name; None if it was not measured."""
        return next((each for each in self.figures if each.name == name.replace("-", "_")), None)

    def value(self, name: str) -> float | None:
        """The value of a figure; None if it was not measured."""
        figure = self.figure(name)
        return figure.value if figure else None

    @property
    def test_accuracy(self) -> float | None:
        """The share of right answers; None if it was not measured."""
        return self.value("accuracy")

    @property
    def test_loss(self) -> float | None:
        """The mean loss of the test samples."""
        return self.value(LOSS.name)

    @property
    def headline(self) -> CardFigure | None:
        """The main figure: the first metric, or the loss if there is no metric."""
        return next((each for each in self.figures if each.name != LOSS.name), None) or self.figure(LOSS.name)

    @property
    def speed(self) -> str:
        """The time for a sample, as text; a dash if it is not known."""
        return "–" if self.milliseconds is None else f"{self.milliseconds:.3g} ms a sample"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The other facts on the card, as titles and texts."""
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
    """A time for display.

    >>> [seconds_text(each) for each in (0.2512, 12.34, 1030.4)]
    ['0.251 s', '12.3 s', '1,030 s']
    """
    return f"{seconds:,.0f} s" if seconds >= 1000 else f"{seconds:.3g} s"
