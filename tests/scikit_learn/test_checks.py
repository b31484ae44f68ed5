"""scikit-learn's own checks of an estimator; none is expected to fail."""

import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from sklearn.utils.estimator_checks import parametrize_with_checks

from nnzoo.sklearn import NNClassifier, NNRegressor


@parametrize_with_checks([NNClassifier(max_iter=20), NNRegressor()])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


@pytest.mark.thorough
@parametrize_with_checks([NNClassifier(), NNRegressor()])
def test_scikit_learn_accepts_it_with_the_default_epochs(estimator, check):
    check(estimator)
