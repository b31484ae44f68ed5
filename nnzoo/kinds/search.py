"""`Search`: which configurations of a space are tried; and `Space`, the configurations that there are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from nnzoo.component import Component

DIGITS = 4
"""Significant digits of a value that a range gives, as far as these stay within it."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included: evenly spread, evenly in their logarithm, or whole ones."""

    name: str
    low: float
    high: float
    scale: Literal["linear", "log", "integer"] = "linear"

    def at(self, share: float) -> float:
        """The value a share of the way up, from 0 to 1; an int where numbers are whole.

        >>> Range("rate", 0.1, 10, "log").at(0.5), Range("units", 1, 3, "integer").at(0.5)
        (1.0, 2)
        """
        if self.scale == "integer":
            whole = int(self.high) - int(self.low)
            return int(self.low) + min(int(share * (whole + 1)), whole)
        span = self.high / self.low if self.scale == "log" else self.high - self.low
        value = self.low * span**share if self.scale == "log" else self.low + span * share
        rounded = float(f"{value:.{DIGITS}g}")
        return rounded if self.low <= rounded <= self.high else min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Choice:
    """One of several texts."""

    name: str
    options: tuple[Text, ...]


Dimension: TypeAlias = Range | Choice
Pick: TypeAlias = Callable[[Dimension], float]
"""Decides a dimension: with a value of a range, or the place of a choice's option."""


@dataclass(frozen=True)
class Text:
    """A value as it is written, with dimensions in the places that are open."""

    parts: tuple[str | Dimension, ...]

    def filled(self, pick: Pick) -> str:
        """The text with every open place decided, from left to right."""
        return "".join(part if isinstance(part, str) else _decided(part, pick) for part in self.parts)

    def dimensions(self) -> Iterator[Dimension]:
        """What is open, a choice before what is open within its options."""
        for part in self.parts:
            if not isinstance(part, str):
                yield part
                for option in part.options if isinstance(part, Choice) else ():
                    yield from option.dimensions()


def _decided(part: Dimension, pick: Pick) -> str:
    found = pick(part)
    return part.options[int(found)].filled(pick) if isinstance(part, Choice) else str(found)


@dataclass(frozen=True)
class Space:
    """The configurations of a sweep: for each option of a training the texts that it may have.

    A dimension inside one option of a choice is asked for only if that option was picked, so conditions need no
    notation of their own.
    """

    options: tuple[tuple[str, Text], ...]

    def configuration(self, pick: Pick) -> dict[str, str]:
        """The configuration that comes of deciding each dimension, in order, when it is met."""
        return {name: text.filled(pick) for name, text in self.options}

    def dimensions(self) -> list[Dimension]:
        """Every dimension that may be met, each with a name of its own."""
        return [dimension for _, text in self.options for dimension in text.dimensions()]


@dataclass(frozen=True)
class Proposal:
    """A configuration to be tried.

    Attributes
    ----------
    configuration : mapping of str to str
        Options of a training, as `Space.configuration` gives them.
    share : float
        The share of the epochs that it is trained for, above 0; the sweep's winner is one that had all of them.
    """

    configuration: Mapping[str, str]
    share: float = 1.0


@dataclass(frozen=True)
class Tried:
    """A proposal and how well it did.

    Attributes
    ----------
    proposal : Proposal
    cost : float
        The mean of the watched validation figure over all seeds, with its sign turned where higher is better: less is
        better. Infinite where a training diverged or failed.
    """

    proposal: Proposal
    cost: float


@dataclass(frozen=True)
class Search(Component):
    """Proposes what to try, batch by batch; the next batch when all of the one before have been tried.

    It is a function of its arguments alone. So a sweep tries the same on one core and on a hundred, and a killed sweep
    resumes as if nothing had happened.
    """

    kind: ClassVar[str] = "search"

    @abstractmethod
    def propose(self, space: Space, trials: int | None, seed: int, tried: Sequence[Tried]) -> Sequence[Proposal]:
        """What is to be tried next.

        Parameters
        ----------
        space : Space
            The possible configurations.
        trials : int, optional
            The most that are tried, at least 1; None for all, or for the search's own number.
        seed : int
            Random seed.
        tried : sequence of Tried
            Everything proposed before, in that order.

        Returns
        -------
        sequence of Proposal
            The next batch; empty when the search has ended. Proposing a configuration twice is a waste.

        Raises
        ------
        UsageError
            When it can't search such a space.
        """
