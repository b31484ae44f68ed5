"""Data sets that several of these tests learn."""

import pytest


@pytest.fixture(scope="session")
def iris():
    """Scaled inputs, and the names of the species."""
    from sklearn.datasets import load_iris
    from sklearn.preprocessing import StandardScaler

    data = load_iris()
    return StandardScaler().fit_transform(data.data), data.target_names[data.target]


@pytest.fixture(scope="session")
def friedman():
    """Inputs in [0, 1], and values between 0 and 30 that depend on them in no straight line."""
    from sklearn.datasets import make_friedman1

    return make_friedman1(300, noise=0.1, random_state=0)
