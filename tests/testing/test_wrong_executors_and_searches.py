"""The kit notices executors that lose, repeat or reword work, and searches that don't keep to their space."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, ClassVar

import pytest

from nnzoo.api import Executor, NnzooError, Outcome, Proposal, Range, Search, UsageError
from nnzoo.testing import checks_for, run_checks
from nnzoo.testing.check import CheckFailed

WRONG: dict[str, tuple[type, str, str]] = {}


def caught_by(check: str, message: str) -> Callable[[type], type]:
    """Note the check that must fail for the class below, and part of what it must say."""

    def note(cls):
        WRONG[cls.__name__] = (cls, check, message)
        return cls

    return note


# --- executors


@dataclass(frozen=True)
class Serial(Executor):
    """A right one: one item after the other, in this process."""

    name: ClassVar[str] = "serial"

    @contextmanager
    def open(self, prepare, workers):
        if workers is not None and workers < 1:
            raise UsageError("at least one worker is needed")
        work = prepare()
        yield lambda items: (self.changed(Outcome.of(number, work, item)) for number, item in enumerate(items))

    def changed(self, outcome: Outcome) -> Any:
        """What a wrong one makes of an outcome."""
        return outcome


@caught_by("values", "an error or is lost")
@dataclass(frozen=True)
class CallsDoneItemsLost(Serial):
    def changed(self, outcome):
        return outcome if outcome.error else replace(outcome, lost=True)


@caught_by("values", "the outcomes are")
@dataclass(frozen=True)
class ReturnsTexts(Serial):
    def changed(self, outcome):
        return replace(outcome, value=f"{outcome.value}")


@caught_by("values", "not an Outcome")
@dataclass(frozen=True)
class YieldsBareValues(Serial):
    def changed(self, outcome):
        return outcome.value


@caught_by("values", "with the numbers [1, 2")
@dataclass(frozen=True)
class CountsFromOne(Serial):
    def changed(self, outcome):
        return replace(outcome, number=outcome.number + 1)


@caught_by("lives-on", "one worker has seen")
@dataclass(frozen=True)
class PreparesForEachItem(Serial):
    @contextmanager
    def open(self, prepare, workers):
        with super().open(prepare, workers):
            yield lambda items: (Outcome.of(number, prepare(), item) for number, item in enumerate(items))


@caught_by("errors", "NnzooError('no answer')")
@dataclass(frozen=True)
class LosesHints(Serial):
    def changed(self, outcome):
        return replace(outcome, error=outcome.error and NnzooError(outcome.error.message))


@caught_by("errors", "is lost")
@dataclass(frozen=True)
class CallsFailedItemsLost(Serial):
    def changed(self, outcome):
        return replace(outcome, lost=outcome.error is not None)


@caught_by("prepare", "it raises: worker 0 failed")
@dataclass(frozen=True)
class RewordsErrors(Serial):
    @contextmanager
    def open(self, prepare, workers):
        try:
            with super().open(prepare, workers) as run:
                yield run
        except NnzooError as error:
            raise NnzooError("worker 0 failed") from error


@caught_by("workers", "0 workers are")
@dataclass(frozen=True)
class TakesNoWorkers(Serial):
    @contextmanager
    def open(self, prepare, workers):
        with super().open(prepare, workers or 1) as run:
            yield run


@caught_by("workers", "with two workers it yields")
@dataclass(frozen=True)
class MixesResultsOfTwo(Serial):
    @contextmanager
    def open(self, prepare, workers):
        with super().open(prepare, workers) as run:
            yield run if workers == 1 else lambda items: (replace(one, value=0) for one in run(items))


# --- searches


def configuration(space, share):
    """The first option of each choice, and each range at a share of its way."""
    return space.configuration(lambda part: part.at(share) if isinstance(part, Range) else 0)


@dataclass(frozen=True)
class Corner(Search):
    """A right one: the first value of everything, once, for all epochs."""

    name: ClassVar[str] = "corner"

    def propose(self, space, trials, seed, tried):
        return [] if tried else self.changed(Proposal(configuration(space, 0)))

    def changed(self, proposal: Proposal) -> Any:
        """What a wrong one proposes instead."""
        return [proposal]


@caught_by("proposals", "a share of the epochs is 0")
@dataclass(frozen=True)
class ProposesNoEpochs(Corner):
    def changed(self, proposal):
        return [proposal, replace(proposal, share=0)]


@caught_by("proposals", "has the options ['depth'")
@dataclass(frozen=True)
class ProposesOtherOptions(Corner):
    def changed(self, proposal):
        return [replace(proposal, configuration={"depth": "3", **proposal.configuration})]


@caught_by("proposals", "a value is not a text")
@dataclass(frozen=True)
class ProposesNumbers(Corner):
    def changed(self, proposal):
        return [replace(proposal, configuration=dict.fromkeys(proposal.configuration, 3))]


@caught_by("proposals", "propose returns a generator")
@dataclass(frozen=True)
class ReturnsAGenerator(Corner):
    def changed(self, proposal):
        return (each for each in [proposal])


@caught_by("proposals", "propose lists a dict")
@dataclass(frozen=True)
class ListsConfigurations(Corner):
    def changed(self, proposal):
        return [proposal.configuration]


@caught_by("proposals", "none of a choice; ranges; a range within an option: not today")
@dataclass(frozen=True)
class RefusesAll(Corner):
    def changed(self, proposal):
        raise UsageError("not today")


@caught_by("proposals", "it has not ended")
@dataclass(frozen=True)
class NeverEnds(Corner):
    def propose(self, space, trials, seed, tried):
        return [Proposal(configuration(space, 0), 1 / (1 + len(tried)))]


@caught_by("ends-with-all-epochs", "nothing is proposed for all epochs")
@dataclass(frozen=True)
class StopsHalfWay(Corner):
    def changed(self, proposal):
        return [replace(proposal, share=0.5)]


@caught_by("trials", "for ranges and 9 trials it tries 10 configurations")
@dataclass(frozen=True)
class TriesOneMore(Corner):
    def propose(self, space, trials, seed, tried):
        return (
            [] if tried else [Proposal(configuration(space, step / (trials or 9))) for step in range((trials or 9) + 1)]
        )


@caught_by("no-waste", "it proposes something twice")
@dataclass(frozen=True)
class ProposesTwice(Corner):
    def changed(self, proposal):
        return [proposal, proposal]


@caught_by("a-function", "the second time")
@dataclass(frozen=True)
class RemembersCalls(Corner):
    calls: ClassVar = count(2)

    def changed(self, proposal):
        return [proposal, replace(proposal, share=1 / next(self.calls))]


@pytest.mark.parametrize("component", [Serial(), Corner()], ids=str)
def test_a_right_one_passes(component):
    report = run_checks(component, skip=["cheap-import"])
    assert report.passed, report


@pytest.mark.parametrize("name", WRONG)
def test_the_mistake_is_found(name):
    cls, wanted, message = WRONG[name]
    (check,) = [check for check in checks_for(cls()) if check.name == wanted]
    with pytest.raises(CheckFailed) as failure:
        check()
    assert message in str(failure.value)
