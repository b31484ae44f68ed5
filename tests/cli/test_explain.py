"""``nnzoo explain`` of a data set's sample and of trained networks, and what it refuses."""

import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.cli.main import main

LINE = '''\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Dataset, DatasetLoader, Split, hookimpl


@dataclass(frozen=True)
class Line(DatasetLoader):
    """Points on a plane."""

    name: ClassVar[str] = "line"

    def load(self, cache):
        x = np.arange(12, dtype=np.float32).reshape(6, 2) / 10
        part = Split(x, 2 * x[:, :1] - x[:, 1:])
        return Dataset(part, part)


@hookimpl
def nnzoo_datasets():
    return [Line]
'''


@pytest.fixture
def explain(capfd):
    """Run the command in this process: exit code, standard output, standard error."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["explain", *map(str, arguments)])
        return ended.value.code or 0, *capfd.readouterr()

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model file, its network and the data."""
    x_train, y_train, x_test, y_test = load_dataset("digits").arrays()
    dnn = DeepNeuralNetwork(sizes=[64, 5, 10], activation="sigmoid")
    dnn.train(x_train[:200], y_train[:200], epochs=1, optimizer="sgd", l_rate=0.7, weight_decay=0.25, verbose=False)
    path = tmp_path_factory.mktemp("trained") / "model.safetensors"
    dnn.save(path)
    return path, dnn, (x_test, y_test)


def test_a_sample_of_digits(explain):
    code, text, errors = explain("--index", "7", "--hidden", "16")
    assert (code, errors) == (0, "")
    _, labels, *_ = load_dataset("digits").arrays()
    assert text.startswith(
        f"One step of gradient descent on one sample: sample 7 of digits (train), of class {labels[7]}"
    )
    assert "8×8 → 16 → 10, 1,210 parameters" in text
    assert "Forward · 0.dense, units = 16" in text
    assert "8 were checked" in text
    assert "NOT CONFIRMED" not in text
    assert "█" in text  # its picture


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_all_numbers_as_json(explain):
    code, text, errors = explain("--part", "test", "--index", "2", "--hidden", "4", "--seed", "3", "--json")
    answer = json.loads(text)
    assert (code, errors) == (0, "")
    _, _, x, labels = load_dataset("digits").arrays()
    assert np.allclose(np.ravel(answer["input"]), x[2])
    assert (answer["class"], np.argmax(answer["target"])) == (str(labels[2]), labels[2])
    initial = DeepNeuralNetwork(sizes=[64, 4, 10], seed=3)
    before = answer["update"]["before"]
    assert np.array_equal(np.float32(before["0.dense.weight"]), initial.network.parameters["0.dense.weight"])
    assert np.allclose(answer["predicted"], initial.predict_proba(x[2:3])[0], atol=1e-6)
    velocity = np.array(answer["update"]["state_after"]["velocity"])
    gradient = np.concatenate([np.ravel(g) for g in answer["update"]["gradient"].values()])
    assert np.allclose(velocity, 0.1 * gradient)
    rate = answer["update"]["learning_rate"]
    moved = np.array(answer["update"]["decayed"]["2.dense.bias"]) - answer["update"]["after"]["2.dense.bias"]
    assert np.allclose(moved, rate * 0.1 * np.array(answer["update"]["gradient"]["2.dense.bias"]))
    assert answer["not_confirmed"] == 0


def test_a_trained_network_takes_another_step_of_its_training(explain, trained):
    path, dnn, (x, labels) = trained
    code, text, errors = explain("--from", path, "--dataset", "digits", "--part", "test", "--index", "4", "--json")
    answer = json.loads(text)
    assert (code, errors) == (0, "")
    assert np.allclose(answer["predicted"], dnn.predict_proba(x[4:5])[0], atol=1e-6)
    assert answer["class"] == str(labels[4])
    chosen = (answer["activation"], answer["optimizer"])
    assert chosen == ("sigmoid", "sgd")
    assert (answer["update"]["learning_rate"], answer["update"]["weight_decay"]) == (0.7, 0.25)
    assert np.array_equal(answer["update"]["before"]["2.dense.bias"], dnn.network.parameters["2.dense.bias"])


def test_another_optimizer_for_it_comes_with_its_own_rates(explain, trained):
    arguments = ("--from", trained[0], "--dataset", "digits", "--optimizer", "momentum", "--json")
    own = json.loads(explain(*arguments)[1])
    assert (own["optimizer"], own["update"]["learning_rate"]) == ("momentum:beta=0.9", 4.0)
    given = json.loads(explain(*arguments, "--learning-rate", "0.125", "--weight-decay", "0")[1])
    assert (given["update"]["learning_rate"], given["update"]["weight_decay"]) == (0.125, 0)
    assert given["update"]["decayed"] == given["update"]["before"]


def test_numbers_to_predict(explain, tmp_path):
    plugin = tmp_path / "line.py"
    plugin.write_text(LINE, encoding="utf-8")
    code, text, errors = explain("--dataset", "line", "--plugin", plugin, "--index", "2", "--hidden", "3")
    assert (code, errors) == (0, "")
    assert "Loss · mse" in text
    assert "one sample: sample 2 of line (train) " in text
    assert "of class" not in text
    assert "20 of 20 gradients are confirmed" in text  # 1 output, 13 parameters, 3 z and 3 a
    answer = json.loads(explain("--dataset", "line", "--plugin", plugin, "--index", "2", "--json")[1])
    assert (answer["class"], answer["labels"]) == (None, None)
    values = 2 * np.arange(0, 12, 2) / 10 - np.arange(1, 12, 2) / 10
    assert answer["target"] == pytest.approx([(values[2] - values.mean()) / values.std()], rel=1e-5)  # as it is learnt
    assert answer["right_answer"] == pytest.approx(values[2])
    predicted = answer["predicted"][0] * values.std() + values.mean()
    assert answer["answer"]["answer"] == pytest.approx(predicted, rel=1e-5)
    section = text.partition("Loss · in the units of the data")[2].partition("Backward")[0]
    assert f"standardize: mean {values.mean():.4g}, deviation {values.std():.4g}" in section
    (row,) = (line.split() for line in section.splitlines() if line.strip().startswith("0 "))
    predicted, right, wrong = (float(cell.replace("−", "-")) for cell in row[1:])
    assert right == pytest.approx(values[2])
    assert wrong == pytest.approx(predicted - right, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (("--sample", "1438"), ("digits (train) has 1,438", "0 to 1437")),
        (("--index", "-1", "--part", "test"), ("digits (test) has 359", "0 to 358")),
        (("--tiny", "--dataset", "digits"), ("--tiny and --dataset contradict",)),
        (("--tiny", "--index", "0"), ("--tiny and --index contradict",)),
        (("--tiny", "--from", "runs/x"), ("--tiny and --from contradict",)),
        (("--from", "runs/x", "--activation", "relu"), ("--from and --activation contradict",)),
        (("--from", "runs/x", "--seed", "1"), ("--from and --seed contradict",)),
        (("--dataset", "digist"), ("did you mean digits?",)),
        (("--tiny", "--activation", "rleu"), ("did you mean relu?",)),
        (("--tiny", "--learning-rate", "0"), ("learning_rate = 0.0 is not allowed",)),
        (("--part", "middle"), ("'middle' is not one of",)),
    ],
)
def test_contradictory_options_are_refused(explain, arguments, fragments):
    code, text, errors = explain(*arguments)
    assert (code, text) == (2, "")
    assert all(fragment in errors for fragment in fragments)
    assert "Traceback" not in errors


def test_data_that_do_not_fit_a_trained_network(explain, trained, tmp_path):
    plugin = tmp_path / "line.py"
    plugin.write_text(LINE, encoding="utf-8")
    code, _, errors = explain("--from", trained[0], "--dataset", "line", "--plugin", plugin)
    assert code == 2
    assert "line does not fit the network, whose task is classification" in errors
    code, _, errors = explain("--from", trained[0])
    assert code == 2
    assert "name the data with --dataset" in errors


def test_a_step_that_diverges(explain):
    code, text, errors = explain("--tiny", "--loss", "mse", "--learning-rate", "1e308")
    assert (code, text) == (6, "")
    assert "not finite" in errors


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("command", ["explain --tiny", "list-plugins", "zoo list", "zoo show digits-mlp"])
def test_a_line_has_an_end_whatever_the_terminal_says(clean_environment, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "9999999")
    with redirect_stdout(Terminal()) as printed, pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code == 0
    assert max(map(len, printed.getvalue().splitlines())) <= 1100  # colours take a few
