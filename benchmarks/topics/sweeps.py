"""Sweeps: two workers compared with one, and the overhead of a trial."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import nnzoo
from benchmarks.measuring import Row, Settings, in_turns, ratio_row
from nnzoo.api import Executor, Run, processors
from nnzoo.data import load_dataset
from nnzoo.errors import NnzooError
from nnzoo.plugins.registry import Registry
from nnzoo.sweeps.plan import Plan, Trial
from nnzoo.sweeps.trials import preparing

BAR = 1 / 1.85
"""Time of two workers over that of one."""
OVERHEAD, DASK_OVERHEAD = 30.0, 60.0
"""Milliseconds a trial."""
SIZES = {"digits": (24, {"hidden": "64", "epochs": "10"}), "mnist": (6, {"hidden": "64", "epochs": "1"})}
"""Trials, and what all of them have in common."""
TRIALS = 40
"""Of the sweeps whose overhead is measured."""


def measure(settings: Settings) -> Iterator[Row]:
    for dataset in SIZES:
        yield from two_workers(dataset, settings)
    yield from overheads(settings)


def two_workers(dataset: str, settings: Settings) -> Iterator[Row]:
    """The same trials with two workers, over those with one; all workers are started before."""
    what = f"{dataset}: time of a sweep's trials with two workers over that with one"
    if processors() < 2:
        yield Row(what, None, BAR, note="there is one processor")
        return
    count, fixed = SIZES[dataset]
    registry = Registry()
    try:
        data = load_dataset(dataset)
    except NnzooError as error:
        yield Row(what, None, BAR, note=error.message)
        return
    plan = Plan(dataset, fixed, {"validation": 0.2}, "random", count)
    trials = [Trial({**fixed, "learning_rate": str(0.1 + 0.01 * number)}, 0) for number in range(count)]
    executor: Executor = registry.build("executor", "processes")
    with ExitStack() as opened:
        calls = {
            f"{workers}": timed_run(
                opened.enter_context(executor.open(preparing(registry, plan, data), workers)), trials
            )
            for workers in (2, 1)
        }
        timings = in_turns(calls, settings.repeat)
    yield ratio_row(what, timings, "2", "1", BAR, f"{count} trials")


def timed_run(run: Run, trials: Sequence[Trial]) -> Callable[[], float]:
    """The seconds for some trials."""

    def seconds() -> float:
        started = time.perf_counter()
        for outcome in run(trials):
            assert outcome.value["status"] == "finished", outcome
        return time.perf_counter() - started

    return seconds


def overheads(settings: Settings) -> Iterator[Row]:
    """Milliseconds from the end of a trial to that of the next one, without the training loop, with one worker."""
    what = "digits: a trial beside its training loop"
    names = ["serial", "processes", *(["dask"] if find_spec("nnzoo_dask") else [])]
    found: dict[str, list[float]] = in_turns(
        {name: lambda name=name: overhead(name) for name in names}, settings.repeat
    )
    medians = {name: statistics.median(values) for name, values in found.items()}
    note = "from end to end of trials, with journal, evaluation and preparation"
    yield Row(f"{what}, serial", medians["serial"], None, "ms", note)
    yield Row(f"{what}, processes", medians["processes"], OVERHEAD, "ms", note, {"milliseconds": found["processes"]})
    more = f"{what}, dask over processes"
    if "dask" not in found:
        yield Row(more, None, DASK_OVERHEAD, "ms", "nnzoo-dask is not installed")
        return
    pairs = zip(found["dask"], found["processes"], strict=True)
    figure = statistics.median(dask - processes for dask, processes in pairs)
    yield Row(more, figure, DASK_OVERHEAD, "ms", f"{medians['dask']:.1f} in all", {"milliseconds": found["dask"]})


def overhead(executor: str) -> float:
    """Milliseconds a trial, of a sweep with one worker."""
    ends, training = list[float](), list[float]()

    def told(trial: Trial, line: dict[str, float], done: int, of: int) -> None:
        ends.append(time.perf_counter())
        training.append(line["train_seconds"])

    with tempfile.TemporaryDirectory() as folder:
        nnzoo.sweep(
            "digits",
            learning_rate="log:0.1..1",
            hidden=64,
            epochs=2,
            trials=TRIALS,
            executor=executor,
            workers=1,
            directory=Path(folder) / "sweep",
            told=told,
        )
    return 1000 * (ends[-1] - ends[0] - sum(training[1:])) / (len(ends) - 1)
