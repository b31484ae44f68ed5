"""Metrics for several targets: each is measured on the outputs that it supports."""

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
    """A metric of one of several outputs, with the interface of a `Metric` that a scorer needs.

    Its figures begin with the name of the output: ``digit_accuracy``.
    """

    metric: Metric
    part: OutputPart

    def __getattr__(self, name: str) -> Any:
        return getattr(self.metric, name)  # ``reads``, and the format of its figures

    @property
    def name(self) -> str:
        """The names of the output and the metric."""
        return f"{self.part.name}-{self.metric.name}"

    @property
    def title(self) -> str:
        """Its name in text."""
        return f"{self.part.name} {self.metric.title or self.metric.name.replace('-', ' ')}"

    @property
    def short_title(self) -> str:
        """Its name above a narrow column."""
        return f"{self.part.name} {self.metric.short_title}" if self.metric.short_title else ""

    def plan(self, problem: Problem) -> MetricPlan:
        """The metric's plan for its output, with additional arrays for the columns of that output."""
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
        own_predicted, own_targets = workspace["predicted"], workspace["targets"]
        np.copyto(own_predicted, predicted[:, self.part.columns])
        np.copyto(own_targets, targets[:, self.part.columns])
        if self.part.names:
            own_targets = own_targets.argmax(axis=1, out=workspace["class"])
            if self.metric.reads == "answers":
                own_predicted = own_predicted.argmax(axis=1, out=workspace["answer"])
        inner = {name.removeprefix("metric."): a for name, a in workspace.items() if name.startswith("metric.")}
        self.metric.update(own_predicted, own_targets, weights, sums, inner)


def metrics_of_outputs(metrics: Sequence[Metric], problem: Problem) -> tuple[Any, ...]:
    """Each metric for each output that it supports; for a problem with one output, the unchanged metrics.

    Raises UsageError if a metric supports none of the outputs.
    """
    if not problem.outputs:
        return tuple(metrics)
    supported: list[OutputMetric] = []
    for metric in metrics:
        before, refusals = len(supported), list[UsageError]()
        for part in problem.outputs:
            try:
                metric.plan(problem.of_output(part))
                supported.append(OutputMetric(metric, part))
            except UsageError as error:
                refusals.append(error)
        if len(supported) == before:
            raise refusals[0]
    return tuple(sorted(supported, key=lambda each: each.part.start))
