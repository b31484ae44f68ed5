"""`TrainingState`: the progress of a training run; with the weights, all that is needed to continue exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Self

import numpy as np

from nnzoo.component import plugin_bug, require_returned, with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import Cursor, Floats, MetricSchedule, Optimizer
from nnzoo.kinds.arrays import unlike_plain_numbers
from nnzoo.nn.parameters import FlatParameters
from nnzoo.training.optimizing import initial_memory
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import Tally

_SCALARS = (
    *("steps", "epoch", "batch", "seconds", "epoch_seconds"),
    *("plateau_factor", "schedule_memory", "observers_off", "stopped"),
)


@dataclass
class BestEpoch:
    """The epoch with the best validation figure so far, and its weights.

    Attributes
    ----------
    epoch : int
        Its number; 0 while there is none.
    value : float
        Its monitored figure: the loss or a metric.
    parameters, state : ndarray or None
        Copies of the network's flat vectors.
    """

    epoch: int = 0
    value: float = 0.0
    parameters: Floats | None = None
    state: Floats | None = None


def monitored_figure(
    recipe: Recipe, figures: Mapping[str, float | None], best: BestEpoch, has_validation: bool
) -> float | None:
    """The validation figure that selects the best epoch; None where there are no validation data.

    Raises
    ------
    UsageError
        When the recipe needs a best epoch, and the figure is not defined.
    """
    watched = figures[f"validation_{recipe.monitor}"]
    selects = has_validation and (recipe.early_stopping is not None or recipe.keep == "best")
    if watched is None and selects and not best.epoch:
        raise UsageError(
            f"monitor = {recipe.monitor} is not defined on the validation data, so no epoch is the best",
            hint="hold out more samples, or monitor another figure, such as the loss",
        )
    return watched


@dataclass
class TrainingState:
    """The progress of a training run after any step.

    Attributes
    ----------
    steps : int
        Steps taken.
    epoch : int
        Completed epochs; the current one is ``epoch + 1``.
    batch : int
        Completed batches of the current epoch.
    tally : Tally
        Loss and metrics over these batches.
    seconds, epoch_seconds : float
        Time spent in steps of completed epochs, and of the current one.
    plateau_factor : float
        The last factor of a `MetricSchedule`.
    schedule_memory : dict of str to float
        The memory of such a schedule.
    optimizer : dict of str to ndarray
        The optimizer's state.
    best : BestEpoch
        The best epoch, if there are validation data.
    observers : dict of str to ndarray
        The observers' state.
    stream : dict of str to ndarray
        The cursor of a stream of training samples.
    observers_off : dict of str to str
        The places of switched-off observers, and the reasons.
    stopped : str
        Why an observer ended the training; empty if none did.
    """

    optimizer: dict[str, Floats] = field(default_factory=dict)
    steps: int = 0
    epoch: int = 0
    batch: int = 0
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    plateau_factor: float = 1.0
    schedule_memory: dict[str, float] = field(default_factory=dict)
    best: BestEpoch = field(default_factory=BestEpoch)
    observers: dict[str, Floats] = field(default_factory=dict)
    stream: Cursor = field(default_factory=dict)
    observers_off: dict[str, str] = field(default_factory=dict)
    stopped: str = ""

    @classmethod
    def initial(
        cls,
        optimizer: Optimizer,
        parameters: FlatParameters,
        tally: Tally,
        observers: dict[str, Floats] | None = None,
        stream: Cursor | None = None,
    ) -> Self:
        """The state before the first step; raises PluginError if the optimizer returns an invalid state."""
        memory = initial_memory(optimizer, parameters)
        return cls(memory, tally=tally, observers=observers or {}, stream=stream or {})

    def end_epoch(self, watched: float | None, parameters: Floats, state: Floats, *, higher_is_better: bool) -> None:
        """End the current epoch, and copy the network's vectors if it was the best so far."""
        self.epoch, self.batch = self.epoch + 1, 0
        self.tally.clear()
        self.seconds, self.epoch_seconds = self.seconds + self.epoch_seconds, 0.0
        if watched is None:
            return
        if not self.best.epoch or (watched > self.best.value if higher_is_better else watched < self.best.value):
            self.best = BestEpoch(self.epoch, watched, parameters.copy(), state.copy())

    def ask(self, schedule: MetricSchedule, metrics: Mapping[str, float | None]) -> None:
        """Get the factor for the next epoch from a schedule.

        Raises PluginError if it does not return a number, or its memory contains anything but numbers by name.
        """
        factor = schedule.after_epoch(metrics, self.schedule_memory)
        self.plateau_factor = float(require_returned(schedule, "after_epoch", factor, Real, "a number"))
        memory: dict[Any, Any] = self.schedule_memory
        for name, value in memory.items():
            if not (isinstance(name, str) and isinstance(value, Real)):
                raise plugin_bug(schedule, f"after_epoch keeps {value!r} as {name!r}; it must keep numbers by name")
            memory[name] = float(value)

    def require_same_memory(self, optimizer: Optimizer, before: Mapping[str, str]) -> None:
        """Blame an optimizer (PluginError) whose `update` changes the names, shapes or types of its state."""
        now = self.memory_kinds()
        for name in sorted(now.keys() | before.keys(), key=str):
            if now.get(name) != before.get(name):
                change = f"{before.get(name, 'nothing')} to {now.get(name, 'nothing')}"
                raise plugin_bug(optimizer, f"update changes its state {name!r} from {change}")

    def memory_kinds(self) -> dict[str, str]:
        """The types and shapes of the optimizer's state, by name."""
        return {name: _kind(value) for name, value in self.optimizer.items()}

    def arrays(self) -> dict[str, Floats]:
        """All its arrays: ``optimizer.<name>``, ``tally.…``, ``observer.…``, ``stream.…``, and the best epoch's."""
        best = {"best.parameters": self.best.parameters, "best.state": self.best.state}
        return {
            **{f"optimizer.{name}": array for name, array in self.optimizer.items()},
            **{f"tally.{name}": array for name, array in self.tally.sums.items()},
            **{f"observer.{name}": array for name, array in self.observers.items()},
            **{f"stream.{name}": array for name, array in self.stream.items()},
            **{name: array for name, array in best.items() if array is not None},
        }

    def scalars(self) -> dict[str, Any]:
        """Everything else, as JSON."""
        return {name: getattr(self, name) for name in _SCALARS} | {
            "rows": self.tally.rows,
            "loss_sum": self.tally.loss_sum,
            "best_epoch": self.best.epoch,
            "best_value": self.best.value if self.best.epoch else None,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Floats], scalars: Mapping[str, Any]) -> Self:
        """Restore a state from `arrays` and `scalars`; KeyError, TypeError or ValueError if they are invalid."""
        best = BestEpoch()
        if scalars["best_epoch"]:
            best = BestEpoch(
                int(scalars["best_epoch"]),
                float(scalars["best_value"]),
                arrays["best.parameters"].copy(),
                arrays["best.state"].copy(),
            )

        def under(prefix: str) -> dict[str, Any]:
            return {n.removeprefix(prefix): array.copy() for n, array in arrays.items() if n.startswith(prefix)}

        return cls(
            under("optimizer."),
            int(scalars["steps"]),
            int(scalars["epoch"]),
            int(scalars["batch"]),
            Tally(int(scalars["rows"]), float(scalars["loss_sum"]), under("tally.")),
            float(scalars["seconds"]),
            float(scalars["epoch_seconds"]),
            float(scalars["plateau_factor"]),
            {str(key): float(value) for key, value in scalars["schedule_memory"].items()},
            best,
            under("observer."),
            under("stream."),
            {str(key): str(value) for key, value in scalars.get("observers_off", {}).items()},
            str(scalars.get("stopped", "")),
        )


def _kind(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return with_article(value)
    return unlike_plain_numbers(value) or f"{value.dtype} of shape {value.shape}"
