"""Start-up: help waits for nothing, and training imports no more than it uses."""

import pytest

from nnzoo.cli.main import cli

HEAVY = {"PIL", "numpy", "matplotlib", "pydantic", "pluggy", "requests", "safetensors", "scipy"}
COMMANDS = sorted(cli.commands)

PROBE = """
import atexit, sys
atexit.register(lambda: print("modules:", *sys.modules, file=sys.stderr))
from nnzoo.cli.main import main
main(sys.argv[sys.argv.index("nnzoo") + 1 :])
"""

EACH = f"""
import sys
from nnzoo.cli.main import main
for command in sys.argv[sys.argv.index("nnzoo") + 1 :]:
    try:
        main([command, "--help"])
    except SystemExit as end:
        assert not end.code, command
    heavy = {{name for name in sys.modules if name.split(".")[0] in {HEAVY}}}
    house = {{name for name in sys.modules if name.startswith(("nnzoo.builtin", "nnzoo.plugins", "nnzoo.kinds"))}}
    print(command, "imports", sorted(heavy | house), file=sys.stderr)
"""


@pytest.fixture
def imported(run_nnzoo):
    """Names of all modules that Python holds when a command ends."""

    def run(*arguments, **options):
        outcome = run_nnzoo(*arguments, python_options=["-c", PROBE], **options)
        assert outcome.code == 0, outcome.stderr
        (line,) = [line for line in outcome.stderr.splitlines() if line.startswith("modules: ")]
        return set(line.split()[1:])

    return run


@pytest.fixture
def installed(tmp_path, write_plugin):
    """A plugin that leaves a trace when it is imported."""
    effect = tmp_path / "effect"
    source = f"from pathlib import Path\nPath({str(effect)!r}).write_text('imported')\n"
    return effect, {"PYTHONPATH": write_plugin(tmp_path / "site", "third-party", source)}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)], ids=" ".join)
def test_help_imports_neither_numpy_nor_any_plugin(imported, installed, arguments):
    effect, environment = installed
    names = imported(*arguments, environment=environment)
    assert "nnzoo.cli.main" in names
    assert names & HEAVY == set()
    house = {name for name in names if name.startswith(("nnzoo.builtin", "nnzoo.plugins", "nnzoo.kinds"))}
    assert house <= ({"nnzoo.plugins", "nnzoo.plugins.discovery"} if arguments == ("--help",) else set())
    assert not effect.exists()


def test_help_of_no_command_imports_numpy_or_any_plugin(run_nnzoo, installed):
    effect, environment = installed
    outcome = run_nnzoo(*COMMANDS, python_options=["-c", EACH], environment=environment)
    assert outcome.code == 0, outcome.stderr
    found = dict(line.split(" imports ") for line in outcome.stderr.splitlines())
    assert found == dict.fromkeys(COMMANDS, "[]")
    assert not effect.exists()


def test_training_imports_no_other_plugin_and_no_library_that_it_does_not_use(imported, installed):
    effect, environment = installed
    names = imported("train", "--dataset", "digits", "--epochs", "1", environment=environment)
    assert "nnzoo.builtin.activations" in names
    assert names & {"matplotlib", "pydantic", "requests", "scipy", "third_party"} == set()
    assert not effect.exists()


def test_importing_the_package_does_not_wait_for_numpy(run_nnzoo):
    code = (
        "import sys, nnzoo; assert 'numpy' not in sys.modules; nnzoo.DeepNeuralNetwork; assert 'numpy' in sys.modules"
    )
    outcome = run_nnzoo(python_options=["-c", code])
    assert outcome.code == 0, outcome.stderr
