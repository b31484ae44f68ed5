"""The form in which a network knows digits."""

import numpy as np
import pytest

from nnzoo import load_dataset
from nnzoo.builtin.digit_forms import (
    as_levels,
    block_counts,
    centre_of_mass,
    cropped,
    mnist_digit,
    stroke_width,
    thickened,
    upright,
)
from nnzoo.builtin.pictures import Ink
from nnzoo.errors import UnreadablePictureError

MNIST, DIGITS = Ink("mnist"), Ink("digits")
BOXES = {
    "tall": (30, 20, 45, 95),
    "wide": (10, 40, 90, 60),
    "small": (50, 60, 62, 80),
    "in a corner": (3, 3, 25, 35),
    "large": (6, 6, 93, 112),
}


def extent(picture):
    rows, columns = (np.flatnonzero(picture.any(axis=axis)) for axis in (1, 0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_a_drawing_fits_the_box_with_its_mass_in_the_centre(seven, box):
    pixels, prepared = MNIST.prepare(255 - seven(box=box, stroke=5))
    assert prepared == "inverted, cut out, centred"
    assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)
    assert max(extent(pixels)) == 20
    np.testing.assert_allclose(centre_of_mass(pixels.astype(float)), (14, 14), atol=0.5)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_it_keeps_its_proportions(seven, box):
    drawing = seven(box=box, stroke=min(9, round(0.13 * max(box[2] - box[0], box[3] - box[1]))))
    height, width = extent(MNIST.prepare(255 - drawing)[0])
    before = extent(drawing)
    assert height / width == pytest.approx(before[0] / before[1], rel=1 / min(height, width))


@pytest.mark.parametrize("step", [MNIST, DIGITS])
def test_black_on_white_is_the_same_as_white_on_black(seven, step):
    on_black, prepared = step.prepare(seven())
    assert prepared == "cut out, centred"
    on_white, _ = step.prepare(255 - seven())
    np.testing.assert_allclose(on_black.astype(int), on_white, atol=1)


def test_strokes_are_as_bright_as_in_mnist(seven):
    pixels, _ = MNIST.prepare(180 - seven() // 2)  # grey on grey
    assert pixels.max() == 255
    assert np.median(pixels) == 0


def test_a_digit_never_crosses_the_border():
    ink = np.zeros((100, 4), np.float32)
    ink[:, 0] = 1
    ink[90:] = 1
    ink = np.pad(ink, ((0, 0), (0, 60)))
    ink[0, -1] = 0.9
    pixels = mnist_digit(ink)
    assert max(extent(pixels)) == 20
    assert pixels.max() > 200


def in_form():
    """A digit as in MNIST: a box of 20 pixels, its mass in the middle."""
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 11:17] = 255
    return digit


def test_a_digit_of_mnists_form_is_used_as_it_is():
    for picture in (in_form(), np.repeat(in_form()[..., None], 3, axis=2)):
        pixels, prepared = MNIST.prepare(picture)
        assert prepared == "used as it is"
        np.testing.assert_array_equal(pixels, in_form())


@pytest.mark.parametrize(
    "change",
    [
        lambda digit: np.roll(digit, (2, 2), (0, 1)),
        lambda digit: np.roll(digit, (-4, 4), (0, 1)),
        lambda digit: np.maximum(digit, 60),
        lambda digit: digit // 2,
        lambda digit: np.pad(digit[::2, ::2], 7),
    ],
    ids=["shifted", "shifted far", "on grey", "dim", "small"],
)
def test_other_light_digits_are_converted_to_that_form(change):
    """Version 0.1 took every light digit of 28 by 28 pixels as it was, and read few of these."""
    pixels, prepared = MNIST.prepare(change(in_form()))
    assert prepared == "cut out, centred"
    np.testing.assert_allclose(pixels.astype(int), in_form(), atol=1)


def test_a_light_picture_of_the_right_size_is_inverted():
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = 255
    pixels, prepared = MNIST.prepare(255 - digit)
    assert prepared == "inverted, cut out, centred"
    np.testing.assert_array_equal(pixels, digit)


def test_every_sample_of_digits_is_used_as_it_is():
    for sample in load_dataset("digits").test.inputs:
        pixels, prepared = DIGITS.prepare(sample)
        assert prepared == "used as it is"
        np.testing.assert_array_equal(pixels, sample)


def test_more_than_one_digit_is_an_error(seven):
    one = seven()
    for two in (np.concatenate([one, one], axis=1), np.concatenate([one, one])):
        for picture in (two, 255 - two):
            with pytest.raises(UnreadablePictureError, match="more than one digit") as error:
                MNIST.prepare(picture)
            assert "cut out one" in error.value.hint


def test_a_separate_stroke_is_not_a_second_digit(seven):
    five = seven()
    five[40:46] = 0  # a gap across the digit
    assert MNIST.prepare(five)[1] == "cut out, centred"


def test_pictures_that_are_not_digits_are_refused():
    down, across = np.mgrid[:150, :200]
    blot = (np.hypot(down - 75, across - 100) > 40) * np.uint8(255)
    waves = (128 + 100 * np.sin(down / 9 + across / 13)).astype(np.uint8)
    for picture in (blot, waves):
        with pytest.raises(UnreadablePictureError, match="nothing that looks like a digit"):
            MNIST.prepare(picture)


@pytest.mark.parametrize(("step", "least"), [(MNIST, 0.09), (DIGITS, 0.1)])
@pytest.mark.parametrize("stroke", [1, 2, 4])
def test_strokes_of_a_thin_pen_are_widened(seven, step, least, stroke):
    """A line of one pixel in a hundred was all but gone in 28 by 28 pixels."""
    pixels, _ = step.prepare(255 - seven(width=220, height=240, box=(60, 40, 150, 190), stroke=stroke))
    assert stroke_width(pixels / pixels.max()) >= least * max(extent(pixels))
    usual, _ = step.prepare(255 - seven(width=220, height=240, box=(60, 40, 150, 190), stroke=17))
    pixels, usual = pixels.astype(float), usual.astype(float)
    assert (pixels * usual).sum() > 0.85 * np.sqrt((pixels**2).sum() * (usual**2).sum())


def test_wide_strokes_are_not_changed():
    ink = np.zeros((80, 40), np.float32)
    ink[:, 15:27] = ink[:12] = 1
    assert thickened(ink, 0.12) is ink
    assert stroke_width(ink) == pytest.approx(12, abs=1.5)


@pytest.mark.parametrize("shade", [0, 100, 255])
@pytest.mark.parametrize("size", [(28, 28), (100, 120)])
def test_an_empty_picture_is_an_error(size, shade):
    with pytest.raises(UnreadablePictureError, match="shows nothing"):
        MNIST.prepare(np.full(size, shade, np.uint8))


def test_blocks_are_counted_in_a_bitmap_of_32_by_32():
    ink = np.zeros((64, 40), np.float32)
    ink[:, 16:24] = 1  # from column 8 to 12 of the bitmap's digit, which begins at column 6
    ink[:16] = ink[-16:] = 1
    expected = np.zeros((8, 8), int)
    expected[[0, 1, 6, 7]] = [0, 8, 16, 16, 16, 16, 8, 0]
    expected[2:6] = [0, 0, 0, 8, 8, 0, 0, 0]
    np.testing.assert_array_equal(block_counts(ink), expected)


def test_a_slanted_digit_is_set_upright():
    leaning = np.zeros((32, 20), bool)
    for row in range(32):
        leaning[row, 14 - row * 12 // 31 : 17 - row * 12 // 31] = True
    left = upright(leaning).argmax(axis=1)
    assert np.ptp(left) <= 2  # of 12
    assert upright(leaning).sum() == leaning.sum()
    straight = np.ones((32, 20), bool)
    np.testing.assert_array_equal(upright(straight)[:, 20:40], straight)


def test_greys_become_levels_and_levels_are_kept():
    np.testing.assert_array_equal(as_levels(np.array([0, 16, 128, 255], np.uint8)), [0, 1, 8, 16])
    np.testing.assert_array_equal(as_levels(np.array([0, 3, 16], np.uint8)), [0, 3, 16])


def test_the_centre_of_mass_is_the_mean_place():
    assert centre_of_mass(np.array([[0, 1.0], [0, 3]])) == (0.75, 1)


def test_cropping_keeps_half_covered_pixels():
    ink = np.zeros((9, 9), np.float32)
    ink[2:5, 3:8] = 1
    ink[1] = 0.4
    assert cropped(ink).shape == (3, 5)
