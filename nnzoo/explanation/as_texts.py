"""`explain_sample`: the explanation of one step as plain text, for interfaces other than a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nnzoo.explanation.section import Section
from nnzoo.explanation.story import story
from nnzoo.explanation.subject import DataPart, sample_subject
from nnzoo.explanation.walk import walk
from nnzoo.explanation.words import Format
from nnzoo.kinds import Preprocessing, Problem, Split
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import Recipe


def explain_sample(
    registry: Registry,
    recipe: Recipe,
    network: Network,
    problem: Problem,
    preprocessing: Preprocessing,
    raw: Split,
    prepared: Split,
    index: int,
    *,
    called: str,
) -> list[dict[str, Any]]:
    """Explain the next step on one sample as `nnzoo explain` does, with a constant schedule.

    Parameters
    ----------
    registry : Registry
        Provides the schedule.
    recipe, network, problem, preprocessing : Recipe, Network, Problem, Preprocessing
        The training state. A float64 copy of the network takes the step; the network itself does not change.
    raw, prepared : Split
        One part of the data, unchanged, and preprocessed and encoded.
    index : int
        The index of the sample in this part.
    called : str
        The name of the part in messages.

    Returns
    -------
    list of dict
        Each with ``part``, ``title``, ``layer``, ``symbols``, and lists of texts: ``equation``, ``arrays`` (symbol,
        shape, numbers, meaning), ``workings``, ``tables`` (titles and rows) and ``notes``.

    Raises
    ------
    UsageError
        When the part has no sample of that index.
    """
    recipe = replace(recipe, schedule=registry.build("schedule", "constant"))
    copy = build_network(recipe, problem, np.float64)
    copy.parameters.vector[...] = network.parameters.vector
    copy.state.vector[...] = network.state.vector
    subject = sample_subject(DataPart(called, raw, prepared), index, problem, recipe, copy, preprocessing)
    taken = walk(subject.network, subject.recipe, subject.problem, subject.batch)
    return [_as_texts(section, Format(subject.small)) for section in story(subject, taken)]


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
