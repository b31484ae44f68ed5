"""Inputs and arguments: data frames, masked arrays, pixels, NumPy's own types."""

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

from nnzoo.errors import DivergedError, UsageError
from nnzoo.sklearn import NNClassifier, NNRegressor

pandas = pytest.importorskip("pandas", reason="needs pandas")
polars = pytest.importorskip("polars", reason="needs Polars")

ROWS = 240
ESTIMATORS = pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])


def shop(rows=ROWS, seed=0):
    """Visits to a shop: columns of every type, some cells missing; and what was spent, which depends on all of them."""
    rng = np.random.default_rng(seed)
    age, town, weekend = rng.uniform(18, 80, rows), rng.choice(["Bern", "Basel", "Genf"], rows), rng.random(rows) < 0.3
    day = np.datetime64("2023-01-01") + rng.integers(0, 700, rows).astype("timedelta64[D]")
    size = rng.choice(["S", "M", "L"], rows)
    year = (day - np.datetime64("2023-01-01")).astype(float) / 365
    spent = age + 30 * (town == "Bern") + 25 * weekend + 20 * year + 15 * (size == "L")
    table = pandas.DataFrame(
        {"age": age, "town": town, "weekend": weekend, "day": day, "size": pandas.Categorical(size)}
    )
    table.loc[rng.choice(rows, rows // 20, replace=False), "age"] = np.nan
    table.loc[rng.choice(rows, rows // 20, replace=False), "town"] = None
    table.loc[rng.choice(rows, rows // 20, replace=False), "day"] = pandas.NaT
    return table, spent


def in_polars(table):
    """The same in a Polars frame."""
    columns = {name: table[name].astype(object).where(table[name].notna(), None).tolist() for name in table}
    return polars.DataFrame(columns)


def targets_for(estimator, spent):
    return np.where(spent > np.median(spent), "much", "little") if estimator is NNClassifier else spent


def outputs(network, x):
    return network.predict_proba(x) if isinstance(network, NNClassifier) else network.predict(x)


def test_a_missing_value_in_an_array_is_an_error_with_a_cure():
    x = np.array([[1.0], [np.nan], [3.0], [4.0]])
    with pytest.raises(ValueError, match="Input X contains NaN") as caught:
        NNRegressor(max_iter=1).fit(x, np.arange(4.0))
    assert "NNRegressor fills the missing values of a data frame" in caught.value.__notes__[0]
    assert NNRegressor(max_iter=1).fit(pandas.DataFrame(x), np.arange(4.0)).predict(pandas.DataFrame(x)).shape == (4,)


# --- data frames ---------------------------------------------------------------------------------------------------


@ESTIMATORS
def test_a_frame_of_every_type_is_learnt(estimator):
    x, spent = shop()
    y = targets_for(estimator, spent)
    network = estimator(random_state=0).fit(x[:180], y[:180])
    assert network.score(x[180:], y[180:]) > (0.8 if estimator is NNClassifier else 0.7)
    assert network.feature_names_in_.tolist() == ["age", "town", "weekend", "day", "size"]
    assert network.n_features_in_ == 5
    without = estimator(random_state=0).fit(x[:180][["age"]].fillna(50), y[:180])
    assert network.score(x[180:], y[180:]) > without.score(x[180:][["age"]].fillna(50), y[180:]) + 0.1


@ESTIMATORS
def test_polars_and_pandas_are_the_same(estimator):
    x, spent = shop()
    y = targets_for(estimator, spent)
    other = in_polars(x)
    first, second = (estimator(max_iter=5, random_state=0).fit(table, y) for table in (x, other))
    assert first.loss_curve_ == second.loss_curve_
    assert (outputs(first, x) == outputs(second, other)).all()
    assert (outputs(first, other) == outputs(first, x)).all()
    with pytest.raises(UsageError, match="LazyFrame"):
        estimator().fit(other.lazy(), y)


def test_the_preprocessing_of_columns_is_fitted_on_the_training_part():
    """A town that only the held-out part has gets no column; the median is that of the rest."""
    x, spent = shop(100)
    x["town"] = [f"town {i}" for i in range(100)]
    y = targets_for(NNClassifier, spent)
    network = NNClassifier(max_iter=2, early_stopping=True, validation_fraction=0.3, random_state=0).fit(x, y)
    assert network._learner.preprocessing.widths()["town"] == 70
    given = NNClassifier(max_iter=2, random_state=0).fit(x[:60], y[:60], X_val=x[60:], y_val=y[60:])
    assert given._learner.preprocessing.widths()["town"] == 60
    median = given._learner.preprocessing.features[0].steps[0].fitted["median"]
    assert median == np.nanmedian(x["age"][:60])


def test_new_rows_may_have_new_categories_missing_cells_and_other_types():
    x, spent = shop()
    network = NNRegressor(random_state=0).fit(x, spent)
    columns = list(x)
    strange = pandas.DataFrame(
        [[50, "Rome", True, "2023-06-01", "XXL"], [None, None, None, None, None]], columns=columns
    )
    plain = pandas.DataFrame(
        [["50", "Rome", "True", pandas.Timestamp("2023-06-01"), "XXL"], [None] * 5], columns=columns
    )
    with pytest.warns(UserWarning, match="'(town|size)' has '(Rome|XXL)'") as caught:
        first, second = network.predict(strange), network.predict(plain)
    assert len(caught) == 4
    assert (first == second).all()
    network.predict(pandas.concat([strange, x[:9]]))  # some categories are known: no warning
    assert spent.min() - 20 < first.min() <= first.max() < spent.max() + 20
    for broken, message in (
        (strange.assign(age=["fifty", 1]), "'age', row 0"),
        (strange.assign(day=["soon", None]), "'day', row 0"),
    ):
        with pytest.raises(UsageError, match=message):
            network.predict(broken)
    with pytest.raises(ValueError, match="feature names"):
        network.predict(strange.drop(columns="town"))
    with pytest.raises(ValueError, match="feature names"):
        network.predict(strange[columns[::-1]])


def test_a_dictionary_of_columns_is_refused_in_words():
    x, spent = shop(30)
    columns = {name: x[name] for name in x}
    with pytest.raises(UsageError, match="X is a dict"):
        NNRegressor(max_iter=1).fit(columns, spent)
    with pytest.raises(UsageError, match="X is a dict"):
        NNRegressor(max_iter=1).fit(x, spent).predict(columns)


def test_truth_values_that_became_numbers_are_not_the_same_categories():
    x, spent = shop()
    numbered = x.assign(weekend=x.weekend.astype(int))
    estimator = NNRegressor(max_iter=2, random_state=0).fit(x, spent)
    for network in (estimator, estimator.network_):
        with pytest.warns(UserWarning, match="'weekend' has '0', '1'") as warned:
            network.predict(numbered)
        assert warned[0].filename == __file__
        network.predict(x)


def test_an_array_of_objects_is_read_as_rows_of_the_same_columns():
    x, spent = shop()
    network = NNRegressor(max_iter=3, random_state=0).fit(x, spent)
    with pytest.warns(UserWarning, match="feature names"):
        found = network.predict(x.to_numpy(object))
    assert (found == network.predict(x)).all()


@ESTIMATORS
def test_frames_of_numbers_are_arrays_with_names(estimator):
    rng = np.random.default_rng(0)
    array = rng.standard_normal((60, 3))
    y = targets_for(estimator, array.sum(axis=1))
    plain = estimator(max_iter=3, random_state=0).fit(array, y)
    frame = pandas.DataFrame(array, columns=list("abc"))
    for table in (frame, polars.from_pandas(frame), frame.convert_dtypes()):
        network = estimator(max_iter=3, random_state=0).fit(table, y)
        assert network.feature_names_in_.tolist() == ["a", "b", "c"]
        assert network.loss_curve_ == plain.loss_curve_
        assert (outputs(network, table) == outputs(plain, array)).all()
    missing = frame.copy()
    missing.iloc[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        estimator(max_iter=1).fit(array, y).predict(missing.to_numpy())
    with pytest.raises(ValueError, match="NaN"):
        estimator(max_iter=1).fit(frame, y).predict(missing)
    with pytest.raises(ValueError, match="NaN"):
        estimator(max_iter=1).fit(missing.to_numpy(), y)
    filled = estimator(max_iter=3, random_state=0).fit(missing, y)
    for table in (polars.from_pandas(missing), polars.from_pandas(missing.fillna(np.nan), nan_to_null=False)):
        assert estimator(max_iter=3, random_state=0).fit(table, y).loss_curve_ == filled.loss_curve_
    assert filled._learner.preprocessing.features[1].steps[0].fitted["median"] == np.nanmedian(missing["b"])


def test_wide_tables_are_scaled_like_other_inputs():
    rng = np.random.default_rng(0)
    x = pandas.DataFrame(rng.standard_normal((100, 80)), columns=[f"column {i}" for i in range(80)]).assign(c="one")
    x.loc[:49, "c"] = "two"
    y = x["column 0"] > 0
    network = NNClassifier(random_state=0, max_iter=20).fit(x, y)
    assert 0.4 < network.input_scale_ < 0.6
    seen = network._learner.preprocessing.apply(network._inputs(x)) * network.input_scale_
    assert (seen**2).sum(axis=1).mean() == pytest.approx(20, rel=1e-5)
    assert network.score(x, y) > 0.95


def test_a_column_that_can_not_be_learnt_from_is_named():
    x, spent = shop()
    with pytest.raises(ValueError, match=r"'empty'.*missing"):
        NNRegressor().fit(x.assign(empty=None), spent)
    with pytest.raises(ValueError, match="'mixed'"):
        NNRegressor().fit(x.assign(mixed=["a", 1] * 120), spent)


def test_streams_of_frames_keep_the_preprocessing_of_the_first():
    x, spent = shop()
    y = targets_for(NNClassifier, spent)
    network = NNClassifier(batch_size=20, random_state=0)
    for _ in range(6):
        for start in range(3):
            network.partial_fit(x[start::3], y[start::3], classes=["much", "little"])
    assert network.n_iter_ == 18
    assert network.score(x, y) > 0.8
    first = NNClassifier(batch_size=20, random_state=0).partial_fit(x[::3], y[::3], classes=["much", "little"])
    assert network._learner.preprocessing.widths() == first._learner.preprocessing.widths()


def test_frames_in_cross_validation_and_pickles(tmp_path):
    x, spent = shop()
    y = targets_for(NNClassifier, spent)
    scores = cross_val_score(NNClassifier(random_state=0, max_iter=30), x, y, cv=3, error_score="raise")
    assert scores.mean() > 0.75
    network = NNClassifier(random_state=0, max_iter=3).fit(x, y)
    joblib.dump(network, tmp_path / "network.joblib")
    assert (joblib.load(tmp_path / "network.joblib").predict_proba(x) == network.predict_proba(x)).all()


# --- arrays --------------------------------------------------------------------------------------------------------


@ESTIMATORS
def test_masked_inputs_are_refused_and_unmasked_ones_are_arrays(estimator):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 3))
    y = targets_for(estimator, x[:, 0])
    masked = np.ma.array(x, mask=np.arange(90).reshape(30, 3) == 7)
    with pytest.raises(UsageError, match=r"X is masked at 1 of 90 places, first at \[2, 1\]"):
        estimator(max_iter=1).fit(masked, y)
    with pytest.raises(UsageError, match="X_val is masked"):
        estimator(max_iter=1).fit(x, y, X_val=masked, y_val=y)
    with pytest.raises(UsageError, match="sample_weight is masked"):
        estimator(max_iter=1).fit(x, y, sample_weight=np.ma.array(np.ones(30), mask=np.arange(30) == 3))
    network = estimator(max_iter=2, random_state=0).fit(np.ma.array(x), np.ma.array(y))
    with pytest.raises(UsageError, match="X is masked"):
        network.predict(masked)
    assert network.loss_curve_ == estimator(max_iter=2, random_state=0).fit(x, y).loss_curve_


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64, np.float32])
def test_pixels_are_learnt_whatever_their_type(dtype):
    x, y = load_digits(return_X_y=True)
    x = (x * 255 / 16).astype(np.uint8).astype(dtype)
    network = NNClassifier(max_iter=15, random_state=0).fit(x[:1200], y[:1200])
    assert network.score(x[1200:], y[1200:]) > 0.85
    assert network.input_scale_ < 0.01


def test_inputs_that_overflow_in_prediction_are_an_error():
    network = NNClassifier(max_iter=1).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(DivergedError, match="not finite"):
        network.predict(np.full((1, 4), 1e308))


# --- arguments -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"hidden_layer_sizes": np.array([50, 20])}, {"hidden_layer_sizes": (50, 20)}),
        ({"hidden_layer_sizes": np.int64(50)}, {"hidden_layer_sizes": 50}),
        ({"hidden_layer_sizes": np.array([], int)}, {"hidden_layer_sizes": ()}),
        ({"early_stopping": np.True_}, {"early_stopping": True}),
        ({"early_stopping": np.bool_(False), "verbose": np.False_}, {}),
        ({"batch_size": np.int32(16), "max_iter": np.uint8(3)}, {"batch_size": 16, "max_iter": 3}),
        (
            {"learning_rate": np.float32(0.5), "weight_decay": np.array(0.0)},
            {"learning_rate": 0.5, "weight_decay": 0.0},
        ),
        ({"random_state": np.int64(7)}, {"random_state": 7}),
        ({"metrics": np.array(["f1"])}, {"metrics": ["f1"]}),
    ],
    ids=str,
)
def test_numpy_scalars_are_valid_arguments(iris, given, plain):
    settings = {"max_iter": 4, "random_state": 0}
    ours, expected = (NNClassifier(**{**settings, **each}).fit(*iris) for each in (given, plain))
    assert ours.loss_curve_ == expected.loss_curve_
    assert ours.validation_scores_ == expected.validation_scores_
