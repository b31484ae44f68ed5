"""Executors: in this process, or in long-lived worker processes."""

from __future__ import annotations

import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nnzoo.api import Executor, NnzooError, Outcome, Run, UsageError, Work, blas_threads, hookimpl, processors
from nnzoo.builtin.sharing import Message
from nnzoo.builtin.worker import read_frame, write_frame

STARTS = 3
"""Consecutive workers that may exit before they are ready."""
KILLED_STARTS = 10
"""Consecutive workers that may be killed before they are ready."""
PATIENCE = 3.0
"""Seconds within which a worker must end once its input is closed."""
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from nnzoo.builtin.worker import serve; serve()"


@dataclass(frozen=True)
class Serial(Executor):
    """Does the work in this process, one item after the other."""

    name: ClassVar[str] = "serial"

    @contextmanager
    def open(self, prepare: Callable[[], Work], workers: int | None) -> Iterator[Run]:
        if workers not in (None, 1):
            hint = "use the executor processes for more"
            raise UsageError(f"executor serial has one worker, not {workers}", hint=hint)
        work = prepare()

        def run(items: Iterable[Any]) -> Iterator[Outcome]:
            for number, item in enumerate(items):
                with blas_threads(1):
                    outcome = Outcome.of(number, work, item)
                yield outcome

        yield run


@dataclass(frozen=True)
class Processes(Executor):
    """Does the work in long-lived processes on this machine, one for each worker.

    Each is a new Python process, on every system, and does not run the script that uses it. Ctrl-C does not reach them;
    they end when the process that opened them ends for any reason. All of them share one copy in memory of the arrays
    that ``prepare`` holds.
    """

    name: ClassVar[str] = "processes"
    isolates: ClassVar[bool] = True

    @contextmanager
    def open(self, prepare: Callable[[], Work], workers: int | None) -> Iterator[Run]:
        if workers is not None and workers < 1:
            raise UsageError(f"workers = {workers}", hint="at least one is needed")
        pool = _Pool(Message(prepare), processors() if workers is None else workers)
        try:
            yield pool.run
        finally:
            pool.close()


@dataclass(eq=False)
class _Worker:
    """A process, and its current item."""

    process: subprocess.Popen[bytes]
    task: tuple[int, Any] | None
    ready: bool = False

    def send(self, message: bytes) -> None:
        """Send a message; a dead worker is noticed by the thread that listens to it."""
        assert self.process.stdin
        with suppress(OSError):
            write_frame(self.process.stdin, message)

    def end(self) -> str:
        """Wait until it has ended, and describe how it ended."""
        assert self.process.stdin
        with suppress(OSError):
            self.process.stdin.close()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        with suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"


@dataclass
class _Pool:
    """Workers, which are started when there is an item for them and replaced when they die."""

    prepare: Message
    size: int
    workers: list[_Worker] = field(default_factory=list)
    heard: queue.SimpleQueue[tuple[_Worker, bytes | None]] = field(default_factory=queue.SimpleQueue)
    held: list[tuple[int, Any]] = field(default_factory=list)
    false_starts: int = 0

    def run(self, items: Iterable[Any]) -> Iterator[Outcome]:
        """See `Executor.open`."""
        waiting = enumerate(items)
        while True:
            while sum(one.task is not None for one in self.workers) < self.size:
                task = self.held.pop() if self.held else next(waiting, None)
                if task is None:
                    break
                self._hand(task)
            if all(one.task is None for one in self.workers):
                return
            outcome = self._next()
            if outcome is not None:
                yield outcome

    def _hand(self, task: tuple[int, Any]) -> None:
        """Give an item to an idle worker, or to a new one."""
        free = next((one for one in self.workers if one.task is None), None)
        if free is None:
            self.workers.append(self._start(task))
        else:
            free.task = task
            free.send(pickle.dumps(task[1]))

    def _start(self, task: tuple[int, Any]) -> _Worker:
        """A new worker, and a thread that listens to it."""
        group: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform != "win32":
            group = {"process_group": 0}  # the terminal's Ctrl-C is for this process
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self.prepare.handles,
            **group,
        )
        worker = _Worker(process, task)
        worker.send(self.prepare.contents)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        with suppress(OSError, ValueError):
            assert worker.process.stdout
            with worker.process.stdout as stream:
                while (frame := read_frame(stream)) is not None:
                    self.heard.put((worker, frame))
        self.heard.put((worker, None))

    def _next(self) -> Outcome | None:
        """Handle the next message: a worker is ready, has finished its item, or has died (None)."""
        try:
            worker, message = self.heard.get(timeout=0.5)  # returns now and then for systems that wait through Ctrl-C
        except queue.Empty:
            return None
        if message is None:
            return self._died(worker)
        value, error = pickle.loads(message)
        assert worker.task is not None
        if not worker.ready:
            if error is not None:
                raise error
            worker.ready, self.false_starts = True, 0
            worker.send(pickle.dumps(worker.task[1]))
            return None
        (number, _), worker.task = worker.task, None
        return Outcome(number, value, error)

    def _died(self, worker: _Worker) -> Outcome | None:
        """Report the item of a dead worker as lost, or hold it for another worker if it was not ready yet."""
        self.workers.remove(worker)
        how, task = worker.end(), worker.task
        if worker.ready:
            return task and Outcome(task[0], error=NnzooError(f"the worker {how}"), lost=True)
        self.false_starts += 1
        if self.false_starts >= (KILLED_STARTS if worker.process.returncode < 0 else STARTS):
            raise NnzooError(f"a worker {how} before it was ready, like those before it")
        self.held += [task] if task else []
        return None

    def close(self) -> None:
        """End all workers, even busy ones."""
        for one in self.workers:
            assert one.process.stdin
            with suppress(OSError):
                one.process.stdin.close()
        for one in self.workers:
            one.end()
        self.workers.clear()
        self.prepare.close()


@hookimpl
def nnzoo_executors() -> list[type[Executor]]:
    return [Serial, Processes]
