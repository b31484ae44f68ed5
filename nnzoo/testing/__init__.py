"""The conformance kit: the rules that a component must obey, as named checks.

    from nnzoo.testing import parametrize_with_checks

    @parametrize_with_checks([Mish()])
    def test_conformance(check):
        check()

The same checks run from the command line, ``nnzoo check activation mish``, and in a notebook:
``print(run_checks(Mish))``.
The built-in components pass them too. `check_zoo_model` compares a trained network with its card.
"""

from nnzoo.testing.check import Check, CheckFailed, CheckSkipped
from nnzoo.testing.kit import checks_for, parametrize_with_checks
from nnzoo.testing.report import Outcome, Report, run_checks
from nnzoo.testing.zoo import check_zoo_model

__all__ = [
    "Check",
    "CheckFailed",
    "CheckSkipped",
    "Outcome",
    "Report",
    "check_zoo_model",
    "checks_for",
    "parametrize_with_checks",
    "run_checks",
]
