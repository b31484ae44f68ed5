"""A model file that does not fit together is refused before a network is built."""

from dataclasses import replace

import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.files.tensors import read_tensors, write_tensors
from nnzoo.kinds import FittedFeature, Preprocessing


@pytest.fixture
def changed(tmp_path):
    """Write a small network's file with another description, and the right fingerprint."""

    def write(*, old=False, **data):
        path = tmp_path / "model.safetensors"
        DeepNeuralNetwork([4, 3, 2]).save(path)
        file = read_tensors(path)
        file.description["data"] |= data
        if old:
            upgraded = file.description["data"]
            for name in ("output_shape", "target_shape", "names"):
                del upgraded[name]
            del file.description["components"]["task"], file.description["preprocessing"]
            upgraded |= {"outputs": 2, "class_names": ["no", "yes"], "scale": 0.5, **data}
            file = replace(file, tensors={n: t for n, t in file.tensors.items() if not n.startswith("preprocessing.")})
        write_tensors(path, file.tensors, file.description)
        return path

    return write


def test_a_saved_network_is_loaded(changed):
    assert DeepNeuralNetwork.load(changed(names=["no", "yes"])).class_names == ("no", "yes")


def test_a_file_of_version_0_1_is_loaded(changed):
    dnn = DeepNeuralNetwork.load(changed(old=True))
    assert (dnn.task.name, dnn.class_names, dnn.preprocessing.scale) == ("classification", ("no", "yes"), 0.5)
    assert dnn.problem.has_classes
    regression = DeepNeuralNetwork([4, 3, 2], task="regression")
    assert not regression.problem.has_classes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"names": ["only"]}, "1 names for 2 outputs"),
        ({"output_shape": [3]}, r"array '2\.dense\.bias' has shape \(2,\) where \(3,\) is expected"),
        ({"output_shape": [10**12]}, r"array '2\.dense\.bias' has shape"),
        ({"target_shape": [7]}, "do not belong to"),
        ({"old": True, "class_names": ["only"]}, "1 names for 2 outputs"),
        ({"old": True, "outputs": 3}, "names for 3 outputs"),
        ({"old": True, "outputs": "x"}, "output_shape"),
        ({"input_shape": [5]}, r"array '0\.dense\.weight' has shape"),
        ({"input_shape": []}, "input_shape"),
        ({"scale": 0}, "scale"),
        ({"secret": 1}, "secret"),
    ],
)
def test_arrays_that_do_not_fit_the_architecture_are_refused(changed, data, message):
    with pytest.raises(FileFormatError, match=message):
        DeepNeuralNetwork.load(changed(**data))


def test_too_many_columns_for_a_file_are_refused_on_writing(tmp_path):
    dnn = DeepNeuralNetwork([4, 3, 2])
    dnn.preprocessing = Preprocessing(tuple(FittedFeature((), str(number)) for number in range(10_001)))
    with pytest.raises(UsageError, match=r"10,001 columns"):
        dnn.save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())
