"""`Explain this step`: the next step on one sample, number by number, with the network as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from nnzoo.api import UsageError, build_network
from nnzoo.explanation.numbers import Format
from nnzoo.explanation.section import Section
from nnzoo.explanation.sections import story
from nnzoo.explanation.subject import DataPart, sample_subject
from nnzoo.explanation.walk import walk

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
        Each with ``part``, ``title``, ``symbols``, and lists of texts: ``equation``, ``arrays`` (symbol, shape,
        numbers, meaning), ``workings``, ``tables`` (titles and rows) and ``notes``.

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
    recipe = replace(lab.recipe, schedule=lab.registry.build("schedule", "constant"))
    network = build_network(recipe, lab.data.problem, np.float64)
    network.parameters.vector[...] = lab.network.parameters.vector
    network.state.vector[...] = lab.network.state.vector
    chosen = DataPart(f"the data ({part})", raw, split)
    subject = sample_subject(chosen, index, lab.data.problem, recipe, network, lab.data.preprocessing)
    taken = walk(subject.network, subject.recipe, subject.problem, subject.batch)
    format = Format(subject.small)
    return [_as_texts(section, format) for section in story(subject, taken)]


def _as_texts(section: Section, format: Format) -> dict[str, Any]:
    arrays = [
        {
            "symbol": array.symbol,
            "shape": " × ".join(map(str, array.values.shape)) or "1",
            "numbers": list(format.array(array.values)),
            "meaning": array.meaning,
        }
        for array in section.arrays
        if not array.tabled
    ]
    tables = [
        {"titles": list(table.titles), "rows": [[*row.cells, row.verdict or ""] for row in table.rows]}
        for table in section.tables
    ]
    return {
        "part": section.part,
        "title": section.title,
        "layer": section.layer,
        "symbols": section.symbols,
        "equation": list(section.equation),
        "arrays": arrays,
        "workings": list(section.workings),
        "tables": tables,
        "notes": list(section.notes),
    }
