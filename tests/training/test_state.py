"""Which epoch a training keeps: the one with the best figure, and the first of those that are equal."""

import numpy as np
import pytest

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
