"""Metrics where several things are learnt together: each is measured on the outputs that it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import UsageError
from nnzoo.kinds import Buffer, Floats, Metric, MetricPlan, OutputPart, Problem


@final
@dataclass(frozen=True)
class OutputMetric:
    """A metric of one of several outputs: a `Metric` in all that a scorer asks of it.

    Its figures are called after the output: ``digit_accuracy``.
    """

    metric: Metric
    part: OutputPart

    def __getattr__(self, name: str) -> Any:
        return getattr(self.metric, name)  # what it reads, and how its figures are shown

    @property
    def name(self) -> str:
        """The output's, and the metric's own."""
        return f"{self.part.name}-{self.metric.name}"

    @property
    def title(self) -> str:
        """What it is called in text."""
        return f"{self.part.name} {self.metric.title or self.metric.name.replace('-', ' ')}"

    @property
    def short_title(self) -> str:
        """What it is called above a narrow column."""
        return f"{self.part.name} {self.metric.short_title}" if self.metric.short_title else ""

    def plan(self, problem: Problem) -> MetricPlan:
        """What the metric needs for the output alone, and arrays for what is cut out."""
        plan = self.metric.plan(problem.of_output(self.part))
        values = Buffer((self.part.width,), np.float64)
        workspace = {"predicted": values, "targets": values}
        if self.part.names:
            workspace |= {"answer": Buffer((), np.intp), "class": Buffer((), np.intp)}
        inner = {f"metric.{name}": buffer for name, buffer in plan.workspace.items()}
        stem = self.part.name.replace("-", "_").replace(" ", "_")
        return replace(plan, figures=tuple(f"{stem}_{name}" for name in plan.figures), workspace=workspace | inner)

    def update(
        self,
        predicted: NDArray[Any],
        targets: NDArray[Any],
        weights: Floats | None,
        sums: Mapping[str, NDArray[np.float64]],
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        """Count one batch, of shape (m, k) for all outputs; see `Metric.update`."""
        own, wanted = workspace["predicted"], workspace["targets"]
        np.copyto(own, predicted[:, self.part.columns])
        np.copyto(wanted, targets[:, self.part.columns])
        if self.part.names:
            wanted = wanted.argmax(axis=1, out=workspace["class"])
            if self.metric.reads == "answers":
                own = own.argmax(axis=1, out=workspace["answer"])
        inner = {name.removeprefix("metric."): a for name, a in workspace.items() if name.startswith("metric.")}
        self.metric.update(own, wanted, weights, sums, inner)

    def values(self, sums: Mapping[str, NDArray[np.float64]]) -> tuple[float | None, ...]:
        """The metric's own."""
        return self.metric.values(sums)


def metrics_of_outputs(metrics: Sequence[Metric], problem: Problem) -> tuple[Any, ...]:
    """Each metric for each output that it fits; for a problem with one output, the metrics as they are.

    Raises
    ------
    UsageError
        When a metric fits none of the outputs.
    """
    if not problem.outputs:
        return tuple(metrics)
    found: list[OutputMetric] = []
    for metric in metrics:
        fitting, refused = [], UsageError("")
        for part in problem.outputs:
            try:
                metric.plan(problem.of_output(part))
            except UsageError as error:
                refused = error
            else:
                fitting.append(OutputMetric(metric, part))
        if not fitting:
            raise refused
        found += fitting
    return tuple(sorted(found, key=lambda each: each.part.start))
