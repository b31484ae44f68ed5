"""A component with an unusable return value is named in the error; the kit reports it once."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import pytest
from annotated_types import doc

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Dataset, DatasetLoader, Feature, Layer, Loss, MetricSchedule, Model, Optimizer, Schedule, Split
from nnzoo.builtin.layers import Dense
from nnzoo.builtin.metrics import Accuracy
from nnzoo.builtin.preprocessors import Standardize
from nnzoo.builtin.tasks import Classification, Regression
from nnzoo.errors import FileFormatError, PluginError
from nnzoo.kinds import load_checked
from nnzoo.plugins.registry import Registry
from nnzoo.testing import run_checks
from nnzoo.training.data import prepare_dataset

X, Y = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])


@dataclass(frozen=True)
class Forgetful(Optimizer):
    """It forgets to return its state, and makes a new array at each step."""

    name: ClassVar[str] = "forgetful"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        {"velocity": np.zeros_like(params)}

    def update(self, params, grad, state, learning_rate, step):
        params -= learning_rate * grad


@dataclass(frozen=True)
class Wordy(Schedule):
    name: ClassVar[str] = "wordy"

    def factor(self, step, total_steps):
        return "half"


@dataclass(frozen=True)
class Mute(Loss):
    name: ClassVar[str] = "mute"

    def plan(self, outputs):
        return {}

    def losses(self, outputs, targets, losses, grad, workspace):
        grad = 2 * outputs  # noqa: F841
        losses[...] = 0

    def predict(self, outputs):
        pass


@dataclass(frozen=True)
class Unplanned(Accuracy):
    name: ClassVar[str] = "unplanned"

    def plan(self, problem):
        super().plan(problem)


@dataclass(frozen=True)
class Bare(Accuracy):
    name: ClassVar[str] = "bare"

    def values(self, sums):
        return super().values(sums)[0]


@dataclass(frozen=True)
class Undefined(Accuracy):
    name: ClassVar[str] = "undefined"

    def values(self, sums):
        return (float("nan"),)


@dataclass(frozen=True)
class Rows(Classification):
    name: ClassVar[str] = "rows"

    def encode(self, targets, problem):
        return super().encode(targets, problem).tolist()


@dataclass(frozen=True)
class Listed(Standardize):
    name: ClassVar[str] = "listed"

    def fit(self, values):
        return list(super().fit(values).items())


@dataclass(frozen=True)
class Deaf(MetricSchedule):
    name: ClassVar[str] = "deaf"

    def factor(self, step, total_steps):
        return 1.0

    def after_epoch(self, metrics, memory):
        pass


@dataclass(frozen=True)
class Shaped(Layer):
    name: ClassVar[str] = "shaped"

    def plan(self, input_shape):
        return input_shape

    def forward(self, x, out, memory):
        out[...] = x

    def backward(self, x, out, grad, grad_in, memory):
        grad_in[...] = grad


@dataclass(frozen=True)
class Wrong(Model):
    """It lists no layers, or what is none, or one whose plan is none."""

    name: ClassVar[str] = "wrong"
    what: Annotated[Literal["nothing", "activation", "shape"], doc("what it lists")] = "nothing"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        last = Dense(outputs)
        return {"nothing": None, "activation": [activation, last], "shape": [Shaped(), last]}[self.what]


@dataclass(frozen=True)
class Four(DatasetLoader):
    name: ClassVar[str] = "four"

    def load(self, cache):
        return X, Y, X, Y


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": Forgetful()}, "optimizer forgetful: init returned None (is there a return missing?)"),
        ({"schedule": Wordy()}, "schedule wordy: factor returned a str; it must return a number"),
        ({"loss": Mute()}, "loss mute: losses does not write into 'grad'"),
        ({"metrics": [Unplanned()]}, "metric unplanned: plan returned None (is there a return missing?)"),
        ({"metrics": [Bare()]}, "metric bare: values returned a float; it must return a tuple of numbers"),
        ({"metrics": [Undefined()]}, "metric undefined: values returned nan for accuracy"),
        ({"task": Rows()}, "task rows: encode returned a list; it must return an array"),
        ({"schedule": Deaf()}, "schedule deaf: after_epoch returned None"),
    ],
)
def test_wrong_returns_in_training_name_the_component(options, message):
    task, loss = options.pop("task", "classification"), options.pop("loss", None)
    dnn = DeepNeuralNetwork([4, 2], task=task, loss=loss)
    with pytest.raises(PluginError) as caught:
        dnn.train(X, Y, epochs=1, verbose=False, **options)
    assert message in caught.value.message
    assert "nnzoo check" in caught.value.hint


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nothing", "model wrong: layers returned None (is there a return missing?); it must return a list of layers"),
        ("activation", "model wrong: there is a Relu among its layers"),
        ("shape", "layer shaped: plan returned a tuple; it must return a LayerPlan"),
    ],
)
def test_wrong_returns_of_a_network_name_the_component(what, message):
    with pytest.raises(PluginError) as caught:
        DeepNeuralNetwork(model=Wrong(what=what), input_shape=(4,), outputs=2)
    assert caught.value.message == message


def test_wrong_returns_of_a_preprocessor_name_the_component():
    split = Split(X, Y)
    data = Dataset(split, split, ("a", "b"), features=(Feature((Listed(),)),))
    with pytest.raises(PluginError) as caught:
        DeepNeuralNetwork([4, 2]).train(data, epochs=1, verbose=False)
    assert caught.value.message == "preprocessor listed: fit returned a list; it must return a dict of arrays"


def test_a_component_that_is_not_complete_is_refused_before_it_is_used():
    @dataclass(frozen=True)
    class Bare(Forgetful):
        name: ClassVar[str] = "Bare name"

    with pytest.raises(PluginError, match="'Bare name' is not a component name"):
        DeepNeuralNetwork([4, 2]).train(X, Y, epochs=1, verbose=False, optimizer=Bare())


def test_one_mistake_is_not_reported_again_by_every_check_that_it_spoils():
    _, *told = str(run_checks(Forgetful, skip=["cheap-import"])).splitlines()
    assert told[0] == "state failed: init returns None, not a dict of arrays"
    assert "in-place, float32, resumes skipped: fix state first" in told
    (other,) = [line for line in told if line.startswith("no-allocation failed: ")]
    assert "work in place" in other, "another mistake is told all the same"
    told = str(run_checks(Wrong(what="activation"))).splitlines()
    assert told[0].startswith("layers failed: it lists Sigmoid(), which is not a layer")
    assert told[1].endswith(", repeatable skipped: fix layers first")
    assert len(told) == 3


def test_wrong_returns_of_a_data_set_name_the_component():
    registry = Registry(disabled=["all"])
    registry.register(Four)
    with pytest.raises(PluginError, match="dataset four: load returned a tuple; it must return a Dataset"):
        load_checked(registry.build("dataset", "four"), None)


@pytest.mark.parametrize(
    ("inputs", "targets", "names", "message"),
    [
        ([[0.0]], Y[:1], ("a", "b"), "inputs of the training part must be a NumPy array, not a list"),
        (X, [0, 1, 0, 1], ("a", "b"), "targets of the training part must be a NumPy array, not a list"),
    ],
)
def test_the_arrays_of_a_data_set(inputs, targets, names, message):
    split = Split(inputs, targets)
    with pytest.raises(FileFormatError, match=message):
        Dataset(split, split, names)


def test_targets_must_have_the_form_that_the_task_declares():
    split = Split(X, Y.astype(np.float32))
    with pytest.raises(FileFormatError, match=r"training part: values to predict must be numbers of shape \(n, k\)"):
        prepare_dataset(Dataset(split, split), Regression())


def test_data_that_are_not_finite_are_not_trained_on(run_nnzoo, tmp_path):
    (tmp_path / "holes.py").write_text(HOLES)
    for number, part in enumerate(("training", "test"), 1):
        outcome = run_nnzoo("train", "--plugin", "holes.py", "--dataset", f"holes:where={number}", "--run-dir", "run")
        assert outcome.code == 3
        assert f"{part} part: sample 0 has a value that is not finite in float32: nan" in outcome.stderr
        assert not (tmp_path / "run").exists()


def test_if_the_culprit_is_unknown_all_plugins_are_named(run_nnzoo, tmp_path):
    (tmp_path / "hasty.py").write_text(HASTY)
    outcome = run_nnzoo("train", "--dataset", "digits", "--plugin", "hasty.py", "--model", "hasty", "--quiet")
    assert outcome.code == 1
    assert "this is a bug in nnzoo, or in hasty.py, whose components `nnzoo check` tests" in outcome.stderr


HOLES = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Dataset, DatasetLoader, Split, hookimpl


@dataclass(frozen=True)
class Holes(DatasetLoader):
    """A measurement is missing, in the first part or the second."""

    name: ClassVar[str] = "holes"
    where: int = 1

    def load(self, cache):
        whole = Split(np.eye(4, dtype=np.float32), np.arange(4))
        with_hole = Split(np.where(whole.inputs == 1, np.float32(np.nan), whole.inputs), whole.targets)
        parts = (with_hole, whole) if self.where == 1 else (whole, with_hole)
        return Dataset(*parts, ("a", "b", "c", "d"))


@hookimpl
def nnzoo_datasets():
    return [Holes]
'''
HASTY = '''
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import Model, hookimpl
from nnzoo.builtin.layers import Dense


@dataclass(frozen=True)
class Hasty(Model):
    """It tells no depth."""

    name: ClassVar[str] = "hasty"

    def depth(self):
        pass

    def layers(self, input_shape, outputs, activation):
        return [Dense(outputs)]


@hookimpl
def nnzoo_models():
    return [Hasty]
'''
