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
from nnzoo.training.scoring import Scorer

REPEATS = 5
MANY_COLUMNS = 200
"""From so many columns on, each is permuted twice only."""
MOST_ROWS, LEAST_ROWS = 2_000, 100
_MULTIPLICATIONS = 1e10
"""About as many may be spent, which take a second or two; of a large network fewer rows are looked at."""


@dataclass(frozen=True)
class Importance:
    """What a network loses when a column is of no use to it.

    Attributes
    ----------
    measure : Measure
        What was measured: the first metric, or the loss where there is none.
    value : float
        Its value with the table as it is.
    rows, repeats : int
        How many rows were looked at, and how often each column was permuted.
    columns : tuple of str
        Those that count most first.
    means, spreads : ndarray of shape (columns,)
        By how much it gets worse, and the standard deviation of that from one permutation to the next.
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
        """What the means are: ``drop of accuracy``, ``rise of MAE``."""
        return f"{'drop' if self.measure.higher_is_better else 'rise'} of {self.measure.title}"

    @property
    def factor(self) -> float:
        """What they are multiplied by to be shown: a share's changes are percentage points."""
        return 100.0 if self.measure.is_share else 1.0

    @property
    def by_column(self) -> dict[str, tuple[float, float]]:
        """Mean and spread of each column."""
        pairs = zip(self.means.tolist(), self.spreads.tolist(), strict=True)
        return dict(zip(self.columns, pairs, strict=True))


def column_importance(predictor: Predictor, split: Split, metrics: Sequence[Metric]) -> Importance:
    """Permutation importance of each column of a table, in the first metric.

    A column is permuted: each row gets the value of another one, so that the column keeps its distribution and says
    nothing of its row any more. How much worse the network then does is what it owes to this column. The same table
    gives the same numbers. Columns that say the same share their importance, as each can stand in for the other.

    Parameters
    ----------
    predictor : Predictor
        The network; its preprocessing says which of its inputs belong to which column.
    split : Split
        Samples that it has not learnt from, as `Predictor.part` returned them.
    metrics : sequence of Metric
        The first is measured.

    Raises
    ------
    UsageError
        When the network does not take a table, or the figure can't be measured on these samples.

    References
    ----------
    Breiman (2001), "Random forests", Machine Learning 45; Fisher, Rudin & Dominici (2019), "All models are wrong, but
    many are useful", Journal of Machine Learning Research 20.
    """
    if not predictor.preprocessing.columns:
        raise UsageError("the network does not take a table, so it has no columns that could count")
    places = predictor.preprocessing.places()
    columns = tuple(places)
    repeats = REPEATS if len(columns) < MANY_COLUMNS else 2
    split = _some_rows(split, _rows(len(columns) * repeats * len(predictor.network.parameters)))
    if predictor.task.target_is_input:
        split = replace(split, targets=split.array * split.scale)
    scorer = Scorer(
        predictor.task,
        predictor.loss,
        metrics[:1],
        predictor.problem,
        predictor.preprocessing,
        predictor.network.dtype,
    )
    figure = scorer.figures[1] if metrics else scorer.figures[0]

    def measured(inputs: Floats) -> float:
        batches = Batches(replace(split, inputs=inputs), EVALUATION_BATCH, predictor.problem, predictor.network.dtype)
        return scorer.evaluate(predictor.network, batches)[figure] or 0.0  # what is not defined is worth nothing

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
        raise UsageError(f"which columns count can't be measured: the {figure} of the network is not finite")
    measure = scorer.measures[figure]
    if measure.higher_is_better:
        worse = -worse
    means, spreads = worse.mean(axis=1), worse.std(axis=1, ddof=1)
    order = np.argsort(-means, kind="stable")
    return Importance(
        measure,
        value,
        len(split),
        repeats,
        tuple(columns[row] for row in order),
        means[order],
        spreads[order],
    )


def _rows(cost: int) -> int:
    """How many rows to look at, where one takes so many multiplications."""
    return int(np.clip(_MULTIPLICATIONS // max(cost, 1), LEAST_ROWS, MOST_ROWS))


def _some_rows(split: Split, most: int) -> Split:
    """The same samples each time, in the order of the data."""
    if len(split) <= most:
        return split
    return split.take(np.sort(generator(0, "importance").choice(len(split), most, replace=False)))
