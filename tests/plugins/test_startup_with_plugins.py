"""Fifty installed but unused plugins: no command imports any of them."""

import json

import pytest

NUMBER = 50
TRAIN = ("train", "--dataset", "digits", "--epochs", "1", "--quiet")


@pytest.fixture(scope="module")
def traces(tmp_path_factory, write_plugin, activation_source):
    """Fifty plugins, each of which leaves a file when it is imported; the folder of these files and Python's path."""
    folder = tmp_path_factory.mktemp("traces")
    site = tmp_path_factory.mktemp("site")
    for index in range(NUMBER):
        trace = f"from pathlib import Path\nPath({str(folder)!r}, 'plugin-{index}').touch()\n"
        write_plugin(site, f"unused-{index}", trace + activation_source(f"unused-{index}"))
    return folder, {"PYTHONPATH": site}


@pytest.mark.parametrize(
    "command",
    [("--help",), ("train", "--help"), TRAIN, ("list-plugins", "--no-load"), ("show", "optimizer", "momentum")],
    ids=" ".join,
)
def test_a_command_that_uses_no_plugin_imports_none(traces, run_nnzoo, command):
    folder, environment = traces
    outcome = run_nnzoo(*command, environment=environment)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert list(folder.iterdir()) == []


def test_listing_plugins_imports_all_of_them(run_nnzoo, traces):
    folder, environment = traces
    outcome = run_nnzoo("list-plugins", "--json", environment=environment)
    imported = {path.name for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    assert imported == {f"plugin-{index}" for index in range(NUMBER)}
    assert {row["plugin"] for row in json.loads(outcome.stdout)} == {
        "nnzoo",
        *(f"unused-{index}" for index in range(NUMBER)),
    }
