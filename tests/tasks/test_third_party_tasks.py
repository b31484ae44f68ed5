"""Tasks of other authors: a class at each place of a sequence, and the input as its own target; and several labels."""

import json
import runpy
import signal

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.datafiles.cache import FileCache
from nnzoo.plugins.registry import Registry
from nnzoo.zoo.card import read_card
from nnzoo.zoo.making import Words, make_zoo_model

PLUGIN = '''\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Dataset, DatasetLoader, FileFormatError, Problem, Split, Task, hookimpl

LETTERS = "abcd"


@dataclass(frozen=True)
class NextToken(Task):
    """The next letter at each of T places."""

    name: ClassVar[str] = "next-letter"
    default_loss: ClassVar[str] = "softmax-cross-entropy"
    default_metrics: ClassVar[tuple[str, ...]] = ("accuracy", "top-k:k=2")
    decides_from_outputs: ClassVar[bool] = True

    def target_steps(self):
        return ()

    def problem(self, input_shape, targets, names):
        if targets.ndim != 2 or targets.dtype.kind not in "iu":
            raise FileFormatError(f"expected a letter's number at each place, not {targets.dtype} {targets.shape}")
        places = targets.shape[1]
        return Problem(input_shape, (places, len(names)), (places,), names)

    def encode(self, targets, problem):
        if targets.min() < 0 or targets.max() >= problem.width:
            raise FileFormatError("a letter is not in the alphabet")
        return targets.astype(np.intp)

    def decide(self, predictions, out):
        predictions.argmax(axis=1, out=out)

    def baseline(self, targets, problem):
        return np.bincount(targets, minlength=problem.width) / len(targets)

    def answer(self, prediction, problem):
        return {"answer": "".join(problem.name(int(best)) for best in prediction.argmax(axis=1))}


@dataclass(frozen=True)
class Reconstruction(Task):
    """The input itself."""

    name: ClassVar[str] = "reconstruction"
    default_loss: ClassVar[str] = "mse"
    default_metrics: ClassVar[tuple[str, ...]] = ("rmse",)
    target_is_input: ClassVar[bool] = True

    def target_steps(self):
        return ()

    def problem(self, input_shape, targets, names):
        width = int(np.prod(input_shape))
        return Problem(input_shape, (width,), (width,))

    def encode(self, targets, problem):
        return targets

    def decide(self, predictions, out):
        np.copyto(out, predictions)

    def baseline(self, targets, problem):
        return targets.mean(axis=0, dtype=np.float64)

    def answer(self, prediction, problem):
        return {"answer": prediction.tolist()}


@dataclass(frozen=True)
class Words(DatasetLoader):
    """Four letters of abcdabcd…, from which the four that follow are predicted; the last place is masked."""

    name: ClassVar[str] = "words"

    def load(self, cache):
        rng = np.random.default_rng(0)

        def split(n):
            first = rng.integers(0, 4, n)
            letters = (first[:, None] + np.arange(5)) % 4
            weights = np.ones((n, 4))
            weights[:, 3] = 0
            inputs = np.eye(4, dtype=np.float32)[letters[:, :4]].reshape(n, 16)
            return Split(inputs + rng.normal(0, 0.1, inputs.shape).astype(np.float32), letters[:, 1:], weights=weights)

        return Dataset(split(200), split(60), tuple(LETTERS), task="next-letter")


@dataclass(frozen=True)
class Tags(DatasetLoader):
    """Which of three numbers are above 0."""

    name: ClassVar[str] = "tags"

    def load(self, cache):
        rng = np.random.default_rng(0)

        def split(n):
            x = rng.standard_normal((n, 3)).astype(np.float32)
            return Split(x, (x > 0).astype(np.int64))

        return Dataset(split(400), split(100), ("low", "mid", "high"))


@hookimpl
def nnzoo_tasks():
    return [NextToken, Reconstruction]


@hookimpl
def nnzoo_datasets():
    return [Words, Tags]
'''

CASES = {
    "next-letter": ["--dataset", "words"],
    "multi-label": ["--dataset", "tags"],
    "reconstruction": ["--dataset", "digits", "--task", "reconstruction", "--hidden", "16"],
}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "problems.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def registry(plugin):
    return Registry([plugin])


@pytest.fixture(scope="module")
def nnzoo(nnzoo_here, plugin):
    """Run a command with the plugin."""

    def run(folder, *words, code=0):
        done = nnzoo_here(folder, *words, "--plugin", plugin)
        assert done.code == code, done.stderr
        return done

    return run


SETTINGS = ("--epochs", "6", "--batch-size", "16", "--learning-rate", "0.5", "--run-dir", "run")


@pytest.fixture(scope="module", params=CASES)
def trained(request, nnzoo, tmp_path_factory):
    """A finished run of each task, by the command line."""
    folder = tmp_path_factory.mktemp(request.param)
    results = json.loads(nnzoo(folder, "train", *CASES[request.param], *SETTINGS, "--json").stdout)
    return request.param, folder, results


def test_it_learns_and_is_measured_by_its_own_metrics(trained):
    task, folder, results = trained
    figures = {"next-letter": "accuracy", "multi-label": "f1", "reconstruction": "rmse"}
    assert results["task"] == task
    assert results["baseline"]["figure"] == figures[task]
    assert results["baseline"]["verdict"] == "better"
    line = json.loads((folder / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert line[f"test_{figures[task]}"] == results[f"test_{figures[task]}"]
    if task == "next-letter":
        assert results["test_accuracy"] > 0.95  # of the three places that are not masked


def test_a_killed_run_goes_on_to_the_same_bits(trained, nnzoo, nnzoo_command, plugin, tmp_path):
    task, _, results = trained
    words = ["train", *CASES[task], *SETTINGS, "--checkpoint-every", "0.1", "--plugin", plugin]
    assert nnzoo_command(tmp_path, *words, killed_at=20).code == -signal.SIGKILL
    resumed = json.loads(nnzoo(tmp_path, "train", "--resume", "run", "--json").stdout)
    private = ("run_dir", "train_seconds")
    assert {k: v for k, v in resumed.items() if k not in private} == {
        k: v for k, v in results.items() if k not in private
    }


@pytest.mark.usefixtures("unpainted")
def test_it_is_evaluated_and_reported(trained, nnzoo):
    _, folder, results = trained
    evaluated = json.loads(nnzoo(folder, "evaluate", "run", "--json").stdout)
    figure = results["baseline"]["figure"]
    assert evaluated[figure] == pytest.approx(results[f"test_{figure}"], rel=1e-6)
    nnzoo(folder, "report", "run", "--out", "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert len(page) > 10_000


def test_the_model_file_answers_alone(trained, registry, tmp_path):
    task, folder, _ = trained
    dnn = DeepNeuralNetwork.load(folder / "run" / "model.safetensors", registry=registry)
    dnn.save(tmp_path / "again.safetensors")
    again = DeepNeuralNetwork.load(tmp_path / "again.safetensors", registry=registry)
    if task == "next-letter":
        x = np.eye(4, dtype=np.float32)[[[0, 1, 2, 3], [2, 3, 0, 1]]].reshape(2, 16)
        assert dnn.predict(x)[:, :3].tolist() == [[1, 2, 3], [3, 0, 1]]
        assert [answer["answer"][:3] for answer in again.answers(x)] == ["bcd", "dab"]
    elif task == "multi-label":
        x = np.array([[2.0, -2, 2]], np.float32)
        assert dnn.predict(x).tolist() == [[1, 0, 1]]
        assert again.answers(x)[0]["answer"] == ["low", "high"]
    else:
        x = np.full((1, 64), 8, np.uint8)
        assert dnn.predict(x).shape == (1, 64)
    np.testing.assert_array_equal(dnn.predict(x), again.predict(x))


def test_the_numpy_script_gives_the_same_answers(trained, nnzoo, registry):
    _, folder, _ = trained
    nnzoo(folder, "export", "run", "--format", "numpy", "--out", "script.py")
    dnn = DeepNeuralNetwork.load(folder / "run" / "model.safetensors", registry=registry)
    x = np.random.default_rng(1).standard_normal((5, *dnn.input_shape)).astype(np.float32)
    predict = runpy.run_path(str(folder / "script.py"))["predict"]
    expected = dnn.predictor.predictions(x)
    np.testing.assert_allclose(predict(x).reshape(expected.shape), expected, atol=1e-5)


def test_targets_of_another_kind_are_refused(nnzoo, tmp_path):
    done = nnzoo(tmp_path, "train", "--dataset", "tags", "--task", "classification", "--run-dir", "r", code=3)
    assert "labels must be integers of shape (n,)" in done.stderr
    assert not (tmp_path / "r").exists()


def test_its_card_has_every_figure_with_an_interval(trained, registry, tmp_path):
    _, folder, results = trained
    card = make_zoo_model(
        registry, folder / "run", FileCache(), tmp_path, "demo.one", Words("It.", "Tests.", "All else.")
    )
    assert read_card(tmp_path / "demo.one.md") == card
    for figure in card.figures:
        assert figure.value == pytest.approx(results[f"test_{figure.name}"])
        assert figure.low <= figure.value <= figure.high
    assert len(card.figures) >= 2
