"""The settings that vary between the configurations of a sweep, as columns of numbers, and their importance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnzoo.comparing.statistics import LEVEL, t_quantile
from nnzoo.errors import UsageError
from nnzoo.kinds import Floats
from nnzoo.spelling import Written, parse_spec
from nnzoo.sweeps.plan import Plan
from nnzoo.sweeps.spaces import COMPONENTS

FEW = 8
"""Up to this many different numbers are treated as categories."""
LEAST = 12
"""The fewest configurations for which importance is computed."""
MOST_BINS, IN_A_BIN, GROUPS = 10, 5, 40


@dataclass(frozen=True)
class Parameter:
    """A setting that is not the same in all configurations.

    Attributes
    ----------
    name : str
        Such as ``learning_rate``, or ``optimizer.momentum.beta`` for a component's hyperparameter.
    values : ndarray of shape (n,), float64
        For each configuration a number, or the index of its label; NaN if it does not have the setting.
    labels : tuple of str
        The categories; empty if values are numbers.
    is_log : bool
        Whether numbers are spread evenly in their logarithm.
    """

    name: str
    values: Floats
    labels: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def title(self) -> str:
        """Its name for display.

        >>> Parameter("optimizer.momentum.beta", np.zeros(1)).title
        'momentum beta'
        """
        first, _, rest = self.name.partition(".")
        return (rest or first).replace(".", " ").replace("_", " ")

    def show(self, row: int) -> str:
        """The value of a configuration, for display."""
        value = self.values[row]
        return "–" if np.isnan(value) else self.labels[int(value)] if self.labels else f"{value:.4g}"


def parameters_of(plan: Plan, configurations: Sequence[Mapping[str, str]]) -> list[Parameter]:
    """The settings that vary, in the order of the options; a component's hyperparameters follow it."""
    columns: dict[str, dict[int, float | str]] = {}
    for row, configuration in enumerate(configurations):
        for option, text in configuration.items():
            for name, value in _settings(option, text):
                columns.setdefault(name, {})[row] = value
    options = list(dict.fromkeys(name.partition(".")[0] for name in columns))
    in_order = sorted(columns, key=lambda name: (options.index(name.partition(".")[0]), name.count(".")))
    parameters = (_parameter(plan, name, columns[name], len(configurations)) for name in in_order)
    return [each for each in parameters if each is not None]


def _settings(option: str, text: str) -> list[tuple[str, float | str]]:
    """An option's text as settings: for a component, its name and the value of each hyperparameter."""
    if option in COMPONENTS and ":" in text:
        with suppress(UsageError):
            name, options = parse_spec(text)
            inner = [(f"{option}.{name}.{key}", _value(value)) for key, value in options.items()]
            return [(option, name), *inner]
    return [(option, _value(text))]


def _value(text: str | list[str]) -> float | str:
    if isinstance(text, list):
        return ",".join(text)
    with suppress(ValueError):
        return float(text)
    return text.text if isinstance(text, Written) else text


def _parameter(plan: Plan, name: str, column: Mapping[int, float | str], rows: int) -> Parameter | None:
    """The parameter for a column; None if all its values are the same."""
    different = set(column.values())
    if len(different) < 2:
        return None
    values: Floats = np.full(rows, np.nan)
    if len(different) > FEW and all(isinstance(value, float) for value in different):
        values[list(column)] = list(column.values())
        option, _, inner = name.partition(".")
        written = f"{inner.rpartition('.')[2]}=log:" if inner else "log:"
        return Parameter(name, values, is_log=written in plan.space.get(option, "") and float(np.nanmin(values)) > 0)
    numbers = sorted(value for value in different if isinstance(value, float))
    labels: list[float | str] = [*numbers, *sorted(value for value in different if isinstance(value, str))]
    place = {value: number for number, value in enumerate(labels)}
    values[list(column)] = [place[value] for value in column.values()]
    return Parameter(name, values, tuple(f"{label:g}" if isinstance(label, float) else label for label in labels))


@dataclass(frozen=True)
class Importance:
    """The importance of a setting.

    Attributes
    ----------
    share : float
        The share of the variation of ranks that its values explain by themselves, 0 … 1.
    low, high : float
        The ends of the 95 % interval.
    configurations : int
        The number of configurations that have the setting.
    """

    parameter: Parameter
    share: float
    low: float
    high: float
    configurations: int


def importances(parameters: Sequence[Parameter], costs: ArrayLike) -> list[Importance]:
    """The importance of each setting, in descending order; settings that too few configurations have are left out.

    Costs are replaced by their ranks, so that an infinite cost does not outweigh all others. The values of a setting
    are divided into bins: its categories, or up to `MOST_BINS` with equally many configurations. Its share is ε², the
    variance between bins over the total variance, corrected for what bins explain by chance; the interval is that of a
    jackknife that leaves out one of `GROUPS` groups at a time.

    Parameters
    ----------
    parameters : sequence of Parameter
        Settings that vary.
    costs : array_like of shape (n,)
        The cost of each configuration (lower is better); infinite if it diverged, NaN if it is not known.

    References
    ----------
    Kelley (1935), "An unbiased correlation ratio measure", PNAS 21; Tukey (1958), "Bias and confidence in not quite
    large samples", Annals of Mathematical Statistics 29; for main effects as importance Hutter, Hoos & Leyton-Brown
    (2014), "An efficient approach for assessing hyperparameter importance", ICML.
    """
    known = np.asarray(costs, np.float64)
    found = []
    for parameter in parameters:
        has = ~np.isnan(parameter.values) & ~np.isnan(known)
        if np.count_nonzero(has) < LEAST:
            continue
        ranks, bins = _ranks(known[has]), _bins(parameter.values[has], is_category=bool(parameter.labels))
        if bins.max() and ranks.std():
            found.append(Importance(parameter, *_share(ranks, bins), int(np.count_nonzero(has))))
    return sorted(found, key=lambda each: -each.share)


def _ranks(values: Floats) -> Floats:
    """Ranks from 0; equal values have the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - (counts + 1) / 2)[inverse]
    return ranks


def _bins(values: Floats, *, is_category: bool) -> NDArray[np.intp]:
    """The bin of each value; no bin is empty."""
    if not is_category:
        count = min(MOST_BINS, max(2, len(values) // IN_A_BIN))
        edges = np.quantile(values, np.linspace(0, 1, count + 1)[1:-1])
        values = np.searchsorted(edges, values, side="right").astype(np.float64)
    found: NDArray[np.intp] = np.unique(values, return_inverse=True)[1]
    return found


def _share(ranks: Floats, bins: NDArray[np.intp]) -> tuple[float, float, float]:
    """ε², and the ends of its interval."""
    groups = min(GROUPS, len(ranks))
    group = np.random.default_rng(0).permutation(len(ranks)) % groups
    share = _epsilon_squared(ranks, bins)
    without = np.array([_epsilon_squared(ranks[group != each], bins[group != each]) for each in range(groups)])
    error = math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
    half = t_quantile(LEVEL, groups - 1) * error
    low, value, high = (min(max(each, 0.0), 1.0) for each in (share - half, share, share + half))
    return value, low, high


def _epsilon_squared(ranks: Floats, bins: NDArray[np.intp]) -> float:
    """The variance between bins, corrected for chance, over the total variance."""
    counts, deviations = np.bincount(bins), ranks - ranks.mean()
    filled = counts > 0
    total = float((deviations**2).sum())
    between = float((np.bincount(bins, deviations)[filled] ** 2 / counts[filled]).sum())
    free = len(ranks) - np.count_nonzero(filled)
    return (between - (np.count_nonzero(filled) - 1) * (total - between) / free) / total if total and free else 0.0
