"""Whole processes: their time from the command to the end, and their peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - started
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([seconds, usage.ru_maxrss * unit, os.waitstatus_to_exitcode(status)]), file=sys.stderr)
"""
"""Starts the process and waits for it. A child inherits its parent's peak, so the parent has to be small."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Process:
    """A process that has ended.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    peak : int
        Peak memory in bytes (resident set).
    output : str
        What it wrote to standard output.
    """

    seconds: float
    peak: int
    output: str


def run_python(arguments: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> Process:
    """Run Python as users run it: in a folder, with a plain environment and ``variables``.

    Raises
    ------
    RuntimeError
        If it fails, with its output.
    """
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, sys.executable, *arguments]
    environment = {**plain_environment(), **(variables or {})}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    *messages, last = ended.stderr.strip().splitlines() or [""]
    if ended.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {ended.stderr.strip()}")
    seconds, peak, code = json.loads(last)
    if code:
        raise RuntimeError(f"{' '.join(arguments)} ended with {code}: {' '.join(messages[-3:])}")
    return Process(seconds, peak, ended.stdout)


def plain_environment() -> dict[str, str]:
    """The environment without variables that affect Python, nnzoo or the threads of libraries."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NNZOO_", "PYTHON")) and name not in THREAD_VARIABLES
    }
