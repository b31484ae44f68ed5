"""Pictures in Python: files and Pillow images get the same answers as from `nnzoo predict`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnzoo import DeepNeuralNetwork, load_dataset, load_model
from nnzoo.errors import FileFormatError, StorageError, UnreadablePictureError, UsageError

pytestmark = pytest.mark.usefixtures("clean_environment")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures of two classes, dark and light, of all sizes."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, level in (("dark", 40), ("light", 200)):
        (folder / name).mkdir()
        for number in range(12):
            size = RNG.integers(20, 60, 2)
            pixels = (level + RNG.integers(-20, 20, (*size, 3))).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def dnn(folder):
    data = load_dataset(f"images:path={folder},size=8")
    network = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=8")
    network.train(data, epochs=60, verbose=False)
    return network


def test_paths_images_and_arrays_get_the_same_answers_as_from_the_command(dnn, folder, run_nnzoo):
    paths = [folder / "dark" / "0.png", folder / "light" / "3.png"]
    dnn.save("model.safetensors")
    outcome = run_nnzoo("predict", "model.safetensors", *paths, "--json")
    expected = json.loads(outcome.stdout)
    images = [Image.open(path) for path in paths]
    for given in (paths, [*map(str, paths)], tuple(paths), images, [paths[0], images[1]], [*map(np.asarray, images)]):
        found = dnn.answers(given)
        assert [each["answer"] for each in found] == [each["answer"] for each in expected] == ["dark", "light"]
        probabilities = [[*each["probabilities"].values()] for each in found]
        np.testing.assert_array_equal(probabilities, [each["probabilities"] for each in expected])
        assert dnn.predict(given).tolist() == [0, 1]
    assert dnn.predict(paths[1]).tolist() == dnn.predict(images[1]).tolist() == [1]
    assert dnn.predict_proba(str(paths[1])).shape == (1, 2)


def test_a_file_or_picture_that_can_not_be_used_is_named(dnn, folder):
    Path("notes.jpg").write_text("no picture")
    for given, error, words in (
        ("nowhere.png", StorageError, "nowhere.png"),
        ([folder / "dark" / "0.png", "notes.jpg"], FileFormatError, "notes.jpg"),
        (["dark", 3], UsageError, "x holds"),
        (np.zeros((2, 30, 40, 3), np.uint8), UsageError, "a list of paths"),
    ):
        with pytest.raises(error) as caught:
            dnn.predict(given)
        assert words in str(caught.value)


def test_an_unreadable_picture_gets_no_answer():
    network = load_model("digits-mlp")
    with pytest.raises(UnreadablePictureError, match=r"x\[1\]"):
        network.predict([Image.fromarray(digit()), Image.new("L", (40, 40), 255)])


def digit():
    """A one, drawn on white."""
    pixels = np.full((80, 80), 255, np.uint8)
    pixels[15:65, 36:44] = 0
    return pixels


def test_a_network_trained_on_arrays_refuses_pictures():
    dnn = DeepNeuralNetwork([64, 4])
    dnn.train(RNG.random((20, 64)), RNG.integers(0, 4, 20), epochs=1, verbose=False)
    Image.fromarray(digit()).save("one.png")
    with pytest.raises(UsageError, match="trained on arrays"):
        dnn.predict("one.png")
