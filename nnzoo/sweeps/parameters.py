"""What varies between the configurations of a sweep, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from nnzoo.errors import UsageError
from nnzoo.kinds import Floats
from nnzoo.spelling import Written, parse_spec
from nnzoo.sweeps.plan import Plan
from nnzoo.sweeps.spaces import COMPONENTS

FEW = 8
"""Numbers that are no more than these are shown, and divided, as categories."""


@dataclass(frozen=True)
class Parameter:
    """A setting that is not the same in all configurations.

    Attributes
    ----------
    name : str
        ``learning_rate``; of a component's hyperparameter ``optimizer.momentum.beta``.
    values : ndarray of shape (n,), float64
        Of each configuration, NaN where it has none such: a number, or the place of its label.
    labels : tuple of str
        Of categories; empty where values are numbers.
    is_log : bool
        Whether numbers are spread evenly in their logarithm.
    """

    name: str
    values: Floats
    labels: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def title(self) -> str:
        """Its name as one reads it.

        >>> Parameter("optimizer.momentum.beta", np.zeros(1)).title
        'momentum beta'
        """
        first, _, rest = self.name.partition(".")
        return (rest or first).replace(".", " ").replace("_", " ")

    def show(self, row: int) -> str:
        """The value of a configuration, as one reads it."""
        value = self.values[row]
        return "–" if np.isnan(value) else self.labels[int(value)] if self.labels else f"{value:.4g}"


def parameters_of(plan: Plan, configurations: Sequence[Mapping[str, str]]) -> list[Parameter]:
    """The settings that vary, in the order of the options; a component's hyperparameters behind it."""
    columns: dict[str, dict[int, float | str]] = {}
    for row, configuration in enumerate(configurations):
        for option, text in configuration.items():
            for name, value in _settings(option, text):
                columns.setdefault(name, {})[row] = value
    found = (_parameter(plan, name, columns[name], len(configurations)) for name in _in_order(columns))
    return [each for each in found if each is not None]


def _in_order(names: Mapping[str, object]) -> list[str]:
    """Each option before the hyperparameters of its components."""
    options = list(dict.fromkeys(name.partition(".")[0] for name in names))
    return sorted(names, key=lambda name: (options.index(name.partition(".")[0]), name.count(".")))


def _settings(option: str, text: str) -> list[tuple[str, float | str]]:
    """An option's text as settings: a component has its name, and a value for each hyperparameter."""
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
    """One column; None where all that have it have the same."""
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
