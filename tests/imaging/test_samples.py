"""Which bytes make which samples."""

import io

import numpy as np
import pytest

from nnzoo.errors import FileFormatError
from nnzoo.imaging.samples import read_samples

DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 12:16] = np.arange(100, 260, 2).reshape(20, 4).clip(0, 255)
PHOTO = 255 - np.kron(DIGIT, np.ones((3, 3), np.uint8))


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(28, 28), (784,), (1, 28, 28), (28, 28, 1)])
@pytest.mark.parametrize("convention", ["mnist", None])
def test_a_picture_and_an_array_of_it_are_the_same_sample(encoded, shape, convention):
    arrays = [saved(DIGIT), saved(DIGIT.ravel())]
    for data in (encoded(DIGIT), *arrays):
        (sample,) = read_samples(data, shape, convention)
        assert (sample.values.shape, sample.values.dtype, sample.index) == (shape, np.uint8, None)
        assert sample.prepared == "as it is"
        np.testing.assert_array_equal(sample.values.ravel(), DIGIT.ravel())


@pytest.mark.parametrize("shape", [(28, 28), (784,)])
def test_an_array_may_hold_several_samples(shape):
    batch = np.stack([DIGIT, DIGIT // 2, 0 * DIGIT])
    for array in (batch, batch.reshape(3, 784), batch / np.float32(255)):
        samples = read_samples(saved(array), shape, "mnist")
        assert [sample.index for sample in samples] == [0, 1, 2]
        for sample, values in zip(samples, array, strict=True):
            np.testing.assert_array_equal(sample.values.ravel(), values.ravel())


def test_an_array_of_another_size_is_a_picture_or_several():
    in_color = np.repeat(PHOTO[..., None], 3, axis=2)
    for array in (PHOTO, in_color, np.stack([PHOTO, PHOTO]), np.stack([in_color, in_color])):
        samples = read_samples(saved(array), (28, 28), "mnist")
        assert len(samples) == (1 if array.shape[0] == 84 else 2)
        for sample in samples:
            assert sample.prepared == "inverted, cropped, centred"
            assert sample.values.shape == (28, 28)


def test_color_is_kept_where_the_network_sees_it(encoded):
    picture = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)
    for data in (encoded(picture), saved(picture)):
        (sample,) = read_samples(data, (3, 6, 5), "plain")
        np.testing.assert_array_equal(sample.values, picture.transpose(2, 0, 1))
    (sample,) = read_samples(saved(picture.transpose(2, 0, 1)), (3, 6, 5), "plain")
    np.testing.assert_array_equal(sample.values, picture.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("array", "shape", "convention", "fragment"),
    [
        (PHOTO, (28, 28), None, "shape (84, 84)"),
        (PHOTO / 255, (28, 28), "mnist", "shape (84, 84)"),
        (PHOTO[None, None], (28, 28), "mnist", "no picture"),
        (np.zeros((9, 9, 4), np.uint8), (28, 28), "mnist", "no picture"),
        (np.zeros((0, 28, 28), np.uint8), (28, 28), "mnist", "shape (0, 28, 28)"),
        (np.full((28, 28), np.nan), (28, 28), "mnist", "not finite"),
        (np.full((28, 28), 1e300), (28, 28), "mnist", "not finite"),
        (np.zeros((5, 4), np.uint8), (3,), "mnist", "shape (5, 4)"),
        (np.stack([PHOTO, 0 * PHOTO]), (28, 28), "mnist", "[1] has nothing"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(array, shape, convention, fragment):
    with pytest.raises(FileFormatError) as caught:
        read_samples(saved(array), shape, convention)
    assert fragment in caught.value.message


def test_a_raw_picture_must_have_the_right_size_and_color(encoded):
    for picture in (PHOTO, np.repeat(DIGIT[..., None], 3, axis=2)):
        with pytest.raises(FileFormatError, match="--raw"):
            read_samples(encoded(picture), (28, 28), None)


def test_a_picture_is_no_row_of_a_table(encoded):
    with pytest.raises(FileFormatError, match="is a picture"):
        read_samples(encoded(PHOTO), (30,), "plain")


@pytest.mark.parametrize("data", [b"", b"hello", b"GIF89a" + bytes(50), b"PK\x03\x04", b"\x93NUM", b"\x80\x04K\x01."])
def test_other_files_are_refused(data):
    with pytest.raises(FileFormatError, match=r"neither a PNG or JPEG image nor a \.npy array"):
        read_samples(data, (28, 28), "mnist")
