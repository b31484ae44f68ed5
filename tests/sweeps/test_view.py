"""A sweep for figures and pages: its settings as numbers, and their importance."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from nnzoo.cli.main import main
from nnzoo.figures.sweeps import sweep_figure
from nnzoo.sweeps.parameters import Parameter, importances, parameters_of
from nnzoo.sweeps.plan import Plan, Trial
from nnzoo.sweeps.view import view_sweep

SPACE = {"optimizer": "sgd,momentum:beta=lin:0.8..0.99", "learning_rate": "log:0.1..10", "hidden": "16,32,(64,32)"}


def make_sweep(folder, configurations, cost, *, shares=(1.0,)):
    """A sweep that has ended but for its winner; ``cost`` says what came of a configuration at a share."""
    folder.mkdir()
    Plan("digits", SPACE, {"validation": 0.2}, "random", len(configurations), nnzoo="0.2.0").write(folder)
    with (folder / "journal.jsonl").open("w") as file:
        for share in shares:
            for configuration in configurations:
                value = cost(configuration, share)
                trial = Trial(configuration, 0, share)
                if isinstance(value, str):
                    result = {"status": "diverged", "message": value, "figures": {}, "cost": None}
                else:
                    result = {"status": "finished", "message": "", "figures": {"validation_loss": value}, "cost": value}
                line = {"event": "ended", "trial": trial.id, "configuration": configuration, "seed": 0, "share": share}
                file.write(json.dumps(line | result | {"seconds": 0.1}) + "\n")
    return folder


def drawn(count, seed=0):
    """Configurations as a random search draws them."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        optimizer = "sgd" if rng.random() < 0.5 else f"momentum:beta={rng.uniform(0.8, 0.99)}"
        hidden = ["16", "32", "64,32"][rng.integers(3)]
        yield {"hidden": hidden, "optimizer": optimizer, "learning_rate": str(10 ** rng.uniform(-1, 1))}


def test_settings_become_columns():
    configurations = list(drawn(40))
    found = {each.name: each for each in parameters_of(Plan("", SPACE, {}, "", None), configurations)}
    assert list(found) == ["hidden", "optimizer", "optimizer.momentum.beta", "learning_rate"]
    assert found["hidden"].labels == ("16", "32", "64,32")
    assert found["learning_rate"].values.tolist() == [float(each["learning_rate"]) for each in configurations]
    assert found["learning_rate"].is_log
    beta = found["optimizer.momentum.beta"]
    assert np.isnan(beta.values).tolist() == [each["optimizer"] == "sgd" for each in configurations]
    assert (beta.title, beta.is_log, beta.labels) == ("momentum beta", False, ())
    for row, each in enumerate(configurations):
        assert found["hidden"].show(row) == each["hidden"]
        assert beta.show(row) == ("–" if each["optimizer"] == "sgd" else f"{beta.values[row]:.4g}")


def test_importance_matches_a_case_with_a_known_answer():
    """Of 3a + b, each 0, 1 or 2, ranks are as its values: a explains nine tenths, b one tenth."""
    rng = np.random.default_rng(3)
    a, b = (each.ravel().astype(float) for each in np.meshgrid(np.tile([0, 1, 2], 20), np.tile([0, 1, 2], 20)))
    idle, labels = rng.random(3600), ("x", "y", "z")
    found = importances([Parameter("b", b, labels), Parameter("a", a, labels), Parameter("idle", idle)], 3 * a + b)
    assert [each.parameter.name for each in found] == ["a", "b", "idle"]
    assert [each.share for each in found] == pytest.approx([0.9, 0.1, 0], abs=0.005)
    assert all(each.low <= known <= each.high for each, known in zip(found, (0.9, 0.1, 0), strict=True))
    (straight,) = importances([Parameter("c", idle)], idle)
    assert straight.share == pytest.approx(0.99, abs=0.002)  # ten bins of a straight line: 1 - 1/10²
    groups = rng.integers(3, size=2000)
    (one,) = importances([Parameter("c", groups.astype(float), ("x", "y", "z"))], groups)
    assert (one.share, one.low, one.high) == (pytest.approx(1), pytest.approx(1), pytest.approx(1))


def test_intervals_contain_the_true_share_about_as_often_as_stated():
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a = rng.integers(4, size=80).astype(float)
        (found,) = importances([Parameter("a", a, tuple("abcd"))], a + rng.normal(0, 1.5, 80))
        inside += found.low <= 0.335 <= found.high  # measured with 10⁶ samples
    assert inside >= 52


def test_diverged_trials_rank_last_and_failed_ones_do_not_count():
    values = np.array([0.0, 1.0] * 20)
    costs = np.where(values == 1, np.inf, 0.5 + np.arange(40) / 100)
    (found,) = importances([Parameter("a", values, ("fine", "bad"))], costs)
    assert found.share > 0.7
    costs[1::2] = np.nan
    assert importances([Parameter("a", values, ("fine", "bad"))], costs) == []


def test_a_view_has_rungs_and_failures(tmp_path):
    configurations = list(drawn(30))

    def cost(configuration, share):
        rate = float(configuration["learning_rate"])
        return "loss is not finite" if rate > 8 else abs(np.log10(rate)) + 1 - share

    view = view_sweep(make_sweep(tmp_path / "sweep", configurations, cost, shares=(0.5, 1.0)))
    assert view.shares == [0.5, 1.0]
    assert not view.higher_is_better
    best = view.rungs[0]
    assert best[0.5] == pytest.approx(best[1.0] + 0.5)
    (failure,) = view.failures
    assert failure.count == sum(float(each["learning_rate"]) > 8 for each in configurations)
    assert view.importances[0].parameter.name == "learning_rate"


@pytest.mark.parametrize("higher", [True, False])
def test_the_best_is_within_the_figure_of_rungs(higher):
    """Few get all epochs, and their figures are far from the others'."""
    sign = 1 if higher else -1
    rungs = [{0.5: sign * 0.3, 1.0: sign * 0.9}, *({0.5: sign * (0.3 - place / 1000)} for place in range(1, 30))]
    view = SimpleNamespace(shares=[0.5, 1.0], rungs=rungs, higher_is_better=higher, figure="validation_accuracy")
    low, high = sweep_figure(view, "rungs").axes[0].get_ylim()
    assert low < min(rungs[0].values()) < max(rungs[0].values()) < high


@pytest.mark.usefixtures("unpainted")
def test_plots_and_pages_are_made(tmp_path, capsys):
    def cost(configuration, share):
        return float(configuration["learning_rate"]) + 1 - share

    sweep = make_sweep(tmp_path / "sweep", list(drawn(20)), cost, shares=(0.5, 1.0))

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), "--json"])
        assert (ended.value.code or 0) == code
        return json.loads(capsys.readouterr().out)

    files = run("plot", sweep, "--out", tmp_path / "figs")["figures"]
    assert [each["figure"] for each in files] == ["configurations", "importance", "rungs"]
    assert "figures are" in run("plot", sweep, "--what", "loss", code=2)["error"]["hint"]
    assert run("report", sweep)["bytes"] < 1_000_000
    few = make_sweep(tmp_path / "few", list(drawn(3)), cost)
    assert [each["figure"] for each in run("plot", few, "--out", tmp_path)["figures"]] == ["configurations"]
