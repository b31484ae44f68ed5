"""What pixels were multiplied by, read from the numbers that a network is trained on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo import DeepNeuralNetwork, load_dataset, load_model
from nnzoo.builtin.pixels import pixel_step
from nnzoo.errors import UsageError

PIXELS = np.arange(256).reshape(4, 64)


@given(st.lists(st.integers(0, 255), max_size=300), st.sampled_from([1 / 255, 1.0, 2 / 255, 0.5]))
def test_eight_bits_whatever_they_were_multiplied_by(levels, scale):
    inputs = np.array([[0, 255, *levels]], np.float64) * scale
    assert pixel_step(inputs) == pytest.approx(scale, rel=1e-9)
    assert pixel_step(inputs.astype(np.float32)) == pytest.approx(scale, rel=1e-6)


@pytest.mark.parametrize("scale", [1 / 10, 1 / 16, 1.0])
def test_the_seventeen_levels_of_digits(scale):
    assert pixel_step(np.arange(17)[None] * np.float32(scale)) == scale


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((3, 4)),
        PIXELS / 255 - 0.5,
        (PIXELS - PIXELS.mean()) / PIXELS.std(),
        np.array([[0, 1, 2, 3, 4]]),
        np.random.default_rng(0).random((20, 64)),
        np.array([[0, 254 / 255, 1 / 255]]),
    ],
)
def test_inputs_that_are_not_pixels_have_none(inputs):
    assert pixel_step(inputs.astype(np.float32)) is None


def test_a_network_trained_on_scaled_pixels_takes_pixels_too(tmp_path):
    dataset = load_dataset("digits")
    x_train, y_train, x_test, _ = dataset.arrays()
    dnn = DeepNeuralNetwork([64, 8, 10])
    dnn.train(x_train, y_train, epochs=1, verbose=False)
    dnn.save(tmp_path / "digits.safetensors")
    loaded = DeepNeuralNetwork.load(tmp_path / "digits.safetensors")
    assert loaded.preprocessing.scale == dataset.test.scale
    pixels = dataset.test.inputs.reshape(len(x_test), -1)
    np.testing.assert_allclose(loaded.predict_proba(pixels), dnn.predict_proba(x_test), rtol=1e-5, atol=1e-7)


def test_other_numbers_leave_the_scale_of_pixels_as_it_is():
    dnn = DeepNeuralNetwork([4, 3, 2])
    dnn.train(np.random.default_rng(0).standard_normal((8, 4)), np.arange(8) % 2, epochs=1, verbose=False)
    assert dnn.preprocessing.scale == 1 / 255


@pytest.mark.parametrize("largest", [1, 255])
def test_bytes_too_small_to_be_pixels_are_reported(caplog, largest):
    bits, labels = np.eye(8, dtype=np.uint8), np.arange(8) % 2
    dnn = DeepNeuralNetwork([8, 3, 2])
    dnn.train(bits * np.uint8(largest), labels, epochs=1, verbose=False)
    assert ("treated as pixels" in caplog.text) is (largest == 1)
    caplog.clear()
    dnn.fine_tune(bits, labels, epochs=1, verbose=False)
    assert "treated as pixels" in caplog.text


@pytest.mark.parametrize("dtype", ["int64", "uint16", "float32", "float64"])
def test_a_network_of_the_zoo_reads_bytes_of_any_type(dtype):
    network = load_model("mnist-mlp.relu")
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    expected = network.predict_proba(images)
    np.testing.assert_allclose(network.predict_proba(images.astype(dtype)), expected, atol=1e-5)
    np.testing.assert_allclose(network.predict_proba(images / 255), expected, atol=1e-5)
    with pytest.raises(UsageError, match="neither an integer pixel"):
        network.predict_proba(images / 85)
