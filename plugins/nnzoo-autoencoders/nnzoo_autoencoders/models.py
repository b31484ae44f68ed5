"""Networks that squeeze a sample into a code, and make the sample of the code again."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, doc
from nnzoo.api import Activation, Layer, Model, Shape
from nnzoo.builtin.layers import Activate, Dense

from nnzoo_autoencoders.corrupt import Corrupt
from nnzoo_autoencoders.sample_code import SampleCode

CodeSize = Annotated[int, Ge(1), doc("numbers that a sample is squeezed into")]
Hidden = Annotated[tuple[Annotated[int, Ge(1)], ...], doc("units of the layers before the code; behind it, reversed")]


@dataclass(frozen=True)
class Autoencoder(Model):
    """Fully connected layers down to a code of a few numbers, and up again.

    With f the activation::

        sample → (dense → f) … → dense code → (dense → f) … → dense

    It is meant for the task ``reconstruction``. The code has no activation, so that it may lie anywhere.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313.
    """

    name: ClassVar[str] = "autoencoder"

    code: CodeSize = 16
    hidden: Hidden = (128,)

    def depth(self) -> int:
        return 2 * len(self.hidden) + 1

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        return [*dense(self.hidden, activation), Dense(self.code), *decoder(self.hidden, outputs, activation)]


@dataclass(frozen=True)
class Denoising(Model):
    """An autoencoder that sees its samples through noise while it trains, and learns to take the noise away.

    With f the activation::

        sample → corrupt → (dense → f) … → dense code → (dense → f) … → dense

    Only training adds noise: validation and test figures are those of clean samples, and a prediction takes the noise
    away that a sample brings along. ``nnzoo plot --what reconstructions:noise=0.5`` shows how well.

    References
    ----------
    Vincent, Larochelle, Bengio & Manzagol (2008), "Extracting and composing robust features with denoising
    autoencoders", ICML.
    """

    name: ClassVar[str] = "denoising"

    code: CodeSize = 64
    hidden: Hidden = (256,)
    deviation: Annotated[float, Gt(0), doc("standard deviation of the noise, in the inputs' unit")] = 0.5

    def depth(self) -> int:
        return 2 * len(self.hidden) + 1

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        layers = Autoencoder(self.code, self.hidden).layers(input_shape, outputs, activation)
        return [Corrupt(self.deviation), *layers]


@dataclass(frozen=True)
class Vae(Model):
    """A variational autoencoder: codes are drawn at random, around values that the network chooses.

    With f the activation, and the divergence of the code's distribution from the standard normal one in the loss::

        sample → (dense → f) … → dense 2 code → sample-code → (dense → f) … → dense

    Both losses are means over the k values of a sample, and so is the divergence here: β KL / k. With
    ``--loss binary-cross-entropy`` and β = 1 the loss is the negative evidence lower bound in nats, divided by k. With
    ``mse`` it is that of normally distributed values of variance β/2, up to a constant: take a small β.

    Codes near 0 all mean something, so that samples can be made of new ones: ``nnzoo plot --what code-grid``.

    References
    ----------
    Kingma & Welling (2014), "Auto-encoding variational Bayes", ICLR, arXiv:1312.6114.
    """

    name: ClassVar[str] = "vae"

    code: CodeSize = 8
    hidden: Hidden = (256,)
    beta: Annotated[float, Ge(0), doc("weight β of the divergence")] = 1.0

    def depth(self) -> int:
        return 2 * (2 * len(self.hidden) + 1)  # the noise of the codes wants smaller steps

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        return [
            *dense(self.hidden, activation),
            Dense(2 * self.code),
            SampleCode(self.beta / math.prod(input_shape)),
            *decoder(self.hidden, outputs, activation),
        ]


def dense(hidden: Iterable[int], activation: Activation) -> list[Layer]:
    """Fully connected layers, each with the activation behind it."""
    return [layer for units in hidden for layer in (Dense(units, activation.initialization), Activate(activation))]


def decoder(hidden: tuple[int, ...], outputs: int, activation: Activation) -> list[Layer]:
    """The way back from the code."""
    return [*dense(reversed(hidden), activation), Dense(outputs)]
