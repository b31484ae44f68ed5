"""PyTorch as in its tutorials: the same network, with a DataLoader that shuffles and makes batches."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.contenders.torch_eager import build, train_step
from benchmarks.task import Task


def prepare(task: Task, threads: int) -> Callable[[], object]:
    images, labels = (torch.from_numpy(array) for array in task.scaled_data())
    batches = DataLoader(TensorDataset(images, labels), batch_size=task.batch_size, shuffle=True)
    network, optimizer = build(task)

    def epoch() -> None:
        for x, t in batches:
            train_step(network, optimizer, x, t)

    return epoch
