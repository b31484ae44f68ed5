"""char-gpt and char-gru compared with the same network in PyTorch: training time, and bits per character.

Both start from the same values and see the same batches in the same order, with the same optimizer and schedule; only
rounding differs. They take turns, an epoch each, on one thread, so that a busy machine slows both. Needs
nnzoo-sequences, nnzoo-optimizers and PyTorch.

python -m benchmarks.characters [--model char-gpt] [--epochs 5] [--batch-size 12] [--rate 0.004]
"""

from __future__ import annotations

import argparse
import math
import time
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nnzoo import load_dataset, registry
from nnzoo.api import Batches, Network, Trainer, blas_threads, build_network, prepare, prepare_dataset, resolve_recipe

HEADS = 4


class Gpt(nn.Module):
    """char-gpt, with the initial values of nnzoo's network."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        arrays = tensors(network)
        self.table, self.position = (
            nn.Parameter(arrays["0.embedding.weight"]),
            nn.Parameter(arrays["1.position.weight"]),
        )
        width = self.table.shape[1]
        layers: list[nn.Module] = []
        for place, layer in enumerate(network.layers):
            own = {name.rpartition(".")[2]: array for name, array in arrays.items() if name.startswith(f"{place}.")}
            if layer.name == "layernorm":
                norm = nn.LayerNorm(width)
                norm.load_state_dict({"weight": own["scale"], "bias": own["shift"]})
                layers.append(norm)
            elif layer.name == "attention":
                layers += [linear(own["weight"]), linear(own["output_weight"])]
            elif layer.name == "linear":
                layers.append(linear(own["weight"]))
        self.layers = nn.ModuleList(layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of shape (n, t, classes)."""
        x = functional.embedding(x, self.table) + self.position
        n, steps, width = x.shape
        *inner, last_norm, head = self.layers
        for place in range(0, len(inner), 6):
            norm, project, join, norm_again, widen, narrow = inner[place : place + 6]
            parts = project(norm(x)).chunk(3, dim=2)
            query, key, value = (part.reshape(n, steps, HEADS, -1).transpose(1, 2) for part in parts)
            mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + join(mixed.transpose(1, 2).reshape(n, steps, width))
            x = x + narrow(functional.relu(widen(norm_again(x))))
        logits: torch.Tensor = head(last_norm(x))
        return logits


class Gru(nn.Module):
    """char-gru, with the initial values of nnzoo's network."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        arrays = tensors(network)
        self.table = nn.Parameter(arrays["0.embedding.weight"])
        weight, recurrent = arrays["1.gru.weight"], arrays["1.gru.recurrent"]
        self.gru = nn.GRU(len(weight), len(recurrent), batch_first=True)
        zeros = torch.zeros(3 * len(recurrent))
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        self.gru.load_state_dict(dict(zip(names, (weight.T, recurrent.T, zeros, zeros), strict=True)))
        self.head = linear(arrays["2.linear.weight"], bias=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of shape (n, t, classes)."""
        logits: torch.Tensor = self.head(self.gru(functional.embedding(x, self.table))[0])
        return logits


def tensors(network: Network) -> dict[str, torch.Tensor]:
    """Copies of all parameters."""
    return {name: torch.tensor(array) for name, array in network.parameters.views().items()}


def linear(weight: torch.Tensor, *, bias: bool = False) -> nn.Linear:
    """A linear layer with these weights, of shape (inputs, outputs)."""
    layer = nn.Linear(*weight.shape, bias=bias)
    with torch.no_grad():
        layer.weight.copy_(weight.T)
        if bias:
            layer.bias.zero_()
    return layer


class Peer:
    """PyTorch's side of the training."""

    def __init__(self, trainer: Trainer, batches: Batches, rate: float) -> None:
        kind = Gru if trainer.recipe.model.name == "char-gru" else Gpt
        self.module, self.batches, self.rate = kind(trainer.network), batches, rate
        self.optimizer = torch.optim.AdamW(self.module.parameters(), lr=rate, weight_decay=0.01)
        self.schedule, self.seed, self.step = trainer.recipe.schedule, trainer.recipe.seed, 0

    def train(self, epoch: int, steps: int) -> None:
        """One epoch of a run with ``steps`` steps."""
        for batch in self.batches.shuffled(self.seed, epoch):
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * self.schedule.factor(self.step, steps)
            self.optimizer.zero_grad()
            self.loss(batch).backward()
            self.optimizer.step()
            self.step += 1

    def loss(self, batch: Any) -> torch.Tensor:
        """The mean cross-entropy of a batch."""
        logits = self.module(torch.from_numpy(batch.inputs).long())
        return functional.cross_entropy(logits.reshape(len(batch.targets), -1), torch.from_numpy(batch.targets))

    @torch.no_grad()
    def bits(self, batches: Batches) -> float:
        """Bits per character on data."""
        losses = [(float(self.loss(batch)), len(batch.targets)) for batch in batches.in_order()]
        return sum(loss * rows for loss, rows in losses) / sum(rows for _, rows in losses) / math.log(2)


def main() -> None:
    """Train both, and print times and bits per character."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("char-gpt", "char-gru"), default="char-gpt")
    parser.add_argument("--epochs", type=int, default=5, help="of 400 steps each, with the default batch size")
    parser.add_argument("--batch-size", type=int, default=12)
    parser.add_argument("--rate", type=float, default=0.004, help="learning rate")
    given = parser.parse_args()
    torch.set_num_threads(1)

    dataset = load_dataset("kjv-poetry")
    recipe = resolve_recipe(
        registry,
        outputs=len(dataset.class_names),
        task="next-token",
        model=given.model,
        optimizer="adamw",
        learning_rate=given.rate,
        epochs=given.epochs,
        batch_size=given.batch_size,
    )
    data = prepare_dataset(dataset, recipe.task)
    trainer = prepare(build_network(recipe, data.problem), recipe, data)
    assert data.test is not None
    test = Batches(data.test, 64, data.problem)
    peer = Peer(trainer, Batches(data.train, given.batch_size, data.problem), given.rate)
    steps = len(trainer.train) * given.epochs
    print(f"{given.model}, {len(trainer.network.parameters):,} parameters, {steps:,} steps of {given.batch_size} × 64")
    print(f"{'epoch':>5} {'nnzoo s':>8} {'torch s':>8} {'ratio':>6}   bits per character: nnzoo, torch")
    ratios, epochs = [], trainer.epochs()
    with blas_threads(1):
        for number in range(given.epochs):
            metrics = next(epochs)
            start = time.perf_counter()
            peer.train(number + 1, steps)
            seconds = time.perf_counter() - start
            ratios.append(metrics.seconds / seconds)
            own, other = metrics.figures["test_bits_per_character"], peer.bits(test)
            print(f"{number + 1:>5} {metrics.seconds:8.1f} {seconds:8.1f} {ratios[-1]:6.2f}   {own:.4f} {other:.4f}")
    print(f"median ratio of times {np.median(ratios):.2f}; bits per character differ by {own / other - 1:+.2%}")


if __name__ == "__main__":
    main()
