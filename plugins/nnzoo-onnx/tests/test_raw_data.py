"""Exported networks answer raw data as nnzoo does, to 1e-5: tables, pixels and pictures that they have never seen.

What is compared are three programs: nnzoo, the script of the exporter numpy, and the ONNX model in ONNX Runtime.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Columns, Dataset, Feature, FileFormatError, Split, UsageError

TEXTS = ("Bern", "Zürich", "it's", 'a "b"', "漢字", "🙂", "-", "1", "a\nb")
UNSEEN = "never seen"


def steps(*specs):
    return tuple(registry.build("preprocessor", spec) for spec in specs)


USUAL = {
    "number": (steps("fill", "standardize"), steps("fill"), steps("fill:missing=fill", "standardize")),
    "category": (steps("one-hot"), steps("ordinal"), steps("ordinal", "standardize")),
    "date": (steps("date-parts", "fill", "standardize"),),
}
CELLS = {
    "number": st.none() | st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float),
    "category": st.none() | st.sampled_from(TEXTS),
    "date": st.none() | st.datetimes().map(lambda moment: np.datetime64(moment, "s")),
}
DTYPES = {"number": "f8", "category": "O", "date": "M8[s]"}


def column(cells, kind):
    cells = [("NaT" if kind == "date" else np.nan) if cell is None and kind != "category" else cell for cell in cells]
    return np.array(cells, DTYPES[kind])


@st.composite
def tables(draw):
    """A table to learn from, what is done to its columns, and rows that are not in it."""
    kinds = draw(st.lists(st.sampled_from(sorted(USUAL)), min_size=1, max_size=4))
    names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(
        ("label", "values", "0.Mul")
    )
    names = draw(st.lists(names, min_size=len(kinds), max_size=len(kinds), unique=True))
    n, m = draw(st.integers(4, 9)), draw(st.integers(1, 5))
    features, train, new = [], {}, {}
    for name, kind in zip(names, kinds, strict=True):
        features.append(Feature(draw(st.sampled_from(USUAL[kind])), name))
        train[name] = column(draw(st.lists(CELLS[kind], min_size=n, max_size=n)), kind)
        more = CELLS[kind] | st.just(UNSEEN) if kind == "category" else CELLS[kind]
        new[name] = column(draw(st.lists(more, min_size=m, max_size=m)), kind)
    return tuple(features), Columns(train), Columns(new)


def targets(task, n, seed):
    rng = np.random.default_rng(seed)
    return {
        "classification": lambda: rng.integers(0, 3, n),
        "multi-label": lambda: rng.integers(0, 2, (n, 3)).astype(np.float64),
        "regression": lambda: 1e5 + 1e3 * rng.standard_normal((n, 2)),
    }[task]()


def trained(features, raw, task="classification", seed=0, model="mlp:hidden=5", **names):
    """A network that has seen raw data for a moment; its weights are shaken, so that answers differ."""
    scale = 1 / 255 if isinstance(raw, np.ndarray) and raw.dtype == np.uint8 else 1.0
    split = Split(raw, targets(task, len(raw), seed), scale)
    names = names or ({"value_names": ("price", "rent")} if task == "regression" else {"class_names": ("a", "b", "c")})
    data = Dataset(split, split, features=features, task=task, **names)
    dnn = DeepNeuralNetwork.for_dataset(data, model=model, activation="sigmoid", task=task)
    dnn.train(data, epochs=1, verbose=False)
    parameters = dnn.network.parameters.vector
    parameters += np.random.default_rng(seed).standard_normal(parameters.shape).astype(np.float32)
    return dnn


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), task=st.sampled_from(("classification", "multi-label", "regression")), seed=st.integers(0, 1000))
def test_any_table(computes_the_same, predict, table, task, seed):
    features, train, new = table
    try:
        dnn = trained(features, train, task, seed)
        predict(dnn, new)
    except FileFormatError:  # such as a column in which every value is missing
        assume(False)
    computes_the_same(dnn, new, least=0)


@pytest.fixture
def people():
    """A table with a column of each type, and rows with all that may be missing or unseen."""
    rng, n = np.random.default_rng(0), 60
    train = Columns(
        {
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(40, 12, n)),
            "town": np.array([None if x > 0.9 else "Bern" if x > 0.4 else "Zürich" for x in rng.random(n)], object),
            "since": np.datetime64("2019-03-01T00:00:00") + rng.integers(0, 10**8, n).astype("m8[s]"),
        }
    )
    new = Columns(
        {
            "age": np.array([31.5, np.nan, -1e5, 0]),
            "town": np.array(["Bern", UNSEEN, None, "Zürich"], object),
            "since": np.array(["2024-02-29T23:59:59", "NaT", "1899-12-31", "2100-03-01"], "M8[s]"),
        }
    )
    return tuple(Feature(USUAL[train.type(name)][0], name) for name in train), train, new


@pytest.mark.parametrize("task", ["classification", "multi-label", "regression"])
def test_a_table_with_missing_and_unseen_values(people, computes_the_same, task):
    features, train, new = people
    computes_the_same(trained(features, train, task), new)


def test_inputs_and_outputs_of_a_table(people, exported, load_session):
    features, train, _ = people
    session = load_session(exported(trained(features, train), "onnx"))
    described = [(x.name, x.type, x.shape) for x in (*session.get_inputs(), *session.get_outputs())]
    assert described == [
        ("age", "tensor(double)", ["batch", 1]),
        ("town", "tensor(string)", ["batch", 1]),
        ("since", "tensor(int64)", ["batch", 1]),
        ("probabilities", "tensor(float)", ["batch", 3]),
        ("label", "tensor(string)", ["batch"]),
    ]
    session = load_session(exported(trained(features, train, "regression"), "onnx"))
    assert [(x.name, x.type, x.shape) for x in session.get_outputs()] == [("values", "tensor(double)", ["batch", 2])]


@pytest.mark.parametrize("name", ["probabilities", "label", "0.Sub", "columns.Concat"])
def test_a_column_may_be_called_as_what_the_model_has_itself(computes_the_same, name):
    raw = Columns({name: np.arange(20.0), "x": np.arange(20.0) ** 2})
    dnn = trained(tuple(Feature(steps("fill", "standardize"), column) for column in raw), raw)
    computes_the_same(dnn, raw)


def test_a_missing_value_that_nothing_fills_has_no_answer(people, exported, load_session, load_module):
    """nnzoo and the script refuse the sample; an ONNX model can't, and must not make an answer up."""
    _, train, _ = people
    known = Columns({"age": np.nan_to_num(train["age"], nan=1), "town": np.array(["Bern", "Zürich"] * 30, object)})
    features = (Feature(steps("fill:missing=error"), "age"), Feature(steps("one-hot:missing=error"), "town"))
    dnn = trained(features, known)
    path = exported(dnn, "onnx")
    for age, town in ((np.nan, "Bern"), (np.inf, "Bern"), (1.0, "")):
        raw = {"age": np.array([[age], [1.0]]), "town": np.array([[town], ["Bern"]], object)}
        probabilities, labels = load_session(path).run(None, raw)
        assert np.isnan(probabilities[0]).all()
        assert np.isfinite(probabilities[1]).all()
        assert labels[0] == ""
        assert labels[1] in dnn.problem.names
    script = load_module(exported(dnn, "numpy"))
    for age, town in ((None, "Bern"), (np.inf, "Bern"), (1.0, None)):
        with pytest.raises(ValueError, match=r"(sample|row) 0"):
            script.predict([{"age": age, "town": town}])


def test_a_category_that_is_empty_is_refused(exported):
    raw = Columns({"town": np.array(["", "Bern"] * 5, object)})
    with pytest.raises(UsageError, match="empty text"):
        exported(trained((Feature(steps("one-hot"), "town"),), raw), "onnx")


def test_standardized_numbers_that_are_equal_in_float32(computes_the_same):
    """The differences between them are below what float32 keeps of 20 million."""
    raw = 2e7 + np.random.default_rng(0).random((50, 3))
    computes_the_same(trained((Feature(steps("standardize")),), raw), raw)


def test_pixels(computes_the_same, exported, load_session):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 8, 8), dtype=np.uint8)
    dnn = trained((), pixels)
    computes_the_same(dnn, pixels)
    (given,) = load_session(exported(dnn, "onnx")).get_inputs()
    assert (given.type, given.shape) == ("tensor(uint8)", ["batch", 8, 8])


def photographs(seed):
    """Pictures of many sizes, in grey and in colours, with edges and noise."""
    rng = np.random.default_rng(seed)
    for height, width in ((9, 9), (8, 8), (31, 17), (5, 40), (1, 1), (3, 2), (64, 9), (200, 301)):
        for channels in ((), (3,)):
            picture = rng.integers(0, 256, (height, width, *channels), dtype=np.uint8)
            picture[: height // 2, : width // 3] = rng.choice([0, 255])
            yield picture


@pytest.mark.parametrize("method", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_pictures_of_any_size(exported, predict, load_session, load_module, method, color):
    size = 9
    features = (Feature(steps(f"square:size={size},method={method},color={color}")),)
    rng = np.random.default_rng(1)
    shape = (size, size) if color == "grey" else (3, size, size)
    data = rng.integers(0, 256, (40, *shape), dtype=np.uint8)
    dnn = trained(features, data)
    model, script = exported(dnn, "onnx"), load_module(exported(dnn, "numpy"))
    session = load_session(model)
    assert [(x.name, x.type, x.shape) for x in session.get_inputs()] == [
        ("input", "tensor(uint8)", ["batch", "height", "width", "channels"])
    ]
    pictures = list(photographs(2))
    expected = predict(dnn, pictures)
    assert np.ptp(expected, axis=0).min() > 0.01
    np.testing.assert_allclose(script.predict(pictures), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(script.predict(data), predict(dnn, data), rtol=0, atol=1e-5)
    for picture, wanted in zip(pictures, expected, strict=True):
        batch = picture.reshape(1, *picture.shape[:2], -1)
        (probabilities,) = session.run(["probabilities"], {"input": np.concatenate([batch, batch])})
        np.testing.assert_allclose(probabilities, [wanted, wanted], rtol=0, atol=1e-5)
