"""A step in texts, for pages that are not a terminal."""

import json

import numpy as np
import pytest

from nnzoo.api import Registry, UsageError, build_network, load_dataset, prepare_dataset, resolve_recipe
from nnzoo.explanation.as_texts import explain_sample


def test_the_next_step_on_a_sample_is_reported_and_the_network_is_left_alone():
    registry = Registry()
    dataset = load_dataset("digits")
    data = prepare_dataset(dataset, registry.build("task", "classification"))
    recipe = resolve_recipe(registry, data=data, model="mlp:hidden=4")
    network = build_network(recipe, data.problem)
    before = network.parameters.vector.copy()

    def explained(index):
        what = (recipe, network, data.problem, data.preprocessing, dataset.train, data.train, index)
        return explain_sample(registry, *what, called="digits (train)")

    sections = explained(7)
    parts = [section["part"] for section in sections]
    assert [part for part in dict.fromkeys(parts) if part in ("Forward", "Loss", "Backward", "Update")] == [
        "Forward",
        "Loss",
        "Backward",
        "Update",
    ]
    assert any("y = x W + b" in line for section in sections for line in section["equation"])
    json.dumps(sections)
    np.testing.assert_array_equal(network.parameters.vector, before)
    with pytest.raises(UsageError, match="no sample 100000"):
        explained(100_000)
