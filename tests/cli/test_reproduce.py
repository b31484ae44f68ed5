"""``nnzoo reproduce``: a run again, and whether it comes out the same."""

import io
import json
import logging
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from nnzoo.cli.main import main

TRAIN = ("train", "--dataset", "digits", "--epochs", "2", "--quiet")


def nnzoo(*arguments):
    """Exit code, standard output and standard error of a command within this process."""
    printed, said = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(said), pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    logging.getLogger("nnzoo").handlers.clear()
    return ended.value.code, printed.getvalue(), said.getvalue()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    choices = (
        "--validation",
        "0.1",
        "--keep",
        "best",
        "--optimizer",
        "momentum:beta=0.8",
        "--hidden",
        "8,4",
        "--seed",
        "3",
    )
    assert nnzoo(*TRAIN, *choices, "--run-dir", folder / "run")[0] == 0
    return folder / "run"


@pytest.fixture
def run(trained, clean_environment):
    shutil.copytree(trained, "run")
    return Path("run")


def edit(run, change):
    record = json.loads((run / "run.json").read_text())
    change(record)
    (run / "run.json").write_text(json.dumps(record))


def outcome(*arguments):
    code, printed, said = nnzoo("reproduce", "run", "--json", "--quiet", *arguments)
    assert (code, said) == (0, "")
    return json.loads(printed)


def test_the_same_comes_out(run):
    found = outcome("--run-dir", "again")
    before, now = (json.loads(Path(name, "run.json").read_text()) for name in ("run", "again"))
    assert (found["run"], found["run_dir"]) == ("run", "again")
    assert (found["identical"], found["differences"], found["deviations"]) == (True, [], [])
    assert found["results"] == now["results"]
    assert now["results"]["weights_sha256"] == before["results"]["weights_sha256"]
    assert now["components"] == before["components"]
    assert now["settings"] == before["settings"]


def test_it_says_so_in_words(run):
    code, printed, said = nnzoo("reproduce", "run")
    assert (code, said) == (0, "")
    assert "network   mlp:hidden=8,4, relu" in printed
    assert printed.splitlines()[-1] == "identical to run: the same weights and the same figures, bit for bit"
    (again,) = Path("runs").iterdir()
    assert f"run       {again}" in printed


def test_with_json_all_else_goes_to_standard_error(run):
    code, printed, said = nnzoo("reproduce", "run", "--json")
    assert code == 0
    assert json.loads(printed)["identical"]
    assert "epoch" in said


def test_deviations_are_reported(run):
    edit(run, lambda record: record["settings"].update(seed=4))
    found = outcome()
    assert not found["identical"]
    assert found["differences"] == []
    deviations = {(d["figure"], d["epoch"]): (d["then"], d["now"]) for d in found["deviations"]}
    results = json.loads((run / "run.json").read_text())["results"]
    assert deviations["weights_sha256", None] == (results["weights_sha256"], found["results"]["weights_sha256"])
    assert deviations["test_loss", None] == (results["test_loss"], found["results"]["test_loss"])
    assert {epoch for figure, epoch in deviations if figure == "train_loss"} == {None, 1, 2}
    assert not [figure for figure, _ in deviations if "seconds" in figure]
    code, printed, _ = nnzoo("reproduce", "run")
    assert code == 0
    assert "not identical to run:" in printed
    assert results["weights_sha256"][:16] in printed
    assert "No recorded condition differs." in printed


@pytest.mark.parametrize("figure", ["train_loss", "validation_accuracy", "learning_rate"])
def test_one_figure_of_one_epoch_is_enough(run, figure):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    then = lines[0][figure]
    lines[0][figure] = float(np.nextafter(then, 2))
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = outcome()
    assert not found["identical"]
    assert found["deviations"] == [{"figure": figure, "epoch": 1, "then": lines[0][figure], "now": then}]


def test_missing_figures_are_reported(run):
    (run / "metrics.jsonl").write_text("")
    assert outcome()["deviations"] == [{"figure": "epochs in metrics.jsonl", "epoch": None, "then": 0, "now": 2}]


def test_changed_conditions_are_reported_even_if_the_result_is_the_same(run):
    def change(record):
        record["environment"].update(numpy="1.26.0", python="3.1", machine="abacus")
        record["environment"]["blas"][0].update(architecture="Z80")
        record["data"].update(sha256="1234")
        record.update(
            resumed=[
                {"at": "noon", "steps": 7, "differences": ["seed: 3 then, 4 now"]},
                {"at": "later", "steps": 8, "differences": []},
            ]
        )

    edit(run, change)
    found = outcome()
    assert found["identical"]
    assert found["differences"][0] == "from step 7 on it had other conditions: seed: 3 then, 4 now"
    named = [line.partition(":")[0] for line in found["differences"][1:]]
    assert named == ["data", "numpy", "matrix products", "machine", "python"]
    assert f"numpy: 1.26.0 then, {np.__version__} now" in nnzoo("reproduce", "run", "--quiet")[1]


def test_a_run_that_is_not_finished_can_not_be_compared_with(run):
    edit(run, lambda record: record.update(status="interrupted"))
    code, printed, said = nnzoo("reproduce", "run")
    assert (code, printed) == (2, "")
    assert "nnzoo train --resume run" in said
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("change", "code", "fragment"),
    [
        (lambda r: r.pop("results"), 3, "has no results"),
        (
            lambda r: r["components"]["model"].update(name="nnzoo-far/mlp", version="2.0"),
            5,
            "it comes with nnzoo-far 2.0, which is not installed",
        ),
        (lambda r: r["components"]["activation"].update(name="mish.py/mish"), 5, "--plugin mish.py"),
        (lambda r: r["settings"].update(epochs="many"), 3, "epochs = many"),
        (lambda r: r["settings"].update(learning_rate=1e6), 6, "diverged"),
        (lambda r: r["components"]["dataset"].update(name="nnzoo/mnist"), 4, "no mirror has it"),
    ],
)
def test_runs_that_can_not_be_trained_again_are_an_error(run, monkeypatch, change, code, fragment):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    edit(run, change)
    ended, printed, said = nnzoo("reproduce", "run", "--json", "--quiet")
    assert ended == code
    assert json.loads(printed)["error"]["exit_code"] == code
    assert fragment in said


def test_a_directory_that_holds_anything_is_never_written_to(run):
    code, _, said = nnzoo("reproduce", "run", "--run-dir", "run")
    assert code == 2
    assert "run directory run is not empty" in said


def test_with_a_plugin_and_data_that_stood_in_for_others(clean_environment, activation_source, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    Path("tanh.py").write_text(activation_source())
    train = ("train", "--epochs", "1", "--quiet", "--plugin", "tanh.py", "--activation", "tanh", "--run-dir", "run")
    assert nnzoo(*train)[0] == 0
    assert nnzoo("reproduce", "run")[0] == 5
    found = outcome("--plugin", "tanh.py", "--run-dir", "again")
    assert found["identical"]
    assert found["results"]["fallback"]["wanted"] == "mnist"
    Path("tanh.py").write_text(activation_source() + "# other contents\n")
    found = outcome("--plugin", "tanh.py")
    assert found["identical"]
    assert [line.partition(":")[0] for line in found["differences"]] == ["plugin tanh.py"]
