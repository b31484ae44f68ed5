"""Weights as distributions and as pictures."""

import importlib
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from nnzoo.builtin.activations import Relu
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.figures.first_layer import first_layer_patterns, plot_first_layer
from nnzoo.figures.weights import plot_weights
from nnzoo.nn import Network

PLUGINS = Path(__file__).parents[2] / "plugins"


@pytest.fixture
def conv(monkeypatch):
    monkeypatch.syspath_prepend(PLUGINS / "nnzoo-conv")
    yield importlib.import_module("nnzoo_conv")
    for name in [name for name in sys.modules if name.partition(".")[0] == "nnzoo_conv"]:
        del sys.modules[name]


def bars(ax, base):
    return [bar for bar in ax.patches if hasattr(bar, "get_height") and bar.get_y() == base]


def test_each_layer_has_a_row_and_its_bars_are_the_counts(runs, ax):
    run = runs("deep", model="mlp:hidden=16,8")
    before, after = run.initial, run.dnn.network
    assert plot_weights(ax, before, after) is ax
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["0.dense.weight\n1,024 weights", "2.dense.weight\n128 weights", "4.dense.weight\n80 weights"]
    assert ax.get_yticks().tolist() == [2, 1, 0]
    assert ax.get_xlabel() == "weight"
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"initial", "trained"}
    for base, name in zip((2, 1, 0), ("0.dense.weight", "2.dense.weight", "4.dense.weight"), strict=True):
        row = bars(ax, base)
        edges = np.array([bar.get_x() for bar in row] + [row[-1].get_x() + row[-1].get_width()])
        counts = np.histogram(after.parameters[name], edges)[0]
        heights = np.array([bar.get_height() for bar in row])
        assert counts.sum() == after.parameters[name].size
        np.testing.assert_allclose(heights / heights.sum(), counts / counts.sum(), atol=1e-3)
        assert max(heights) <= 0.85


def test_the_line_is_the_initial_weights(runs, ax):
    run = runs("plain")
    plot_weights(ax, run.initial, run.dnn.network)
    stairs = next(patch for patch in ax.patches if patch.get_label() == "initial")
    values, edges, base = stairs.get_data()
    counts = np.histogram(run.initial.parameters["2.dense.weight"], edges)[0]
    np.testing.assert_allclose((values - base) / (values - base).sum(), counts / counts.sum())
    assert not np.array_equal(run.initial.parameters.vector, run.dnn.network.parameters.vector)


def test_a_very_deep_network_has_its_first_layers_drawn(ax):
    network = Network([Dense(2)] * 40, (3,))
    plot_weights(ax, network, network)
    assert len(ax.get_yticks()) == 24
    assert ax.get_xlabel() == "weight (the first 24 layers of 40)"


def test_weights_that_are_all_equal_are_a_bar(ax):
    network = Network([Dense(2)], (3,))
    network.parameters.vector[:] = 0.5
    plot_weights(ax, network, network)
    assert len(bars(ax, 0)) == 1


def test_a_network_without_weights_has_none_to_draw(ax):
    network = Network([Activate(Relu())], (3,))
    with pytest.raises(UsageError, match="no weights"):
        plot_weights(ax, network, network)
    with pytest.raises(UsageError, match="not an image"):
        plot_first_layer(ax, network)


def test_a_unit_of_a_dense_layer_is_its_column_of_weights(runs, ax):
    network = runs("plain").dnn.network
    weights = network.parameters["0.dense.weight"]
    np.testing.assert_array_equal(first_layer_patterns(network), weights.T.reshape(8, 8, 8))
    plot_first_layer(ax, network)
    (image,) = ax.images
    mosaic = np.asarray(image.get_array().filled(np.nan))
    largest = weights[:, np.square(weights).sum(axis=0).argmax()].reshape(8, 8)
    np.testing.assert_array_equal(mosaic[:8, :8], largest)
    assert np.isnan(mosaic[8]).all()
    assert mosaic.shape == (3 * 9 - 1, 3 * 9 - 1)
    assert ax.get_xlabel() == "8 units, by size of weights"
    assert image.norm.vmin == -image.norm.vmax
    assert image.colorbar.ax.get_ylabel() == "weight"


def test_the_units_with_the_largest_weights_are_drawn(ax):
    network = Network([Dense(100)], (4, 4))
    network.parameters["0.dense.weight"][:, 77] = 9
    plot_first_layer(ax, network)
    assert ax.get_xlabel() == "64 of 100 units, those with the largest weights"
    assert np.asarray(ax.images[0].get_array())[:4, :4].tolist() == [[9] * 4] * 4


@pytest.mark.parametrize(("padding", "input_shape"), [("valid", (9, 11)), ("same", (1, 9, 11)), (3, (9, 11))])
def test_the_filters_of_a_convolution_are_drawn(conv, ax, padding, input_shape):
    network = Network([conv.Conv2d(filters=3, kernel_size=5, padding=padding), conv.Flatten(), Dense(2)], input_shape)
    weights = network.parameters["0.conv2d.weight"]
    patterns = first_layer_patterns(network)
    np.testing.assert_array_equal(patterns.reshape(3, 5, 5), weights.transpose(2, 0, 1))
    plot_first_layer(ax, network)
    assert ax.get_xlabel() == "3 filters, by size of weights"


def test_layers_without_weights_may_come_first(conv):
    network = Network([conv.Dropout(), conv.Flatten(), Dense(3)], (4, 5))
    np.testing.assert_array_equal(
        first_layer_patterns(network), network.parameters["2.dense.weight"].T.reshape(3, 4, 5)
    )
    pooled = Network([conv.MaxPool2d(), Dense(3)], (4, 6))
    assert first_layer_patterns(pooled).shape == (3, 2, 3)


def test_colours_are_drawn_in_colour(runs, ax):
    plot_first_layer(ax, runs("colours", "colours").dnn.network)
    assert ax.images[0].get_array().shape == (3 * 6 - 1, 3 * 5 - 1, 3)


def test_a_positive_weight_of_a_colour_is_bright_in_it_and_a_negative_one_dark(ax):
    network = Network([Dense(1)], (4, 4, 3))
    weights = network.parameters["0.dense.weight"].reshape(4, 4, 3)
    weights[...] = 0
    weights[0, 0], weights[3, 3] = [1, 0, -1], [-1, 1, 0]
    plot_first_layer(ax, network)
    image = ax.images[0].get_array()
    assert image[1, 1].tolist() == [0.5, 0.5, 0.5]
    assert image[0, 0].tolist() == [1, 0.5, 0]
    assert image[3, 3].tolist() == [0, 1, 0.5]


def test_inputs_other_than_images_are_refused(runs, ax):
    with pytest.raises(UsageError, match=r"of shape \(2,\), is not an image"):
        plot_first_layer(ax, runs("waves", "waves").dnn.network)


def test_a_record_of_another_network_is_not_taken_for_this_ones(runs, tmp_path):
    path = shutil.copytree(runs("plain").path, tmp_path / "mixed")
    record = (path / "run.json").read_text()
    (path / "run.json").write_text(record.replace('"hidden": [\n          8\n', '"hidden": [\n          9\n'))
    with pytest.raises(FileFormatError, match="describes another network"):
        _ = runs.open(path).initial
