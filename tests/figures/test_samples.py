"""Sheets of samples show the samples, and features are drawn as they are distributed."""

import matplotlib as mpl
import numpy as np
import pytest

from nnzoo import load_dataset
from nnzoo.datafiles.cache import FileCache
from nnzoo.figures.samples import dataset_figure, plot_features, plot_samples
from nnzoo.figures.style import figure_bytes, make_figure
from nnzoo.kinds import Columns, Dataset, Split
from nnzoo.plugins.registry import Registry


@pytest.fixture
def ax():
    return make_figure()[1][0]


def labels(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def tile(sheet, row, column, height, width):
    gap = max(1, width // 14)
    top, left = row * (height + gap), column * (width + gap)
    return sheet[top : top + height, left : left + width]


def test_a_row_for_each_class_with_samples_of_it_as_ink_on_paper(ax):
    train = load_dataset("digits").train
    assert plot_samples(ax, train, tuple("0123456789"), columns=5) is ax
    counts = [(train.targets == label).sum() for label in range(10)]
    assert labels(ax) == [f"{label} ({count})" for label, count in enumerate(counts)]
    (image,) = ax.images
    sheet = np.asarray(image.get_array())
    assert sheet.shape == (10 * 9 - 1, 5 * 9 - 1)
    for label in range(10):
        members = train.inputs[train.targets == label]
        for column, place in enumerate(np.linspace(0, len(members) - 1, 5).round().astype(int)):
            assert np.allclose(tile(sheet, label, column, 8, 8), 1 - members[place] / 16)


def test_a_class_with_few_samples_has_a_short_row_and_one_with_none_an_empty_one(ax):
    images = np.arange(1, 5, dtype=np.uint8)[:, None, None] * np.ones((4, 3, 3), np.uint8)
    plot_samples(ax, Split(images, np.array([0, 0, 0, 2])), ("many", "none", "one"))
    assert labels(ax) == ["many (3)", "none (0)", "one (1)"]
    sheet = np.asarray(ax.images[0].get_array())
    assert sheet.shape == (3 * 4 - 1, 3 * 4 - 1)
    assert [tile(sheet, 0, column, 3, 3)[0, 0] for column in range(3)] == [0.25, 0.5, 0.75]  # no 0: not as ink
    assert (tile(sheet, 1, 0, 3, 3) == 1).all()
    assert tile(sheet, 2, 0, 3, 3)[0, 0] == 1


@pytest.mark.parametrize("channels_first", [True, False])
def test_colours_are_the_pictures_own(ax, channels_first):
    images = np.full((2, 5, 5, 3), (255, 51, 102), np.uint8)
    images = np.moveaxis(images, -1, 1) if channels_first else images
    plot_samples(ax, Split(images, np.array([0, 1]), 1 / 255), ("a", "b"))
    sheet = np.asarray(ax.images[0].get_array())
    assert np.allclose(tile(sheet, 1, 0, 5, 5), (1, 0.2, 0.4))


def test_values_to_predict_make_rows_from_low_to_high(ax):
    targets = np.arange(16, dtype=np.float32)[::-1, None] - 8
    plot_samples(ax, Split(np.ones((16, 2, 2), np.float32), targets), ())
    assert labels(ax)[0] == "−8 … −7 (2)"
    assert labels(ax)[-1] == "6 … 7 (2)"
    assert len(labels(ax)) == 8


def test_the_first_of_many_classes_are_drawn_with_a_note(ax):
    plot_samples(ax, Split(np.ones((40, 2, 2), np.uint8), np.arange(40)), [f"class {n}" for n in range(40)])
    assert len(labels(ax)) == 30
    assert "the first 30 of 40" in ax.get_xlabel()


def test_features_have_their_range_quartiles_and_median(ax):
    x = np.stack([np.arange(101), np.arange(101) * -2.0], axis=1).astype(np.float32)
    x[0] = np.nan
    assert plot_features(ax, Split(x, x, scale=0.5)) is ax
    lines = [[tuple(point) for point in path] for c in ax.collections for path in c.get_segments()]
    assert lines == [
        [(0.5, 1), (50, 1)],
        [(12.875, 1), (37.625, 1)],
        [(-100, 2), (-1, 2)],
        [(-75.25, 2), (-25.75, 2)],
    ]
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[25.25, 1]], [[-50.5, 2]]]
    assert ax.yaxis_inverted()
    assert labels(ax) == ["1", "2"]


@pytest.mark.parametrize("shape", [(8, 8), (3, 8, 8), (64,), (5, 5, 5)])
def test_figures_fit_any_data_and_leave_global_state_alone(shape):
    before = dict(mpl.rcParams)
    inputs = np.random.default_rng(0).random((20, *shape), np.float32)
    split = Split(inputs, np.arange(20) % 2)
    figure = dataset_figure(Dataset(split, split, ("$a", "b" * 100)), "costs $5:path=$x")
    assert figure.axes[0].get_title(loc="left").endswith(", 20 training samples")
    assert figure_bytes(figure, "svg").startswith(b"<?xml")
    assert dict(mpl.rcParams) == before


def test_a_table_has_a_line_for_each_column_with_its_values_in_some_rows(homes_loader):
    dataset = homes_loader(Registry((), ("all",)), "price").load(FileCache())
    figure = dataset_figure(dataset, "homes.csv")
    (ax,) = figure.axes
    table, rows = dataset.train.inputs, np.linspace(0, len(dataset.train) - 1, 5).round().astype(int)
    texts = [text.get_text() for text in ax.texts]
    assert texts[:7] == ["column", *(f"row {row}" for row in rows), "distribution"]
    assert texts[7:13] == ["price", *(f"{dataset.train.targets[row, 0]:g}" for row in rows)]
    for place, column in enumerate(["area", "town", "built", "luck"]):
        line = texts[13 + 6 * place : 19 + 6 * place]
        assert line[0] == column
        assert line[1] == {
            "area": f"{table['area'][0]:g}",
            "town": table["town"][0],
            "luck": f"{table['luck'][0]:g}",
        }.get(column, str(table[column][0])[:10])
    assert not ax.images
    areas, towns, *others = ([bar.get_height() for bar in bars] for bars in ax.containers)
    counts = np.histogram(table["area"][np.isfinite(table["area"])], len(areas))[0]
    np.testing.assert_allclose(areas / max(areas), counts / counts.max())
    counts = np.unique([town for town in table["town"] if town], return_counts=True)[1]
    np.testing.assert_allclose(towns / max(towns), np.sort(counts)[::-1] / counts.max())
    assert len(others) == 2
    assert figure_bytes(figure, "svg").startswith(b"<?xml")


def test_the_first_columns_of_a_wide_table_are_drawn():
    table = Columns({f"c{place}": np.array([1.0, np.nan]) for place in range(40)})
    split = Split(table, np.array([0, 1]))
    (ax,) = dataset_figure(Dataset(split, split, ("a", "b")), "wide").axes
    assert len(ax.containers) == 30
    assert "class" in [text.get_text() for text in ax.texts]


def test_images_with_labels_stand_in_the_row_of_each(ax):
    images = np.ones((4, 3, 3), np.uint8)
    plot_samples(ax, Split(images, np.array([[1, 0], [1, 1], [0, 0], [1, 0]])), ("many", "one"))
    assert labels(ax) == ["many (3)", "one (1)"]
    assert ax.get_xlabel() == "beside each row: label (samples)"
