"""scikit-learn's MLPClassifier, one epoch at a time; the images are float32 in [0, 1], which it computes in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.task import CLASSES, LEARNING_RATE, MOMENTUM, Task


def prepare(task: Task, threads: int) -> Callable[[], object]:
    images, labels = task.scaled_data()
    network = MLPClassifier(
        hidden_layer_sizes=task.hidden,
        solver="sgd",
        batch_size=task.batch_size,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        random_state=0,
    )
    return lambda: network.partial_fit(images, labels, classes=np.arange(CLASSES))
