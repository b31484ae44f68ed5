"""Values from components end up in files: one that no file can hold is refused early, with the component's name."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Dataset, MetricSchedule, Optimizer, Schedule, Split
from nnzoo.builtin.optimizers import Sgd
from nnzoo.builtin.preprocessors import Standardize
from nnzoo.errors import FileFormatError, PluginError, UsageError
from nnzoo.kinds import Feature, Problem
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import run_training
from nnzoo.training.recipe import resolve_recipe

X, Y = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])


@dataclass(frozen=True)
class Half(Schedule):
    name: ClassVar[str] = "half"

    def factor(self, step, total_steps):
        return np.float32(0.5)


@dataclass(frozen=True)
class Plateau(MetricSchedule):
    name: ClassVar[str] = "plateau"

    def factor(self, step, total_steps):
        return np.float16(1)

    def after_epoch(self, metrics, memory):
        memory["seen"] = memory.get("seen", np.float32(0)) + np.int64(1)
        return np.float32(0.5)


@dataclass(frozen=True)
class Forgetful(Plateau):
    name: ClassVar[str] = "forgetful"

    def after_epoch(self, metrics, memory):
        memory["last"] = metrics
        return 1.0


@pytest.mark.parametrize("schedule", [Half(), Plateau()])
def test_numbers_of_numpy_are_numbers(tmp_path, schedule):
    registry = Registry(disabled=["all"])
    registry.register(type(schedule))
    loader = registry.build("dataset", "digits")
    recipe = resolve_recipe(registry, schedule=schedule, epochs=2, model="mlp:hidden=2")
    results = run_training(registry, recipe, loader, loader.load(None), run_dir=tmp_path / "run")
    assert results["epochs_trained"] == 2
    assert '"status": "finished"' in (tmp_path / "run/run.json").read_text()


def test_a_schedule_remembers_numbers():
    with pytest.raises(PluginError, match="schedule forgetful: after_epoch keeps"):
        DeepNeuralNetwork([4, 2]).train(X, Y, epochs=2, verbose=False, schedule=Forgetful())


def remembering(initial, later=None):
    """An optimizer with a state, and what becomes of it at the first step."""

    @dataclass(frozen=True)
    class Mine(Optimizer):
        name: ClassVar[str] = "mine"
        default_learning_rate: ClassVar[float] = 0.1

        def init(self, params):
            return dict(initial)

        def update(self, params, grad, state, learning_rate, step):
            if later is not None:
                state.clear()
                state.update(later)

    return Mine()


PLAIN = {"v": np.zeros(3, np.float32)}


@pytest.mark.parametrize(
    ("initial", "later", "message"),
    [
        ({"v": np.zeros(3, complex)}, None, "init, for 'v', returned an array of type complex128"),
        ({"v": np.zeros(3, ">f4")}, None, "init, for 'v', returned an array of type >f4"),
        ({"v": np.zeros(3, np.longdouble)}, None, "init, for 'v', returned an array of type"),
        ({"v": np.array(["a"])}, None, "init, for 'v', returned an array of type <U1"),
        ({"v": np.array([None])}, None, "init, for 'v', returned an array of type object"),
        ({"v": np.ma.zeros(3)}, None, "init, for 'v', returned a MaskedArray"),
        ({"v": 0.0}, None, "init, for 'v', returned a float; it must return an array"),
        ({1: np.zeros(3)}, None, "init calls an array 1"),
        (PLAIN, {}, "update changes its state 'v' from float32 of shape (3,) to nothing"),
        (PLAIN, {**PLAIN, "w": np.zeros(1)}, "update changes its state 'w' from nothing to float64 of shape (1,)"),
        (PLAIN, {"v": np.zeros(3)}, "update changes its state 'v' from float32 of shape (3,) to float64 of shape (3,)"),
        (PLAIN, {"v": np.zeros(4, np.float32)}, "to float32 of shape (4,)"),
        (PLAIN, {"v": np.zeros(3, ">f4")}, "to an array of type >f4"),
        (PLAIN, {"v": 1.5}, "to a float"),
    ],
)
def test_the_state_of_an_optimizer_is_checked(initial, later, message):
    with pytest.raises(PluginError) as caught:
        DeepNeuralNetwork([4, 2]).train(X, Y, epochs=1, verbose=False, optimizer=remembering(initial, later))
    assert caught.value.message.startswith("optimizer mine: ")
    assert message in caught.value.message


def test_a_state_that_is_replaced_by_one_of_the_same_form_is_kept():
    optimizer = remembering(PLAIN, {"v": np.ones(3, np.float32)})
    DeepNeuralNetwork([4, 2]).train(X, Y, epochs=1, verbose=False, optimizer=optimizer)
    assert Sgd().init(X) == {}


def test_fitted_arrays_of_a_preprocessor_are_checked():
    @dataclass(frozen=True)
    class Odd(Standardize):
        name: ClassVar[str] = "odd"

        def fit(self, values):
            return {name: array.astype(complex) for name, array in super().fit(values).items()}

    split = Split(X, Y)
    data = Dataset(split, split, ("a", "b"), features=(Feature((Odd(),)),))
    with pytest.raises(PluginError, match=r"preprocessor odd: fit, for '.*', returned an array of type complex128"):
        DeepNeuralNetwork([4, 2]).train(data, epochs=1, verbose=False)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda: Split(X, Y, scale=0), "scale 0"),
        (lambda: Split(X, Y, scale=-1), "scale -1"),
        (lambda: Split(X, Y, scale=float("nan")), "scale nan"),
        (
            lambda: Split(np.ma.array(X, mask=X == 1), Y),
            "inputs of the training part must be a NumPy array, not a Masked",
        ),
        (lambda: Split(X, np.ma.array(Y)), "targets of the training part must be a NumPy array, not a MaskedArray"),
        (lambda: Split(X, Y, weights=np.ma.ones(4)), "weights of the training part must be a NumPy array"),
        (lambda: Split(X.view(np.matrix), Y), "not a matrix"),
        (lambda: Split(X.astype(complex), Y), "inputs of the training part are of type complex128"),
        (lambda: Split(X, Y.astype(complex)), "targets of the training part are of type complex128"),
        (lambda: Split(np.zeros(4, [("a", "f4")]), Y), "are of type"),
        (lambda: Split(X, np.zeros(4, [("a", "c8")])), "a, are of type complex64"),
        (lambda: Split(np.ones(()), Y), "a single value"),
        (lambda: Split(X, np.ones(())), "a single value"),
        (lambda: Split(np.zeros((4, 0)), Y), "they contain no values"),
        (lambda: Split(X, np.zeros((4, 0))), "they contain no values"),
        (lambda: Split(X[:0], Y[:0]), "is empty"),
        (lambda: Split(X.reshape(4, *[1] * 8, 4), Y), "at most 8 axes"),
        (lambda: Split(X, Y.reshape(4, *[1] * 9)), "at most 8 axes"),
    ],
)
def test_the_arrays_of_a_data_set(split, message):
    with pytest.raises(FileFormatError) as caught:
        Dataset(split(), Split(X, Y), ("a", "b"))
    assert message in str(caught.value)


def test_the_names_of_classes_are_checked():
    with pytest.raises(FileFormatError, match="2 classes are called 'a'"):
        Dataset(Split(X, Y), Split(X, Y), ("a", "b", "a"))


def test_shapes_that_no_file_can_describe_are_refused_before_training():
    with pytest.raises(UsageError, match="9 axes"):
        Problem((1,) * 9, (2,), ())
    with pytest.raises(UsageError, match="9 axes"):
        DeepNeuralNetwork(model="mlp", input_shape=(1,) * 9, outputs=2)
