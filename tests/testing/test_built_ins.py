"""The kit on nnzoo's own components: they pass every check."""

import pytest

from nnzoo.builtin.activations import Identity, Relu, Sigmoid, nnzoo_activations
from nnzoo.builtin.datasets import Digits, Mnist, nnzoo_datasets
from nnzoo.builtin.exporters import nnzoo_exporters
from nnzoo.builtin.layers import Activate, Dense, nnzoo_layers
from nnzoo.builtin.losses import nnzoo_losses
from nnzoo.builtin.models import Mlp, nnzoo_models
from nnzoo.builtin.optimizers import Momentum, nnzoo_optimizers
from nnzoo.builtin.schedules import OneCycle, nnzoo_schedules
from nnzoo.testing import checks_for, parametrize_with_checks

DEFAULTS = [
    *nnzoo_activations(),
    *nnzoo_optimizers(),
    *nnzoo_schedules(),
    *nnzoo_losses(),
    *nnzoo_layers(),
    *nnzoo_models(),
    *nnzoo_exporters(),
    Digits,
]
OTHERS = [
    Momentum(beta=0.0),
    Momentum(beta=0.99),
    OneCycle(warmup=0.0),
    Dense(1),
    Dense(3, "he"),
    *(Activate(function) for function in (Identity(), Relu(), Sigmoid())),
    Mlp(hidden=()),
    Mlp(hidden=(16, 8, 8)),
]


@parametrize_with_checks([*DEFAULTS, *OTHERS])
def test_it_passes(check):
    check()


def test_none_is_left_out():
    assert set(nnzoo_datasets()) == {Digits, Mnist}


@pytest.mark.mnist
@pytest.mark.parametrize("check", checks_for(Mnist), ids=lambda check: check.name)
def test_mnist_passes(check, mnist_dir, monkeypatch):
    monkeypatch.setenv("NNZOO_DATA_DIR", str(mnist_dir))
    check()
