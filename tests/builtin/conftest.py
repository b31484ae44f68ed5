"""Drawings and synthetic photographs."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter


@pytest.fixture(scope="session")
def seven():
    """A 7 of white strokes on black, drawn into a picture of any size."""

    def draw(width=100, height=120, *, box=(30, 20, 75, 95), stroke=8):
        image = Image.new("L", (width, height), 0)
        left, top, right, bottom = box
        pen = ImageDraw.Draw(image)
        pen.line([(left, top), (right, top), (left + (right - left) // 3, bottom)], fill=255, width=stroke)
        return np.array(image)

    return draw


@pytest.fixture(scope="session")
def photograph():
    """A digit, light on dark, as somebody may photograph it: on paper, turned a little, in uneven light, with grain."""

    def take(digit, rng, *, pen=(40, 60, 150), paper=(235, 230, 220), dark=0.5, shadow=0.0, grain=8.0, scale=10):
        height, width = ((side + 14) * scale for side in digit.shape)
        canvas = Image.new("L", (width, height), 0)
        large = Image.fromarray(digit).resize(
            (digit.shape[1] * scale, digit.shape[0] * scale), Image.Resampling.BICUBIC
        )
        canvas.paste(large, tuple(rng.integers(0, 14 * scale, 2, endpoint=True).tolist()))
        canvas = canvas.rotate(rng.uniform(-5, 5), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))
        ink = np.asarray(canvas, np.float32)[..., None] / 255
        down, across = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)

        def slope():
            angle = rng.uniform(0, 2 * np.pi)
            return np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down

        light = 1 - dark * (slope() / 1.5 + 0.5) - shadow * (slope() > rng.uniform(-0.2, 0.2))
        colors = np.array(paper, np.float32) * (1 - ink) + np.array(pen, np.float32) * ink
        colors = colors * light[..., None] + grain * rng.standard_normal(colors.shape, np.float32)
        return colors.clip(0, 255).astype(np.uint8)

    return take
