"""scikit-learn's searches over nnzoo's estimators, with the work done by Dask through joblib."""

import distributed
import joblib
import numpy as np
from nnzoo.sklearn import NNClassifier
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV


def test_a_grid_search_finds_the_same_on_dask():
    x, y = load_iris(return_X_y=True)
    search = GridSearchCV(
        NNClassifier(hidden_layer_sizes=(8,), max_iter=3, random_state=0), {"learning_rate": [0.1, 0.5]}, cv=2
    )
    here = search.fit(x, y).cv_results_["mean_test_score"]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        there = search.fit(x, y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(there, here)
