"""Which bytes make which samples."""

import io

import numpy as np
import pytest
from PIL import Image

from nnzoo.builtin.pictures import Ink, Square
from nnzoo.errors import FileFormatError
from nnzoo.imaging.samples import Frame, read_samples, usual_step

DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 12:16] = 255
DIGIT[4:24, 11] = DIGIT[4:24, 16] = 120
PHOTO = 255 - np.kron(DIGIT, np.ones((3, 3), np.uint8))


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(28, 28), (784,), (1, 28, 28), (28, 28, 1)])
@pytest.mark.parametrize("how", [{"step": Ink()}, {"raw": True}, {}], ids=["ink", "raw", "plain"])
def test_a_picture_and_an_array_of_it_are_the_same_sample(encoded, shape, how):
    arrays = [saved(DIGIT), saved(DIGIT.ravel())]
    for data in (encoded(DIGIT), *arrays):
        (sample,) = read_samples(data, shape, **how)
        assert (sample.values.shape, sample.values.dtype, sample.index) == (shape, np.uint8, None)
        assert sample.prepared == "used as it is"
        np.testing.assert_array_equal(sample.values.ravel(), DIGIT.ravel())


@pytest.mark.parametrize("shape", [(28, 28), (784,)])
def test_an_array_may_hold_several_samples(shape):
    batch = np.stack([DIGIT, DIGIT // 2, 0 * DIGIT])
    for array in (batch, batch.reshape(3, 784), batch / np.float32(255)):
        samples = read_samples(saved(array), shape, Ink())
        assert [sample.index for sample in samples] == [0, 1, 2]
        for sample, values in zip(samples, array, strict=True):
            np.testing.assert_array_equal(sample.values.ravel(), values.ravel())


def test_an_array_of_another_size_is_a_picture_or_several():
    in_color = np.repeat(PHOTO[..., None], 3, axis=2)
    for array in (PHOTO, in_color, np.stack([PHOTO, PHOTO]), np.stack([in_color, in_color])):
        samples = read_samples(saved(array), (28, 28), Ink())
        assert len(samples) == (1 if array.shape[0] == 84 else 2)
        for sample in samples:
            assert sample.prepared == "inverted, cut out, centred"
            assert sample.values.shape == (28, 28)


def test_color_is_kept_where_the_network_sees_it(encoded):
    picture = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)
    for data in (encoded(picture), saved(picture)):
        (sample,) = read_samples(data, (3, 6, 5))
        np.testing.assert_array_equal(sample.values, picture.transpose(2, 0, 1))
    (sample,) = read_samples(saved(picture.transpose(2, 0, 1)), (3, 6, 5))
    np.testing.assert_array_equal(sample.values, picture.transpose(2, 0, 1))


def test_a_picture_that_shows_nothing_is_a_sample_that_says_so(encoded):
    found = read_samples(saved(np.stack([PHOTO, 0 * PHOTO])), (28, 28), Ink())
    assert [(sample.index, sample.unreadable) for sample in found] == [
        (0, ""),
        (1, "shows nothing that stands out"),
    ]
    two = np.concatenate([PHOTO, PHOTO], axis=1)
    (sample,) = read_samples(encoded(two), (28, 28), Ink())
    assert sample.unreadable == "shows more than one digit: cut out one of them"


@pytest.mark.parametrize(
    ("array", "shape", "how", "fragment"),
    [
        (PHOTO, (28, 28), {"raw": True}, "shape (84, 84)"),
        (PHOTO / 255, (28, 28), {"step": Ink()}, "shape (84, 84)"),
        (PHOTO[None, None], (28, 28), {"step": Ink()}, "not that of an image"),
        (np.zeros((9, 9, 4), np.uint8), (28, 28), {"step": Ink()}, "not that of an image"),
        (np.zeros((0, 28, 28), np.uint8), (28, 28), {"step": Ink()}, "shape (0, 28, 28)"),
        (np.full((28, 28), np.nan), (28, 28), {"step": Ink()}, "not finite"),
        (np.full((28, 28), 1e300), (28, 28), {"step": Ink()}, "not finite"),
        (np.zeros((5, 4), np.uint8), (3,), {"step": Ink()}, "shape (5, 4)"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(array, shape, how, fragment):
    with pytest.raises(FileFormatError) as caught:
        read_samples(saved(array), shape, **how)
    assert fragment in caught.value.message


def test_a_raw_picture_must_have_the_right_size_and_color(encoded):
    for picture in (PHOTO, np.repeat(DIGIT[..., None], 3, axis=2)):
        with pytest.raises(FileFormatError, match="to be used unchanged"):
            read_samples(encoded(picture), (28, 28), raw=True)


def test_a_picture_is_not_a_row_of_a_table(encoded):
    with pytest.raises(FileFormatError, match="is an image, but"):
        read_samples(encoded(PHOTO), (30,))


@pytest.mark.parametrize("data", [b"", b"hello", b"GIF89a" + bytes(50), b"PK\x03\x04", b"\x93NUM", b"\x80\x04K\x01."])
def test_other_files_are_refused(data):
    with pytest.raises(FileFormatError, match=r"neither a PNG or JPEG image nor a \.npy array"):
        read_samples(data, (28, 28), Ink())


def test_a_models_own_step_makes_the_sample(encoded):
    picture = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    step = Square(6, "pad", "rgb")
    for data in (encoded(picture), saved(picture)):
        (sample,) = read_samples(data, (3, 6, 6), step)
        np.testing.assert_array_equal(sample.values, step.prepare(picture)[0])
        assert sample.prepared == "resized"


def test_a_picture_is_stretched_where_the_model_has_no_step():
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    pixels, prepared = Frame.of((3, 16, 12)).stretched(picture)
    assert prepared == "resized"
    expected = np.asarray(Image.fromarray(picture).resize((12, 16), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(pixels, expected)
    pixels, prepared = Frame.of((40, 30, 3)).stretched(picture)
    assert prepared == "used as it is"
    np.testing.assert_array_equal(pixels, picture)


@pytest.mark.parametrize(
    ("dataset", "shape", "scale", "expected"),
    [
        ("nnzoo/mnist", (28, 28), 1 / 255, "ink:convention=mnist"),
        ("nnzoo/mnist", (784,), 1 / 255, "ink:convention=mnist"),
        ("nnzoo/digits", (8, 8), 1 / 10, "ink:convention=digits"),
        (None, (28, 28), 1 / 255, "ink:convention=mnist"),
        (None, (784,), 1 / 255, "ink:convention=mnist"),
        (None, (64,), 1 / 10, "ink:convention=digits"),
        (None, (64,), 1 / 16, "ink:convention=digits"),
        (None, (8, 8), 1 / 255, ""),
        (None, (32, 32), 1 / 255, ""),
        (None, (3, 28, 28), 1 / 255, ""),
        (None, (30,), 1, ""),
        ("nnzoo-datasets/fashion-mnist", (28, 28), 1 / 255, ""),
    ],
)
def test_the_usual_step_is_that_of_the_data(dataset, shape, scale, expected):
    assert usual_step(dataset, shape, scale) == expected


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
