"""The process of one contender: it prepares, and then trains for one epoch for each line that it reads.

    python -m benchmarks.worker CONTENDER TASK CORES THREADS

`Contender` starts it. Every line of its output is a JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout

from benchmarks.measuring import timed
from benchmarks.task import Task


def main(name: str, task: str, cores: int, threads: int) -> None:
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        try:
            for answer in run(name, Task.from_dict(json.loads(task)), threads):
                print(json.dumps(answer), file=answers, flush=True)
        except Exception as error:  # with any error, this one can't run
            print(json.dumps({"unavailable": f"{error}"}), file=answers, flush=True)


def run(name: str, task: Task, threads: int) -> Iterator[dict[str, float]]:
    """Prepare, then train for one epoch for each line of standard input."""
    epoch = timed(importlib.import_module(f"benchmarks.contenders.{name}").prepare(task, threads))
    yield {}
    for _ in sys.stdin:
        yield {"seconds": epoch()}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
