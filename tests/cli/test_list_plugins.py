"""``nnzoo list-plugins``: every plugin, whether it works, and what it provides."""

import json

import pytest

from nnzoo.plugins.registry import Registry


@pytest.fixture
def house(tmp_path, write_plugin, activation_source):
    """A good plugin, a broken one, and two that clash."""
    site = tmp_path / "site"
    write_plugin(site, "nnzoo-good", activation_source("good"), version="1.5")
    write_plugin(site, "nnzoo-bad", "raise RuntimeError('out of order')")
    write_plugin(site, "nnzoo-one", activation_source("same"))
    write_plugin(site, "nnzoo-two", activation_source("same"))
    return {"PYTHONPATH": site}


def rows(outcome):
    return {row["plugin"]: row for row in json.loads(outcome.stdout)}


def test_the_built_ins_come_first_with_all_they_provide(run_nnzoo):
    outcome = run_nnzoo("list-plugins")
    assert (outcome.code, outcome.stderr) == (0, "")
    lines = [line for line in outcome.stdout.splitlines() if line.lstrip().startswith("nnzoo ")]
    assert len(lines) == len(Registry(disabled=["all"]).plugins()) >= 8
    assert all(" ok " in line for line in lines)
    for provided in ("activation: relu, sigmoid, identity", "optimizer: sgd, momentum", "dataset: mnist, digits"):
        assert provided in outcome.stdout
    for title in ("plugin", "version", "entry point", "status", "components", "reason"):
        assert title in outcome.stdout


def test_each_plugin_has_its_status_and_reason(run_nnzoo, house):
    outcome = run_nnzoo("list-plugins", "--json", environment=house)
    assert outcome.code == 0
    listed = rows(outcome)
    assert list(listed) == ["nnzoo", "nnzoo-bad", "nnzoo-good", "nnzoo-one", "nnzoo-two"]
    assert {name: row["status"] for name, row in listed.items()} == {
        "nnzoo": "ok",
        "nnzoo-bad": "failed",
        "nnzoo-good": "ok",
        "nnzoo-one": "clash",
        "nnzoo-two": "clash",
    }
    assert listed["nnzoo-good"] == {
        "plugin": "nnzoo-good",
        "version": "1.5",
        "entry_point": "main",
        "status": "ok",
        "components": {"activation": ["good"]},
        "reason": "",
    }
    assert "RuntimeError: out of order" in listed["nnzoo-bad"]["reason"]
    assert "nnzoo-two" in listed["nnzoo-one"]["reason"]
    assert "nnzoo-one/same" in listed["nnzoo-one"]["reason"]


def test_the_table_shows_the_same_for_people(run_nnzoo, house):
    outcome = run_nnzoo("list-plugins", environment=house)
    for text in ("nnzoo-good", "1.5", "activation: good", "failed", "out of order", "clash"):
        assert text in outcome.stdout
    (line,) = [line for line in outcome.stderr.splitlines() if "failed" in line]
    assert "nnzoo-bad 1.0 (entry point main) failed: RuntimeError: out of order" in line
    clashes = [line for line in outcome.stderr.splitlines() if "also provided by" in line]
    assert len(clashes) == 2  # each of the two is told


def test_one_kind_is_shown_alone(run_nnzoo, house):
    outcome = run_nnzoo("list-plugins", "--kind", "activation", "--json", environment=house)
    listed = [row for row in json.loads(outcome.stdout) if row["status"] != "failed"]
    assert {kind for row in listed for kind in row["components"]} == {"activation"}
    assert {name for row in listed for name in row["components"]["activation"]} >= {"relu", "good", "same"}


def test_metadata_alone_imports_nothing(run_nnzoo, house):
    outcome = run_nnzoo("list-plugins", "--no-load", "--json", environment=house)
    assert (outcome.code, outcome.stderr) == (0, "")
    listed = rows(outcome)
    assert listed.keys() >= {"nnzoo", "nnzoo-bad", "nnzoo-good"}
    assert not any(row["components"] for row in listed.values())


def test_a_plugin_that_was_not_imported_is_not_called_ok(run_nnzoo, house):
    listed = rows(run_nnzoo("list-plugins", "--no-load", "--json", environment=house))
    assert listed["nnzoo-bad"]["status"] != "ok"


def test_brackets_in_a_plugins_words_are_shown_as_they_are(run_nnzoo, tmp_path, write_plugin):
    site = write_plugin(tmp_path / "site", "odd", "raise RuntimeError('[bold]loud[/bold] [/] \\\\[x]')")
    outcome = run_nnzoo("list-plugins", environment={"PYTHONPATH": site})
    assert outcome.code == 0, outcome.stderr
    assert "[bold]loud[/bold] [/] \\[x]" in " ".join(outcome.stdout.split())
