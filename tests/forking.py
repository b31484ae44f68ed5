"""Processes for commands that begin with Python, NumPy and nnzoo already imported: forks of one that waits.

Each command is a process of its own, with its own arguments, variables, folder and streams, as it would be if Python
were started for it; only the second that the imports take is spent once.

A request is a line of JSON on standard input, the answer a line on standard output.
"""

import atexit
import gc
import io
import json
import os
import runpy
import signal
import sys
import threading
import time
import traceback
from importlib import import_module

IMPORTED = (
    *("numpy", "click", "pluggy", "pydantic", "rich.console", "rich.live", "rich.table", "safetensors.numpy"),
    *("annotated_types", "packaging.version", "PIL.Image", "jinja2", "requests", "threadpoolctl", "platformdirs"),
    *("nnzoo.cli.main", "nnzoo.runs.run", "nnzoo.model", "nnzoo.plugins.registry", "nnzoo.cli.train"),
    *(f"nnzoo.builtin.{name}" for name in ("activations", "arrays", "datasets", "exporters", "image_folder", "layers")),
    *(f"nnzoo.builtin.{name}" for name in ("losses", "metrics", "models", "optimizers", "pictures", "preprocessors")),
    *(f"nnzoo.builtin.{name}" for name in ("schedules", "tables", "tasks", "zoo")),
)
"""What reads no variable when it is imported; Matplotlib does."""


def serve() -> None:
    """Answer requests until there are no more."""
    for name in IMPORTED:
        import_module(name)
    import_module("nnzoo.plugins.registry").Registry(disabled=["all"]).names("activation")  # loads all that is built in
    os.fsync = lambda handle: None  # a killed process loses nothing that the system has; only a power cut would
    gc.collect()
    gc.freeze()
    requests, answers = sys.stdin, os.fdopen(os.dup(1), "w")
    for line in requests:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            answers.close()
            _become(request)
        print(json.dumps(_ended(pid, time.monotonic() + request["timeout"])), file=answers, flush=True)


def _ended(pid: int, deadline: float) -> int | None:
    """How the process ended, as `subprocess` tells it; None where it had to be killed."""
    pause = 0.001
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(2 * pause, 0.008)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _become(request: dict) -> None:
    """Be ``python -m nnzoo`` with these arguments, and end."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    for number, path in enumerate((os.devnull, *request["streams"])):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        old = getattr(sys, name)
        raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
        buffer = io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(buffer, old.encoding, old.errors, line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    on_path = request["variables"].get("PYTHONPATH", "")
    sys.path[:1] = [request["folder"], *filter(None, on_path.split(os.pathsep))]  # the first was this file's folder
    sys.argv[1:] = request["arguments"]
    if isinstance(request["killed_at"], str):
        _end_when_written(request["killed_at"])
    elif request["killed_at"]:
        _end_after(request["killed_at"])
    sys.dont_write_bytecode = True
    code = 0
    try:
        runpy.run_module("nnzoo", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # as Python does
    os._exit(code)


def _end_after(steps: int) -> None:
    """Have this process killed when a training has taken so many steps."""
    trainer = import_module("nnzoo.training.trainer").Trainer
    step = trainer._step

    def counted(self, *batch) -> None:
        step(self, *batch)
        if self.state.steps == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    trainer._step = counted


def _end_when_written(name: str) -> None:
    """Have this process killed when it has written a file of that name."""
    replace = os.replace

    def replaced(source, target) -> None:
        replace(source, target)
        if os.path.basename(target) == name:  # noqa: PTH119
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = replaced


if __name__ == "__main__":
    serve()
