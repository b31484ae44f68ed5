"""The estimators inside scikit-learn's machinery."""

import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

import joblib
from annotated_types import Gt, doc
from joblib.externals.loky.cloudpickle_wrapper import dumps
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnzoo import registry
from nnzoo.api import Activation
from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.optimizers import Momentum
from nnzoo.errors import UsageError
from nnzoo.sklearn import NNClassifier, NNRegressor


def test_pipeline_and_grid_search_over_components(iris):
    x, y = iris
    search = GridSearchCV(
        make_pipeline(StandardScaler(), NNClassifier(max_iter=20, random_state=0)),
        {
            "nnclassifier__activation": ["relu", Sigmoid()],
            "nnclassifier__optimizer": ["sgd", "momentum:beta=0.5", Momentum(beta=0.9)],
            "nnclassifier__hidden_layer_sizes": np.array([4, 32]),
        },
        cv=2,
        scoring="neg_log_loss",
        error_score="raise",
    )
    search.fit(1000 * x, y)
    assert len(search.cv_results_["mean_test_score"]) == 12
    assert np.ptp(search.cv_results_["mean_test_score"]) > 0
    assert search.score(1000 * x, y) > -0.5
    assert (search.predict(1000 * x) == y).mean() > 0.9


def test_a_clone_has_the_arguments_and_nothing_else(iris):
    network = NNClassifier((5,), Relu(), optimizer=Momentum(beta=0.5), max_iter=2, random_state=3).fit(*iris)
    copy = clone(network)
    assert copy.get_params() == network.get_params()
    assert not hasattr(copy, "classes_")
    assert copy.fit(*iris).score(*iris) == network.score(*iris)


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_joblib_round_trip(iris, friedman, tmp_path, mmap_mode):
    file = tmp_path / "network.joblib"
    for network, data in ((NNClassifier(max_iter=3), iris), (NNRegressor(max_iter=3), friedman)):
        joblib.dump(network.fit(*data), file)
        restored = joblib.load(file, mmap_mode=mmap_mode)
        assert (restored.predict(data[0]) == network.predict(data[0])).all()
        assert restored.loss_curve_ == network.loss_curve_
        restored.partial_fit(*data)  # what it holds can be written to again
        assert not (restored.predict(data[0][:, ::-1]) == network.predict(data[0][:, ::-1])).all()


def test_cross_validation_gives_the_same_scores_in_threads(iris):
    x, y = iris
    network = NNClassifier(max_iter=10, random_state=0)
    alone = cross_val_score(network, x, y, cv=3, error_score="raise")
    with joblib.parallel_config(backend="threading", n_jobs=3):
        together = cross_val_score(network, x, y, cv=3, error_score="raise")
    assert alone.tolist() == together.tolist()
    assert alone.mean() > 0.8


def test_one_network_predicts_in_several_threads(iris):
    """A network works in arrays of its own; two predictions at once must not meet there."""
    x, y = iris
    network = NNClassifier(max_iter=10, random_state=0).fit(x, y)
    samples = [np.roll(np.tile(x, (4, 1)), shift, axis=0) for shift in range(6)]
    expected = [network.predict_proba(sample) for sample in samples]
    wrong = []

    def predict(place):
        wrong.extend(place for _ in range(30) if not (network.predict_proba(samples[place]) == expected[place]).all())

    threads = [threading.Thread(target=predict, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_it_works_inside_other_estimators(iris, friedman):
    bag = BaggingClassifier(NNClassifier(max_iter=10), 3, random_state=0).fit(*iris)
    assert bag.score(*iris) > 0.8
    x, y = friedman
    many = MultiOutputRegressor(NNRegressor(max_iter=10, random_state=0)).fit(x, np.column_stack([y, -y]))
    assert many.predict(x).shape == (300, 2)


def test_sparse_inputs_are_refused_in_scikit_learns_words():
    with pytest.raises(TypeError, match="Sparse data was passed"):
        NNClassifier().fit(csr_array(np.eye(4)), [0, 1, 0, 1])


@pytest.mark.parametrize("where", ["here", pytest.param("there", marks=pytest.mark.thorough)])
def test_a_component_of_the_session_is_known_in_another_process(monkeypatch, where):
    """It goes along in a pickle: ``here`` it is read by this process, ``there`` by one that imports scikit-learn."""

    @registry.register
    @dataclass(frozen=True)
    class Shrunk(Activation):
        """A share of the input."""

        name: ClassVar[str] = "shrunk-of-session"
        share: "Annotated[float, Gt(0), doc('how much')]" = 0.5

        def forward(self, z, out):
            np.multiply(z, self.share, out=out)

        def backward(self, z, a, grad):
            grad *= self.share

    x = np.random.default_rng(0).standard_normal((60, 3))
    y = (x[:, 0] > 0).astype(int)
    network = NNClassifier(activation="shrunk-of-session:share=0.25", random_state=0, max_iter=3)
    sent = dumps((network, x, y))
    losses = str(network.fit(x, y).loss_curve_)
    if where == "here":
        assert b"shrunk-of-session" in sent
        received, *data = pickle.loads(sent)
        assert str(received.fit(*data).loss_curve_) == losses
    else:
        script = (
            "import pickle, sys; network, *data = pickle.load(sys.stdin.buffer); print(network.fit(*data).loss_curve_)"
        )
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, input=sent, capture_output=True, check=False)
        assert done.stdout.decode().strip() == losses, done.stderr.decode()

    monkeypatch.setattr("nnzoo.sklearn.estimator.parent_process", object)  # as in a process of joblib's
    with pytest.raises(UsageError, match="give the object in place of its name"):
        NNClassifier(activation="of-nobody").fit(x, y)
