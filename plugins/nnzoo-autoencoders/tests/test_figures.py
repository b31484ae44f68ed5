"""Figures of real runs: what is drawn, and which runs they are not for."""

from html import unescape

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import UsageError
from nnzoo.datafiles.cache import FileCache
from nnzoo.figures.of_runs import draw_figure, figures_for, find_figure
from nnzoo.pages.report import make_report
from nnzoo.trained_run import TrainedRun

from nnzoo_autoencoders.figures import apart
from nnzoo_autoencoders.halves import codes_of, decode, main_directions
from nnzoo_autoencoders.tiles import tile

NAMES = ["reconstructions", "code-plane", "code-grid"]


@pytest.fixture
def opened(train):
    def open_run(*arguments, **options):
        return TrainedRun(train(*arguments, **options), registry, FileCache(None))

    return open_run


@pytest.mark.parametrize("name", [*NAMES, "reconstructions:noise=0.5,samples=3", "code-grid:side=3"])
@pytest.mark.parametrize("model", ["vae:code=2,hidden=32,beta=0.1", "autoencoder:code=16,hidden=64"])
def test_they_draw(opened, model, name):
    figure = draw_figure(name, [opened(model, "--optimizer", "adam")])
    assert all(ax.has_data() for ax in figure.axes)
    if name == "code-plane":
        assert {text.get_text() for text in figure.axes[0].texts} == set("0123456789")
    if "noise" in name:
        assert len(figure.axes) == 3


def test_a_report_shows_each_once(opened):
    run = opened("vae:code=2,hidden=32,beta=0.1", "--optimizer", "adam")
    assert {*NAMES} <= {*figures_for([run], of_plugins=True)}
    page = unescape(make_report(run).html)
    for name in NAMES:
        assert page.count(f'alt="{find_figure(name, [run]).title}"') == 1
    assert page.count("<img") == len(NAMES) + len(["loss", "rmse", "mae", "rate", "weights", "first layer", "network"])


def test_codes_and_what_is_made_of_them_are_the_networks_own(opened):
    """Both halves, one behind the other, are the whole."""
    run = opened("vae:code=2,hidden=32,beta=0.1", "--optimizer", "adam")
    codes = codes_of(run, 7)
    assert codes.shape == (7, 2)
    whole = DeepNeuralNetwork.load(run.path / "model.safetensors").predict(load_dataset("digits").test.inputs[:7])
    np.testing.assert_allclose(decode(run, codes).reshape(7, -1), whole, rtol=1e-4, atol=1e-5)


def test_main_directions_are_those_of_the_largest_spread():
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((5000, 4)) * [0.1, 3, 1, 0.2] + 5
    middle, directions, sizes = main_directions(codes)
    np.testing.assert_allclose(middle, 5, atol=0.2)
    np.testing.assert_allclose(np.abs(directions), [[0, 1, 0, 0], [0, 0, 1, 0]], atol=0.05)
    np.testing.assert_allclose(sizes, [3, 1], rtol=0.05)


def test_no_label_hides_another():
    places = np.array([[0.0, 0.0], [0.01, 0.0], [0.0, 0.03], [0.5, 0.0], [0.02, 0.01]])
    found = apart(places, np.ones(2))
    for number, one in enumerate(found):
        assert not (np.abs(found[number + 1 :] - one) < 0.039).all(axis=1).any()
    assert found[3].tolist() == [0.5, 0.0]
    assert (found[:, 0] == places[:, 0]).all()


def test_other_runs_have_none_of_them(opened):
    run = opened("mlp:hidden=8", task="classification")
    assert not {*NAMES} & {*figures_for([run], of_plugins=True)}
    with pytest.raises(UsageError, match="it is for the task reconstruction"):
        draw_figure("code-plane", [run])


def test_networks_without_a_code_are_refused(opened):
    with pytest.raises(UsageError, match="has no code"):
        draw_figure("code-plane", [opened("mlp:hidden=128")])
    with pytest.raises(UsageError, match="not a plane"):
        draw_figure("code-plane", [opened("autoencoder:code=1,hidden=8")])


@pytest.mark.parametrize("shape", [(3, 4), (1, 3, 4), (3, 4, 1), (3, 3, 4), (3, 4, 3)])
def test_tiles_stand_row_by_row(shape):
    pictures = np.arange(5.0)[:, None] * np.ones((5, 12 * (shape.count(3) > 1) * 3 or 12))
    pictures = pictures[:, : int(np.prod(shape))].reshape(5, *shape)
    whole = tile(pictures, columns=2, gap=1)
    assert whole.shape[:2] == (3 * 3 + 2, 2 * 4 + 1)
    np.testing.assert_array_equal(whole[4:7, 5:9], np.full(whole[4:7, 5:9].shape, 3.0))
    assert np.isnan(whole[3]).all()
