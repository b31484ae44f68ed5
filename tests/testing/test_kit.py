"""The kit in a user's pytest, and as `nnzoo check`."""

import json
import re
import subprocess
import sys

import pytest

from nnzoo.builtin.activations import Relu
from nnzoo.kinds import KINDS
from nnzoo.plugins.registry import Registry
from nnzoo.testing import Check, CheckFailed, CheckSkipped, checks_for, parametrize_with_checks

AUTHORS_TESTS = """
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, doc

from nnzoo.api import Activation
from nnzoo.testing import parametrize_with_checks
"""
AN_AUTHORS_TEST = """

@dataclass(frozen=True)
class Of{author}(Activation):
    '''Softsign: z / (b + |z|).'''

    name: ClassVar[str] = "softsign"

    b: Annotated[float, Gt(0), doc("bend")] = 1.0

    def forward(self, z, out):
        np.divide(z, self.b + np.abs(z), out=out)

    def backward(self, z, a, grad):
        grad *= {factor} / (self.b + np.abs(z)) ** 2


@parametrize_with_checks([Of{author}(b=2)], {arguments})
def test_{author}(check):
    check()
"""
DECLARED = "expected_failures={'derivative': 'an approximation'}"
AUTHORS = {
    "right": ("self.b", ""),
    "mistaken": ("0.9 * self.b", ""),
    "declared": ("(self.b + 1e-3)", DECLARED),
    "declared_without_need": ("self.b", DECLARED),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory, clean_variables):
    """What pytest prints of the tests of these authors."""
    folder = tmp_path_factory.mktemp("authors")
    tests = [AN_AUTHORS_TEST.format(author=name, factor=f, arguments=given) for name, (f, given) in AUTHORS.items()]
    (folder / "test_authors.py").write_text("".join([AUTHORS_TESTS, *tests]))
    command = [sys.executable, "-m", "pytest", "-v", "-W", "error", "-p", "no:cacheprovider", "--rootdir", "."]
    variables = clean_variables(folder) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def verdicts(printed):
    """How each check of each author ended."""
    line = re.compile(r"^test_authors\.py::test_(\w+)\[activation-softsign:b=2\.0-([\w-]+)\] (\w+)", re.MULTILINE)
    found = {author: {} for author in AUTHORS}
    for author, check, verdict in line.findall(printed):
        found[author][check] = verdict
    return found


def test_each_check_is_a_separate_test(verdicts):
    assert {"derivative", "cheap-import"} <= verdicts["right"].keys()
    assert len(verdicts["right"]) == 20
    assert {*verdicts["right"].values()} == {"PASSED"}


def test_a_mistake_fails_only_the_check_for_it(verdicts, printed):
    assert [check for check, verdict in verdicts["mistaken"].items() if verdict != "PASSED"] == ["derivative"]
    assert verdicts["mistaken"]["derivative"] == "FAILED"
    assert "backward multiplies grad by" in printed


def test_expected_failures_are_strict(verdicts, printed):
    assert verdicts["declared"]["derivative"] == "XFAIL"
    assert verdicts["declared_without_need"]["derivative"] == "FAILED"
    assert "[XPASS(strict)] an approximation" in printed


def test_an_unknown_expected_failure_is_an_error():
    with pytest.raises(ValueError, match="there is no check 'derivatives': did you mean derivative"):
        parametrize_with_checks([Relu], expected_failures={"derivatives": "?"})


def test_an_empty_list_of_components_is_an_error():
    with pytest.raises(ValueError, match="no component"):
        parametrize_with_checks([])


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"figure"}))  # none is built in
def test_names_and_claims_of_checks_are_unique(kind):
    registry = Registry(disabled=["all"])
    components = [registry.get(kind, name).component for name in registry.names(kind)]
    checks = checks_for(next(c for c in components if not any(h.required for h in c.hyperparameters())))
    assert len({check.name for check in checks}) == len({check.claim for check in checks}) == len(checks) >= 16
    for check in checks:
        assert check.claim.endswith(".")
        assert str(check) == f"{check.component.label}: {check.name}"


def outcome_of(run):
    return Check("mine", "Mine.", Relu(), run)


def test_an_error_of_the_component_is_a_failure_with_its_line():
    def run():
        Relu().forward(None, "out")

    with pytest.raises(CheckFailed, match=r"it raises AttributeError: .* \(activations.py, line \d+\)"):
        outcome_of(run)()


def test_an_exit_is_a_failure_and_an_interrupt_is_not():
    def leave():
        raise SystemExit(3)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(CheckFailed, match="it raises SystemExit: 3"):
        outcome_of(leave)()
    with pytest.raises(KeyboardInterrupt):
        outcome_of(interrupt)()


def test_a_check_that_does_not_apply_is_skipped():
    (check,) = [
        check for check in checks_for(Registry(disabled=["all"]).build("optimizer", "sgd")) if check.name == "remembers"
    ]
    with pytest.raises(CheckSkipped, match="it keeps no state"):
        check()


# --- nnzoo check


def test_what_a_script_defines_is_not_imported_again(tmp_path, activation_source):
    script = tmp_path / "mine.py"
    asks = "from nnzoo.testing import run_checks\nprint('started')\nprint(run_checks(Tanh))\n"
    script.write_text(activation_source() + asks)
    done = subprocess.run([sys.executable, script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.count("started") == 1
    assert "cheap-import skipped: it was not defined in a file" in done.stdout


def test_the_command_prints_a_table(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "check", "activation", "relu")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "activation relu, from nnzoo" in outcome.stdout
    assert "derivative" in outcome.stdout
    assert "20 passed" in outcome.stdout


def test_the_command_takes_hyperparameters(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "check", "optimizer", "momentum:beta=0.5", "--skip", "cheap-import", "--json")
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)["component"] == "momentum:beta=0.5"


def test_the_command_fails_with_reasons(nnzoo_here, tmp_path, activation_source):
    (tmp_path / "wrong.py").write_text(activation_source("wrong").replace("1 - a * a", "a * a - 1") + "\nprint")
    outcome = nnzoo_here(tmp_path, "check", "activation", "wrong", "--plugin", "wrong.py")
    assert (outcome.code, outcome.stderr) == (5, "")
    assert "activation wrong, from wrong.py" in outcome.stdout
    assert "derivative failed: at z = " in outcome.stdout
    assert "19 passed, 1 failed" in outcome.stdout
    outcome = nnzoo_here(tmp_path, "check", "activation", "wrong", "--plugin", "wrong.py", "--json")
    assert outcome.code == 5
    found = json.loads(outcome.stdout)
    assert found["passed"] is False
    assert {row["check"]: row["status"] for row in found["checks"]}["derivative"] == "failed"
    assert set(found["checks"][0]) == {"check", "claim", "status", "reason"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("activation", "rellu"), "did you mean relu?"),
        (("activations", "relu"), "did you mean activation?"),
        (("optimizer", "momentum:beta=2"), "beta = 2 is not allowed"),
        (("activation", "gelu"), "gelu comes with nnzoo-activations: "),
    ],
)
def test_an_unknown_kind_or_component_is_an_error(nnzoo_here, tmp_path, arguments, message):
    outcome = nnzoo_here(tmp_path, "check", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
