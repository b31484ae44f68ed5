"""nnzoo's networks as scikit-learn estimators: `NNClassifier` and `NNRegressor`."""

try:
    from sklearn.utils.validation import validate_data as _in_scikit_learn_since_1_6  # noqa: F401
except ImportError as error:
    raise ImportError("nnzoo.sklearn needs scikit-learn 1.6 or newer: pip install 'nnzoo[sklearn]'") from error

from nnzoo.sklearn.classifier import NNClassifier
from nnzoo.sklearn.regressor import NNRegressor

__all__ = ["NNClassifier", "NNRegressor"]
