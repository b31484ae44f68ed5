"""`Explain this step`: the next step on one sample, number by number, with the network as it is."""

from __future__ import annotations

from typing import Any

from nnzoo.api import UsageError
from nnzoo.explanation.as_texts import explain_sample

from nnzoo_playground.lab import Lab

MOST_PARAMETERS = 50_000
"""Each gets a finite difference or a look; more would keep the training waiting for long."""


def explain_step(lab: Lab, part: str, index: int) -> list[dict[str, Any]]:
    """The sections of `nnzoo explain`, as texts.

    Parameters
    ----------
    lab : Lab
        The network; it is left alone.
    part : {"train", "test"}
        Where the sample is from.
    index : int
        Which it is.

    Returns
    -------
    list of dict
        As `explain_sample` returns it.

    Raises
    ------
    UsageError
        When there is no such sample, or the network is too large.
    """
    if len(lab.network.parameters) > MOST_PARAMETERS:
        raise UsageError(
            f"the network has {len(lab.network.parameters):,} parameters; explained are {MOST_PARAMETERS:,}"
        )
    raw, split = (lab.dataset.test, lab.data.test) if part == "test" else (lab.dataset.train, lab.data.train)
    if split is None:
        raise UsageError(f"the data have no part {part}")
    what = (lab.recipe, lab.network, lab.data.problem, lab.data.preprocessing, raw, split, index)
    return explain_sample(lab.registry, *what, called=f"the data ({part})")
