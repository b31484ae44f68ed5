"""An executor whose workers are simulated: real items are distributed by real code, and the work takes no time.

It is a plugin file for `python -m benchmarks.sweep_simulation`. Its clock jumps to the next end of a trial, and
advances by the processor time of the code around it: the search, the journal, the sweep. The remaining time per trial
is ``message`` in the process that distributes it, ``idle`` in a worker, and ``relay`` in a process between them, such
as a scheduler. The results of trials are computed from their ids, and only order the leaderboard.
"""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, doc

from nnzoo.api import Executor, Outcome, Run, Work, hookimpl

SPREAD = 0.5
"""Trials take from 1 − SPREAD to 1 + SPREAD times as long as their mean."""


@dataclass(frozen=True)
class Simulated(Executor):
    """Workers that are simulated."""

    name: ClassVar[str] = "simulated"

    report: Annotated[str, doc("file to write what was measured to")] = "simulated.json"
    seconds: Annotated[float, Ge(0), Le(1e6), doc("mean length of a trial")] = 2.0
    idle: Annotated[float, Ge(0), Le(60), doc("seconds in which a worker does something else, at each trial")] = 0.0
    message: Annotated[float, Ge(0), Le(60), doc("seconds that it costs this process to send and to receive")] = 0.0
    relay: Annotated[float, Ge(0), Le(60), doc("seconds that it costs a process in between, one trial at a time")] = 0.0

    @contextmanager
    def open(self, prepare: Callable[[], Work], workers: int | None) -> Iterator[Run]:
        """See `Executor.open`; nothing is prepared."""
        count, trained, clock, begun, relayed = workers or 1, 0.0, 0.0, 0.0, 0.0  # all since the process began counts

        def run(items: Iterable[Any]) -> Iterator[Outcome]:
            nonlocal trained, clock, begun, relayed
            waiting, ends, more = enumerate(items), list[tuple[float, int, str]](), True
            while True:
                while more and len(ends) < count:
                    task = next(waiting, None)
                    now = time.thread_time()
                    clock, begun = clock + now - begun, now
                    if task is None:
                        more = False
                        break
                    clock += self.message / 2
                    seconds = self.seconds * (1 - SPREAD + 2 * SPREAD * _share(task[1].id, 0))
                    trained += seconds
                    relayed = max(relayed, clock) + self.relay
                    heapq.heappush(ends, (relayed + self.idle + seconds, task[0], task[1].id))
                if not ends:
                    return
                end, number, name = heapq.heappop(ends)
                clock = max(clock, end) + self.message / 2
                begun = time.thread_time()
                yield Outcome(number, _found(name))

        yield run
        told = {"workers": count, "trained": trained, "clock": clock, "use": trained / (clock * count)}
        Path(self.report).write_text(json.dumps(told))


def _share(name: str, place: int) -> float:
    """A number from 0 to 1 that is made of an id."""
    return int(name[8 * place : 8 * place + 8], 16) / 0xFFFFFFFF


def _found(name: str) -> dict[str, Any]:
    """What a worker returns of a trial, as the journal takes it."""
    loss = _share(name, 1)
    figures = {"train_loss": loss, "train_accuracy": 1 - loss, "validation_loss": loss, "validation_accuracy": 1 - loss}
    told = {"status": "finished", "message": "", "figures": figures, "cost": loss, "epochs": 1, "epochs_trained": 1}
    return told | {"train_seconds": 2.0, "weights_sha256": 4 * name, "seconds": 2.0}


@hookimpl
def nnzoo_executors() -> list[type[Executor]]:
    return [Simulated]
