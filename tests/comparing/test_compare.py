"""``nnzoo compare``: runs by seed, verdicts, warnings and refusals."""

import json
import random
from pathlib import Path

import pytest

from nnzoo.cli.main import main
from nnzoo.comparing.statistics import corrected_t_test


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The record of a run."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    with pytest.raises(SystemExit) as ended:
        main(["train", "--dataset", "digits", "--quiet", "--epochs", "1", "--run-dir", str(folder)])
    assert ended.value.code == 0
    return json.loads((folder / "run.json").read_text())


@pytest.fixture
def runs(record, tmp_path):
    """Makes a directory of runs with these test accuracies, by seed; None of one that diverged."""

    def make(name, accuracies, settings=(), **components):
        folder = tmp_path / name
        for seed, accuracy in enumerate(accuracies):
            one = json.loads(json.dumps(record))
            one["settings"] |= {"seed": seed, **dict(settings)}
            for kind, component in components.items():
                one["components"][kind]["name"] = component
            if accuracy is None:
                one |= {"status": "diverged", "results": {}}
            else:
                one["results"] |= {
                    "test_accuracy": accuracy,
                    "validation_accuracy": accuracy,
                    "test_loss": 1 - accuracy,
                }
            path = folder / f"seed-{seed}"
            path.mkdir(parents=True)
            (path / "run.json").write_text(json.dumps(one))
        return folder

    return make


@pytest.fixture
def compared(capsys):
    """What the command says, as JSON."""

    def compare(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["compare", *map(str, arguments), "--json"])
        answer = json.loads(capsys.readouterr().out)
        return {**answer, "code": ended.value.code or 0}

    return compare


def around(middle, seeds, seed):
    rng = random.Random(seed)
    return [middle + rng.uniform(-0.01, 0.01) for _ in range(seeds)]


def test_a_clear_difference_is_found(runs, compared):
    a, b = runs("a", around(0.9, 8, 1)), runs("b", around(0.95, 8, 2), {"batch_size": 64})
    found = compared(a, b)
    (difference,) = found["differences"]
    assert (difference["verdict"], difference["p"]) == ("better", 2 / 256)
    assert difference["interval"][0] > 0
    assert difference["mean"] == pytest.approx(0.05, abs=0.01)
    assert found["candidates"][0]["interval"][0] < 0.9 < found["candidates"][0]["interval"][1]
    assert found["settings"] == {"batch_size": ["128", "64"]}
    assert found["warnings"] == []
    assert compared(b, a)["differences"][0]["verdict"] == "worse"
    assert compared(a, b, "--metric", "loss")["differences"][0]["verdict"] == "better"  # the lower one


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_too_few_seeds_decide_nothing(seeds, runs, compared):
    a, b = runs("a", around(0.5, seeds, 1)), runs("b", around(0.95, seeds, 2), {"batch_size": 64})
    (difference,) = compared(a, b)["differences"]
    assert (difference["verdict"], difference["least_pairs"]) == ("too few", 6)
    assert "6 could" in difference["sentence"]


def test_noise_is_not_reported_as_a_difference(runs, compared):
    a, b = runs("a", around(0.9, 8, 1)), runs("b", around(0.9, 8, 2), {"batch_size": 64})
    (difference,) = compared(a, b)["differences"]
    assert difference["verdict"] == "undecided"
    assert difference["pairs_wanted"] > 8
    assert compared(a, a)["differences"][0]["verdict"] == "same"


def test_more_candidates_need_more_seeds(runs, compared):
    """Six seeds show one difference, and not two; Holm's correction is in the answer."""
    a = runs("a", around(0.8, 6, 1))
    others = [runs(name, around(0.95, 6, seed), {"batch_size": seed}) for name, seed in (("b", 2), ("c", 3))]
    assert compared(a, others[0])["differences"][0]["verdict"] == "better"
    found = compared(a, *others)
    assert [each["verdict"] for each in found["differences"]] == ["too few", "too few"]
    assert [(each["p"], each["p_corrected"]) for each in found["differences"]] == [(2 / 64, 4 / 64)] * 2
    assert [each["least_pairs"] for each in found["differences"]] == [7, 7]
    assert any("by test data" in warning for warning in found["warnings"])


def test_conditions_that_weaken_the_answer_are_warned_about(runs, compared):
    a = runs("a", around(0.9, 8, 1))
    b = runs("b", around(0.95, 8, 2), {"batch_size": 64, "epochs": 3, "keep": "best", "monitor": "accuracy"})
    (warning,) = compared(a, b)["warnings"]
    assert all(name in warning for name in ("batch_size", "epochs", "keep", "monitor"))
    (warning,) = compared(a, b, "--meant", "batch-size,epochs")["warnings"]
    assert "batch_size and epochs: keep, monitor" in warning
    warnings = compared(a, b, "--meant", "batch_size,epochs,keep,monitor", "--metric", "validation-accuracy")[
        "warnings"
    ]
    assert ["chose the epoch" in warning for warning in warnings] == [True]


def test_a_run_without_a_figure_is_reported(runs, compared):
    a, b = runs("a", around(0.9, 8, 1)), runs("b", [*around(0.95, 7, 2), None, 0.9], {"batch_size": 64})
    found = compared(a, b)
    assert sorted(found["differences"][0]["differences"]) == sorted(map(str, range(7)))
    assert any("7 (diverged)" in warning for warning in found["warnings"])
    assert any("seed 8: not paired" in warning for warning in found["warnings"])


def test_runs_that_can_not_be_compared_are_refused(runs, compared, tmp_path):
    a, b = runs("a", around(0.9, 3, 1)), runs("b", around(0.9, 3, 1), {"batch_size": 64})
    assert compared(a)["error"]["exit_code"] == 2
    assert compared(a, tmp_path / "nowhere")["error"]["exit_code"] == 7
    assert "both have seed 0" in compared(tmp_path, a)["error"]["message"]
    assert "known are" in compared(a, b, "--metric", "f1")["error"]["hint"]
    assert "no seed in common" in compared(a / "seed-0", b / "seed-1")["error"]["message"]
    (b / "seed-1").rename(a / "seed-3")
    edited = json.loads((a / "seed-3/run.json").read_text())
    edited["settings"]["seed"] = 3
    (a / "seed-3/run.json").write_text(json.dumps(edited))
    assert "batch_size: 128, 64" in compared(a, b)["error"]["message"]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_differences_are_drawn(suffix, runs, compared, tmp_path):
    a, b = runs("a", around(0.9, 8, 1)), runs("b", around(0.95, 8, 2), {"batch_size": 64})
    out = tmp_path / f"differences.{suffix}"
    assert compared(a, b, "--out", out)["file"] == str(out)
    assert out.stat().st_size > 1000
    assert compared(a, b, "--out", tmp_path / "differences.gif")["error"]["exit_code"] == 2
    assert Path(out).exists()


def test_folds_are_compared_by_the_corrected_t_test(runs, compared):
    """Their training parts overlap: the corrected t-test decides, and a warning says so."""
    folders = [runs("a", around(0.9, 5, 1)), runs("b", around(0.95, 5, 2), {"batch_size": 64})]
    for folder in folders:
        group = {"format": 1, "unit": "fold", "numbers": [0, 1, 2, 3, 4], "arguments": {}, "command": []}
        (folder / "group.json").write_text(json.dumps(group))
        for fold in range(5):
            (folder / f"seed-{fold}").rename(folder / f"fold-{fold}")
            record = json.loads((folder / f"fold-{fold}/run.json").read_text())
            record["settings"]["seed"] = 0
            record["data"]["sha256"] = f"{fold:064x}"
            (folder / f"fold-{fold}/run.json").write_text(json.dumps(record))
    found = compared(*folders)
    (difference,) = found["differences"]
    probability, interval = corrected_t_test(list(difference["differences"].values()), 1 / 4) or (0, (0, 0))
    assert (found["unit"], difference["verdict"], difference["p"]) == ("fold", "better", probability)
    assert difference["interval"] == pytest.approx(interval)
    assert any("Nadeau" in warning for warning in found["warnings"])
    alone = runs("c", [0.9])
    assert "by fold" in compared(folders[0], alone)["error"]["message"]


def test_an_empty_folder_and_runs_without_results_or_seeds_are_refused(runs, compared, tmp_path):
    good, dead, nameless = runs("good", [0.9]), runs("dead", [None]), runs("nameless", [0.9], {"seed": "0"})
    (tmp_path / "empty").mkdir()
    for one, other, code, words in (
        (good, tmp_path / "empty", 7, ("no run in", "empty")),
        (dead, dead, 2, ("has finished", "--resume")),
        (good, nameless, 2, ("nameless", "no seed")),
    ):
        found = compared(one, other)
        said = f"{found['error']['message']} {found['error']['hint']}"
        assert found["code"] == code, said
        assert all(word in said for word in words), said


def test_a_figure_whose_metric_is_not_installed_is_not_judged(runs, compared):
    a, b = runs("a", [0.9]), runs("b", [0.8])
    for path in [*a.rglob("run.json"), *b.rglob("run.json")]:
        record = json.loads(path.read_text())
        record["results"]["test_charm"] = 0.5
        path.write_text(json.dumps(record))
    found = compared(a, b, "--metric", "test_charm")
    assert found["code"] == 2
    assert "higher or a lower test_charm" in found["error"]["message"]
    assert "plugin" in found["error"]["hint"]
