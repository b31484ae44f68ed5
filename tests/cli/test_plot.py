"""``nnzoo plot``, and ``nnzoo train --plot``: which files they write, and what they say of those they can't."""

import json

import pytest
from PIL import Image

from nnzoo.cli.main import cli, main
from nnzoo.errors import UsageError

ALL = ("accuracy", "architecture", "confusion", "first-layer", "learning-rate", "loss", "mistakes", "weights")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the runs ``a``, ``b`` and ``other/a``, and ``zero`` that did not train."""
    folder = tmp_path_factory.mktemp("runs")
    common = ["train", "--dataset", "digits", "--hidden", "6", "--quiet", "--no-plugin", "all"]
    for name, epochs, seed in (("a", 2, 0), ("b", 3, 0), ("other/a", 2, 1), ("zero", 0, 0)):
        options = ["--epochs", str(epochs), "--seed", str(seed), "--run-dir", str(folder / name)]
        cli.main([*common, *options], standalone_mode=False)
    return folder


@pytest.fixture
def plot(trained, monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder; what it printed, and the files in ``figs``."""
    monkeypatch.chdir(tmp_path)

    def plot(*arguments):
        runs = [str(trained / word) if (trained / word).is_dir() else word for word in arguments]
        capsys.readouterr()
        cli.main(["plot", *runs], standalone_mode=False)
        files = sorted(path.name for path in (tmp_path / "figs").iterdir())
        return capsys.readouterr(), files

    return plot


@pytest.mark.usefixtures("unpainted")
def test_one_run_has_all_its_figures(plot):
    out, files = plot("a")
    assert files == [f"a-{name}.png" for name in ALL]
    assert sorted(out.out.split()) == [f"figs/{name}" for name in files]
    assert not out.err


@pytest.mark.usefixtures("unpainted")
def test_several_runs_share_their_curves_and_no_more(plot):
    _, files = plot("a", "b", "other/a", "--what", "loss,weights,accuracy")
    assert files == ["a-2-weights.png", "a-weights.png", "accuracy.png", "b-weights.png", "loss.png"]


def test_files_of_the_same_name_are_replaced_and_others_stay(plot, tmp_path):
    (tmp_path / "figs").mkdir()
    (tmp_path / "figs/a-loss.png").write_text("old")
    (tmp_path / "figs/mine.png").write_text("mine")
    _, files = plot("a", "--what", "loss", "--format", "png")
    assert files == ["a-loss.png", "mine.png"]
    with Image.open(tmp_path / "figs/a-loss.png") as image:
        assert image.size == (1280, 720)
    assert (tmp_path / "figs/mine.png").read_text() == "mine"


@pytest.mark.usefixtures("unpainted")
def test_json_lists_written_and_omitted_figures(plot, trained):
    out, files = plot("zero", "--json", "--format", "svg")
    answer = json.loads(out.out)
    assert [figure["file"] for figure in answer["figures"]] == [
        f"figs/zero-{name}.svg" for name in ("weights", "first-layer", "architecture", "confusion", "mistakes")
    ]
    assert len(files) == 5
    assert answer["left_out"][0] == {
        "figure": "loss",
        "runs": [str(trained / "zero")],
        "reason": "there is no loss to draw for zero: no epoch has been finished",
    }
    assert out.err.splitlines()[0] == f"nnzoo: no figure loss: {answer['left_out'][0]['reason']}"


@pytest.mark.usefixtures("unpainted")
def test_a_run_that_was_killed_has_curves(plot, trained, tmp_path):
    for name in ("run.json", "metrics.jsonl"):
        (tmp_path / "killed").mkdir(exist_ok=True)
        text = (trained / "b" / name).read_text().replace('"status": "finished"', '"status": "running"')
        (tmp_path / "killed" / name).write_text(text)
    out, files = plot(str(tmp_path / "killed"))
    assert files == [f"killed-{name}.png" for name in ("accuracy", "learning-rate", "loss")]
    assert out.err.count("has no trained network: the run is killed") == 5


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["a", "--what", "loss,acuracy"],
            2,
            "there is no figure 'acuracy'\n  did you mean accuracy? figures are loss, ",
        ),
        (["a", "--format", "gif"], 2, "figures can't be written as 'gif'\n  formats are png, svg, pdf"),
        (["a", "nowhere"], 7, "nowhere is not a run"),
        (["zero", "--what", "weights,loss"], 2, "there is no loss to draw for zero"),
        (
            ["a", "--what", "predicted"],
            2,
            "no figure predicted: its task, classification, has confusion, mistakes",
        ),
        (["a", "--what", "mistakes", "--plugin", "nowhere.py"], 2, "nowhere.py"),
        (["a", "--what", "loss", "--out", "file/figs"], 7, "can't make file/figs"),
    ],
)
def test_figures_that_can_not_be_drawn_are_an_error_and_nothing_is_written(
    trained, monkeypatch, capsys, tmp_path, arguments, code, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as done:
        main(["plot", *(str(trained / word) if (trained / word).is_dir() else word for word in arguments)])
    assert done.value.code == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "figs").exists()


@pytest.mark.usefixtures("unpainted")
def test_training_draws_the_figures_into_the_run_which_can_be_removed_with_them(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    options = ["--dataset", "digits", "--epochs", "1", "--hidden", "6", "--run-dir", "run", "--no-plugin", "all"]
    cli.main(["train", *options, "--plot"], standalone_mode=False)
    assert capsys.readouterr().out.splitlines()[-1] == "figures in run/figs"
    assert sorted(path.name for path in (tmp_path / "run/figs").iterdir()) == [f"{name}.png" for name in ALL]
    (tmp_path / "run/figs/mine.png").touch()
    with pytest.raises(UsageError, match="has files that are not the run's: figs"):
        cli.main(["runs", "remove", "run", "--yes"], standalone_mode=False)
    (tmp_path / "run/figs/mine.png").unlink()
    cli.main(["runs", "remove", "run", "--yes"], standalone_mode=False)
    assert not (tmp_path / "run").exists()


def test_a_training_is_reported_whatever_its_figures_are(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nnzoo.figures.writing.draw_figure", _refuse)
    options = ["--dataset", "digits", "--epochs", "1", "--hidden", "6", "--run-dir", "run", "--no-plugin", "all"]
    cli.main(["train", *options, "--plot", "--json"], standalone_mode=False)
    out = capsys.readouterr()
    assert json.loads(out.out)["figures"] == []
    assert "nnzoo: no figures: not today" in out.err


def _refuse(name, runs):
    raise UsageError("not today")


PLUGIN = """\
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, doc

from nnzoo.api import Figure, UsageError, hookimpl


@dataclass(frozen=True)
class Mine(Figure):
    name: ClassVar[str] = "mine"
    overlays: ClassVar[bool] = True

    lines: Annotated[int, Ge(1), doc("how many")] = 1

    def plan(self, run):
        if not run.history:
            raise UsageError("nothing was trained")
        return 3.0, 2.0

    def draw(self, figure, runs):
        for ax in figure.subplots(self.lines, squeeze=False).flat:
            for run in runs:
                ax.plot(*run.series("train_loss"))


@dataclass(frozen=True)
class Loss(Mine):
    name: ClassVar[str] = "loss"
    overlays: ClassVar[bool] = False

    def draw(self, figure, runs):
        raise ValueError("oops")


@dataclass(frozen=True)
class Formula(Mine):
    name: ClassVar[str] = "formula"

    def draw(self, figure, runs):
        figure.subplots().set_title("$\\\\frac{a$")


@hookimpl
def nnzoo_figures():
    return [Mine, Formula]
"""


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "more.py"
    path.write_text(PLUGIN)
    return path


@pytest.mark.usefixtures("unpainted")
def test_a_plugins_figure_is_drawn_beside_the_others(plot, plugin):
    _, files = plot("a", "zero", "--plugin", str(plugin))
    assert "mine.png" in files  # of both: one of them has been trained
    assert {f"a-{name}.png" for name in ("confusion", "weights")} <= {*files}


@pytest.mark.usefixtures("unpainted")
def test_a_plugins_figure_takes_hyperparameters_and_overlays(plot, plugin):
    what = ("--what", "mine:lines=2,loss", "--what", "mine", "--plugin", str(plugin))
    assert plot("a", "b", *what)[1] == ["loss.png", "mine-lines-2.png", "mine.png"]


def test_a_figure_that_can_not_be_written_is_named(trained, plugin, nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "plot", trained / "a", "--plugin", plugin, "--what", "formula")
    assert (outcome.code, outcome.stdout) == (5, "")
    assert "figure formula" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (tmp_path / "figs").exists()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("mine:lines=0", "lines"),
        ("mine:colour=red", "colour"),
        ("loss:lines=2", "no hyperparameters"),
        ("mime", "did you mean mine"),
        ("more.py/loss", "more.py/loss"),
    ],
)
def test_invalid_hyperparameters_of_a_figure_are_reported(trained, plugin, nnzoo_here, tmp_path, what, said):
    outcome = nnzoo_here(tmp_path, "plot", trained / "a", "--plugin", plugin, "--what", what)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert said in outcome.stderr
    assert not (tmp_path / "figs").exists()


def test_a_run_that_it_is_not_for_gets_the_reason(trained, plugin, nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "plot", trained / "zero", "--plugin", plugin, "--what", "mine")
    assert (outcome.code, "nothing was trained" in outcome.stderr) == (2, True)


@pytest.mark.usefixtures("unpainted")
def test_a_reserved_name_is_reached_in_full_and_a_bug_is_the_plugins(trained, plugin, nnzoo_here, tmp_path):
    plugin.write_text(PLUGIN.replace("[Mine, Formula]", "[Mine, Loss]"))
    plain = nnzoo_here(tmp_path, "plot", trained / "a", "--plugin", plugin, "--what", "loss")
    assert plain.stdout == "figs/a-loss.png\n"
    outcome = nnzoo_here(tmp_path, "plot", trained / "a", "--plugin", plugin, "--what", "more.py/loss")
    assert (outcome.code, "plugin more.py failed: ValueError: oops" in outcome.stderr) == (5, True)
