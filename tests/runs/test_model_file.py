"""A model file that does not fit together is refused before a network is made of it."""

import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.errors import FileFormatError
from nnzoo.files.tensors import read_tensors, write_tensors


@pytest.fixture
def changed(tmp_path):
    """Write a small network's file with another description, and the right fingerprint."""

    def write(**data):
        path = tmp_path / "model.safetensors"
        DeepNeuralNetwork([4, 3, 2]).save(path)
        file = read_tensors(path)
        file.description["data"] |= data
        write_tensors(path, file.tensors, file.description)
        return path

    return write


def test_what_was_saved_is_loaded(changed):
    assert DeepNeuralNetwork.load(changed(class_names=["no", "yes"])).class_names == ("no", "yes")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"class_names": ["only"]}, "has 1 class names for 2 classes"),
        ({"outputs": 3}, r"array '2\.dense\.bias' has shape \(2,\) where \(3,\) is expected"),
        ({"outputs": 10**12}, r"array '2\.dense\.bias' has shape"),
        ({"input_shape": [5]}, r"array '0\.dense\.weight' has shape"),
        ({"input_shape": []}, "input_shape"),
        ({"scale": 0}, "scale"),
        ({"secret": 1}, "secret"),
    ],
)
def test_what_does_not_fit_is_refused(changed, data, message):
    with pytest.raises(FileFormatError, match=message):
        DeepNeuralNetwork.load(changed(**data))
