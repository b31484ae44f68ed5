"""The layers of nnzoo-conv's lenet5 in PyTorch, in eager mode."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU

from benchmarks.contenders.torch_eager import epochs_of
from benchmarks.task import CLASSES, LEARNING_RATE, MOMENTUM, Task


def prepare(task: Task, threads: int) -> Callable[[], object]:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        *(Conv2d(1, 6, 5, padding=2), MaxPool2d(2), ReLU(), Conv2d(6, 16, 5), MaxPool2d(2), ReLU(), Flatten()),
        *(Linear(400, 120), ReLU(), Linear(120, 84), ReLU(), Linear(84, CLASSES)),
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    return epochs_of(task, network, optimizer, (1, 28, 28))
