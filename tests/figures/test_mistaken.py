"""Confusion, mistakes and predictions are those of the network on the test data."""

import numpy as np
import pytest
from nnzoo.figures.regression import plot_predictions

from nnzoo.errors import UsageError
from nnzoo.figures.confusion import plot_confusion
from nnzoo.figures.mistakes import plot_mistakes
from nnzoo.figures.of_runs import draw_figure
from nnzoo.figures.style import figure_bytes


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


def test_twenty_six_classes_with_names_that_have_no_end(runs):
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


def test_what_is_little_is_not_nothing(ax):
    outputs = np.float32([[0.997, 0.003, 0]])
    plot_mistakes(ax, np.ones((1, 2, 2)), np.array([1]), outputs, ("a", "b", "c"))
    told = [text.get_text().strip() for child in ax.child_axes for text in child.texts]
    assert told == ["100%", "<1%", "0%"]


def test_outputs_that_are_no_probabilities_are_not_said_to_be(ax):
    plot_mistakes(ax, np.ones((1, 3)), np.array([1]), np.float32([[1.25, -0.5]]), ("a", "b"))
    told = [text.get_text().strip() for child in ax.child_axes for text in child.texts]
    assert told == ["1.2", "-0.5"]
    assert "output of a class" in ax.get_title(loc="right")


def test_samples_that_are_no_pictures_are_strips(runs):
    figure = draw_figure("mistakes", [runs("letters", "letters")])
    images = [child.images[0] for child in figure.axes[0].child_axes if child.images]
    assert {image.get_array().shape for image in images} == {(1, 6)}
    assert len(images) == 12


def test_in_regression_predictions_are_held_against_true_values(runs, ax):
    run = runs("waves", "waves")
    plot_predictions(ax, run.dataset.test.targets, run.outputs)
    first, second, diagonal = ax.lines
    np.testing.assert_array_equal(first.get_xydata(), np.stack([run.dataset.test.targets, run.outputs])[:, :, 0].T)
    np.testing.assert_array_equal(second.get_ydata(), run.outputs[:, 1])
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["output 0", "output 1", "equal"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("true value", "predicted value")
    assert ((run.dataset.test.targets - run.outputs) ** 2).mean() == pytest.approx(run.evaluation.mse, rel=1e-5)


@pytest.mark.parametrize("name", ["confusion", "mistakes"])
def test_regression_has_no_figures_of_classes(runs, name):
    with pytest.raises(UsageError, match="it predicts values"):
        draw_figure(name, [runs("waves", "waves")])


def test_classes_have_no_figure_of_values(runs):
    with pytest.raises(UsageError, match="predicts classes, not values"):
        draw_figure("predictions", [runs("plain")])
