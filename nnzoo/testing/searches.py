"""Checks of searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnzoo.component import with_article
from nnzoo.kinds import Choice, Proposal, Range, Search, Space, Text, Tried
from nnzoo.testing.check import CheckFailed, accepted, require

MOST = 500
"""Batches after which a search is considered endless."""
BETA = Range("optimizer.momentum.beta", 0.5, 0.9)
SPACES = {
    "a choice": Space((("activation", Text((Choice("activation", (Text(("relu",)), Text(("tanh",)))),))),)),
    "ranges": Space(
        (
            ("learning_rate", Text((Range("learning_rate", 0.01, 1.0, "log"),))),
            ("hidden", Text((Range("hidden", 4, 6, "integer"),))),
        )
    ),
    "a range within an option": Space(
        (("optimizer", Text((Choice("optimizer", (Text(("sgd",)), Text(("momentum:beta=", BETA)))),))),)
    ),
}
"""Spaces that it may be asked to search."""
TRIALS = 9


def _fitting(search: Search) -> dict[str, Space]:
    """The spaces that it accepts."""
    return accepted(lambda space: search.propose(space, TRIALS, 0, ()), SPACES)


def _batches(search: Search, space: Space, seed: int = 0, trials: int | None = TRIALS) -> list[list[Proposal]]:
    """All its proposals, if earlier ones always do better than later ones."""
    tried: list[Tried] = []
    batches: list[list[Proposal]] = []
    for _ in range(MOST):
        batch = search.propose(space, trials, seed, tuple(tried))
        require(isinstance(batch, Sequence), f"propose returns {with_article(batch)}, not a sequence of Proposals")
        if not batch:
            return batches
        for one in batch:
            require(isinstance(one, Proposal), f"propose lists {with_article(one)}, not a Proposal")
        tried += [Tried(one, float(len(tried) + place)) for place, one in enumerate(batch)]
        batches.append([*batch])
    raise CheckFailed(f"it has not ended after {MOST} batches", hint="return an empty batch to end the search")


def exercise(search: Search) -> list[Any]:
    """Use the search once."""
    found = (_batches(search, space) for space in _fitting(search).values())
    return [str(proposal) for batches in found for batch in batches for proposal in batch]


def check_proposals(search: Search) -> None:
    """Its proposals are configurations of the space, for a share of the epochs above 0 and at most 1."""
    for words, space in _fitting(search).items():
        for proposal in (one for batch in _batches(search, space) for one in batch):
            require(0 < proposal.share <= 1, f"for {words} a share of the epochs is {proposal.share}")
            names, wanted = list(proposal.configuration), [name for name, _ in space.options]
            require(names == wanted, f"for {words} a configuration has the options {names}, not {wanted}")
            right = all(isinstance(value, str) for value in proposal.configuration.values())
            require(right, f"for {words} a value is not a text: {proposal.configuration}")


def check_ends_with_all_epochs(search: Search) -> None:
    """It proposes some configuration for all epochs, as only such a trial can win; one trial is enough."""
    for words, space in _fitting(search).items():
        for trials in (1, TRIALS, None):
            found = [one for batch in _batches(search, space, trials=trials) for one in batch]
            require(any(one.share == 1 for one in found), f"for {words} nothing is proposed for all epochs")


def check_trials(search: Search) -> None:
    """It tries no more configurations than the given number of trials."""
    for words, space in _fitting(search).items():
        proposed = (one for batch in _batches(search, space) for one in batch)
        number = len({tuple(one.configuration.items()) for one in proposed})
        require(number <= TRIALS, f"for {words} and {TRIALS} trials it tries {number} configurations")


def check_no_waste(search: Search) -> None:
    """It proposes nothing twice."""
    for words, space in _fitting(search).items():
        seen = [(one.share, *one.configuration.items()) for batch in _batches(search, space) for one in batch]
        require(len({*seen}) == len(seen), f"for {words} it proposes something twice")


def check_a_function(search: Search) -> None:
    """The same results lead to the same proposals, independent of earlier calls."""
    for words, space in _fitting(search).items():
        once = _batches(search, space, seed=1)
        _batches(search, space, seed=2)
        require(_batches(search, space, seed=1) == once, f"for {words} its proposals differ the second time")
