"""`Search`: chooses the configurations that a sweep tries; and `Space`, all possible configurations."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from nnzoo.component import Component

DIGITS = 4
"""Significant digits of a value from a range, unless rounding would leave the range."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included: uniform, uniform in their logarithm, or integers."""

    name: str
    low: float
    high: float
    scale: Literal["linear", "log", "integer"] = "linear"

    def at(self, share: float) -> float:
        """The value at a share of the way from ``low`` (0) to ``high`` (1); an int for the scale ``integer``.

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
"""Picks a value of a range, or the index of a choice's option."""


@dataclass(frozen=True)
class Text:
    """A value as text, with dimensions in its open places."""

    parts: tuple[str | Dimension, ...]

    def filled(self, pick: Pick) -> str:
        """The text with every open place filled, from left to right."""
        return "".join(part if isinstance(part, str) else _picked(part, pick) for part in self.parts)

    def dimensions(self) -> Iterator[Dimension]:
        """Its dimensions; a choice comes before the dimensions inside its options."""
        for part in self.parts:
            if not isinstance(part, str):
                yield part
                for option in part.options if isinstance(part, Choice) else ():
                    yield from option.dimensions()


def _picked(part: Dimension, pick: Pick) -> str:
    value = pick(part)
    return part.options[int(value)].filled(pick) if isinstance(part, Choice) else str(value)


@dataclass(frozen=True)
class Space:
    """The configurations of a sweep: for each training option, its possible texts.

    A dimension inside an option of a choice is picked only if that option was picked, so conditions need no extra
    notation.
    """

    options: tuple[tuple[str, Text], ...]

    def configuration(self, pick: Pick) -> dict[str, str]:
        """The configuration that results from picking each dimension when it is reached, in order."""
        return {name: text.filled(pick) for name, text in self.options}

    def dimensions(self) -> list[Dimension]:
        """All dimensions; each has a different name."""
        return [dimension for _, text in self.options for dimension in text.dimensions()]


@dataclass(frozen=True)
class Proposal:
    """A configuration to try.

    Attributes
    ----------
    configuration : mapping of str to str
        Training options, from `Space.configuration`.
    share : float
        The share of the epochs that it is trained for, above 0; only a configuration with all epochs can win the sweep.
    """

    configuration: Mapping[str, str]
    share: float = 1.0


@dataclass(frozen=True)
class Tried:
    """A proposal and its result.

    Attributes
    ----------
    proposal : Proposal
    cost : float
        The mean of the watched validation figure over all seeds, negated if higher is better. Infinite if a training
        run diverged or failed.
    """

    proposal: Proposal
    cost: float


@dataclass(frozen=True)
class Search(Component):
    """Proposes configurations batch by batch: the next batch when the whole batch before has been tried.

    It depends on nothing but its arguments, so a sweep tries the same configurations on any number of cores, and a
    killed sweep resumes exactly.
    """

    kind: ClassVar[str] = "search"

    @abstractmethod
    def propose(self, space: Space, trials: int | None, seed: int, tried: Sequence[Tried]) -> Sequence[Proposal]:
        """The next configurations to try.

        Parameters
        ----------
        space : Space
            The possible configurations.
        trials : int, optional
            The greatest number of trials, at least 1; None for all, or for the search's own number.
        seed : int
            Random seed.
        tried : sequence of Tried
            All earlier proposals, in order.

        Returns
        -------
        sequence of Proposal
            The next batch; empty at the end of the search. Proposing a configuration twice is a waste.

        Raises
        ------
        UsageError
            When it does not support such a space.
        """
