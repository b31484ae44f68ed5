"""The form in which a network knows digits."""

import numpy as np
import pytest
from nnzoo.imaging.conventions import (
    as_levels,
    block_counts,
    centre_of_mass,
    convention_for,
    cropped,
    mnist_digit,
    prepare,
    upright,
)
from PIL import Image

from nnzoo import load_dataset
from nnzoo.errors import FileFormatError
from nnzoo.imaging.frame import Frame

MNIST, DIGITS = Frame.of((28, 28)), Frame.of((8, 8))
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
def test_a_drawing_gets_into_the_box_and_its_mass_into_the_centre(seven, box):
    pixels, prepared = prepare(255 - seven(box=box, stroke=5), MNIST, "mnist")
    assert prepared == "inverted, cropped, centred"
    assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)
    assert max(extent(pixels)) == 20
    np.testing.assert_allclose(centre_of_mass(pixels.astype(float)), (14, 14), atol=0.5)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_it_keeps_its_proportions(seven, box):
    drawing = seven(box=box, stroke=5)
    height, width = extent(prepare(255 - drawing, MNIST, "mnist")[0])
    before = extent(drawing)
    assert height / width == pytest.approx(before[0] / before[1], rel=1 / min(height, width))


@pytest.mark.parametrize(("frame", "convention"), [(MNIST, "mnist"), (DIGITS, "digits")])
def test_black_on_white_is_the_same_as_white_on_black(seven, frame, convention):
    on_black, prepared = prepare(seven(), frame, convention)
    assert prepared == "cropped, centred"
    on_white, _ = prepare(255 - seven(), frame, convention)
    np.testing.assert_allclose(on_black.astype(int), on_white, atol=1)


def test_strokes_are_as_bright_as_in_mnist(seven):
    pixels, _ = prepare(180 - seven() // 2, MNIST, "mnist")  # grey on grey
    assert pixels.max() == 255
    assert np.median(pixels) == 0


def test_what_would_reach_over_the_border_stays_inside():
    ink = np.zeros((100, 4), np.float32)
    ink[:, 0] = 1
    ink[90:] = 1
    ink = np.pad(ink, ((0, 0), (0, 60)))
    ink[0, -1] = 0.9
    assert max(extent(mnist_digit(ink, Frame.of((22, 22))))) == 16
    assert mnist_digit(ink, MNIST).astype(float).sum() > 0


def test_a_digit_of_mnist_is_used_as_it_is_whatever_its_place():
    digit = np.zeros((28, 28), np.uint8)
    digit[2:20, 5:9] = 200
    pixels, prepared = prepare(digit, MNIST, "mnist")
    assert prepared == "as it is"
    np.testing.assert_array_equal(pixels, digit)
    in_color, prepared = prepare(np.repeat(digit[..., None], 3, axis=2), MNIST, "mnist")
    assert prepared == "as it is"
    np.testing.assert_array_equal(in_color, digit)


def test_a_light_picture_of_the_right_size_is_inverted():
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = 255
    pixels, prepared = prepare(255 - digit, MNIST, "mnist")
    assert prepared == "inverted, cropped, centred"
    np.testing.assert_array_equal(pixels, digit)


def test_every_sample_of_digits_is_used_as_it_is():
    for sample in load_dataset("digits").test.inputs:
        pixels, prepared = prepare(sample, DIGITS, "digits")
        assert prepared == "as it is"
        np.testing.assert_array_equal(pixels, sample)


@pytest.mark.parametrize("shade", [0, 100, 255])
@pytest.mark.parametrize("size", [(28, 28), (100, 120)])
def test_nothing_to_see_is_an_error(size, shade):
    with pytest.raises(FileFormatError, match="nothing on it"):
        prepare(np.full(size, shade, np.uint8), MNIST, "mnist")


def test_blocks_are_counted_in_a_bitmap_of_32_by_32():
    ink = np.zeros((64, 40), np.float32)
    ink[:, 16:24] = 1  # from column 8 to 12 of the bitmap's digit, which begins at column 6
    ink[:16] = ink[-16:] = 1
    expected = np.zeros((8, 8), int)
    expected[[0, 1, 6, 7]] = [0, 8, 16, 16, 16, 16, 8, 0]
    expected[2:6] = [0, 0, 0, 8, 8, 0, 0, 0]
    np.testing.assert_array_equal(block_counts(ink, DIGITS), expected)


def test_a_digit_that_leans_is_set_upright():
    leaning = np.zeros((32, 20), bool)
    for row in range(32):
        leaning[row, 14 - row * 12 // 31 : 17 - row * 12 // 31] = True
    left = upright(leaning).argmax(axis=1)
    assert np.ptp(left) <= 2  # of 12
    assert upright(leaning).sum() == leaning.sum()
    straight = np.ones((32, 20), bool)
    np.testing.assert_array_equal(upright(straight)[:, 20:40], straight)


def test_greys_become_levels_and_levels_stay():
    np.testing.assert_array_equal(as_levels(np.array([0, 16, 128, 255], np.uint8)), [0, 1, 8, 16])
    np.testing.assert_array_equal(as_levels(np.array([0, 3, 16], np.uint8)), [0, 3, 16])


def test_the_centre_of_mass_is_the_mean_place():
    assert centre_of_mass(np.array([[0, 1.0], [0, 3]])) == (0.75, 1)


def test_cropping_leaves_what_is_half_covered():
    ink = np.zeros((9, 9), np.float32)
    ink[2:5, 3:8] = 1
    ink[1] = 0.4
    assert cropped(ink).shape == (3, 5)


def test_a_plain_picture_is_resized_and_not_inverted():
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    pixels, prepared = prepare(picture, Frame.of((3, 16, 12)), "plain")
    assert prepared == "resized"
    expected = np.asarray(Image.fromarray(picture).resize((12, 16), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(pixels, expected)
    pixels, prepared = prepare(picture, Frame.of((40, 30, 3)), "plain")
    assert prepared == "as it is"
    np.testing.assert_array_equal(pixels, picture)


@pytest.mark.parametrize(
    ("dataset", "shape", "scale", "expected"),
    [
        ("nnzoo/mnist", (28, 28), 1 / 255, "mnist"),
        ("nnzoo/mnist", (784,), 1 / 255, "mnist"),
        ("nnzoo/digits", (8, 8), 1 / 10, "digits"),
        (None, (28, 28), 1 / 255, "mnist"),
        (None, (784,), 1 / 255, "mnist"),
        (None, (64,), 1 / 10, "digits"),
        (None, (64,), 1 / 16, "digits"),
        (None, (8, 8), 1 / 255, "plain"),
        (None, (32, 32), 1 / 255, "plain"),
        (None, (3, 28, 28), 1 / 255, "plain"),
        (None, (30,), 1, "plain"),
        ("nnzoo-datasets/fashion-mnist", (28, 28), 1 / 255, "plain"),
    ],
)
def test_the_convention_is_that_of_the_data(dataset, shape, scale, expected):
    assert convention_for(dataset, shape, scale) == expected


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((28, 20), (28, 20, False)),
        ((784,), (28, 28, False)),
        ((1, 28, 20), (28, 20, False)),
        ((28, 20, 1), (28, 20, False)),
        ((3, 28, 20), (28, 20, True)),
        ((28, 20, 3), (28, 20, True)),
        ((30,), None),
        ((4,), None),
        ((2, 28, 28), None),
        ((1, 1, 28, 28), None),
    ],
)
def test_the_frame_follows_from_the_shape(shape, expected):
    frame = Frame.of(shape)
    assert (frame and (frame.height, frame.width, frame.color)) == expected
    if frame:
        pixels = np.arange(28 * 20 * 3).reshape(28, 20, 3)
        pixels = pixels if frame.color else np.zeros((frame.height, frame.width))
        assert frame.sample(pixels).shape == shape
        if shape == (3, 28, 20):
            np.testing.assert_array_equal(frame.sample(pixels)[1], pixels[..., 1])
