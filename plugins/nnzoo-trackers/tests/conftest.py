"""Commands in processes of their own, a store in a file, and the real MLflow server."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

KILLER = '''
import os, signal
from dataclasses import dataclass
from pathlib import Path
from nnzoo.api import EpochObserver, ObserverPlan, hookimpl


@dataclass(frozen=True)
class Killer(EpochObserver):
    """Kills a process once, after an epoch: this one, or all of a group."""

    name = "killer"
    only_watches = True
    epoch: int = 2
    group: int = 0

    def plan(self, moment):
        return ObserverPlan()

    def after_epoch(self, moment, figures, memory):
        if moment.epoch == self.epoch and not Path("killed").exists():
            Path("killed").touch()
            os.killpg(self.group, signal.SIGKILL) if self.group else os.kill(os.getpid(), signal.SIGKILL)


@hookimpl
def nnzoo_observers():
    return [Killer]
'''


def pytest_configure(config):
    """What the authors of MLflow and TensorBoard are to change is not a mistake of ours."""
    for module in ("mlflow", "alembic", "tensorboard", "google", "pydantic"):
        for category in ("DeprecationWarning", "FutureWarning"):
            config.addinivalue_line("filterwarnings", rf"ignore::{category}:{module}(\..*)?")


@pytest.fixture(autouse=True)
def quiet_surroundings(tmp_path, monkeypatch):
    """An empty folder to work in, and nothing of the user's own."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "NNZOO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("NNZOO_STRICT_PLUGINS", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A store in a file; making one takes seconds, copying it does not."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").get_experiment_by_name("Default")
    return path


@pytest.fixture
def store(empty_store, tmp_path):
    """The address of an empty store in a file, which is where MLflow looks when nothing is said."""
    (tmp_path / "mlflow.db").write_bytes(empty_store.read_bytes())
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def killer(tmp_path):
    """A plugin's file."""
    path = tmp_path / "killer.py"
    path.write_text(KILLER)
    return path


def run_nnzoo(*words):
    """A command in a process of its own."""
    command = [sys.executable, "-m", "nnzoo", *map(str, words)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=100)


@dataclass
class Server:
    """MLflow's own server with its workers: a process group."""

    address: str
    process: subprocess.Popen

    def kill(self):
        """As when the power fails."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory, empty_store_copy):
    """The real server, from ``mlflow server``; a session's last test may kill it."""
    if find_spec("mlflow.server") is None or find_spec("fastapi") is None or find_spec("flask") is None:
        pytest.skip("MLflow's server is not installed: pip install mlflow")
    folder = empty_store_copy.parent
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "backend-store-uri": "sqlite:///mlflow.db",
        "artifacts-destination": "./kept",
        "workers": 1,
        "port": port,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHON"))}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", *words],
            cwd=folder,
            env=kept | quiet,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        _wait_for(server, folder / "log")
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def empty_store_copy(empty_store, tmp_path_factory):
    """The server's own store."""
    path = tmp_path_factory.mktemp("server") / "mlflow.db"
    path.write_bytes(empty_store.read_bytes())
    return path


def _wait_for(server, log, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{server.address}/health", timeout=2):
            return
        time.sleep(0.1)
    pytest.fail(f"MLflow's server does not start:\n{Path(log).read_text()[-2000:]}")
