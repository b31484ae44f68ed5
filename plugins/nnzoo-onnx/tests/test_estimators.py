"""scikit-learn estimators exported as ONNX models: the same probabilities, for arrays and for data frames."""

import numpy as np
import onnxruntime
import pandas
from nnzoo.sklearn import NNClassifier

MOST = 1e-5


def computed(network, path, feed_of):
    """The network's probabilities as ONNX Runtime computes them from its exported file."""
    (written,) = network.export(path, "onnx")
    session = onnxruntime.InferenceSession(str(written), providers=["CPUExecutionProvider"])
    return session.run(None, feed_of(session.get_inputs()))[0]


def test_of_an_array(tmp_path):
    rng = np.random.default_rng(0)
    x = 1e3 * rng.standard_normal((90, 4)) + 5e3
    y = np.where(x[:, 0] > x[:, 1], "larger", "smaller")
    network = NNClassifier((8,), max_iter=30, random_state=0).fit(x, y)
    found = computed(network, tmp_path / "model", lambda inputs: {inputs[0].name: x[::10]})
    np.testing.assert_allclose(found, network.predict_proba(x[::10]), rtol=0, atol=MOST)


def test_of_a_data_frame_with_gaps_and_an_unseen_category(tmp_path):
    rng = np.random.default_rng(0)
    table = pandas.DataFrame(
        {
            "age": rng.uniform(18, 80, 120),
            "town": rng.choice(["Bern", "Basel", "Genf"], 120),
            "day": np.datetime64("2023-01-01", "s") + rng.integers(0, 700, 120).astype("timedelta64[D]"),
        }
    )
    spent = np.where(table["age"] + 30 * (table["town"] == "Bern") > 60, "much", "little")
    table.loc[3, "age"], table.loc[5, "town"], table.loc[8, "day"] = np.nan, None, pandas.NaT
    network = NNClassifier((8,), max_iter=30, random_state=0).fit(table, spent)
    rows = table.head(20).copy()
    rows.loc[0, "town"] = "Rome"
    rows.loc[1] = None
    columns = {
        "age": rows["age"].to_numpy(np.float64),
        "town": rows["town"].fillna("").to_numpy(object),
        "day": rows["day"].to_numpy("M8[s]").astype(np.int64),
    }
    found = computed(network, tmp_path / "model", lambda _: {name: cells[:, None] for name, cells in columns.items()})
    np.testing.assert_allclose(found, network.predict_proba(rows), rtol=0, atol=MOST)
