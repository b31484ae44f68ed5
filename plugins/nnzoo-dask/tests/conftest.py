"""A real scheduler and real workers, each in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress

import pytest


def pytest_configure(config):
    """What the authors of Dask are to change is not a mistake of ours."""
    for module in ("distributed", "dask", "tornado", "asyncio"):
        for category in ("DeprecationWarning", "FutureWarning"):
            config.addinivalue_line("filterwarnings", rf"ignore::{category}:{module}(\..*)?")


@pytest.fixture(autouse=True)
def quiet_surroundings(tmp_path, monkeypatch):
    """An empty folder to work in, and nothing of the user's own."""
    for name in [name for name in os.environ if name.startswith(("DASK_", "NNZOO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


class Cluster:
    """A scheduler, and workers that are added."""

    def __init__(self):
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers = []
        self.start()

    def start(self):
        """A scheduler at the address, and an answer from it."""
        self.scheduler = self._begin("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        pytest.fail("the scheduler does not start")

    def add(self, *, threads=1):
        """One more worker."""
        self.workers.append(
            self._begin("worker", self.address, "--nthreads", str(threads), "--no-nanny", "--no-dashboard")
        )

    def stop(self):
        for process in (self.scheduler, *self.workers):
            process.kill()
            process.wait()

    @staticmethod
    def _begin(what, *options):
        command = [sys.executable, "-m", "dask", what, *options]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster():
    found = Cluster()
    yield found
    found.stop()
