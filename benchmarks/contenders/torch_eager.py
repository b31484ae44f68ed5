"""PyTorch in eager mode: tensors are indexed by each batch's places in a random order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch

from benchmarks.task import LEARNING_RATE, MOMENTUM, PIXELS, Task


def build(task: Task) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """The network and its optimizer."""
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for inputs, units in pairwise(task.sizes):
        layers += [torch.nn.Linear(inputs, units), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    return network, torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)


def train_step(network: torch.nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, t: torch.Tensor) -> None:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(x), t).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def prepare(task: Task, threads: int) -> Callable[[], object]:
    return epochs_of(task, *build(task), (PIXELS,))


def epochs_of(
    task: Task, network: torch.nn.Module, optimizer: torch.optim.Optimizer, shape: tuple[int, ...]
) -> Callable[[], object]:
    """A function that trains for one epoch, on images of this shape."""
    images, labels = (torch.from_numpy(array) for array in task.scaled_data())
    images = images.reshape(-1, *shape)

    def epoch() -> None:
        order = torch.randperm(task.samples)
        for start in task.starts:
            chosen = order[start : start + task.batch_size]
            train_step(network, optimizer, images[chosen], labels[chosen])

    return epoch
