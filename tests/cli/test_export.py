"""``nnzoo export``: files, messages and exit codes."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module")
def trained(nnzoo_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    outcome = nnzoo_here(folder, "train", "--dataset", "digits", "--epochs", "1", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    return folder / "run"


@pytest.fixture
def run_directory(trained, tmp_path):
    """A run, of one epoch."""
    return shutil.copytree(trained, tmp_path / "run")


def refused(outcome, code, *fragments):
    assert (outcome.code, outcome.stdout) == (code, "")
    assert "Traceback" not in outcome.stderr
    assert outcome.stderr.startswith("nnzoo: error: ")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_parts_missing_from_an_export_are_named(nnzoo_here, tmp_path):
    for source in ("mnist-mlp", "digits-mlp"):
        outcome = nnzoo_here(tmp_path, "export", source, "--format", "numpy")
        assert outcome.code == 0
        assert "it does not look for them in pictures, as `nnzoo predict` does (ink" in outcome.stderr


def test_a_run_and_its_model_file_give_the_same(run_nnzoo, run_directory):
    outcome = run_nnzoo("export", "run", "--format", "numpy")
    assert outcome.code == 0
    script, weights = run_directory / "model.py", run_directory / "model.npz"
    sizes = [f"{path.stat().st_size:,} bytes" for path in (script, weights)]
    assert outcome.stdout.splitlines() == [f"wrote run/model.py ({sizes[0]})", f"wrote run/model.npz ({sizes[1]})"]
    outcome = run_nnzoo("export", "run/model.safetensors", "--format", "numpy", "--out", "digits.py", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.stdout) == {"format": "numpy", "files": ["digits.py", "digits.npz"]}
    assert Path(run_directory.parent / "digits.py").read_bytes() == script.read_bytes()
    assert Path(run_directory.parent / "digits.npz").read_bytes() == weights.read_bytes()
    with np.load(weights, allow_pickle=False) as arrays:
        assert arrays["0.dense.weight"].shape == (64, 64)
    record = json.loads((run_directory / "run.json").read_text())
    for fact in (record["results"]["test_accuracy"], "nnzoo/digits", "mlp:hidden=64"):
        assert f'"{fact}"' in script.read_text(encoding="utf-8")


def test_nothing_is_overwritten_without_force(run_nnzoo, run_directory):
    (run_directory / "model.npz").write_text("precious")
    command = ("export", "run", "--format", "numpy")
    refused(run_nnzoo(*command), 2, "run/model.npz already exists", "--force")
    assert (run_directory / "model.npz").read_text() == "precious"
    assert not (run_directory / "model.py").exists()
    assert run_nnzoo(*command, "--force").code == 0
    assert (run_directory / "model.npz").read_bytes()[:2] == b"PK"


def test_a_format_that_a_known_package_has_is_reported(run_nnzoo, run_directory):
    refused(run_nnzoo("export", "run", "--format", "onnx"), 2, "onnx comes with nnzoo-onnx: ")
    refused(run_nnzoo("export", "run", "--format", "nunpy"), 2, "did you mean numpy?")
    refused(run_nnzoo("export", "run", "--format", "numpy:digits=3"), 2, "no hyperparameter 'digits'")
    outcome = run_nnzoo("export", "run")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "Missing option '--format'" in outcome.stderr


def test_a_broken_model_file_is_exit_code_3_and_a_missing_one_7(run_nnzoo, tmp_path):
    (tmp_path / "text.safetensors").write_text("no model at all, just some text")
    (tmp_path / "folder").mkdir()
    refused(run_nnzoo("export", "text.safetensors", "--format", "numpy"), 3, "text.safetensors")
    refused(run_nnzoo("export", "missing", "--format", "numpy"), 7, "no model missing")
    refused(run_nnzoo("export", "folder", "--format", "numpy"), 3, "folder has no model.safetensors")


def test_a_place_that_cannot_be_written_to_is_exit_code_7(run_nnzoo, run_directory):
    refused(
        run_nnzoo("export", "run", "--format", "numpy", "--out", "no/such/place"), 7, "can't write no/such/place.py"
    )
    assert not (run_directory.parent / "no").exists()


def test_components_unknown_to_the_exporter_are_named_and_nothing_is_written(run_nnzoo, tmp_path, activation_source):
    source = activation_source("mine").replace("np.tanh(z, out=out)", "np.tanh(z, out=out)\n        KNOWN.clear()")
    (tmp_path / "mine.py").write_text(f"KNOWN = {{}}\n{source}")
    trained = ("train", "--dataset", "digits", "--epochs", "1", "--run-dir", "run", "--activation", "mine")
    assert run_nnzoo(*trained, "--plugin", "mine.py").code == 0
    before = sorted(path.name for path in (tmp_path / "run").iterdir())
    command = ("export", "run", "--format", "numpy")
    outcome = run_nnzoo(*command, "--plugin", "mine.py")
    refused(outcome, 2, "exporter numpy", "mine.py/mine", "uses KNOWN, which is a dict", "in_numpy")
    refused(run_nnzoo(*command), 5, "needs the activation", "--plugin mine.py")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return {'.txt': 1 / 0}", ("ZeroDivisionError", "a bug in the plugin")),
        ("import not_there.inside", ("ModuleNotFoundError", "not_there is not installed")),
        ("import numpy.not_there", ("ModuleNotFoundError", "a bug in the plugin")),
    ],
)
def test_a_failing_exporter_is_the_plugins(run_nnzoo, run_directory, tmp_path, line, said):
    (tmp_path / "broken.py").write_text(
        "from dataclasses import dataclass\nfrom nnzoo.api import Exporter, hookimpl\n\n\n"
        "@dataclass(frozen=True)\nclass Broken(Exporter):\n    '''Broken.'''\n\n    name = 'broken'\n"
        f"    suffixes = ('.txt',)\n\n    def export(self, trained):\n        {line}\n\n\n"
        "@hookimpl\ndef nnzoo_exporters():\n    return [Broken]\n"
    )
    outcome = run_nnzoo("export", "run", "--format", "broken", "--plugin", "broken.py")
    refused(outcome, 5, "plugin broken.py failed", *said)


@pytest.mark.parametrize("target", ["kind", "price"])
def test_a_script_answers_rows_of_a_table_as_predict_does(run_nnzoo, tmp_path, target):
    rng, rows = np.random.default_rng(0), [["length", "town", "since", target]]
    for _ in range(60):
        length, town = rng.normal(5, 2), rng.choice(["Bern", "Zürich", ""])
        answer = {"kind": "long" if length > 5 else "short", "price": f"{1000 * length:.0f}"}[target]
        rows.append([f"{length:.3f}", town, f"2024-0{rng.integers(1, 10)}-11", answer])
    new = [["since", "note", "town", "length"], ["2024-05-06", "x", "Basel", "4.5"], ["", "", "Bern", "NA"]]
    for name, table in (("table.csv", rows), ("new.csv", new)):
        (tmp_path / name).write_text("\n".join(",".join(row) for row in table), encoding="utf-8")
    assert run_nnzoo("train", "--dataset", "table.csv", "--epochs", "3", "--run-dir", "run").code == 0
    assert run_nnzoo("predict", "run", "new.csv", "--out", "ours.csv").code == 0
    assert run_nnzoo("export", "run", "--format", "numpy", "--out", "script.py").code == 0
    command = [sys.executable, "script.py", "new.csv", "--out", "theirs.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    ours, theirs = (
        list(csv.DictReader((tmp_path / name).read_text().splitlines())) for name in ("ours.csv", "theirs.csv")
    )
    assert [row.keys() for row in ours] == [row.keys() for row in theirs]
    assert len(ours) == 2
    for one, other in zip(ours, theirs, strict=True):
        for name in one:
            if name in ("long", "short") or (name == "answer" and target == "price"):
                assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-5)
            else:
                assert one[name] == other[name]
