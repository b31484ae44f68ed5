"""The second gradient of a step, for a `ProbingOptimizer`."""

from __future__ import annotations

from typing import final

import numpy as np

from nnzoo.kinds import Floats, Optimizer, ProbingOptimizer
from nnzoo.nn import Network
from nnzoo.training.batches import Batch
from nnzoo.training.freezing import Freezing
from nnzoo.training.scoring import Scorer


@final
class Probing:
    """Computes a batch's gradient where a `ProbingOptimizer` has moved the parameters, and restores these.

    For any other optimizer, it does nothing. Frozen arrays stay frozen.
    """

    def __init__(self, optimizer: Optimizer, network: Network, scorer: Scorer, freezing: Freezing) -> None:
        self._optimizer = optimizer if isinstance(optimizer, ProbingOptimizer) else None
        self._network, self._scorer, self._freezing = network, scorer, freezing
        if self._optimizer:
            self._parameters, self._state = network.parameters.vector.copy(), network.state.vector.copy()

    def gradient(
        self, batch: Batch, state: dict[str, Floats], learning_rate: float, step: int, first_step: int = 0
    ) -> None:
        """Replace the gradient of ``batch``, the network's last batch, by the one that the optimizer needs.

        ``state`` is the optimizer's, ``step`` the number of steps before in this training run, and ``first_step`` the
        number of steps before the run.
        """
        if self._optimizer is None:
            return
        network = self._network
        parameters, running = network.parameters.vector, network.state.vector
        np.copyto(self._parameters, parameters)
        np.copyto(self._state, running)
        self._optimizer.probe(parameters, network.gradients.vector, state, learning_rate, step)
        self._freezing.restore()
        outputs = network.forward(batch.inputs, step=first_step + step)
        losses, grad = self._scorer.losses(self._scorer.rows(outputs), batch)
        batch.average(losses, grad)
        network.backward(grad.reshape(outputs.shape))
        np.copyto(parameters, self._parameters)
        np.copyto(running, self._state)
        self._freezing.before_step()
