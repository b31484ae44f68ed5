"""How well drawn and photographed digits are read: MNIST's test digits in surroundings of real images.

    NNZOO_DATA_DIR=… python -m benchmarks.surroundings

For each surrounding: how many are read correctly, incorrectly, or answered with "can't be read"; the last also as
shares of those that would have been right and wrong. Every image depends only on its number.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.builtin.pictures import Ink
from nnzoo.errors import UnreadablePictureError

Picture = NDArray[np.uint8]
Shares = NDArray[np.float64]
Rng = np.random.Generator


def resized(digit: Picture, height: int, width: int) -> Shares:
    """How much ink each pixel has, from 0 to 1."""
    image = Image.fromarray(digit).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float64) / 255


def in_place(ink: Shares, shape: tuple[int, int], rng: Rng, margin: int = 0) -> Shares:
    """The ink somewhere on a picture of this shape."""
    canvas = np.zeros(shape)
    top, left = (
        int(rng.integers(margin, max(margin, whole - part - margin) + 1))
        for whole, part in zip(shape, ink.shape, strict=True)
    )
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink[: shape[0] - top, : shape[1] - left]
    return canvas


def in_ink(ink: Shares, paper: Any, pen: Any) -> Picture:
    """Paper where there is no ink."""
    return np.rint(paper + (pen - np.asarray(paper, float)) * ink).clip(0, 255).astype(np.uint8)


def either(picture: Picture, rng: Rng) -> Picture:
    """Light on dark, or dark on light."""
    return picture if rng.random() < 0.5 else 255 - picture


def alone(digit: Picture) -> Picture:
    """What MNIST's digit has in its box."""
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def shifted(digit: Picture, rng: Rng) -> Picture:
    return either(np.roll(digit, rng.integers(-4, 5, 2), (0, 1)), rng)


def small(digit: Picture, rng: Rng) -> Picture:
    side = int(rng.choice([14, 17, 20]))
    return either(in_ink(in_place(resized(digit, side, side), (28, 28), rng), 0, 255), rng)


def large(digit: Picture, rng: Rng) -> Picture:
    digit, side = alone(digit), int(rng.choice([26, 28, 80, 300]))
    height, width = (max(1, round(part * side / max(digit.shape))) for part in digit.shape)
    whole = side if side == 28 else side + max(2, side // 20)
    return either(in_ink(in_place(resized(digit, height, width), (whole, whole), rng), 0, 255), rng)


def on_grey(digit: Picture, rng: Rng) -> Picture:
    return either(in_ink(digit / 255.0, rng.integers(30, 121), 255), rng)


def drawn(digit: Picture, rng: Rng, low: float, high: float) -> Picture:
    shape = (int(rng.integers(60, 400)), int(rng.integers(60, 400)))
    side = int(rng.uniform(0.4, 0.95) * min(shape))
    return in_ink(in_place(resized(digit, side, side), shape, rng), low, high)


def light_on_dark(digit: Picture, rng: Rng) -> Picture:
    return drawn(digit, rng, rng.integers(0, 80), rng.integers(170, 256))


def dark_on_light(digit: Picture, rng: Rng) -> Picture:
    return drawn(digit, rng, rng.integers(190, 256), rng.integers(0, 110))


def on_desk(digit: Picture, rng: Rng, desk: Any, paper: float, angle: float) -> Picture:
    """A sheet with a digit, turned by some degrees, on a desk of 240 by 320 pixels."""
    height, width = (int(side) for side in rng.integers(120, 190, 2))
    side = int(rng.uniform(0.6, 0.95) * min(height, width))
    sheet = Image.fromarray(in_ink(in_place(resized(digit, side, side), (height, width), rng), paper, 50)).convert("LA")
    sheet = sheet.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    picture = Image.fromarray(np.broadcast_to(np.asarray(desk), (240, 320)).clip(0, 255).astype(np.uint8))
    top, left = (
        int(rng.integers(0, max(1, whole - part))) for whole, part in zip((240, 320), sheet.size[::-1], strict=True)
    )
    picture.paste(sheet.getchannel("L"), (left, top), sheet.getchannel("A"))
    return grainy(np.asarray(picture, float), rng, 3)


def grainy(grey: Shares, rng: Rng, grain: float) -> Picture:
    return (grey + grain * rng.standard_normal(grey.shape)).clip(0, 255).astype(np.uint8)


def pattern(rng: Rng) -> Shares:
    """Stripes, checks, or grain of wood."""
    down, across = np.mgrid[:240, :320].astype(float)
    period, kind = rng.uniform(8, 30), rng.integers(3)
    if kind == 0:
        return 100 + 60 * np.sin(2 * np.pi * across / period)
    if kind == 1:
        return np.where((down // period + across // period) % 2, 170.0, 60.0)
    rings = np.hypot(across - rng.uniform(-200, 500), 4 * (down + rng.uniform(50, 200)))
    return 120 + 35 * np.sin(2 * np.pi * rings / (3 * period))


def dark_desk(digit: Picture, rng: Rng) -> Picture:
    return on_desk(digit, rng, rng.integers(20, 100), rng.integers(200, 250), rng.uniform(-4, 4))


def light_desk(digit: Picture, rng: Rng) -> Picture:
    return on_desk(digit, rng, rng.integers(170, 216), rng.integers(235, 254), rng.uniform(-4, 4))


def patterned_desk(digit: Picture, rng: Rng) -> Picture:
    return on_desk(digit, rng, pattern(rng), rng.integers(220, 250), rng.uniform(-4, 4))


def turned(digit: Picture, rng: Rng) -> Picture:
    desk = rng.integers(20, 100) if rng.random() < 0.5 else pattern(rng)
    return on_desk(digit, rng, desk, rng.integers(210, 250), rng.uniform(-30, 30))


def boxed(digit: Picture, rng: Rng) -> Picture:
    paper, pen = int(rng.integers(220, 256)), int(rng.integers(10, 90))
    height, width = (int(side) for side in rng.integers(100, 200, 2))
    side = int(rng.uniform(0.6, 0.95) * min(height, width))
    inside = in_ink(in_place(resized(digit, side, side), (height, width), rng), paper, pen)
    top, left = (int(side) for side in rng.integers(10, 60, 2))
    around = ((top, int(rng.integers(10, 60))), (left, int(rng.integers(10, 60))))
    picture = Image.fromarray(np.pad(inside, around, constant_values=paper))
    line = int(rng.integers(1, 5))
    corners = (left - line, top - line, left + width + line, top + height + line)
    ImageDraw.Draw(picture).rectangle(corners, outline=pen, width=line)
    return grainy(np.asarray(picture, float), rng, 2)


def ruled(digit: Picture, rng: Rng) -> Picture:
    shape = (int(rng.integers(140, 300)), int(rng.integers(140, 300)))
    side = int(rng.uniform(0.4, 0.8) * min(shape))
    paper, line, pen = rng.integers(225, 252), rng.integers(70, 200), rng.integers(10, 70)
    page, gap, width = np.full(shape, float(paper)), int(side * rng.uniform(0.3, 1.2)), int(rng.integers(1, 3))
    for axis in range(1 + (rng.random() < 0.3)):  # some paper is squared
        for start in range(int(rng.integers(gap)), shape[axis], gap):
            np.moveaxis(page, axis, 0)[start : start + width] = line
    page = np.asarray(Image.fromarray(page.astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.5)), float)
    return grainy(in_ink(in_place(resized(digit, side, side), shape, rng), page, pen).astype(float), rng, 3)


def photographed(digit: Picture, rng: Rng) -> Picture:
    """In a light that falls off, with the shadow of a hand, grain, and the blocks of JPEG."""
    shape = (int(rng.integers(160, 400)), int(rng.integers(160, 400)))
    side = int(rng.uniform(0.4, 0.85) * min(shape))
    ink = in_place(resized(digit, side, side), shape, rng)
    down, across = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j]

    def slope() -> Shares:
        angle = rng.uniform(0, 2 * np.pi)
        found: Shares = np.cos(angle) * across + np.sin(angle) * down
        return found

    edge = rng.uniform(0.002, 0.05)
    shadow = 1 / (1 + np.exp(-((slope() - rng.uniform(-0.25, 0.25)) / edge).clip(-50, 50)))
    light = (1 - 0.35 * (slope() / 1.5 + 0.5)) * (1 - rng.uniform(0.3, 0.5) * shadow)
    picture = grainy(light * in_ink(ink, rng.integers(215, 245), rng.integers(20, 90)), rng, rng.uniform(4, 12))
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=int(rng.integers(25, 60)))
    return np.asarray(Image.open(file))


SURROUNDINGS: dict[str, Callable[[Picture, Rng], Picture]] = {
    "shifted": shifted,
    "small": small,
    "large": large,
    "on grey": on_grey,
    "light on dark": light_on_dark,
    "dark on light": dark_on_light,
    "sheet on a dark desk": dark_desk,
    "sheet on a light desk": light_desk,
    "sheet on a patterned desk": patterned_desk,
    "sheet turned up to 30°": turned,
    "in a drawn box": boxed,
    "on ruled paper": ruled,
    "photographed": photographed,
}


def pictured(digit: Picture, surrounding: str, number: int) -> Picture:
    """The picture of a digit that a surrounding makes; a number always gives the same."""
    rng = np.random.default_rng([zlib.crc32(surrounding.encode()), number])
    return SURROUNDINGS[surrounding](digit, rng)


@dataclass(frozen=True)
class Counts:
    """What became of pictures: how many were answered rightly or wrongly, and what of the others would have been so."""

    right: int
    wrong: int
    unread_right: int
    unread_wrong: int

    @property
    def total(self) -> int:
        """All pictures."""
        return self.right + self.wrong + self.unread_right + self.unread_wrong


def measure(surrounding: str, digits: Picture, targets: NDArray[Any], network: DeepNeuralNetwork) -> Counts:
    """Read digits in a surrounding; what the step itself can't read would have been wrong."""
    step, rows = Ink(), np.zeros(4, int)
    for number, (digit, target) in enumerate(zip(digits, targets, strict=True)):
        try:
            sample, _ = step.prepare(pictured(digit, surrounding, number))
        except UnreadablePictureError:
            rows[3] += 1
            continue
        probabilities = network.predict_proba(sample[None])[0]
        unread, wrong = probabilities.max() < step.least_probability, probabilities.argmax() != target
        rows[2 * unread + wrong] += 1
    return Counts(*rows.tolist())


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--count", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Digits of each.")
@click.option("--only", type=click.Choice(list(SURROUNDINGS)), multiple=True, help="Measure this one; repeatable.")
@click.option("--model", default="mnist-mlp.large", show_default=True, help="A network of the zoo.")
def main(count: int, only: tuple[str, ...], model: str) -> None:
    data, network = load_dataset("mnist").test, DeepNeuralNetwork.from_zoo(model)
    click.echo(f"{'':26}  right  wrong  unread: would be right  would be wrong")
    for name in only or SURROUNDINGS:
        found = measure(name, data.array[:count], data.targets[:count], network)
        readable, wrong = found.right + found.unread_right, found.wrong + found.unread_wrong
        click.echo(
            f"{name:26} {found.right / found.total:6.1%} {found.wrong / found.total:6.1%} "
            f"{found.unread_right / max(1, readable):21.1%} {found.unread_wrong / max(1, wrong):15.0%}"
        )


if __name__ == "__main__":
    main()
