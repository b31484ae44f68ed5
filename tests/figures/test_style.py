"""Drawing leaves no trace, and the same figure is the same file."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

from nnzoo.errors import StorageError, UsageError
from nnzoo.figures.of_runs import draw_figure, figures_for
from nnzoo.figures.style import SIGNED, figure_bytes, make_figure, save_figure


@pytest.fixture(scope="module")
def odd_settings():
    with mpl.rc_context({"axes.titlesize": 33, "lines.linewidth": 9}):
        yield dict(mpl.rcParams)


def test_every_figure_leaves_the_settings_alone(runs, odd_settings):
    run = runs("bent", activation="bent", epochs=3)
    for name in figures_for([run]):
        figure = draw_figure(name, [run])
        assert figure.axes[0].title.get_fontsize() != 33
        if name in ("loss", "weights"):
            figure_bytes(figure)
        assert dict(mpl.rcParams) == odd_settings, name


def test_pyplot_is_never_imported(runs):
    run = runs("plain")
    code = """
import sys
from pathlib import Path
from nnzoo.datafiles.cache import FileCache
from nnzoo.figures.writing import write_figures
from nnzoo.plugins.registry import Registry
from nnzoo.trained_run import TrainedRun
run = TrainedRun(Path(sys.argv[1]), Registry(), FileCache())
write_figures([run], Path(sys.argv[2]), names=["loss"])
print("matplotlib.pyplot" in sys.modules, "matplotlib.figure" in sys.modules)
"""
    command = [sys.executable, "-c", code, str(run.path), str(run.path.parent / "drawn")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"
    drawn = sorted(path.name for path in (run.path.parent / "drawn").iterdir())
    assert drawn == ["plain-loss.png"]


@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_same_figure_is_the_same_file(runs, format, start):
    first, second = (figure_bytes(draw_figure("loss", [runs("plain")]), format) for _ in range(2))
    assert first == second
    assert first.startswith(start)


def test_a_figure_is_written_whole_or_not_at_all(tmp_path):
    figure, _ = make_figure()
    with pytest.raises(UsageError, match="'gif'"):
        save_figure(figure, tmp_path / "a.gif")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(StorageError):
        save_figure(figure, tmp_path / "b.png")
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]


def test_a_figure_of_one_run_takes_one(runs):
    with pytest.raises(UsageError, match="exactly one run"):
        draw_figure("weights", [runs("plain"), runs("one", epochs=1)])
    with pytest.raises(UsageError, match="at least one run"):
        draw_figure("loss", [])


def test_the_colours_of_weights_keep_their_signs_in_grey():
    red, green, blue = SIGNED(np.linspace(0, 1, 101))[:, :3].T
    assert (np.diff(0.299 * red + 0.587 * green + 0.114 * blue) > 0).all()
