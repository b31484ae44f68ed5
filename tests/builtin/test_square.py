"""Pictures of any size as squares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from nnzoo.builtin.numpy_preprocessing import grey, resampling
from nnzoo.builtin.pictures import Square
from nnzoo.errors import FileFormatError

METHODS = ("stretch", "pad", "crop")
SIDES = st.integers(1, 60)


def picture(height, width, *channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, *channels), np.uint8)


def squared(pixels, size, method, color="grey"):
    step = Square(size, method, color)
    found = step.transform([pixels], step.fit([pixels]))
    assert found.shape == (1, *step.shape())
    assert found.dtype == np.uint8
    return found[0]


def by_the_formula(pixels, size, method):
    """The docstring's equation, pixel by pixel, in exact fractions of floats."""
    scales = [length / size for length in pixels.shape]
    scales = scales if method == "stretch" else [max(scales) if method == "pad" else min(scales)] * 2
    result = np.zeros((size, size))
    for i, j in np.ndindex(size, size):
        total = 0.0
        weights = []
        for place, length, scale in zip((i, j), pixels.shape, scales, strict=True):
            middle = (place + 0.5 - size / 2) * scale + length / 2
            row = np.array([max(0.0, 1 - abs(k + 0.5 - middle) / max(scale, 1)) for k in range(length)])
            weights.append(row / row.sum() if 0 <= middle <= length else row * 0)
        total = weights[0] @ pixels @ weights[1]
        result[i, j] = total
    return result


@given(SIDES, SIDES, st.integers(1, 12), st.sampled_from(METHODS))
def test_it_computes_the_documented_equation(height, width, size, method):
    pixels = picture(height, width)
    np.testing.assert_allclose(squared(pixels, size, method), by_the_formula(pixels, size, method), atol=0.501)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_a_picture_of_the_right_size_is_not_changed(method, color):
    for size in (1, 8, 28, 101):
        pixels = picture(size, size) if color == "grey" else picture(size, size, 3)
        found, note = Square(size, method, color).prepare(pixels)
        np.testing.assert_array_equal(found, pixels if color == "grey" else np.moveaxis(pixels, 2, 0))
        assert note == "used as it is"
    assert Square(size, method, color).prepare(picture(3, 9))[1] == "resized"


@pytest.mark.parametrize(("height", "width"), [(100, 140), (10, 17), (300, 41), (28, 56), (13, 13)])
def test_it_is_close_to_that_of_pillow(height, width):
    pixels = picture(height, width)
    image = Image.fromarray(pixels)
    oracles = {
        "stretch": image.resize((28, 28), Image.Resampling.BILINEAR),
        "crop": ImageOps.fit(image, (28, 28), Image.Resampling.BILINEAR),
    }
    for method, oracle in oracles.items():
        np.testing.assert_allclose(squared(pixels, 28, method).astype(int), np.asarray(oracle), atol=1)


@pytest.mark.parametrize("shape", [(40, 80), (80, 40)])
def test_bars_are_black_and_the_picture_lies_between(shape):
    pixels = np.full(shape, 200, np.uint8)
    found = squared(pixels, 8, "pad")
    found = found if shape[0] < shape[1] else found.T
    assert found[:2].max() == found[-2:].max() == 0
    assert (found[2:6] == 200).all()


def test_cropping_removes_both_ends():
    pixels = np.repeat(np.uint8([[10, 200, 90, 10]]), 20, axis=1).repeat(40, axis=0)
    found = squared(pixels, 8, "crop")
    assert (found[:, 1:3] == 200).all()
    assert (found[:, 5:7] == 90).all()
    assert found.min() > 60


def test_grey_is_that_of_pillow():
    pixels = picture(200, 200, 3)
    pixels[0, :8] = np.stack(np.meshgrid([0, 255], [0, 255], [0, 255]), -1).reshape(8, 3)
    expected = np.asarray(Image.fromarray(pixels).convert("L"))
    np.testing.assert_array_equal(grey(pixels), expected)
    np.testing.assert_array_equal(squared(pixels, 200, "stretch"), expected)


def test_grey_comes_before_the_new_size():
    pixels = picture(60, 45, 3)
    np.testing.assert_array_equal(squared(pixels, 8, "pad"), squared(grey(pixels), 8, "pad"))


def test_a_grey_picture_has_three_equal_channels():
    found = squared(picture(30, 20), 8, "crop", "rgb")
    assert (found == found[0]).all()
    np.testing.assert_array_equal(found[0], squared(picture(30, 20), 8, "crop"))


@given(st.integers(1, 300), st.integers(1, 60), st.floats(0.05, 50))
def test_weights_are_shares_whose_sums_are_exact(length, size, scale):
    weight = resampling(length, size, scale)
    sums = weight.sum(axis=1)
    assert ((sums == 0) | np.isclose(sums, 1, atol=1e-4)).all()
    assert (weight * 2**22 == np.rint(weight * 2**22)).all()
    np.testing.assert_array_equal(weight, weight[::-1, ::-1])


def test_the_order_of_sums_makes_no_difference():
    """So matrix products of any program give the same pixels."""
    down, across = resampling(97, 28, 97 / 28), resampling(61, 28, 61 / 28)
    pixels = picture(97, 61).astype(float)
    exact = down @ pixels @ across.T
    order = np.random.default_rng(1).permutation(97)
    np.testing.assert_array_equal(down[:, order] @ pixels[order] @ across.T, exact)
    np.testing.assert_array_equal(np.einsum("ij,jk,lk->il", down, pixels, across), exact)


def test_an_empty_picture_is_refused():
    for step in (Square(5), Square(5, color="rgb")):
        assert step.transform([], {}).shape == (0, *step.shape())
    with pytest.raises(FileFormatError, match="sample 1 has no pixels"):
        Square(5).transform([picture(2, 2), picture(0, 4)], {})
