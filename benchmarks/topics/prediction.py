"""Prediction of 10,000 images over its two matrix products."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.contenders.products import matrix
from benchmarks.measuring import Row, Settings, in_turns, ratio_row, timed
from benchmarks.task import CLASSES, Task
from nnzoo import DeepNeuralNetwork
from nnzoo.nn.threads import blas_threads

BAR = 1.5
IMAGES = Task(samples=10_000)


def measure(settings: Settings) -> Iterator[Row]:
    images, _ = IMAGES.data()
    network = DeepNeuralNetwork(sizes=list(IMAGES.sizes))
    inputs, hidden, _ = IMAGES.sizes
    x, weight, h = matrix(IMAGES.samples, inputs), matrix(inputs, hidden), matrix(IMAGES.samples, hidden)
    last, z = matrix(hidden, CLASSES), matrix(IMAGES.samples, CLASSES)

    def products() -> None:
        np.matmul(x, weight, out=h)
        np.matmul(h, last, out=z)

    with blas_threads(settings.threads):
        calls = {"predict": timed(lambda: network.predict(images)), "products": timed(products)}
        timings = in_turns(calls, 3 * settings.repeat)
    yield ratio_row("prediction of 10,000 images over its products", timings, "predict", "products", BAR)
