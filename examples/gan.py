"""A command: a generative adversarial network (Goodfellow et al. 2014) that learns to draw digits.

nnzoo gan --plugin examples/gan.py --epochs 100 --out gan

Each epoch ends with a checkpoint. After a kill, the same command continues from there, and ends with the same bits.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from nnzoo import api
from nnzoo.builtin.activations import Relu
from nnzoo.builtin.layers import Activate, Dense


class Player:
    """A network with its optimizer; ``kept`` has all arrays that change."""

    def __init__(self, layers: list[api.Layer], inputs: int, rule: api.Optimizer, seed: int) -> None:
        self.network = api.Network(layers, (inputs,), seed=seed)
        self.weights, self.gradients = self.network.parameters, self.network.gradients
        self.memory = api.initial_memory(rule, self.weights)
        self.update = api.bound_update(rule, self.weights, self.gradients)
        self.kept = {"weights": self.weights.vector, **self.memory}


def blame(logits: api.Floats, wanted: api.Floats) -> api.Floats:
    """The gradient of the mean cross-entropy of logits that should say 1 (real) or 0 (drawn)."""
    return np.asarray((0.5 + 0.5 * np.tanh(logits / 2) - wanted[:, None]) / len(logits), np.float32)


@click.command()
@click.option("--epochs", default=100, show_default=True)
@click.option("--optimizer", default="momentum:beta=0.5", show_default=True)
@click.option("--rate", default=0.1, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", default="gan", show_default=True, type=click.Path(path_type=Path))
@click.pass_obj
def gan(registry: api.Registry, epochs: int, optimizer: str, rate: float, seed: int, out: Path) -> None:
    """Train a network that draws digits against one that recognizes drawn digits."""
    from matplotlib.image import imsave

    task, rule = registry.build("task", "classification"), registry.build("optimizer", optimizer)
    data = api.prepare_dataset(api.load_dataset("digits", registry=registry), task, registry=registry)
    batches = api.Batches(data.train, 64, data.problem)
    drawing, judging = [Dense(128), Activate(Relu()), Dense(64)], [Dense(128), Activate(Relu()), Dense(1)]
    forger, critic = Player(drawing, 16, rule, seed), Player(judging, 64, rule, seed + 1)
    both = api.Network([*drawing, *judging], (16,))  # gradients of the forger flow through the critic
    kept = {f"{who}.{n}": a for who, one in (("forger", forger), ("critic", critic)) for n, a in one.kept.items()}
    settings, checkpoint = {"optimizer": str(rule), "rate": rate, "seed": seed}, out / "checkpoint.safetensors"
    step = (api.restore_arrays(checkpoint, kept, settings) or {"step": 0})["step"]
    with api.blas_threads(1):
        for epoch in range(step // len(batches), epochs):
            for batch in batches.shuffled(seed, epoch + 1):
                noise = api.generator(seed, "plugin", step).standard_normal((n := len(batch.inputs), 16), np.float32)
                shown = np.concatenate([batch.inputs.reshape(n, 64), forger.network.forward(noise, step=step)])
                critic.network.backward(blame(critic.network.forward(shown, step=step), np.repeat([1, 0], n)))
                critic.update(critic.memory, rate, step)
                for weights, first in ((forger.weights, 0), (critic.weights, len(drawing))):
                    for name, array in weights.views().items():
                        both.parameters[f"{int(name[0]) + first}{name[1:]}"][...] = array
                both.backward(blame(both.forward(noise, step=step), np.ones(n)))
                for name, array in forger.gradients.views().items():
                    array[...] = both.gradients[name]
                forger.update(forger.memory, rate, step)
                step += 1
            api.save_arrays(checkpoint, kept, {"step": step}, settings)
    drawn = forger.network.predict(api.generator(seed, "plugin").standard_normal((64, 16), np.float32))
    imsave(out / "digits.png", drawn.reshape(8, 8, 8, 8).swapaxes(1, 2).reshape(64, 64), cmap="gray_r", vmin=0)
    click.echo(f"{step} steps; {out / 'digits.png'}")


@api.hookimpl
def nnzoo_commands() -> list[click.Command]:
    return [gan]
