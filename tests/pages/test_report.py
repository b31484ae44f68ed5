"""`nnzoo report`: what the page has, and what becomes of it where something is missing or hostile."""

import json
import re
import shlex
import shutil
from html import unescape
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nnzoo.cli.main import cli
from nnzoo.datafiles.cache import FileCache
from nnzoo.pages.report import make_report
from nnzoo.pages.run_facts import facts
from nnzoo.pages.run_results import measured_results
from nnzoo.pages.run_samples import worst_mistakes
from nnzoo.trained_run import TrainedRun

pytestmark = pytest.mark.usefixtures("unpainted")

EVIL = "<script>alert(1)</script>"
OLD = Path(__file__).parents[1] / "runs/version_0_1"


@pytest.fixture(scope="module")
def page(digits_run, sketching):
    with sketching():
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
        shown = "none" if value in (None, "", []) else f"{value:g}" if isinstance(value, float) else value
        assert f" {name.replace('_', ' ')} {shown} " in text
    assert f"SHA-256 {record.data.sha256}" in text
    assert "samples 1,294 train, 144 validation, 359 test" in text
    assert "license CC BY 4.0" in text
    assert "optimizer momentum: beta=0.9 nnzoo 0.2.0" in text
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
        "--task classification",
        "--model mlp:hidden=64",
    ]
    assert "--early-stopping 8" in commands[2]
    assert "--metric accuracy" in commands[2]
    assert "--class-weight" not in commands[2]


def test_the_command_writes_the_page_into_the_run_the_same_each_time(digits_run, tmp_path, page, sketching):
    shutil.copytree(digits_run.path, tmp_path / "first")
    with sketching():
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


def changed(run, folder, registry, change):
    """A copy of a run with another record."""
    shutil.copytree(run.path, folder)
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))
    return TrainedRun(folder, registry, run.cache)


def test_every_command_has_the_options_for_plugins_and_data(digits_run, tmp_path, registry):
    command = ["nnzoo", "train", "--dataset", "digits", "--data-dir", "my data", "--plugin=mish.py"]
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record.update(command=command))
    given, again, whole = (shlex.split(text.replace("\\\n", "")) for _, text in facts(run).commands)
    places = ["--data-dir", "my data", "--plugin", "mish.py"]
    assert given == command
    assert again == ["nnzoo", "reproduce", str(run.path), *places]
    assert whole[:4] == ["nnzoo", "train", "--dataset", "digits"]
    assert whole[-4:] == places


def test_resumptions_and_substituted_data_are_reported(digits_run, tmp_path, registry):
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
    assert '<p class="note">These data stand in for mnist, which was not available: no mirror answered</p>' in html


def test_an_interrupted_run_is_reported_up_to_its_last_epoch(digits_run, tmp_path, registry):
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
            "the results on test data",
            "weights",
            "first layer",
            "architecture",
        ]
    }
    assert "The results on test data, weights, first layer, architecture" in report.html


def test_a_run_that_diverged_in_its_first_epoch_is_not_an_error(digits_run, tmp_path, registry):
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


def test_a_run_without_its_data_is_reported_without_their_parts(digits_run, tmp_path, registry):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record["data"].update(sha256="0" * 64))
    outcome = CliRunner().invoke(cli, ["report", str(run.path)])
    assert outcome.exit_code == 0
    reason = f"digits is not what {run.path} was trained on: its SHA-256 differs"
    assert outcome.stderr == f"nnzoo: the page lacks the results on test data: {reason}\n"
    html = (run.path / "report.html").read_text("utf-8")
    assert f"<strong>The results on test data</strong>: {reason}." in html
    assert 'id="confusion"' not in html
    assert html.count('<figure class="drawing') == 6


def test_contradictions_between_record_and_measurement_are_reported(digits_run, tmp_path, registry):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record["results"].update(test_loss=0.001))
    measured = digits_run.record.results["test_loss"]
    told = f"The record says that the test loss is 0.001; measured again for this page, it is {measured:.4g}."
    assert measured_results(run).doubt == told
    assert measured_results(digits_run).doubt == ""


def test_the_model_of_another_run_is_left_out(digits_run, train_run, tmp_path, registry):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: None)
    other = train_run(tmp_path / "other", "made", epochs=1)
    shutil.copy(other.path / "model.safetensors", run.path / "model.safetensors")
    reasons = [reason for reason, what in make_report(run).left_out.items() if "the results on test data" in what]
    assert len(reasons) == 1
    assert "digits does not fit the network, whose task is regression" in reasons[0]


def cells(html, id):
    """The rows of the table in the element of this id, as text."""
    table = re.search(rf'id="{id}".*?<tbody>(.*?)</tbody>', html, re.DOTALL).group(1)
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def test_regression_has_predicted_values_in_place_of_classes(train_run, tmp_path):
    run = train_run(tmp_path / "run", "made", epochs=20, batch_size=10)
    report = make_report(run)
    test, outputs = run.dataset.test, run.dnn.predictor.predictions(run.dataset.test.inputs)
    wrong = test.targets - outputs
    spread = test.targets - test.targets.mean()
    r2 = 1 - (wrong**2).sum() / (spread**2).sum()
    tiles = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", report.html))
    assert float(tiles["Test R²"]) == pytest.approx(r2, abs=1e-3)
    assert float(tiles["Test MAE"]) == pytest.approx(np.abs(wrong).mean(), rel=1e-3)
    assert f"<h1>mlp on made: test R² {tiles['Test R²']}</h1>" in report.html
    assert "Predicted against true values of 20 test samples" in report.html
    assert report.left_out == {}
    worst = np.abs(wrong).argmax()
    found = [float(cell) for cell in cells(report.html, "errors")[0]]
    np.testing.assert_allclose(found, [worst, test.targets[worst, 0], outputs[worst, 0], -wrong[worst, 0]], rtol=2e-3)
    assert "accuracy" not in text_of(report.html).lower()


def test_the_page_of_a_table_has_columns_rows_and_preprocessing(homes_run):
    run = homes_run("price")
    report = make_report(run)
    assert report.left_out == {}
    assert f"<h1>mlp on homes.csv: test R² {run.record.figure('test_r2'):.4f}</h1>" in report.html
    figures = {row[0]: row for row in cells(report.html, "figures")}
    assert list(figures) == ["R²", "MAE", "Loss"]
    assert figures["MAE"][1:4] == [
        f"{run.record.figure(f'{part}_mae'):,.0f}" for part in ("test", "validation", "train")
    ]
    assert figures["MAE"][4].startswith("Mean absolute error")

    table, targets = run.dataset.test.inputs, run.dataset.test.targets[:, 0]
    outputs = run.dnn.predictor.predictions(table)[:, 0]
    worst = int(np.abs(outputs - targets).argmax())
    row = cells(report.html, "errors")[0]
    expected = [
        f"{worst}",
        f"{targets[worst]:,.0f}",
        f"{outputs[worst]:,.0f}",
        f"{outputs[worst] - targets[worst]:+,.0f}",
    ]
    assert row[:4] == expected
    assert row[4:] == [
        "missing" if np.isnan(table["area"][worst]) else f"{table['area'][worst]:g}",
        table["town"][worst] or "missing",
        "missing" if np.isnat(table["built"][worst]) else str(table["built"][worst])[:10],
        f"{table['luck'][worst]:g}",
    ]
    assert '<th scope="col" class="number">true price</th>' in report.html

    columns = cells(report.html, "importance")
    assert [name for name, *_ in columns] == list(run.importance.columns)
    for (_, mean, spread), expected, deviation in zip(
        columns, run.importance.means, run.importance.spreads, strict=True
    ):
        assert float(mean) == pytest.approx(expected, abs=5e-3)
        assert float(spread.removeprefix("± ")) == pytest.approx(deviation, abs=5e-3)
    assert f"Drop of R² when a column is shuffled: {columns[0][0]} {columns[0][1]} ± " in text_of_alts(report.html)
    done = {row[0]: row for row in cells(report.html, "preprocessing")}
    train = run.dataset.train.inputs
    assert list(done) == ["area", "town", "built", "luck", "(target)"]
    assert done["area"][1] == "number"
    assert done["area"][3].startswith("filled with ")
    assert done["area"][4:] == [str(np.isnan(train["area"]).sum()), "1"]
    assert done["town"][1:4] == ["category", "one-hot: categories Aarau, Bern, Chur", "a category of its own"]
    assert done["town"][4:] == [str(sum(town is None for town in train["town"])), "4"]
    assert done["(target)"][2].startswith("standardize: mean ")


def text_of_alts(html):
    return " ".join(unescape(alt) for alt in re.findall(r'alt="(.*?)"', html))


def test_bars_of_outputs_that_are_not_probabilities_reach_from_the_lowest_to_the_highest(train_run, tmp_path):
    run = train_run(tmp_path / "run", loss="mse", epochs=1)
    for mistake, sample in zip(worst_mistakes(run), run.worst_mistakes.tolist(), strict=False):
        values = run.outputs[sample]
        low, high = min(0, values.min()), values.max()
        for output in mistake.outputs:
            value = values[run.problem.names.index(output.name)]
            assert output.length == pytest.approx((value - low) / (high - low), abs=0.001)


def test_mistakes_in_a_table_are_rows_and_not_images(homes_run):
    run = homes_run("kind")
    html = make_report(run).html
    assert "Stopped early" not in html
    cards = re.findall(r"<li>\s*<div>(.*?)</li>", html, re.DOTALL)
    answers = run.dnn.predictor.decisions(run.dnn.predictor.predictions(run.dataset.test.inputs))
    wrong = np.flatnonzero(answers != run.dataset.test.targets)
    assert len(cards) == min(6, len(wrong)) > 0
    table = run.dataset.test.inputs
    for card in cards:
        assert "<img" not in card
        index = int(re.search(r"test sample (\d+)", card).group(1))
        assert index in wrong
        assert f"<strong>{run.problem.name(int(answers[index]))}</strong></p>" in card
        row = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card))
        assert list(row) == ["area", "town", "built", "luck"]
        assert row["town"] == (table["town"][index] or "missing")
        assert row["luck"] == f"{table['luck'][index]:g}"
    assert "(% points)" in html


def test_labels_have_a_table_and_cards(tagged_run):
    html = make_report(tagged_run).html
    outputs, targets = (
        tagged_run.dnn.predictor.predictions(tagged_run.dataset.test.inputs),
        tagged_run.dataset.test.targets,
    )
    answers = outputs >= 0.5
    rows = cells(html, "labels")
    assert [row[0] for row in rows] == ["even", "large", "prime"]
    for label, (_, precision, recall, _, samples) in enumerate(rows):
        right = (answers[:, label] & (targets[:, label] == 1)).sum()
        assert precision == f"{right / answers[:, label].sum():.2%}"
        assert recall == f"{right / targets[:, label].sum():.2%}"
        assert samples == f"{targets[:, label].sum()}"
    wrong = (answers != targets).any(axis=1)
    assert f"{wrong.sum()} of 359 test samples were given wrong labels" in text_of(html)
    cards = re.findall(r"<strong>(.*?)</strong>, given <strong>(.*?)</strong>.*?test sample (\d+)", html, re.DOTALL)
    assert len(cards) == min(12, wrong.sum())
    names = np.array(["even", "large", "prime"])
    for right, given, index in cards:
        assert right == (", ".join(names[targets[int(index)] == 1]) or "no label")
        assert given == (", ".join(names[answers[int(index)]]) or "no label")
    assert 'id="confusion"' not in html
    assert "3 labels even, large, prime" in text_of(html)


@pytest.mark.parametrize("verdict", ["better", "no better", "too few", "constant"])
def test_the_baseline_is_reported_and_a_network_that_is_no_better_is_called_so(digits_run, tmp_path, registry, verdict):
    baseline = {"figure": "accuracy", "value": 0.5, "baseline": 0.25, "answer": EVIL, "samples": 9, "verdict": verdict}
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record["results"].update(baseline=baseline))
    html = make_report(run).html
    told = [text_of(note) for note in re.findall(r'<p class="note">(.*?)</p>', html)]
    if verdict == "better":
        assert told == []
        assert "Baseline: always answering" in re.search(r'<p id="baseline">(.*?)</p>', html).group(1)
    else:
        assert len(told) == 1
        assert "25.00%" in told[0]
        assert 'id="baseline"' not in html
    assert EVIL not in html


@pytest.mark.parametrize(
    "baseline", [None, 3, {}, {"figure": 1}, {"figure": "f1", "verdict": "better", "samples": "x"}]
)
def test_an_invalid_baseline_is_left_out(digits_run, tmp_path, registry, baseline):
    run = changed(digits_run, tmp_path / "run", registry, lambda record: record["results"].update(baseline=baseline))
    assert facts(run).baseline == ""
    assert facts(run).notes == []


def test_every_metric_is_in_the_table_of_figures(train_run, tmp_path):
    run = train_run(tmp_path / "run", epochs=2, metrics=["f1:average=none", "balanced-accuracy", "top-k:k=3"])
    html = make_report(run).html
    assert [row[0] for row in cells(html, "figures")][-3:] == ["Balanced accuracy", "Top 3", "Loss"]
    rows = {row[0]: row[1] for row in cells(html, "figures")}
    assert rows["F1 7"] == f"{run.record.figure('test_f1_7'):.2%}"
    assert f"<h1>mlp on digits: {run.record.figure('test_f1_0'):.2%} test F1 0</h1>" in html


def test_a_run_has_its_results_without_the_plugin_of_its_optimizer(digits_run, tmp_path, registry):
    def gone(record):
        record["components"]["optimizer"]["name"] = "gone/adam"

    run = changed(digits_run, tmp_path / "run", registry, gone)
    report = make_report(run)
    assert 'id="confusion"' in report.html
    assert cells(report.html, "figures")[0][1] == f"{run.record.figure('test_accuracy'):.2%}"
    (reason,) = report.left_out
    assert "'gone/adam', which is not installed" in reason


def test_a_run_of_version_0_1_is_reported(tmp_path, registry):
    folder = tmp_path / "old"
    shutil.copytree(OLD / "digits", folder)
    record = json.loads((folder / "run.json").read_text())
    zoo = files("nnzoo.builtin").joinpath("trained", "digits-mlp.relu.safetensors")
    (folder / "model.safetensors").write_bytes(zoo.read_bytes())
    line = {"learning_rate": 1.0, "train_loss": 0.5, "train_accuracy": 0.9, "validation_loss": 0.4}
    line |= {"validation_accuracy": 0.91, "test_loss": 0.4, "test_accuracy": 0.92, "seconds": 0.1}
    lines = [json.dumps({"epoch": epoch, **line}) + "\n" for epoch in (1, 2)]
    (folder / "metrics.jsonl").write_text("".join(lines))
    run = TrainedRun(folder, registry, FileCache())
    report = make_report(run)
    assert f"<h1>mlp on digits: {record['results']['test_accuracy']:.2%} test accuracy</h1>" in report.html
    assert "inputs multiplied by 0.1" in text_of(report.html)
    assert "Accuracy by epoch, over 2 epochs" in text_of_alts(report.html)
    x, labels = run.dataset.test.inputs, run.dataset.test.targets
    right = (run.dnn.predict(x) == labels).sum()
    assert right > 300
    diagonal = [int(count) for count in re.findall(r'class="right" style="[^"]*">(\d+)</td>', report.html)]
    assert sum(diagonal) == right
    assert report.left_out == {}


def test_the_page_of_a_table_of_version_0_1_names_missing_parts(tmp_path, registry):
    folder = tmp_path / "old"
    shutil.copytree(OLD / "table", folder)
    html = make_report(TrainedRun(folder, registry, FileCache())).html
    record = json.loads((folder / "run.json").read_text())
    assert f"<h1>mlp on heights.csv: test loss {record['results']['test_loss']:.4f}</h1>" in html
    assert "has no trained network" in html


def test_untrusted_text_is_escaped(hostile_run):
    html = make_report(hostile_run).html
    assert html.count("<script") == 1
    assert "onerror=alert(1)>" not in html
    assert "\u202e" not in html
    assert text_of(html).count(EVIL) > 20
    assert "{{ 7 * 7 }} \\u202e$(rm)" in text_of(html)
    commands = [unescape(command) for command in re.findall(r"<pre.*?<code>(.*?)</code>", html, re.DOTALL)]
    assert f"--data-dir '</code>{EVIL}; rm -rf ~'" in commands[0]
    assert not re.search(r"(href|src)=\"(?!data:|#)", html)


def test_an_incomplete_record_is_not_reported_as_a_bug(digits_run, tmp_path, registry):
    parts = {"settings": {}, "environment": {}, "results": {"test_loss": [], "kept_epoch": "x"}, "command": []}
    for part, value in parts.items():
        run = changed(digits_run, tmp_path / part, registry, lambda record, change={part: value}: record.update(change))
        assert facts(run).headline
    run = changed(digits_run, tmp_path / "all", registry, lambda record: record.update(parts))
    assert make_report(run).html.startswith("<!DOCTYPE html>")


def test_other_directories_than_runs_are_refused(tmp_path):
    outcome = CliRunner().invoke(cli, ["report", str(tmp_path)])
    assert outcome.exception.exit_code == 7
    assert "is not a run" in str(outcome.exception)
    assert list(tmp_path.iterdir()) == []
