"""`column_importance`: how much a network relies on each column of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnzoo.errors import UsageError
from nnzoo.kinds import Floats, Metric, Split
from nnzoo.model.predictor import Predictor
from nnzoo.nn import EVALUATION_BATCH
from nnzoo.nn.randomness import generator
from nnzoo.nn.threads import blas_threads
from nnzoo.training.batches import Batches
from nnzoo.training.measures import Measure

REPEATS = 5
MANY_COLUMNS = 200
"""The number of columns from which on each is permuted only twice."""
MOST_ROWS, LEAST_ROWS = 2_000, 100
_MULTIPLICATIONS = 1e10
"""Roughly the most multiplications, which take a second or two; for a large network, fewer rows are used."""


@dataclass(frozen=True)
class Importance:
    """The permutation importance of each column.

    Attributes
    ----------
    measure : Measure
        The first metric, or the loss if there is none.
    value : float
        Its value on the unchanged table.
    rows, repeats : int
        The number of rows, and of permutations of each column.
    columns : tuple of str
        The most important ones first.
    means, spreads : ndarray of shape (columns,)
        How much worse the measure gets, and the standard deviation of that over the permutations.
    """

    measure: Measure
    value: float
    rows: int
    repeats: int
    columns: tuple[str, ...]
    means: Floats
    spreads: Floats

    @property
    def change(self) -> str:
        """The meaning of the means: ``drop of accuracy``, ``rise of MAE``."""
        return f"{'drop' if self.measure.higher_is_better else 'rise'} of {self.measure.title}"

    @property
    def factor(self) -> float:
        """The factor for display: changes of a share are shown as percentage points."""
        return 100.0 if self.measure.is_share else 1.0

    @property
    def by_column(self) -> dict[str, tuple[float, float]]:
        """Mean and spread of each column."""
        pairs = zip(self.means.tolist(), self.spreads.tolist(), strict=True)
        return dict(zip(self.columns, pairs, strict=True))


def column_importance(predictor: Predictor, split: Split, metrics: Sequence[Metric]) -> Importance:
    """Permutation importance of each column of a table, in the first metric.

    A column is permuted, so that it keeps its distribution but has no relation to the rest of its row. The importance
    is how much worse the network then does. The same table gives the same numbers. Columns with the same information
    share their importance.

    Parameters
    ----------
    predictor : Predictor
        The network; its preprocessing says which inputs belong to which column.
    split : Split
        Samples that it was not trained on, as returned by `Predictor.part`.
    metrics : sequence of Metric
        The first is measured.

    Raises
    ------
    UsageError
        When the network does not take a table, or the figure is not finite on these samples.

    References
    ----------
    Breiman (2001), "Random forests", Machine Learning 45; Fisher, Rudin & Dominici (2019), "All models are wrong, but
    many are useful", Journal of Machine Learning Research 20.
    """
    if not predictor.preprocessing.columns:
        raise UsageError("the network does not take a table, so it has no columns")
    places = predictor.preprocessing.places()
    columns = tuple(places)
    repeats = REPEATS if len(columns) < MANY_COLUMNS else 2
    cost = len(columns) * repeats * len(predictor.network.parameters)  # of a row, in multiplications
    rows = int(np.clip(_MULTIPLICATIONS // max(cost, 1), LEAST_ROWS, MOST_ROWS))
    if len(split) > rows:  # the same rows each time, in the order of the data
        split = split.take(np.sort(generator(0, "importance").choice(len(split), rows, replace=False)))
    if predictor.task.target_is_input:
        split = replace(split, targets=split.array * split.scale)
    scorer = predictor.scorer(metrics[:1])
    figure = scorer.figures[1] if metrics else scorer.figures[0]

    def measured(inputs: Floats) -> float:
        batches = Batches(replace(split, inputs=inputs), EVALUATION_BATCH, predictor.problem, predictor.network.dtype)
        return scorer.evaluate(predictor.network, batches)[figure] or 0.0  # 0 if it is not defined

    with blas_threads(1):
        value = measured(split.array)
        worse = np.empty((len(columns), repeats))
        shuffled = split.array.copy()
        for row, inputs in enumerate(places.values()):
            own = split.array[:, inputs]
            for repeat in range(repeats):
                shuffled[:, inputs] = own[generator(0, "importance", row, repeat).permutation(len(own))]
                worse[row, repeat] = measured(shuffled) - value
            shuffled[:, inputs] = own
    if not np.isfinite(worse).all():
        raise UsageError(f"the importance of columns can't be measured: the {figure} of the network is not finite")
    measure = scorer.measures[figure]
    if measure.higher_is_better:
        worse = -worse
    means, spreads = worse.mean(axis=1), worse.std(axis=1, ddof=1)
    order = np.argsort(-means, kind="stable")
    names = tuple(columns[row] for row in order)
    return Importance(measure, value, len(split), repeats, names, means[order], spreads[order])
