"""A sweep with a thousand simulated workers: their share of time in training, and whether the result is the same.

    python -m benchmarks.sweep_simulation --trials 100000 --workers 1 --workers 1000

The sweep is real: search, journal and leaderboard, called by its command. Only the executor is simulated
(`benchmarks/simulated_executor.py`), with the overhead of a trial as measured here: the processor time to send an item
and receive its value, that of Dask's scheduler, and the work of a worker outside the training loop.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks.report import print_table
from benchmarks.sweep_kills import Cluster
from benchmarks.topics.sweeps import overhead
from nnzoo.plugins.registry import Registry

EXECUTOR = Path(__file__).with_name("simulated_executor.py")
SPACE = ("--optimizer", "sgd,momentum:beta=lin:0.5..0.9", "--learning-rate", "log:0.01..3", "--hidden", "8,16,32")
WARM, MESSAGES = 50, 1000
"""Items that are sent before it is measured, and while it is."""


def message_seconds() -> float:
    """Processor seconds of this process for each item that `processes` sends and whose value it receives."""
    with Registry().build("executor", "processes").open(partial(partial, abs), 1) as run:
        for _ in run(range(WARM)):
            pass
        begun = time.process_time()
        for _ in run(range(MESSAGES)):
            pass
        return (time.process_time() - begun) / MESSAGES


def dask_seconds() -> tuple[float, float]:
    """Processor seconds of a client of Dask, and of its scheduler, for each of many tasks that are sent together."""
    import distributed
    import psutil

    cluster = Cluster(2)
    with closing(cluster):
        cluster.revive()
        (pid,) = cluster.victims(0)["scheduler"]
        with distributed.Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(2)
            client.gather(client.map(abs, range(WARM), pure=False))
            scheduler = psutil.Process(pid)
            before, begun = scheduler.cpu_times(), time.process_time()
            client.gather(client.map(abs, range(MESSAGES), pure=False))
            after, own = scheduler.cpu_times(), time.process_time() - begun
    return own / MESSAGES, (after.user + after.system - before.user - before.system) / MESSAGES


def simulate(folder: Path, trials: int, workers: int, **costs: float) -> dict[str, float]:
    """Simulate a sweep; what the executor tells, and the real seconds that it took."""
    report, begun = folder / f"{workers}.json", time.perf_counter()
    options = ",".join([f"simulated:report={report}", *(f"{name}={value}" for name, value in costs.items())])
    command = [sys.executable, "-m", "nnzoo", "sweep", "--dataset", "digits", *SPACE, "--epochs", "1", "--quiet"]
    command += ["--plugin", str(EXECUTOR), "--executor", options, "--workers", str(workers)]
    command += ["--trials", str(trials), "--sweep-dir", str(folder / str(workers))]
    subprocess.run(command, check=True, capture_output=True)
    return {**json.loads(report.read_text()), "real": time.perf_counter() - begun}


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--trials", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--workers", type=click.IntRange(1), multiple=True, default=(1, 1000), show_default=True)
@click.option("--seconds", type=float, default=2.0, show_default=True, help="Mean length of a trial.")
@click.option("--executor", default="dask" if find_spec("nnzoo_dask") else "processes", help="Whose costs count.")
@click.option("--idle", type=float, help="Milliseconds of a worker beside the training of each trial.  [measured]")
@click.option("--message", type=float, help="Milliseconds of this process for each trial.  [measured]")
@click.option("--relay", type=float, help="Milliseconds of a scheduler for each trial.  [measured]")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def main(
    trials: int,
    workers: tuple[int, ...],
    seconds: float,
    executor: str,
    idle: float | None,
    message: float | None,
    relay: float | None,
    markdown: bool,
) -> None:
    idle = overhead(executor) if idle is None else idle
    if message is None or relay is None:
        found = dask_seconds() if executor == "dask" else (message_seconds(), 0.0)
        message, relay = (1000 * one for one in found)
    click.echo(
        f"{executor}, for each trial: {message:.2f} ms of the sweep's process, {relay:.2f} ms of a scheduler, "
        f"{idle:.1f} ms of a worker beside the training\n"
    )
    rows, boards = [], set[bytes]()
    with tempfile.TemporaryDirectory() as folder:
        for count in workers:
            costs = {"seconds": seconds, "idle": idle / 1000, "message": message / 1000, "relay": relay / 1000}
            told = simulate(Path(folder), trials, count, **costs)
            boards.add((Path(folder) / str(count) / "leaderboard.json").read_bytes())
            beside = told["real"] / trials * 1e3
            rows.append((f"{count:,}", f"{told['clock']:,.0f} s", f"{told['use']:.1%}", f"{beside:.2f} ms"))
    titles = ("workers", "simulated time", "of it trained", "real time a trial, all in all")
    print_table(titles, rows, "rrrr", markdown=markdown)
    click.echo("the same leaderboard" if len(boards) == 1 else "DIFFERENT LEADERBOARDS")
    if len(boards) > 1:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
