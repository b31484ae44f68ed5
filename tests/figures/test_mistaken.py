"""Confusion, mistakes, predicted values, labels and columns are those of the network on the test data."""

import numpy as np
import pytest

from nnzoo.errors import UsageError
from nnzoo.figures.confusion import plot_confusion
from nnzoo.figures.mistakes import plot_mistakes
from nnzoo.figures.of_runs import draw_figure, figures_for
from nnzoo.figures.predicted import plot_predicted, predicted_figure
from nnzoo.figures.style import figure_bytes, styled


def test_the_cells_are_the_evaluation_and_their_colours_shares_of_a_row(runs, ax):
    run = runs("plain")
    counts = run.evaluation.confusion
    assert plot_confusion(ax, counts, run.dataset.class_names) is ax
    written = np.zeros_like(counts)
    for text in ax.texts:
        column, row = text.get_position()
        written[row, column] = int(text.get_text())
    np.testing.assert_array_equal(written, counts)
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), counts / counts.sum(axis=1, keepdims=True))
    assert [text.get_text() for text in ax.get_yticklabels()] == list("0123456789")
    assert [text.get_text() for text in ax.get_xticklabels()] == list("0123456789")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("taken for", "class")
    assert counts.sum() == 359


def test_a_class_without_samples_has_an_empty_row(ax):
    plot_confusion(ax, np.array([[3, 1], [0, 0]]), ("a", "b"))
    assert np.asarray(ax.images[0].get_array()).tolist() == [[0.75, 0.25], [0, 0]]
    assert sorted(text.get_text() for text in ax.texts) == ["1", "3"]


def test_very_long_names_of_twenty_six_classes_are_shortened(runs):
    figure = draw_figure("confusion", [runs("letters", "letters")])
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(labels) == 26
    assert labels[0] == r"\$a_{1}\$ 猫 and no …"
    assert figure_bytes(figure).startswith(b"\x89PNG")


def test_many_classes_are_colours_alone(runs):
    ax = draw_figure("confusion", [runs("crowd", "crowd")]).axes[0]
    assert not ax.texts
    assert [text.get_text() for text in ax.get_yticklabels()] == [str(c) for c in range(0, 60, 2)]
    assert ax.figure.get_size_inches().max() < 10


def test_the_worst_mistakes_come_first_with_their_pictures_and_probabilities(runs, ax):
    run = runs("plain")
    test, worst = run.dataset.test, run.worst_mistakes
    figure = draw_figure("mistakes", [run])
    pictures = [child for child in figure.axes[0].child_axes if child.images]
    bars = [child for child in figure.axes[0].child_axes if child.patches]
    assert len(pictures) == len(bars) == min(12, len(worst))
    own = run.outputs[worst, test.targets[worst]]
    assert (np.diff(own) >= 0).all()
    for place, (picture, bar) in enumerate(zip(pictures, bars, strict=True)):
        sample = worst[place]
        shades = np.asarray(picture.images[0].get_array())
        np.testing.assert_allclose(shades, 1 - test.inputs[sample] / test.inputs[worst[:12]].max())
        names = [int(text.get_text()) for text in bar.get_yticklabels()]
        np.testing.assert_allclose([patch.get_width() for patch in bar.patches], run.outputs[sample, names])
        assert names[0] == run.outputs[sample].argmax()
        filled = [name for name, patch in zip(names, bar.patches, strict=True) if patch.get_facecolor()[0] < 0.5]
        assert filled == [test.targets[sample]]
    titles = [text.get_text() for text in figure.axes[0].texts]
    assert titles[0] == f"{test.targets[worst[0]]}, taken for {run.outputs[worst[0]].argmax()}"


def test_a_small_probability_is_not_shown_as_zero(ax):
    outputs = np.float32([[0.997, 0.003, 0]])
    plot_mistakes(ax, np.ones((1, 2, 2)), np.array([1]), outputs, ("a", "b", "c"))
    told = [text.get_text().strip() for child in ax.child_axes for text in child.texts]
    assert told == ["100%", "<1%", "0%"]


def test_outputs_that_are_not_probabilities_are_not_said_to_be(ax):
    plot_mistakes(ax, np.ones((1, 3)), np.array([1]), np.float32([[1.25, -0.5]]), ("a", "b"))
    told = [text.get_text().strip() for child in ax.child_axes for text in child.texts]
    assert told == ["1.2", "-0.5"]
    assert "output of a class" in ax.get_title(loc="right")


def test_samples_that_are_not_pictures_are_strips(runs):
    figure = draw_figure("mistakes", [runs("letters", "letters")])
    images = [child.images[0] for child in figure.axes[0].child_axes if child.images]
    assert {image.get_array().shape for image in images} == {(1, 6)}
    assert len(images) == 12


def test_mistakes_in_a_table_are_rows_with_their_values(homes_run):
    run = homes_run("kind", epochs=3)
    figure = draw_figure("mistakes", [run])
    assert not [child for child in figure.axes[0].child_axes if child.images]
    rows = [child for child in figure.axes[0].child_axes if not child.patches]
    table, worst = run.dataset.test.inputs, run.worst_mistakes
    assert len(rows) == min(12, len(worst)) > 3
    for row, sample in zip(rows, worst, strict=False):
        texts = [text.get_text() for text in row.texts]
        assert texts[::2] == ["area", "town", "built", "luck"]
        assert texts[1] == ("missing" if np.isnan(table["area"][sample]) else f"{table['area'][sample]:g}")
        assert texts[3] == (table["town"][sample] or "missing")
    bars = [child for child in figure.axes[0].child_axes if child.patches]
    labels = {text.get_text() for text in bars[0].get_yticklabels()}
    assert labels == {"cheap", "dear"}


def test_predicted_values_are_held_against_true_ones_in_their_own_units(runs):
    run = runs("waves", "waves")
    targets, outputs = run.dataset.test.targets, run.outputs
    figure = draw_figure("predicted", [run])
    assert len(figure.axes) == 2
    for value, ax in enumerate(figure.axes):
        diagonal, points = ax.lines
        drawn = np.stack([targets[:, value], outputs[:, value]]).T
        np.testing.assert_allclose(points.get_xydata(), drawn, rtol=1e-6)
        np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert 500 < figure.axes[1].lines[1].get_ydata().mean() < 1500  # not standardised
    assert [ax.get_xlabel() for ax in figure.axes] == ["true small", r"true \$large\$"]
    assert figure.axes[1].get_ylabel() == r"predicted \$large\$"


def test_some_of_many_samples_are_drawn_including_the_worst(ax):
    true = np.linspace(0, 1, 5000)
    guess = true.copy()
    guess[1234] = 9
    plot_predicted(ax, true, guess, "height")
    points = ax.lines[1].get_xydata()
    assert 1000 < len(points) < 2000
    assert [true[1234], 9] in points.tolist()


def test_the_first_of_many_values_are_drawn():
    values = np.random.default_rng(0).normal(size=(20, 9))
    with styled():
        figure = predicted_figure(values, values, ())
    assert len(figure.axes) == 6
    assert figure.axes[0].get_title(loc="left") == "Predicted and true values, the first 6 of 9"
    assert figure.axes[5].get_xlabel() == "true value 5"


def test_each_label_has_its_precision_recall_and_share(runs):
    run = runs("tagged", "tagged", epochs=30)
    ax = draw_figure("labels", [run]).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["left", "rare", r"\$sum\$", "chance"]
    targets, answers = run.evaluation.targets, run.outputs >= 0.5
    for label in range(4):
        marks = {
            line.get_label().partition(":")[0]: line.get_xdata()[0]
            for line in ax.lines
            if line.get_ydata()[0] == label and line.get_marker() in ("o", "D")
        }
        right = (answers[:, label] * targets[:, label]).sum()
        given, there = answers[:, label].sum(), targets[:, label].sum()
        assert marks.get("precision") == (pytest.approx(100 * right / given) if given else None)
        assert marks["recall"] == pytest.approx(100 * right / there)
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(100 * targets.mean(axis=0))
    assert len(ax.get_legend().get_texts()) == 3


def test_importances_are_bars_with_the_longest_on_top(homes_run):
    run = homes_run("price")
    ax = draw_figure("importance", [run]).axes[0]
    found = run.importance
    assert [text.get_text() for text in ax.get_yticklabels()] == list(found.columns)
    assert found.columns[0] == "area"
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(found.means)
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "drop of R²"
    share = draw_figure("importance", [homes_run("kind")]).axes[0]
    assert share.get_xlabel() == "drop of accuracy (% points)"


@pytest.mark.parametrize(
    ("name", "what"), [("confusion", "predicted"), ("mistakes", "predicted"), ("labels", "predicted")]
)
def test_a_figure_of_another_task_is_refused_by_name(runs, name, what):
    with pytest.raises(UsageError, match=f"has no figure {name}: its task, regression, has {what}"):
        draw_figure(name, [runs("waves", "waves")])


def test_classes_have_no_figure_of_values_nor_arrays_one_of_columns(runs):
    with pytest.raises(UsageError, match="has no figure predicted: its task, classification, has confusion, mistakes"):
        draw_figure("predicted", [runs("plain")])
    with pytest.raises(UsageError, match="does not take a table"):
        draw_figure("importance", [runs("plain")])


def test_the_task_decides_which_figures_suit(runs, homes_run):
    common = {"loss", "learning-rate", "weights", "architecture"}
    assert {*figures_for([runs("plain")])} == common | {"accuracy", "first-layer", "confusion", "mistakes"}
    assert {*figures_for([runs("waves", "waves")])} == common | {"r2", "mae", "predicted"}
    assert {*figures_for([runs("tagged", "tagged", epochs=30)])} == common | {"f1", "accuracy", "labels"}
    assert {*figures_for([homes_run("price")])} == common | {"r2", "mae", "predicted", "importance"}
