"""`nnzoo report`: what the page has, and what becomes of it where something is missing or hostile."""

import json
import re
import shlex
import shutil
from html import unescape

import numpy as np
import pytest
from click.testing import CliRunner

from nnzoo.cli.main import cli
from nnzoo.pages.report import make_report
from nnzoo.pages.run_facts import facts
from nnzoo.pages.run_results import measured_results
from nnzoo.trained_run import TrainedRun

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def page(digits_run):
    return make_report(digits_run).html


def text_of(html):
    """What there is to read, spaces made one."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def test_the_headline_and_the_key_figures_are_the_records(digits_run, page):
    results = digits_run.record.results
    assert f"<h1>mlp on digits: {results['test_accuracy']:.2%} test accuracy</h1>" in page
    tiles = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    assert tiles == {
        "Test accuracy": f"{results['test_accuracy']:.2%}",
        "Test loss": f"{results['test_loss']:.4f}",
        "Validation accuracy": f"{results['validation_accuracy']:.2%}",
        "Validation loss": f"{results['validation_loss']:.4f}",
        "Training accuracy": f"{results['train_accuracy']:.2%}",
        "Training loss": f"{results['train_loss']:.4f}",
        "Epochs": str(results["epochs_trained"]),
        "Weights of epoch": str(results["kept_epoch"]),
        "Parameters": "4,810",
        "Training time": f"{results['train_seconds']:.3g} s",
    }
    assert f"Stopped early, after epoch {results['epochs_trained']} of 40" in page


def test_conditions_data_and_environment_are_the_records(digits_run, page):
    record, text = digits_run.record, text_of(page)
    for name, value in record.settings.items():
        assert f" {name.replace('_', ' ')} {value:g} " if isinstance(value, float) else f" {value} " in text
    assert f"SHA-256 {record.data.sha256}" in text
    assert "samples 1,294 train, 144 validation, 359 test" in text
    assert "license CC BY 4.0" in text
    assert "optimizer momentum: beta=0.9 nnzoo 0.1.0" in text
    environment = record.environment
    for name in ("numpy", "python", "machine", "system"):
        assert f"{name} {getattr(environment, name)}" in text
    assert environment.blas[0]["version"] in text


def test_commands_can_be_typed(digits_run, page):
    commands = [unescape(command) for command in re.findall(r"<pre.*?<code>(.*?)</code>", page, re.DOTALL)]
    assert commands[:2] == ["nnzoo train --dataset digits", f"nnzoo reproduce {digits_run.path}"]
    assert commands[2].split(" \\\n  ")[:4] == [
        "nnzoo train",
        "--dataset digits",
        "--model mlp:hidden=64",
        "--activation relu",
    ]
    assert "--early-stopping 8" in commands[2]


def test_the_command_writes_the_page_into_the_run_the_same_each_time(digits_run, tmp_path, page):
    shutil.copytree(digits_run.path, tmp_path / "first")
    outcome = CliRunner().invoke(cli, ["report", str(tmp_path / "first"), "--json"], catch_exceptions=False)
    answer = json.loads(outcome.stdout)
    written = tmp_path / "first/report.html"
    assert answer == {
        "run": str(tmp_path / "first"),
        "report": str(written),
        "bytes": written.stat().st_size,
        "left_out": [],
    }
    assert written.read_text("utf-8").replace(str(tmp_path / "first"), str(digits_run.path)) == page
    assert answer["bytes"] < 1_500_000


def changed(run, folder, registry, change):
    """A copy of a run with another record."""
    shutil.copytree(run.path, folder)
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))
    return TrainedRun(folder, registry, run.cache)


def test_where_plugins_and_data_are_is_a_part_of_every_command(digits_run, tmp_path, registry):
    command = ["nnzoo", "train", "--dataset", "digits", "--data-dir", "my data", "--plugin=mish.py"]
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record.update(command=command))
    given, again, whole = (shlex.split(text.replace("\\\n", "")) for _, text in facts(run, None).commands)
    places = ["--data-dir", "my data", "--plugin", "mish.py"]
    assert given == command
    assert again == ["nnzoo", "reproduce", str(run.path), *places]
    assert whole[:4] == ["nnzoo", "train", "--dataset", "digits"]
    assert whole[-4:] == places


def test_resumptions_and_data_that_stand_in_for_others_are_told(digits_run, tmp_path, registry):
    def resumed(record):
        record["resumed"] = [
            {"at": "2026-01-02 03:04:05+0000", "steps": 12, "differences": []},
            {"at": "2026-01-03 03:04:05+0000", "steps": 34, "differences": ["numpy: 2.0.0 then, 2.1.0 now"]},
        ]
        record["fallback"] = {"wanted": "mnist", "reason": "no mirror answered"}

    run = changed(digits_run, tmp_path / "run", registry, resumed)
    html = make_report(run).html
    assert "Resumed at 2026-01-02 03:04:05+0000, after step 12." in html
    changes = "under other conditions (numpy: 2.0.0 then, 2.1.0 now)"
    assert f"Resumed at 2026-01-03 03:04:05+0000, after step 34, {changes}." in html
    assert '<p class="note">These data stand in for mnist, which could not be had: no mirror answered</p>' in html


def test_a_run_that_was_interrupted_is_told_as_far_as_it_went(digits_run, tmp_path, registry):
    def interrupted(record):
        del record["results"]
        record |= {"status": "interrupted", "reason": "StoppedError: stopped after step 33\n  go on"}

    run = changed(digits_run, tmp_path / "run", registry, interrupted)
    (run.path / "model.safetensors").unlink()
    lines = (run.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run.path / "metrics.jsonl").write_text("".join(lines[:3]))
    report = make_report(TrainedRun(run.path, registry, run.cache))
    assert "<h1>mlp on digits: interrupted after epoch 3</h1>" in report.html
    assert "This run has not finished (interrupted after epoch 3): StoppedError: stopped after step 33" in report.html
    assert f"nnzoo train --resume {run.path}" in report.html.replace(" \\\n  ", " ")
    assert "nnzoo reproduce" not in report.html
    assert report.html.count('<figure class="drawing') == 3
    assert report.left_out == {
        f"{run.path} has no trained network: the run is interrupted": [
            "precision, recall, confusion and mistakes",
            "weights",
            "first layer",
            "architecture",
        ]
    }
    assert "Precision, recall, confusion and mistakes, weights, first layer, architecture" in report.html


def test_a_run_that_diverged_at_once_is_no_error(digits_run, tmp_path, registry):
    def diverged(record):
        del record["results"]
        record |= {"status": "diverged", "reason": "DivergedError: the loss (inf) is not finite"}

    run = changed(digits_run, tmp_path / "run", registry, diverged)
    for name in ("model.safetensors", "metrics.jsonl"):
        (run.path / name).unlink()
    outcome = CliRunner().invoke(cli, ["report", str(run.path), "--out", str(tmp_path / "there.html")])
    assert outcome.stdout == f"{tmp_path / 'there.html'}\n"
    html = (tmp_path / "there.html").read_text("utf-8")
    assert "<h1>mlp on digits: diverged in the first epoch</h1>" in html
    assert "the loss (inf) is not finite" in html
    assert "No epoch has ended." in html
    assert "<img" not in html


def test_without_its_data_a_run_is_told_without_what_takes_them(digits_run, tmp_path, registry):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record["data"].update(sha256="0" * 64))
    outcome = CliRunner().invoke(cli, ["report", str(run.path)])
    assert outcome.exit_code == 0
    reason = f"digits is not what {run.path} was trained on: its SHA-256 differs"
    assert outcome.stderr == f"nnzoo: the report lacks precision, recall, confusion and mistakes: {reason}\n"
    html = (run.path / "report.html").read_text("utf-8")
    assert f"<strong>Precision, recall, confusion and mistakes</strong>: {reason}." in html
    assert 'id="confusion"' not in html
    assert html.count('<figure class="drawing') == 5


def test_what_the_record_says_is_held_against_what_is_measured(digits_run, tmp_path, registry):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record["results"].update(test_loss=0.001))
    measured = digits_run.record.results["test_loss"]
    told = f"The record says that the test loss is 0.001; measured again for this page, it is {measured:.4g}."
    assert measured_results(run).doubt == told
    assert measured_results(digits_run).doubt == ""


def test_a_model_of_something_else_is_left_out(digits_run, train_run, tmp_path, registry):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: None)
    other = train_run(tmp_path / "other", "made", epochs=1)
    shutil.copy(other.path / "model.safetensors", run.path / "model.safetensors")
    left_out = make_report(run).left_out
    reason = "samples of digits have shape (8, 8), and the network takes shape (5,)"
    assert left_out[reason] == ["precision, recall, confusion and mistakes"]


def test_regression_has_predictions_in_place_of_classes(train_run, tmp_path):
    run = train_run(tmp_path / "run", "made", epochs=20, batch_size=10)
    report = make_report(run)
    tiles = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", report.html))
    test = run.dataset.test
    wrong = test.targets - run.outputs
    spread = test.targets - test.targets.mean()
    r2 = 1 - (wrong**2).sum() / (spread**2).sum()
    assert float(tiles["R²"]) == pytest.approx(r2, abs=1e-4)
    assert f"<h1>mlp on made: R² {r2:.4f}</h1>" in report.html
    assert "Predicted against true values of 20 test samples" in report.html
    assert report.left_out == {}
    worst = np.abs(wrong).argmax()
    rows = re.search(r'id="errors".*?<tbody>\s*<tr>(.*?)</tr>', report.html, re.DOTALL).group(1)
    cells = [float(cell) for cell in re.findall(r">([^<]+)</t[hd]>", rows)]
    expected = [worst, test.targets[worst, 0], run.outputs[worst, 0], -wrong[worst, 0]]
    np.testing.assert_allclose(cells, expected, rtol=1e-3)
    assert "accuracy" not in text_of(report.html).lower().replace("accuracy: ", "")


def test_everything_of_a_stranger_is_text(hostile_run):
    html = make_report(hostile_run).html
    assert html.count("<script") == 1
    assert "onerror=alert(1)>" not in html
    assert "\u202e" not in html
    assert text_of(html).count(EVIL) > 20
    assert "{{ 7 * 7 }} \\u202e$(rm)" in text_of(html)
    commands = [unescape(command) for command in re.findall(r"<pre.*?<code>(.*?)</code>", html, re.DOTALL)]
    assert f"--data-dir '</code>{EVIL}; rm -rf ~'" in commands[0]
    assert not re.search(r"(href|src)=\"(?!data:|#)", html)


def test_a_record_with_little_in_it_is_no_bug_of_ours(digits_run, tmp_path, registry):
    parts = {"settings": {}, "environment": {}, "results": {"test_loss": [], "kept_epoch": "x"}, "command": []}
    for part, value in parts.items():
        run = changed(digits_run, tmp_path / part, registry, lambda record, change={part: value}: record.update(change))
        assert facts(run, None).headline
    run = changed(digits_run, tmp_path / "all", registry, lambda record: record.update(parts))
    assert make_report(run).html.startswith("<!DOCTYPE html>")


def test_what_is_no_run_is_refused(tmp_path):
    outcome = CliRunner().invoke(cli, ["report", str(tmp_path)])
    assert outcome.exception.exit_code == 7
    assert "is no run" in str(outcome.exception)
    assert list(tmp_path.iterdir()) == []
