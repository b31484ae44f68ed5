"""A sweep with a thousand simulated workers: how much of their time they train, and whether the answer is the same.

    python -m benchmarks.sweep_simulation --trials 100000 --workers 1 --workers 1000

The sweep is the real one: search, journal, leaderboard and all, called by its command. The executor alone is simulated
(`benchmarks/simulated_executor.py`), with what a trial costs besides as it was measured here: the processor time that
the executor takes to send an item and receive its value, and what a worker does beside the training loop.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks.report import print_table
from benchmarks.topics.sweeps import overhead
from nnzoo.plugins.registry import Registry

EXECUTOR = Path(__file__).with_name("simulated_executor.py")
SPACE = ("--optimizer", "sgd,momentum:beta=lin:0.5..0.9", "--learning-rate", "log:0.01..3", "--hidden", "8,16,32")
WARM, MESSAGES = 50, 1000
"""Items that are sent before it is measured, and while it is."""


def message_seconds(executor: str) -> float:
    """Processor seconds of this process for each item that an executor sends and whose value it receives."""
    with Registry().build("executor", executor).open(partial(partial, abs), 1) as run:
        for _ in run(range(WARM)):
            pass
        begun = time.process_time()
        for _ in run(range(MESSAGES)):
            pass
        return (time.process_time() - begun) / MESSAGES


def simulate(folder: Path, trials: int, workers: int, seconds: float, idle: float, message: float) -> dict[str, float]:
    """Simulate a sweep; what the executor tells, and the real seconds that it took."""
    report, begun = folder / f"{workers}.json", time.perf_counter()
    options = f"simulated:report={report},seconds={seconds},idle={idle},message={message}"
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
@click.option("--message", type=float, help="Milliseconds of the executor for each trial.  [measured]")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def main(
    trials: int,
    workers: tuple[int, ...],
    seconds: float,
    executor: str,
    idle: float | None,
    message: float | None,
    markdown: bool,
) -> None:
    idle = overhead(executor) if idle is None else idle
    message = 1000 * message_seconds(executor) if message is None else message
    click.echo(f"{executor}: {message:.2f} ms for a message, {idle:.1f} ms of a worker beside a training\n")
    rows, boards = [], set[bytes]()
    with tempfile.TemporaryDirectory() as folder:
        for count in workers:
            told = simulate(Path(folder), trials, count, seconds, idle / 1000, message / 1000)
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
