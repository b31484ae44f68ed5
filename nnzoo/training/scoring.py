"""Measure loss and metrics in a pass over data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnzoo.component import plugin_bug, require_returned
from nnzoo.errors import DivergedError, PluginError, UsageError
from nnzoo.kinds import Buffer, Floats, Loss, Metric, MetricPlan, Preprocessing, Problem, Task
from nnzoo.nn import Network
from nnzoo.training.batches import Batch, Batches
from nnzoo.training.measures import PARTS, Measure, measure_of, measures_of
from nnzoo.training.of_outputs import metrics_of_outputs


@dataclass(frozen=True)
class EpochMetrics:
    """The figures of one epoch.

    Attributes
    ----------
    epoch : int
        1 for the first.
    learning_rate : float
        Of the epoch's last step.
    figures : dict of str to float or None
        ``train_loss``, ``train_accuracy``, …: loss and every metric of each part. Those of the training part are means
        over the epoch, while the network was learning; the others were measured after it, and are None without such
        data. Each is also an attribute: ``metrics.test_accuracy``.
    seconds : float
        Training time, without evaluation.
    measures : mapping of str to Measure
        By the figures' names without the part.
    """

    epoch: int
    learning_rate: float
    figures: dict[str, float | None]
    seconds: float
    measures: Mapping[str, Measure] = field(default_factory=dict, compare=False, repr=False)

    def __getattr__(self, name: str) -> float | None:
        figures: dict[str, float | None] = self.__dict__.get("figures", {})
        if name not in figures:
            raise AttributeError(f"{name!r} was not measured; there are {', '.join(figures)}")
        return figures[name]

    def __str__(self) -> str:
        parts = [f"epoch {self.epoch}", f"learning rate {self.learning_rate:.3g}"]
        for name, value in self.figures.items():
            part, _, figure = name.partition("_")
            measure = measure_of(self.measures, figure)
            parts += [] if value is None else [f"{part} {measure.title} {measure.show(value)}"]
        return ", ".join([*parts, f"{self.seconds:.2f} s"])

    def to_dict(self) -> dict[str, Any]:
        """A line of ``metrics.jsonl``."""
        return {
            "epoch": self.epoch,
            "learning_rate": self.learning_rate,
            **self.figures,
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(cls, line: Mapping[str, Any], measures: Mapping[str, Measure]) -> EpochMetrics:
        """The inverse of `to_dict`, for the figures in ``measures``."""
        figures = {name: line.get(name) for name in (f"{part}_{figure}" for part in PARTS for figure in measures)}
        return cls(line["epoch"], line["learning_rate"], figures, line["seconds"], measures)


@dataclass
class Tally:
    """Running sums over the batches of a pass.

    Attributes
    ----------
    rows : int
        Positions counted.
    loss_sum : float
        Sum of their weighted losses.
    sums : dict of str to ndarray
        The sums of each metric, by ``<metric's place>.<its name>.<sum>``; float64.
    by_metric : dict of int to dict
        The same arrays by the place of the metric and the name of the sum; made on first use.
    """

    rows: int = 0
    loss_sum: float = 0.0
    sums: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    by_metric: dict[int, dict[str, NDArray[np.float64]]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def loss(self) -> float:
        """Mean loss so far."""
        return self.loss_sum / self.rows

    def clear(self) -> None:
        """Begin a new pass."""
        self.rows, self.loss_sum = 0, 0.0
        for array in self.sums.values():
            array.fill(0)


@dataclass(frozen=True)
class Evaluation:
    """A network's figures and predictions on data.

    Attributes
    ----------
    samples : int
    figures : dict of str to float or None
        ``loss`` and every metric's figures.
    predictions : ndarray of shape (n, *output_shape), float64
        Probabilities, or values in the user's units.
    targets : ndarray of shape (m,), intp, or (m, k), float64
        One row per position; values in the user's units.
    confusion : ndarray of shape (k, k) or None
        For classes, the number of positions of each class (row) for which each class (column) was predicted, without
        those of weight 0; None for very many classes.
    """

    samples: int
    figures: dict[str, float | None]
    predictions: Floats
    targets: NDArray[Any]
    confusion: NDArray[np.intp] | None = None

    @property
    def loss(self) -> float | None:
        """The mean loss."""
        return self.figures["loss"]


class _Bound(NamedTuple):
    """The arrays of a scorer for one number of rows; None for those that it does not need."""

    losses: Floats
    grad: Floats
    answers: NDArray[Any]
    predictions: Floats | None
    link: Any
    targets: NDArray[Any] | None
    of_loss: dict[str, NDArray[Any]]
    of_metrics: list[tuple[Metric, bool, dict[str, NDArray[Any]]]]


@final
class Scorer:
    """Loss and metrics of one problem, with all the arrays that they need.

    Parameters
    ----------
    task : Task
        Decides the meaning of outputs.
    loss : Loss
    metrics : sequence of Metric
    problem : Problem
        Shapes and names.
    preprocessing : Preprocessing
        Converts targets and predictions back to the user's units.
    dtype : dtype
        Of the network.

    Attributes
    ----------
    figures : tuple of str
        Names of the figures without the part: ``loss``, then each metric's figures.
    measures : dict of str to Measure
        Their titles, formats and directions.

    Raises
    ------
    UsageError
        When a metric does not support the problem, or two have figures of the same name.
    """

    def __init__(
        self,
        task: Task,
        loss: Loss,
        metrics: Sequence[Metric],
        problem: Problem,
        preprocessing: Preprocessing | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.task, self.loss, self.problem = task, loss, problem
        self.metrics = metrics_of_outputs(metrics, problem)
        self.preprocessing, self.dtype = preprocessing or Preprocessing(), np.dtype(dtype)
        self.plans = [
            require_returned(metric, "plan", metric.plan(problem), MetricPlan, "a MetricPlan")
            for metric in self.metrics
        ]
        self.figures = ("loss", *(figure for plan in self.plans for figure in plan.figures))
        twice = next((figure for figure in self.figures if self.figures.count(figure) > 1), None)
        if twice:
            raise UsageError(f"two metrics have a figure called {twice!r}", hint="leave one of them out")
        self.measures = measures_of(self.metrics, self.plans)
        self._inverse = bool(self.preprocessing.targets)
        k = problem.width
        answer = Buffer((), np.intp) if problem.has_classes else Buffer((k,), np.float64)
        self._needs_predictions = any(metric.reads == "predictions" for metric in self.metrics)
        needed: dict[str, Buffer] = {"losses": Buffer(()), "grad": Buffer((k,)), "answers": answer}
        if self._inverse or not problem.has_classes:
            needed |= {"targets": answer}
        if self._needs_predictions or not task.decides_from_outputs:
            needed |= {"predictions": Buffer((k,), np.float64), "link": Buffer((k,))}
        needed |= {f"loss.{name}": buffer for name, buffer in loss.plan(k).items()}
        for place, plan in enumerate(self.plans):
            needed |= {f"{place}.{name}": buffer for name, buffer in plan.workspace.items()}
        self._needed, self._capacity = needed, 0
        self._arrays: dict[str, NDArray[Any]] = {}
        self._bound: dict[int, _Bound] = {}
        self._one_position = problem.positions == 1

    def tally(self) -> Tally:
        """An empty tally."""
        return Tally(
            sums={
                f"{place}.{metric.name}.{name}": np.zeros(shape)
                for place, (metric, plan) in enumerate(zip(self.metrics, self.plans, strict=True))
                for name, shape in plan.sums.items()
            }
        )

    def rows(self, outputs: Floats) -> Floats:
        """A network's outputs with one row per position, of shape (m, k)."""
        if self._one_position and outputs.ndim == 2:
            return outputs
        return outputs.reshape(len(outputs) * self.problem.positions, self.problem.width)

    def losses(self, outputs: Floats, batch: Batch) -> tuple[Floats, Floats]:
        """The loss of each row, of shape (m,), and its gradient, of shape (m, k); see `rows` for ``outputs``.

        The next call with the same number of rows overwrites these arrays.
        """
        m = len(outputs)
        bound = self._bound.get(m) or self._bind(m)
        self.loss.losses(outputs, batch.targets, bound.losses, bound.grad, bound.of_loss)
        return bound.losses, bound.grad

    def count(self, tally: Tally, loss: float, outputs: Floats, batch: Batch) -> None:
        """Add a batch's mean loss and the metrics of its outputs, of shape (m, k), to a tally."""
        m = len(outputs)
        tally.rows += m
        tally.loss_sum += loss * m
        if not self.metrics:
            return
        bound = self._bound.get(m) or self._bind(m)
        predictions, targets = outputs, batch.targets if batch.labels is None else batch.labels
        if bound.predictions is not None:
            np.copyto(bound.link, outputs)
            self.loss.predict(bound.link)
            predictions = self._in_units(bound.link, bound.predictions)
        self.task.decide(predictions, bound.answers)
        if bound.targets is not None:
            targets = self._in_units(targets, bound.targets)
        self._update(tally, bound, predictions, targets, batch.counts)

    def evaluate(self, network: Network, batches: Batches) -> dict[str, float | None]:
        """Loss and metrics of a network on data, by the names in ``figures``.

        If an output is not finite, the loss is NaN and metrics are None.
        """
        return self._pass(network, batches, None)

    def measure(self, network: Network, batches: Batches) -> Evaluation:
        """Figures and predictions of a network on data; DivergedError if an output is not finite."""
        outputs: Floats = np.empty((batches.samples, *network.output_shape), network.dtype)
        figures = self._pass(network, batches, outputs)
        if not np.isfinite(outputs).all():
            raise DivergedError("the network's outputs are not finite", hint="train it again")
        rows, k = self.rows(outputs), self.problem.width
        self.loss.predict(rows)
        predictions = rows.astype(np.float64)
        self.preprocessing.decode_targets(predictions)
        targets, confusion = self.own_units(batches.targets), None
        if self.problem.has_classes:
            answers = np.empty(len(rows), np.intp)
            self.task.decide(predictions, answers)
            pairs = targets * k + answers
            pairs = pairs if batches.counts is None else pairs[batches.counts > 0]
            confusion = np.bincount(pairs, minlength=k * k).reshape(k, k) if k <= 2048 else None
        shape = (batches.samples, *self.problem.output_shape)
        return Evaluation(batches.samples, figures, predictions.reshape(shape), targets, confusion)

    def own_units(self, targets: NDArray[Any]) -> NDArray[Any]:
        """Encoded targets, (m,) or (m, k), as class numbers, or as float64 values in the user's units."""
        if self.problem.has_classes:
            return targets
        values = targets.astype(np.float64)
        self.preprocessing.decode_targets(values)
        return values

    def score(
        self, predictions: Floats, targets: NDArray[Any], counts: Floats | None = None
    ) -> dict[str, float | None]:
        """The metrics of given predictions, by name.

        Parameters
        ----------
        predictions : ndarray of shape (m, k), float64
            Probabilities, or values in the user's units.
        targets : ndarray of shape (m,), intp, or (m, k), float64
            In the user's units, too.
        counts : ndarray of shape (m,), float64, optional
            The weight of each row.
        """
        bound, tally = self._bind(len(predictions)), self.tally()
        self.task.decide(predictions, bound.answers)
        self._update(tally, bound, predictions, targets, counts)
        return self.values(tally)

    def mixing(
        self, one: Floats, other: Floats, targets: NDArray[Any], counts: Floats | None = None
    ) -> Callable[[NDArray[np.bool_]], float | None]:
        """A function that measures mixtures of two predictions, many times over.

        It takes a flag for each row, set where `other` counts, and gives the first metric's first figure.
        """
        bound, metric = self._bind(len(one)), self.metrics[0]
        _, reads_answers, workspace = bound.of_metrics[0]
        if reads_answers:
            answers = []
            for predictions in (one, other):
                self.task.decide(predictions, bound.answers)
                answers.append(bound.answers.copy())
            one, other = answers
        mixed, sums = np.empty_like(one), {name: np.zeros(shape) for name, shape in self.plans[0].sums.items()}

        def figure(flags: NDArray[np.bool_]) -> float | None:
            np.copyto(mixed, one)
            np.copyto(mixed, other, where=flags if mixed.ndim == 1 else flags[:, None])
            for array in sums.values():
                array.fill(0)
            metric.update(mixed, targets, counts, sums, workspace)
            value = metric.values(sums)[0]
            return None if value is None else float(value)

        return figure

    def values(self, tally: Tally) -> dict[str, float | None]:
        """The metrics' figures from their sums, by name.

        Raises
        ------
        PluginError
            When a metric returns something other than a finite number or None for a figure, from finite sums.
        """
        figures: dict[str, float | None] = {}
        for place, (metric, plan) in enumerate(zip(self.metrics, self.plans, strict=True)):
            sums = self._sums(tally, place)
            self._require_same_sums(tally, place, sums)
            values = require_returned(metric, "values", metric.values(sums), tuple, "a tuple of numbers")
            for name, value in zip(plan.figures, values, strict=True):
                figures[name] = None if value is None else float(value)
                if not math.isfinite(figures[name] or 0.0) and all(np.isfinite(array).all() for array in sums.values()):
                    what = f"values returned {figures[name]} for {name}; it must return None for an undefined figure"
                    raise plugin_bug(metric, what)
        return figures

    def _pass(self, network: Network, batches: Batches, all_outputs: Floats | None) -> dict[str, float | None]:
        """Loss and metrics over all batches; the raw outputs are written into ``all_outputs``."""
        tally, done = self.tally(), 0
        with np.errstate(all="ignore"):
            for batch in batches.in_order():
                raw = network.forward(batch.inputs)
                if all_outputs is not None:
                    all_outputs[done : done + len(raw)] = raw
                    done += len(raw)
                outputs = self.rows(raw)
                if not np.isfinite(outputs).all():
                    return {**dict.fromkeys(self.figures), "loss": float("nan")}
                self.count(tally, batch.average(*self.losses(outputs, batch)) + network.penalty, outputs, batch)
        return {"loss": tally.loss, **self.values(tally)}

    def _update(
        self, tally: Tally, bound: _Bound, predictions: Floats, targets: NDArray[Any], counts: Floats | None
    ) -> None:
        for place, (metric, reads_answers, workspace) in enumerate(bound.of_metrics):
            read = bound.answers if reads_answers else predictions
            metric.update(read, targets, counts, tally.by_metric.get(place) or self._sums(tally, place), workspace)

    def _in_units(self, values: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
        """Write values into ``out``, in the user's units."""
        np.copyto(out, values)
        if self._inverse:
            self.preprocessing.decode_targets(out)
        return out

    def _sums(self, tally: Tally, place: int) -> dict[str, NDArray[np.float64]]:
        sums = tally.by_metric.get(place)
        if sums is None:
            prefix = f"{place}.{self.metrics[place].name}."
            sums = tally.by_metric[place] = {name: tally.sums[prefix + name] for name in self.plans[place].sums}
        return sums

    def _require_same_sums(self, tally: Tally, place: int, sums: Mapping[str, NDArray[np.float64]]) -> None:
        """Refuse arrays with which a metric replaced its own: they are neither reset nor kept in a checkpoint."""
        metric = self.metrics[place]
        for name in self.plans[place].sums:
            if sums.get(name) is not tally.sums[f"{place}.{metric.name}.{name}"]:
                raise PluginError(
                    f"{metric.label} replaces the array sums[{name!r}]",
                    hint=f"write sums[{name!r}] += …, or sums[{name!r}][...] = …",
                )

    def _bind(self, m: int) -> _Bound:
        """The arrays for m rows: views of those for the most rows so far."""
        if m > self._capacity:
            self._capacity = m
            self._arrays = {
                name: np.full((m, *buffer.shape), buffer.fill, buffer.dtype or self.dtype)
                for name, buffer in self._needed.items()
            }
            self._bound.clear()
        if m not in self._bound:
            views = {name: array[:m] for name, array in self._arrays.items()}

            def under(prefix: str) -> dict[str, NDArray[Any]]:
                return {name.removeprefix(prefix): view for name, view in views.items() if name.startswith(prefix)}

            self._bound[m] = _Bound(
                losses=views["losses"],
                grad=views["grad"],
                answers=views["answers"],
                predictions=views.get("predictions"),
                link=views.get("link"),
                targets=views.get("targets"),
                of_loss=under("loss."),
                of_metrics=[
                    (metric, metric.reads == "answers", under(f"{place}.")) for place, metric in enumerate(self.metrics)
                ],
            )
        return self._bound[m]
