"""Curves show what is recorded, and say what tells runs apart."""

import json
import shutil

import matplotlib as mpl
import numpy as np
import pytest

from nnzoo.errors import UsageError
from nnzoo.figures.curves import plot_learning_rate, plot_loss, plot_metric, rates_by_step
from nnzoo.figures.of_runs import draw_figure
from nnzoo.figures.words import run_labels


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def legend_texts(ax):
    return [text.get_text() for legend in legends(ax) for text in legend.get_texts()]


def legends(ax):
    return [child for child in ax.get_children() if isinstance(child, mpl.legend.Legend)]


def test_the_drawn_loss_of_each_part_is_the_recorded_one(runs, ax):
    run = runs("held-out", validation=0.2, epochs=6)
    assert plot_loss(ax, [run]) is ax
    drawn = lines(ax)
    for label, figure in {"training": "train_loss", "validation": "validation_loss", "test": "test_loss"}.items():
        np.testing.assert_array_equal(drawn[label].get_xdata(), range(1, 7))
        np.testing.assert_array_equal(drawn[label].get_ydata(), [line[figure] for line in run.history])
    assert len({line.get_color() for line in ax.lines[:3]}) == 3
    assert len({str(line._dash_pattern) for line in ax.lines[:3]}) == 3
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")) == ("epoch", "loss (nats)", "Loss")
    assert ax.get_ylim()[0] == 0


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss(runs, ax):
    run = runs("held-out", validation=0.2, epochs=6)
    losses = [line["validation_loss"] for line in run.history]
    best = int(np.argmin(losses)) + 1
    plot_loss(ax, [run])
    ring = lines(ax)[f"best epoch: {best} (lowest validation loss)"]
    assert ring.get_xydata().tolist() == [[best, min(losses)]]
    assert ring.get_marker() == "o"


def test_without_validation_the_test_loss_decides_the_best_and_accuracies_are_in_per_cent(runs, ax):
    run = runs("plain")
    best = int(np.argmin([line["test_loss"] for line in run.history]))
    plot_metric(ax, [run], "accuracy")
    drawn = lines(ax)
    accuracies = [100 * line["test_accuracy"] for line in run.history]
    assert drawn["test"].get_ydata().tolist() == accuracies
    assert drawn[f"best epoch: {best + 1} (lowest test loss)"].get_xydata().tolist() == [[best + 1, accuracies[best]]]
    assert ax.get_ylabel() == "accuracy (%)"
    assert "validation" not in drawn


def test_a_training_of_one_epoch_is_a_point(runs, ax):
    run = runs("one", epochs=1)
    plot_loss(ax, [run])
    assert lines(ax)["test"].get_xydata().tolist() == [[1, run.history[0]["test_loss"]]]
    ax.figure.draw_without_rendering()
    assert {float(tick) for tick in ax.get_xticks()} <= {0, 1, 2}


def test_the_learning_rate_of_each_step_passes_through_the_recorded_ones(runs, ax):
    run = runs("plain")
    recorded = [line["learning_rate"] for line in run.history]
    plot_learning_rate(ax, [run])
    curve, points = ax.lines
    steps = -(-1438 // 128)
    assert len(curve.get_xdata()) == 4 * steps
    assert points.get_xydata().tolist() == [[epoch, rate] for epoch, rate in enumerate(recorded, 1)]
    on_curve = dict(zip(curve.get_xdata(), curve.get_ydata(), strict=True))
    assert [on_curve[epoch] for epoch in range(1, 5)] == pytest.approx(recorded)
    assert curve.get_ydata()[0] == pytest.approx(3 * 0.04)  # one-cycle begins with this share
    assert curve.get_ydata().max() == pytest.approx(3, rel=0.01)
    assert legend_texts(ax) == ["of each step", "as recorded"]


def test_a_metric_schedule_gets_the_recorded_metrics(runs):
    run = runs("halving", schedule="halving")
    places, rates = rates_by_step(run)
    first = run.recipe.learning_rate
    ends = [rate for place, rate in zip(places, rates, strict=True) if place == int(place)]
    assert ends == pytest.approx([first * (1 - (12 * e - 1) / 96) / 2 ** (e - 1) for e in range(1, 5)])


def test_a_schedule_that_contradicts_the_record_is_ignored(runs, ax, tmp_path):
    path = shutil.copytree(runs("plain").path, tmp_path / "changed")
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    lines[2]["learning_rate"] *= 1.01
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = runs.open(path)
    assert rates_by_step(run) is None
    plot_learning_rate(ax, [run])
    assert ax.lines[0].get_ydata().tolist() == [line["learning_rate"] for line in lines]


def test_runs_lie_over_each_other_with_a_colour_and_a_marker_each(runs, ax):
    both = [runs("plain"), runs("bent", activation="bent", epochs=3)]
    plot_loss(ax, both)
    assert sorted(legend_texts(ax)) == ["bent, epochs 3", "best epoch", "relu, epochs 4", "test", "training"]
    drawn = [line for line in ax.lines if line.get_label() != "best epoch"]
    assert len(drawn) == 4
    looks = {(line.get_label(), line.get_color(), line.get_marker()) for line in drawn}
    assert len(looks) == 2
    assert len({line.get_marker() for line in drawn}) == 2
    np.testing.assert_array_equal(drawn[3].get_ydata(), [line["test_loss"] for line in both[1].history])
    assert sum(line.get_label() == "best epoch" for line in ax.lines) == 2


def test_a_run_without_an_epoch_is_named_and_has_no_line(runs, ax):
    plot_loss(ax, [runs("plain"), runs("zero", epochs=0)])
    assert {"epochs 4", "epochs 0 (no data)"} < set(legend_texts(ax))


def test_figures_that_were_not_measured_can_not_be_drawn(runs, ax):
    with pytest.raises(UsageError, match="no epoch has been finished"):
        plot_loss(ax, [runs("zero", epochs=0)])
    with pytest.raises(UsageError, match="there is no accuracy to draw for waves: it was not measured"):
        plot_metric(ax, [runs("waves", "waves")], "accuracy")


def test_a_metric_that_is_not_a_share_is_in_its_own_unit(runs, ax):
    run = runs("waves", "waves")
    plot_metric(ax, [run], "mae")
    assert lines(ax)["test"].get_ydata().tolist() == [line["test_mae"] for line in run.history]
    assert (ax.get_title(loc="left"), ax.get_ylabel()) == ("MAE", "MAE")


def test_any_metric_is_a_figure_by_its_name(runs):
    run = runs("measured", metrics=["balanced-accuracy", "f1:average=none"], epochs=2)
    ax = draw_figure("balanced-accuracy", [run]).axes[0]
    drawn = [100 * line["test_balanced_accuracy"] for line in run.history]
    assert lines(ax)["test"].get_ydata().tolist() == drawn
    assert (ax.get_title(loc="left"), ax.get_ylabel()) == ("Balanced accuracy", "balanced accuracy (%)")
    assert draw_figure("f1_7", [run]).axes[0].get_ylabel() == "F1 7 (%)"
    with pytest.raises(UsageError, match="there is no figure 'accuracy'\n  did you mean balanced_accuracy"):
        draw_figure("accuracy", [run])


def test_runs_with_other_metrics_lie_in_one_figure(runs, ax):
    plot_metric(ax, [runs("plain"), runs("waves", "waves")], "accuracy")
    assert any(text.endswith("(no data)") for text in legend_texts(ax))


@pytest.mark.parametrize("monitor", ["f1", "loss"])
def test_the_best_epoch_is_the_one_of_the_figure_that_was_monitored(runs, ax, monitor):
    run = runs(f"monitor-{monitor}", metrics=["f1"], monitor=monitor, validation=0.2, keep="best", epochs=5)
    values = [line[f"validation_{monitor}"] for line in run.history]
    best = int(np.argmax(values) if monitor == "f1" else np.argmin(values)) + 1
    plot_loss(ax, [run])
    told = {"f1": "highest validation F1", "loss": "lowest validation loss"}[monitor]
    ring = lines(ax)[f"best epoch: {best} ({told})"]
    assert ring.get_xydata().tolist() == [[best, run.history[best - 1]["validation_loss"]]]
    assert run.record.kept_epoch == best


def test_a_loss_without_probabilities_is_not_in_nats(runs, ax):
    plot_loss(ax, [runs("waves", "waves")])
    assert ax.get_ylabel() == "loss (mse)"


class TestLabels:
    def test_rates_that_follow_from_the_activation_are_not_reported(self, runs):
        assert run_labels([runs("plain"), runs("sigmoid", activation="sigmoid")]) == ["relu", "sigmoid"]

    def test_rates_that_were_chosen_are(self, runs):
        slow = runs("slow", learning_rate=0.5, early_stopping=3, validation=0.1)
        assert run_labels([runs("plain"), slow]) == [
            "learning rate 3, validation 0, no early stopping, keep last",
            "learning rate 0.5, validation 0.1, early stopping 3, keep best",
        ]

    def test_the_hyperparameters_of_one_component_are(self, runs):
        calm = runs("calm", optimizer="momentum:beta=0.5")
        assert run_labels([runs("plain"), calm]) == ["momentum:beta=0.9", "momentum:beta=0.5"]

    def test_runs_that_do_not_differ_have_their_names(self, runs, tmp_path):
        twin = runs.open(shutil.copytree(runs("plain").path, tmp_path / "$twin$"))
        assert run_labels([runs("plain"), twin]) == ["plain", r"\$twin\$"]
        third = runs("sigmoid", activation="sigmoid")
        assert run_labels([runs("plain"), twin, third]) == ["relu (plain)", r"relu (\$twin\$)", "sigmoid"]


def test_a_missing_plugin_does_not_hide_the_curves(runs, ax):
    path = runs("bent", activation="bent", epochs=3).path
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.plugins.registry import Registry
    from nnzoo.trained_run import TrainedRun

    run = TrainedRun(path, Registry(disabled=["all"]), FileCache())
    plot_loss(ax, [run])
    assert len(lines(ax)["test"].get_xdata()) == 3
    assert ax.get_ylabel() == "loss (softmax-cross-entropy)"
