"""Checks of searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import Choice, Proposal, Range, Search, Space, Text, Tried
from nnzoo.testing.check import require

MOST = 500
"""Batches after which a search counts as one that never ends."""
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
"""What a search may be asked to search, in words."""
TRIALS = 9


def _fitting(search: Search) -> dict[str, Space]:
    """The spaces that it can search."""
    found, refused = {}, ""
    for words, space in SPACES.items():
        try:
            search.propose(space, TRIALS, 0, ())
        except UsageError as error:
            refused = error.message
        else:
            found[words] = space
    require(found, f"it can search none of {'; '.join(SPACES)}: {refused}")
    return found


def _batches(search: Search, space: Space, seed: int = 0, trials: int | None = TRIALS) -> list[list[Proposal]]:
    """All that it proposes, where what it proposed first does best."""
    tried: list[Tried] = []
    batches: list[list[Proposal]] = []
    for _ in range(MOST):
        batch = search.propose(space, trials, seed, tuple(tried))
        require(isinstance(batch, Sequence), f"propose returns {with_article(batch)}, not a sequence of Proposals")
        if not batch:
            return batches
        wrong = next((one for one in batch if not isinstance(one, Proposal)), None)
        require(wrong is None, f"propose lists {with_article(wrong)}, not a Proposal")
        tried += [Tried(one, float(len(tried) + place)) for place, one in enumerate(batch)]
        batches.append([*batch])
    require(False, f"after {MOST} batches it has not ended", hint="an empty batch says that nothing more comes")
    return batches


def exercise(search: Search) -> list[Any]:
    """Use it once."""
    found = (_batches(search, space) for space in _fitting(search).values())
    return [str(proposal) for batches in found for batch in batches for proposal in batch]


def check_proposals(search: Search) -> None:
    """Its proposals are configurations of the space, with a share of the epochs above 0 and at most 1."""
    for words, space in _fitting(search).items():
        for proposal in (one for batch in _batches(search, space) for one in batch):
            require(0 < proposal.share <= 1, f"for {words} a share of the epochs is {proposal.share}")
            names, wanted = list(proposal.configuration), [name for name, _ in space.options]
            require(names == wanted, f"for {words} a configuration has the options {names}, not {wanted}")
            right = all(isinstance(value, str) for value in proposal.configuration.values())
            require(right, f"for {words} a value is not a text: {proposal.configuration}")


def check_ends_with_all_epochs(search: Search) -> None:
    """Something is proposed for all epochs, as only that can win; one trial is enough."""
    for words, space in _fitting(search).items():
        for trials in (1, TRIALS, None):
            found = [one for batch in _batches(search, space, trials=trials) for one in batch]
            require(any(one.share == 1 for one in found), f"for {words} nothing is proposed for all epochs")


def check_trials(search: Search) -> None:
    """It tries no more configurations than it may."""
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
    """From the same results come the same proposals, whatever it was asked before."""
    for words, space in _fitting(search).items():
        once = _batches(search, space, seed=1)
        _batches(search, space, seed=2)
        require(_batches(search, space, seed=1) == once, f"for {words} it proposes something else the second time")


CHECKS = (check_proposals, check_ends_with_all_epochs, check_trials, check_no_waste, check_a_function)
