"""Optuna's tree-structured Parzen estimator, used batch by batch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import Dimension, Proposal, Range, Search, Space, Tried

from nnzoo_optuna.reading import decisions

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution

DEFAULT_TRIALS = 20
PATIENCE = 100
"""Suggestions in a row that are known already, after which there is nothing new to try."""


@dataclass(frozen=True)
class Optuna(Search):
    r"""Tries more where it was good: Optuna's tree-structured Parzen estimator (TPE).

    The first ``startup`` configurations are drawn at random. Then, batch by batch, the ones that were tried are divided
    into the better share γ and the rest; their densities l(x) and g(x) are estimated, and what has the largest
    l(x)/g(x) of some drawn from l is tried next. Within a batch, those that are being tried count as bad, so that they
    keep apart.

    The estimator hears the results of whole batches, and is made anew for each from what was tried. So the proposals
    depend on ``batch``, but neither on the number of workers nor on when a sweep was killed. Default: 20 trials.

    References
    ----------
    Bergstra, Bardenet, Bengio & Kégl (2011), "Algorithms for hyper-parameter optimization", NeurIPS; Akiba, Sano,
    Yanase, Ohta & Koyama (2019), "Optuna: a next-generation hyperparameter optimization framework", KDD,
    arXiv:1907.10902.
    """

    name: ClassVar[str] = "optuna"

    batch: Annotated[int, Ge(1), Le(1000), doc("configurations that are proposed at a time")] = 4
    startup: Annotated[int, Ge(1), Le(1000), doc("number of random configurations at the start")] = 10

    def propose(self, space: Space, trials: int | None, seed: int, tried: Sequence[Tried]) -> Sequence[Proposal]:
        left = (trials or DEFAULT_TRIALS) - len(tried)
        size = min(left, self.batch if len(tried) >= self.startup else self.startup - len(tried))
        known = {tuple(one.proposal.configuration.items()): one.cost for one in tried}
        found: list[Proposal] = []
        with _quietly():
            study = _study(space, tried, self.startup, seed)
            again = 0
            while len(found) < size and again < PATIENCE:
                trial = study.ask()
                configuration = space.configuration(lambda dimension, trial=trial: _suggested(trial, dimension))  # type: ignore[misc]
                values = tuple(configuration.items())
                if values not in known:
                    known[values], again = math.nan, 0
                    found.append(Proposal(configuration))
                    continue
                again += 1
                _tell_known(study, trial, known[values])
        return found


def _study(space: Space, tried: Sequence[Tried], startup: int, seed: int) -> Study:
    """A study with all earlier trials, and a seed that depends on their number."""
    import optuna

    own = int(np.random.SeedSequence([seed, len(tried)]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=startup, multivariate=True, group=True, constant_liar=True, seed=own
    )
    study = optuna.create_study(sampler=sampler, direction="minimize")
    distributions = {one.name: _distribution(one) for one in space.dimensions()}
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=(params := _params(space, one)),
                distributions={name: distributions[name] for name in params},
                value=one.cost,
            )
            for one in tried
        ]
    )
    return study


def _params(space: Space, tried: Tried) -> dict[str, Any]:
    """The decisions in Optuna's form."""
    found = decisions(space, tried.proposal.configuration)
    whole = {one.name for one in space.dimensions() if not isinstance(one, Range) or one.scale == "integer"}
    return {name: int(value) if name in whole else value for name, value in found.items()}


def _distribution(dimension: Dimension) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(dimension, Range):
        return CategoricalDistribution(range(len(dimension.options)))
    if dimension.scale == "integer":
        return IntDistribution(int(dimension.low), int(dimension.high))
    return FloatDistribution(dimension.low, dimension.high, log=dimension.scale == "log")


def _suggested(trial: Trial, dimension: Dimension) -> float:
    """What Optuna suggests; a number of a range with as many digits as other searches give it."""
    if not isinstance(dimension, Range):
        return int(trial.suggest_categorical(dimension.name, range(len(dimension.options))))
    low, high = dimension.low, dimension.high
    if dimension.scale == "integer":
        return trial.suggest_int(dimension.name, int(low), int(high))
    value = trial.suggest_float(dimension.name, low, high, log=dimension.scale == "log")
    share = math.log(value / low) / math.log(high / low) if dimension.scale == "log" else (value - low) / (high - low)
    return dimension.at(min(max(share, 0.0), 1.0))


def _tell_known(study: Study, trial: Trial, cost: float) -> None:
    """Report a configuration that was suggested again: its cost, or that it is being tried."""
    from optuna.trial import TrialState

    if math.isnan(cost):
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, cost)


@contextmanager
def _quietly() -> Iterator[None]:
    """Neither Optuna's notes on each study, nor its warnings that an option may change one day."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
