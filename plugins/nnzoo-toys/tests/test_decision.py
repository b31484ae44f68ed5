"""The figure `decision`: regions, curves and surfaces in the data's own units, and frames that are the run's own."""

import io
import json

import matplotlib.figure
import numpy as np
import pytest
from nnzoo import registry
from nnzoo.api import UsageError
from nnzoo.cli.main import cli, main
from nnzoo.datafiles.cache import FileCache
from nnzoo.testing import parametrize_with_checks
from nnzoo.trained_run import TrainedRun
from PIL import Image

from nnzoo_toys import Decision

SMALL = Decision(resolution=21)


@parametrize_with_checks([SMALL])
def test_conformance(check):
    check()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Short runs, each by the name of its data set."""
    folder, runs = tmp_path_factory.mktemp("runs"), {}
    table = [f"{i % 13},{1000 + 50 * (i % 7)},{'ab'[i % 2]}" for i in range(90)]
    (folder / "table.csv").write_text("\n".join(["age,pay,kind", *table]))
    rows = [f"{i % 13},{'xy'[i % 2]},{i % 5 + 0.5}" for i in range(90)]
    (folder / "mixed.csv").write_text("\n".join(["age,kind,value", *rows]))
    data = {
        "spirals": "spirals:samples=300",
        "one": "sines:samples=200",
        "two": "sines:samples=200,inputs=2",
        "table": f"{folder}/table.csv:target=kind",
        "mixed": f"{folder}/mixed.csv:target=value,categorical=kind",
        "digits": "digits",
    }
    for name, dataset in data.items():
        options = ["--dataset", dataset, "--epochs", "3", "--hidden", "8", "--seed", "1", "--quiet"]
        cli.main(["train", *options, "--run-dir", str(folder / name)], standalone_mode=False)
        runs[name] = TrainedRun(folder / name, registry, FileCache(None))
    return runs


def drawn(run, component=SMALL):
    figure = matplotlib.figure.Figure(figsize=component.plan(run))
    component.draw(figure, [run])
    return figure


def test_regions_are_in_the_units_of_the_table(trained):
    (ax,) = drawn(trained["table"]).axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("age", "pay")
    left, right, low, high = ax.images[0].get_extent()
    assert (left, right, low, high) == pytest.approx((-1.2, 13.2, 970, 1330))


def test_each_place_has_the_color_of_the_class_that_is_answered(trained):
    run = trained["spirals"]
    (ax,) = drawn(run).axes
    image = ax.images[0].get_array()
    left, right, low, high = ax.images[0].get_extent()
    x, y = np.linspace(left, right, 21), np.linspace(low, high, 21)
    for row, column in ((0, 0), (3, 17), (20, 20), (11, 4)):
        probabilities = run.dnn.predict_proba({"x": x[column : column + 1], "y": y[row : row + 1]})[0]
        certain = (probabilities.max() - 1 / 3) / (2 / 3)
        color = np.array(matplotlib.colors.to_rgb(f"C{probabilities.argmax()}"))
        shade = 0.55 * certain
        np.testing.assert_allclose(image[row, column], shade * color + 1 - shade, atol=1e-5)


def test_every_test_sample_is_drawn_and_the_wrong_ones_are_marked(trained):
    run = trained["spirals"]
    (ax,) = drawn(run).axes
    lines = {line.get_label(): line for line in ax.lines}
    assert sum(len(lines[f"arm {arm}"].get_xdata()) for arm in (1, 2, 3)) == len(run.test)
    (wrong,) = [line for label, line in lines.items() if label.startswith("wrong")]
    assert len(wrong.get_xdata()) == (run.answers != run.targets).sum()


def test_a_curve_and_a_surface_are_what_the_network_predicts(trained):
    (ax,) = drawn(trained["one"]).axes
    (line,) = [line for line in ax.lines if line.get_label() == "network"]
    np.testing.assert_allclose(line.get_ydata(), trained["one"].dnn.predict({"x": line.get_xdata()})[:, 0], rtol=1e-5)
    ax = drawn(trained["two"]).axes[0]
    left, _, low, _ = ax.images[0].get_extent()
    corner = trained["two"].dnn.predict({"x": np.array([left]), "y": np.array([low])})[0, 0]
    assert ax.images[0].get_array()[0, 0] == pytest.approx(corner, rel=1e-5)


def test_runs_that_it_is_not_for_are_refused_with_the_reason(trained):
    with pytest.raises(UsageError, match="it is for two numbers and one class a sample"):
        SMALL.plan(trained["digits"])
    with pytest.raises(UsageError, match="it is for"):
        drawn(trained["mixed"])


def test_the_frames_of_an_animation_are_the_run_itself(trained):
    run = trained["spirals"]
    before = run.dnn.network.parameters.vector.copy()
    figures, losses = [], []
    for at in run.epochs(range(4)):
        assert len(at.history) == at.epoch
        figures.append(drawn(at).axes[0].get_title())
        losses.append(at.evaluation.figures["loss"] if at.epoch else None)
    assert figures == ["spirals, before the first epoch", *(f"spirals, after epoch {epoch}" for epoch in (1, 2, 3))]
    assert losses[1:] == pytest.approx(list(run.series("test_loss")[1]))
    np.testing.assert_array_equal(at.dnn.network.parameters.vector, before)
    np.testing.assert_array_equal(run.dnn.network.parameters.vector, before)


def test_the_command_writes_a_gif_or_a_page(trained, capsys, tmp_path):
    run = str(trained["spirals"].path)
    words = ["plot", run, "--what", "decision:resolution=20", "--animate"]
    cli.main([*words, "--json"], standalone_mode=False)
    (told,) = json.loads(capsys.readouterr().out)["figures"]
    data = (tmp_path / told["file"]).read_bytes()
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.n_frames) == ("GIF", 4)
    cli.main([*words, "--out", "moving.html"], standalone_mode=False)
    page = (tmp_path / "moving.html").read_text()
    assert page.count("data:image/png;base64,") == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["spirals", "--what", "loss", "--animate"], "loss can't be animated"),
        (["digits", "--animate"], "can be animated"),
        (["spirals", "--what", "decision", "--animate", "--format", "png"], "formats are gif and html"),
        (["spirals", "two", "--what", "decision", "--animate", "--out", "one.gif"], "name a folder"),
    ],
)
def test_what_can_not_move_is_said_and_nothing_is_written(trained, capsys, tmp_path, words, message):
    with pytest.raises(SystemExit) as done:
        main(["plot", *(str(trained[word].path) if word in trained else word for word in words)])
    assert done.value.code == 2
    assert message in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
