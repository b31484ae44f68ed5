"""How nnzoo finds these data sets and says where they come from."""

import pytest
from nnzoo import registry


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
def test_nnzoo_finds_it_and_says_where_it_comes_from(name):
    component = registry.get("dataset", name).component
    assert registry.get("dataset", f"nnzoo-datasets/{name}").component is component
    assert component.summary()
    assert all(h.description for h in component.hyperparameters())
