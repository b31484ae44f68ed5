"""Which epoch a training keeps: the one with the best figure, and the first of those that are equal."""

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.errors import UsageError
from nnzoo.training.state import TrainingState


@pytest.mark.parametrize(("higher_is_better", "best", "value"), [(True, 3, 0.9), (False, 2, 0.2)])
def test_the_best_epoch_is_kept_as_it_was(higher_is_better, best, value):
    state, parameters, kept = TrainingState(), np.zeros(2, np.float32), np.zeros(1, np.float32)
    for watched in (0.5, 0.2, 0.9, 0.9, 0.2, None):
        parameters += 1
        state.end_epoch(watched, parameters, kept, higher_is_better=higher_is_better)
    assert (state.best.epoch, state.best.value) == (best, value)
    assert state.best.parameters.tolist() == [best, best]
    assert state.epoch == 6


def test_a_figure_that_is_not_defined_selects_no_epoch():
    x = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]
    options = {"epochs": 4, "validation": 0.05, "metrics": ["r2"], "verbose": False}  # one sample: R² is not defined
    for more in ({"early_stopping": 2}, {"keep": "best"}):
        network = DeepNeuralNetwork([1, 2, 1], task="regression")
        with pytest.raises(UsageError, match="monitor = r2 is not defined on the validation data"):
            network.train(x, x[:, 0], monitor="r2", **options, **more)
    assert len(network.train(x, x[:, 0], early_stopping=2, **options)) > 2
    assert len(network.train(x, x[:, 0], **options)) == 4
