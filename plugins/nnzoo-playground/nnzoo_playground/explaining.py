"""`Explain this step`: the next step of the current network on one sample, number by number."""

from __future__ import annotations

from typing import Any

from nnzoo.api import UsageError
from nnzoo.explanation.as_texts import explain_sample

from nnzoo_playground.lab import Lab

MOST_PARAMETERS = 50_000
"""Each gets a finite difference or an inspection; more would delay training too long."""


def explain_step(lab: Lab, part: str, index: int) -> list[dict[str, Any]]:
    """The sections of `nnzoo explain`, as texts.

    Parameters
    ----------
    lab : Lab
        The network, which is not changed.
    part : {"train", "test"}
        The part that contains the sample.
    index : int
        The number of the sample.

    Returns
    -------
    list of dict
        As `explain_sample` returns it.

    Raises
    ------
    UsageError
        When the sample does not exist, or the network is too large.
    """
    if len(lab.network.parameters) > MOST_PARAMETERS:
        raise UsageError(
            f"the network has {len(lab.network.parameters):,} parameters; at most {MOST_PARAMETERS:,} can be explained"
        )
    raw, split = (lab.dataset.test, lab.data.test) if part == "test" else (lab.dataset.train, lab.data.train)
    if split is None:
        raise UsageError(f"the data have no {part} part")
    what = (lab.recipe, lab.network, lab.data.problem, lab.data.preprocessing, raw, split, index)
    return explain_sample(lab.registry, *what, called=f"the data ({part})")
