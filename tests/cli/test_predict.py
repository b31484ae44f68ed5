"""``nnzoo predict``: what is on an image."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nnzoo import DeepNeuralNetwork, load_dataset

DIGITS = load_dataset("digits").test
ZERO = int(np.flatnonzero(DIGITS.targets == 0)[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory, nnzoo_here):
    """A folder with a run and images of the first test samples, in several forms."""
    folder = tmp_path_factory.mktemp("images")
    train = ("train", "--dataset", "digits", "--run-dir", "run", "--epochs", "5")
    assert nnzoo_here(folder, *train).code == 0
    (folder / "folder").mkdir()
    Image.fromarray(DIGITS.inputs[0]).save(folder / "0.png")
    large = np.kron(DIGITS.inputs[ZERO] * np.uint8(15), np.ones((20, 20), np.uint8))
    Image.fromarray(255 - np.pad(large, 60)).save(folder / "drawn.jpg", quality=90)
    np.save(folder / "one.npy", DIGITS.inputs[0])
    np.save(folder / "batch.npy", DIGITS.inputs[:40])
    np.save(folder / "scaled.npy", DIGITS.inputs[:40] * np.float32(1 / 10))
    Image.new("L", (60, 60), 255).save(folder / "blank.png")
    drawn = 255 - np.pad(large, 60)
    Image.fromarray(np.concatenate([drawn, drawn], axis=1)).save(folder / "two.png")
    cross = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(cross).line([(40, 40), (160, 160)], fill=0, width=12)
    ImageDraw.Draw(cross).line([(160, 40), (40, 160)], fill=0, width=12)
    cross.save(folder / "cross.png")
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:50])
    (folder / "notes.txt").write_text("no file to answer")
    return folder


@pytest.fixture
def predicted(nnzoo_here, folder):
    """What the command says as JSON."""

    def predict(*arguments):
        outcome = nnzoo_here(folder, "predict", *arguments, "--json")
        assert (outcome.code, outcome.stderr) == (0, "")
        return json.loads(outcome.stdout)

    return predict


def test_a_file_is_read_as_one_whatever_it_is_called(nnzoo_here, folder):
    (folder / "fashion-lenet5").write_bytes((folder / "drawn.jpg").read_bytes())
    named, drawn = (nnzoo_here(folder, "predict", name, "--json") for name in ("fashion-lenet5", "drawn.jpg"))
    assert (named.code, named.stderr) == (0, drawn.stderr)
    assert [row["answer"] for row in json.loads(named.stdout)] == [row["answer"] for row in json.loads(drawn.stdout)]


def test_each_image_has_its_class_and_all_probabilities(predicted, folder):
    found = predicted("run", "0.png", "drawn.jpg", "batch.npy")
    assert [(row["file"], row["sample"]) for row in found] == [
        ("0.png", None),
        ("drawn.jpg", None),
        *(("batch.npy", index) for index in range(40)),
    ]
    for row in found:
        assert len(row["probabilities"]) == 10
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert row["probability"] == max(row["probabilities"])
        assert row["class"] == str(np.argmax(row["probabilities"]))
    assert [row["class"] for row in found[:2]] == [str(DIGITS.targets[0]), "0"]
    prepared = [row["prepared"] for row in found]
    assert prepared == ["used as it is", "inverted, cut out, centred", *["used as it is"] * 40]


def test_a_picture_and_an_array_of_it_have_the_same_probabilities_to_the_bit(predicted, folder):
    rows = [
        predicted("run", "0.png")[0],
        predicted("run/model.safetensors", "one.npy")[0],
        predicted("run", "drawn.jpg", "batch.npy")[1],
        predicted("run", "--raw", "0.png")[0],
    ]
    dnn = DeepNeuralNetwork.load(folder / "run" / "model.safetensors")
    expected = dnn.predict_proba(DIGITS.inputs[:1])[0].tolist()
    assert [row["probabilities"] for row in rows] == [expected] * 4


def test_numbers_that_are_scaled_already_are_not_scaled_again(predicted):
    scaled, levels = (predicted("run", name) for name in ("scaled.npy", "batch.npy"))
    for one, other in zip(scaled, levels, strict=True):
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], atol=1e-5)


@pytest.mark.parametrize("name", ["0.png", "drawn.jpg", "batch.npy"])
def test_standard_input_may_be_any_of_these(folder, monkeypatch, predicted, name):
    expected = [{**row, "file": "-"} for row in predicted("run", name)]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((folder / name).read_bytes())))
    assert predicted("run", "-") == expected


def test_standard_input_of_a_process(folder, clean_variables, predicted):
    done = subprocess.run(
        [sys.executable, "-m", "nnzoo", "predict", "run", "-", "--json"],
        cwd=folder,
        env=clean_variables(folder),
        input=(folder / "0.png").read_bytes(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == [{**row, "file": "-"} for row in predicted("run", "0.png")]


def test_a_network_that_was_trained_in_python_on_scaled_numbers_reads_pictures(predicted, folder):
    x_train, y_train, _, _ = load_dataset("digits").arrays()
    dnn = DeepNeuralNetwork([64, 32, 10])
    dnn.train(x_train, y_train, epochs=5, verbose=False)
    dnn.save(folder / "python.safetensors")
    assert [row["class"] for row in predicted("python.safetensors", "drawn.jpg", "0.png")] == [
        "0",
        str(DIGITS.targets[0]),
    ]


def test_the_most_probable_classes_are_shown_in_order(nnzoo_here, folder, predicted):
    (row,) = predicted("run", "0.png", "--top", "3")
    order = np.argsort(row["probabilities"])[::-1][:3]
    assert row["top"] == [{"class": str(c), "probability": row["probabilities"][c]} for c in order]
    outcome = nnzoo_here(folder, "predict", "run", "0.png", "--top", "3")
    assert (outcome.code, outcome.stderr) == (0, "")
    lines = [line.split() for line in outcome.stdout.splitlines() if "%" in line]
    assert lines[0][:5] == ["0.png", "used", "as", "it", "is"]
    assert [line[-2:] for line in lines] == [[each["class"], f"{each['probability']:.2%}"] for each in row["top"]]
    assert len(predicted("run", "0.png", "--top", "99")[0]["top"]) == 10


def test_the_default_model_is_one_of_the_zoo(nnzoo_here, folder):
    outcome = nnzoo_here(folder, "predict", "drawn.jpg", "--json")
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)[0]["class"] == "0"
    assert "mnist-mlp.large is used, which reads handwritten digits" in outcome.stderr


def test_a_model_is_known_by_its_contents(predicted, folder):
    (folder / "model.png").write_bytes((folder / "run" / "model.safetensors").read_bytes())
    assert predicted("model.png", "0.png") == predicted("run", "0.png")


def test_every_bad_file_is_listed_and_nothing_is_predicted(nnzoo_here, folder):
    files = ("0.png", "broken.png", "missing.png", "notes.txt")
    outcome = nnzoo_here(folder, "predict", "run", *files)
    assert (outcome.code, outcome.stdout) == (3, "")
    assert "3 of 4 images can't be used" in outcome.stderr
    for line in (
        "broken.png is not an intact PNG or JPEG file",
        "can't read missing.png",
        "notes.txt is neither a PNG or JPEG image nor a .npy array",
    ):
        assert line in outcome.stderr
    assert "Traceback" not in outcome.stderr


UNREADABLE = {
    "blank.png": "shows nothing that stands out",
    "two.png": "shows more than one digit: cut out one of them",
}


def test_a_picture_that_can_not_be_read_has_no_answer_and_the_others_have_theirs(nnzoo_here, folder, predicted):
    files = ("blank.png", "drawn.jpg", "two.png", "0.png")
    outcome = nnzoo_here(folder, "predict", "run", *files, "--json", "--out", "found.csv")
    rows = json.loads(outcome.stdout)
    assert outcome.code == 3
    assert "2 of 4 images can't be read" in outcome.stderr
    for row in rows:
        if reason := UNREADABLE.get(row["file"]):
            assert (row["class"], row["answer"], row["probability"], row["probabilities"]) == (None,) * 4
            assert (row["unreadable"], row["top"]) == (reason, [])
            assert f"{row['file']} {reason}" in outcome.stderr
    assert rows[1::2] == predicted("run", "drawn.jpg", "0.png")
    written = [line.split(",") for line in (folder / "found.csv").read_text().splitlines()]
    assert [(line[0], line[2], line[-1]) for line in written] == [
        ("file", "answer", "unreadable"),
        *((row["file"], row["answer"] or "", row["unreadable"] or "") for row in rows),
    ]
    table = nnzoo_here(folder, "predict", "run", *files)
    assert table.code == 3
    assert ["can't be read" in line for line in table.stdout.splitlines() if ".png" in line] == [True, True, False]


def test_an_answer_that_is_not_likely_enough_is_not_given(nnzoo_here, folder):
    """A cross is not a digit."""
    outcome = nnzoo_here(folder, "predict", "cross.png", "drawn.jpg", "--json")
    row = json.loads(outcome.stdout)[0]
    assert (outcome.code, row["class"], row["answer"], row["probability"]) == (3, None, None, None)
    assert 0.1 < row["top"][0]["probability"] < 0.75
    assert row["unreadable"].startswith(f"is not clear: most like {row['top'][0]['class']}, at ")
    assert row["unreadable"] in outcome.stderr


def test_pictures_in_an_array_are_answered_one_by_one(nnzoo_here, folder):
    drawn = np.array(Image.open(folder / "drawn.jpg"))
    np.save(folder / "pictures.npy", np.stack([drawn, np.full_like(drawn, 255)]))
    outcome = nnzoo_here(folder, "predict", "run", "pictures.npy", "--json")
    assert (outcome.code, [row["class"] for row in json.loads(outcome.stdout)]) == (3, ["0", None])
    assert "pictures.npy[1] shows nothing" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "fragment"),
    [
        (("run", "two.png"), 3, "two.png shows more than one digit"),
        (("run", "blank.png"), 3, "blank.png shows nothing"),
        (("run", "missing.png"), 7, "can't read missing.png"),
        (("run", "missing.png", "gone.png"), 7, "2 of 2"),
        (("run", "run"), 2, "there are two models"),
        (("run", "run/model.safetensors"), 2, "there are two models"),
        (("run", "drawn.jpg", "--raw"), 3, "--raw"),
        (("run", "-", "-"), 2, "once"),
        (("ruin", "0.png"), 7, "did you mean run?"),
        (("nowhere/ruin", "0.png"), 7, "no model nowhere/ruin"),
        (("digits-mlp.rel", "0.png"), 7, "did you mean digits-mlp.relu"),
        (("run", "folder"), 2, "folder is a folder"),
        (("run",), 2, "no data file"),
        ((), 2, "FILE"),
        (("missing.safetensors", "0.png"), 7, "missing.safetensors"),
        ((".", "0.png"), 3, "no model.safetensors"),
        (("run", "0.png", "--top", "0"), 2, "--top 0"),
        (("run", "0.png", "--raw", "--as", "mnist"), 2, "--raw"),
        (("run", "0.png", "--as", "letters"), 2, "letters"),
    ],
)
def test_invalid_arguments_are_refused_with_a_reason(nnzoo_here, folder, arguments, code, fragment):
    outcome = nnzoo_here(folder, "predict", *arguments)
    assert (outcome.code, outcome.stdout) == (code, "")
    assert fragment in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_convention_may_be_asked_for(predicted):
    (row,) = predicted("run", "drawn.jpg", "--as", "plain")
    assert row["prepared"] == "resized"


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_a_network_for_values_predicts_values(predicted, folder):
    dnn = DeepNeuralNetwork([64, 2], task="regression")
    dnn.save(folder / "values.safetensors")
    first, second, *_ = predicted("values.safetensors", "scaled.npy")
    expected = dnn.predict(DIGITS.inputs[:2] * np.float32(1 / 10))
    assert first.keys() == {"file", "sample", "answer", "values", "prepared", "unreadable"}
    np.testing.assert_allclose([first["values"], second["values"]], expected, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_a_network_without_probabilities_predicts_classes(nnzoo_here, predicted, folder):
    dnn = DeepNeuralNetwork([64, 10], loss="mse", class_names=[f"number \x1b[3{n}m" for n in range(10)])
    dnn.save(folder / "mse.safetensors")
    (row,) = predicted("mse.safetensors", "one.npy")
    assert row["class"] == dnn.class_names[dnn.predict(DIGITS.inputs[:1])[0]]
    assert (row["probability"], row["probabilities"]) == (None, None)
    outcome = nnzoo_here(folder, "predict", "mse.safetensors", "one.npy")
    assert r"\x1b[3" in outcome.stdout
    assert "\x1b" not in outcome.stdout
    outcome = nnzoo_here(folder, "predict", "mse.safetensors", "one.npy", "--top", "2")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "does not give probabilities" in outcome.stderr


@pytest.mark.parametrize("model", ["run", "run/model.safetensors", "digits-mlp.relu"])
def test_the_model_comes_first(nnzoo_here, folder, model):
    outcome = nnzoo_here(folder, "predict", "0.png", model)
    assert outcome.code == 2
    assert f"nnzoo predict {model} 0.png" in outcome.stderr
    outcome = nnzoo_here(folder, "predict", "run", model, "0.png")
    assert (outcome.code, "there are two models" in outcome.stderr) == (2, True)


def test_standard_input_that_is_closed(nnzoo_here, folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    outcome = nnzoo_here(folder, "predict", "run", "-")
    assert (outcome.code, outcome.stderr) == (7, "nnzoo: error: standard input is closed\n")
