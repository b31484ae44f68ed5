"""`TrainingState`: where a training stands, and with the weights all it takes to go on to the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Self

import numpy as np

from nnzoo.component import plugin_bug, require_returned, with_article
from nnzoo.kinds import Cursor, Floats, MetricSchedule, Optimizer
from nnzoo.kinds.arrays import unlike_plain_numbers
from nnzoo.nn.parameters import FlatParameters
from nnzoo.training.optimizing import initial_memory
from nnzoo.training.scoring import Tally


@dataclass
class BestEpoch:
    """The epoch with the best validation figure so far, and the weights it left.

    Attributes
    ----------
    epoch : int
        Its number; 0 while there is none.
    value : float
        Its figure: the loss, or the metric that is monitored.
    parameters, state : ndarray or None
        Copies of the network's flat vectors as they were then.
    """

    epoch: int = 0
    value: float = 0.0
    parameters: Floats | None = None
    state: Floats | None = None


@dataclass
class TrainingState:
    """Where a training stands, after any step.

    Attributes
    ----------
    steps : int
        Steps taken.
    epoch : int
        Whole epochs done; the next one is ``epoch + 1``.
    batch : int
        Batches done of the epoch that has begun.
    tally : Tally
        Loss and metrics over these batches.
    seconds, epoch_seconds : float
        Time spent in steps: in whole epochs, and in the one that has begun.
    plateau_factor : float
        What a `MetricSchedule` asked for last.
    schedule_memory : dict of str to float
        What such a schedule remembers.
    optimizer : dict of str to ndarray
        What the optimizer remembers.
    best : BestEpoch
        The best epoch, where there are validation data.
    observers : dict of str to ndarray
        What observers remember.
    stream : dict of str to ndarray
        Where a stream of training samples stands: its cursor.
    observers_off : dict of str to str
        Which observers have been switched off, by their place, and why.
    stopped : str
        Why an observer ended the training; empty where none did.
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
        """The state before the first step.

        Raises
        ------
        PluginError
            When the optimizer does not return what it wants to remember.
        """
        memory = initial_memory(optimizer, parameters)
        return cls(memory, tally=tally, observers=observers or {}, stream=stream or {})

    def end_epoch(self, watched: float | None, parameters: Floats, state: Floats, *, higher_is_better: bool) -> None:
        """Begin the next epoch; keep copies of the network's vectors if this one was the best so far."""
        self.epoch, self.batch = self.epoch + 1, 0
        self.tally.clear()
        self.seconds, self.epoch_seconds = self.seconds + self.epoch_seconds, 0.0
        if watched is None:
            return
        if not self.best.epoch or (watched > self.best.value if higher_is_better else watched < self.best.value):
            self.best = BestEpoch(self.epoch, watched, parameters.copy(), state.copy())

    def ask(self, schedule: MetricSchedule, metrics: Mapping[str, float | None]) -> None:
        """Ask a schedule that listens for the factor of the next epoch.

        Raises
        ------
        PluginError
            When it returns no number, or remembers anything but numbers by name.
        """
        factor = schedule.after_epoch(metrics, self.schedule_memory)
        require_returned(schedule, "after_epoch", factor, Real, "a number")
        self.plateau_factor = float(factor)
        remembered: dict[Any, Any] = self.schedule_memory
        for name, value in remembered.items():
            if not (isinstance(name, str) and isinstance(value, Real)):
                raise plugin_bug(schedule, f"after_epoch remembers {value!r} as {name!r}, not a number by its name")
            remembered[name] = float(value)

    def require_same_memory(self, optimizer: Optimizer, before: Mapping[str, str]) -> None:
        """Blame an optimizer whose `update` changes the names, shapes or types of what its `init` returned.

        Raises
        ------
        PluginError
        """
        now = self.memory_kinds()
        for name in sorted(now.keys() | before.keys(), key=str):
            if now.get(name) != before.get(name):
                change = f"{before.get(name, 'nothing')} to {now.get(name, 'nothing')}"
                raise plugin_bug(optimizer, f"update changes its state {name!r} from {change}")

    def memory_kinds(self) -> dict[str, str]:
        """What the optimizer remembers: types and shapes by name."""
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
        """Everything else, as JSON can hold it."""
        return {
            "steps": self.steps,
            "epoch": self.epoch,
            "batch": self.batch,
            "rows": self.tally.rows,
            "loss_sum": self.tally.loss_sum,
            "seconds": self.seconds,
            "epoch_seconds": self.epoch_seconds,
            "plateau_factor": self.plateau_factor,
            "schedule_memory": self.schedule_memory,
            "best_epoch": self.best.epoch,
            "best_value": self.best.value if self.best.epoch else None,
            "observers_off": self.observers_off,
            "stopped": self.stopped,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Floats], scalars: Mapping[str, Any]) -> Self:
        """The state that `arrays` and `scalars` describe.

        Raises
        ------
        KeyError, TypeError, ValueError
            When they do not.
        """
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
