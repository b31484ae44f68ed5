"""Scripts take pixels, pictures of any size and numbers as they come, and understand them as nnzoo does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Dataset, Feature, FileFormatError, Split, TrainedStep
from nnzoo.builtin import numpy_reading as reading
from nnzoo.builtin.numpy_lines import step_lines
from nnzoo.builtin.pictures import Ink, Square
from nnzoo.builtin.pixels import Pixels
from nnzoo.builtin.preprocessors import Fill, Standardize
from nnzoo.kinds import NamedComponent
from nnzoo.model.predictor import Predictor
from nnzoo.plugins.registry import Registry

REGISTRY = Registry(disabled=["all"])


def trained(inputs, features=(), scale=1.0):
    """A network that has seen raw data for a moment; its weights are shaken, so that answers differ."""
    rng = np.random.default_rng(0)
    split = Split(inputs, rng.integers(0, 3, len(inputs)), scale)
    data = Dataset(split, split, class_names=("a", "b", "c"), features=features)
    dnn = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=5", activation="sigmoid", registry=REGISTRY)
    dnn.train(data, epochs=1, verbose=False)
    parameters = dnn.network.parameters.vector
    parameters += rng.standard_normal(parameters.shape).astype(np.float32)
    return dnn


def predictions_of(dnn, raw):
    return Predictor(dnn.network, dnn.task, dnn.loss, dnn.problem, dnn.preprocessing).predictions(raw)


def photographs(seed):
    """Pictures of many sizes, in grey and in colours, with edges and noise."""
    rng = np.random.default_rng(seed)
    for height, width in ((9, 9), (8, 8), (31, 17), (5, 40), (1, 1), (3, 2), (64, 9), (200, 301)):
        for channels in ((), (3,)):
            picture = rng.integers(0, 256, (height, width, *channels), dtype=np.uint8)
            picture[: height // 2, : width // 3] = rng.choice([0, 255])
            yield picture


@pytest.mark.parametrize("method", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_pictures_of_any_size(exported, method, color):
    shape = (9, 9) if color == "grey" else (3, 9, 9)
    data = np.random.default_rng(1).integers(0, 256, (40, *shape), dtype=np.uint8)
    dnn = trained(data, (Feature((Square(9, method, color),)),), 1 / 255)
    predict, pictures = exported(dnn).load().predict, list(photographs(2))
    expected = predictions_of(dnn, pictures)
    assert np.ptp(expected, axis=0).min() > 0.01
    np.testing.assert_allclose(predict(pictures), expected, rtol=0, atol=1e-6)
    for picture, wanted in zip(pictures, expected, strict=True):
        np.testing.assert_allclose(predict(picture), [wanted], rtol=0, atol=1e-6)
    np.testing.assert_allclose(predict(data), predictions_of(dnn, data), rtol=0, atol=1e-6)
    np.testing.assert_allclose(predict(data[0]), predictions_of(dnn, data[:1]), rtol=0, atol=1e-6)


def test_pictures_on_the_command_line(exported, tmp_path):
    data = np.random.default_rng(1).integers(0, 256, (40, 9, 9), dtype=np.uint8)
    dnn = trained(data, (Feature((Square(9, "pad"),)),), 1 / 255)
    script, batch = exported(dnn), np.random.default_rng(2).integers(0, 256, (4, 20, 30, 3), dtype=np.uint8)
    for name, array in (("one", batch[0]), ("grey", batch[0, ..., 0]), ("several", batch), ("ready", data)):
        np.save(tmp_path / "pictures.npy", array)
        raw = {"one": batch[:1], "grey": batch[:1, ..., 0], "several": batch, "ready": data}[name]
        done = script.run("pictures.npy", "--out", "answers.npy")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        expected = predictions_of(dnn, data if name == "ready" else list(raw))
        np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((5, 5, 4), np.uint8), np.zeros((5, 0), np.uint8), np.zeros(5, np.uint8), np.zeros((5, 5), np.float32)],
)
def test_what_is_not_a_picture_is_refused(exported, picture):
    data = np.random.default_rng(1).integers(0, 256, (10, 9, 9), dtype=np.uint8)
    predict = exported(trained(data, (Feature((Square(9),)),), 1 / 255)).load().predict
    with pytest.raises(ValueError, match="not a picture"):
        predict([picture])


def test_handwritten_digits_are_taken_as_the_data_set_has_them(exported):
    data = np.random.default_rng(1).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    dnn = trained(data, (Feature((Ink(),)),), 1 / 255)
    predict = exported(dnn).load().predict
    np.testing.assert_allclose(predict(data), predictions_of(dnn, data), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="reshape"):
        predict(np.zeros((3, 100, 80), np.uint8))


def test_numbers_that_are_equal_in_float32(exported):
    raw = 2e7 + np.random.default_rng(0).random((50, 3))
    dnn = trained(raw, (Feature((Fill(), Standardize())),))
    raw[0, 1] = np.nan
    expected = predictions_of(dnn, raw)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(exported(dnn).load().predict(raw), expected, rtol=0, atol=1e-6)


@given(
    training=arrays(np.uint8, (4, 3))
    | arrays(np.int64, (4, 3), elements=st.integers(-20, 300))
    | arrays(np.float64, (4, 3), elements=st.integers(0, 255).map(float))
    | arrays(np.float64, (4, 3), elements=st.floats(-9, 9)),
    x=arrays(np.uint8, array_shapes(min_dims=2, max_dims=2))
    | arrays(np.float64, (3, 3), elements=st.floats(-600, 600) | st.integers(-9, 300).map(float)),
    multiplier=st.none() | st.just(1 / 255),
)
def test_pixels_are_understood_as_nnzoo_understands_them(training, x, multiplier):
    step = Pixels(multiplier)
    fitted = step.fit(training)
    (line,) = step_lines(TrainedStep(NamedComponent("nnzoo/pixels"), fitted))
    assert line.call in (reading.pixels, reading.raw_pixels)
    try:
        expected = step.transform(x, fitted)
    except FileFormatError:
        with pytest.raises(ValueError, match="value"):
            line.call(x, **line.options)
    else:
        np.testing.assert_allclose(line.call(x, **line.options), expected, rtol=1e-6, atol=1e-30)
