"""What several tests share: the real command in a clean environment, and plugins installed without pip."""

import gc
import io
import json
import logging
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import hypothesis
import matplotlib as mpl
import numpy as np
import pytest
import threadpoolctl

BUSY = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}  # a busy machine is not a bug
hypothesis.settings.register_profile("nnzoo", max_examples=15, **BUSY)
hypothesis.settings.register_profile("thorough", max_examples=200, **BUSY)
hypothesis.settings.load_profile("nnzoo")

gc.disable()  # until all tests are collected: what they import is no garbage, and there is much of it


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With ``-n`` all tests of a file go to one worker, so that what they share is made once.

    Files come in their order: by their numbers of tests the slowest would be among the last, when others have none.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """Only the package has examples in docstrings: looking for some in the tests takes a second."""
    return [found for found in (yield) if type(found).__name__ != "DoctestModule"]


def pytest_collection_finish():
    """Garbage is looked for among what tests make, not among all modules and tests again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_configure(config):
    """With ``-n`` a process has one processor: threads of the linear algebra would wait for each other."""
    if hasattr(config, "workerinput"):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of the processes that tests start
        threadpoolctl.threadpool_limits(1)


NOBODY_LISTENS = "http://127.0.0.1:9"
"""The discard port: a connection is refused at once, so every mirror fails without a packet leaving the machine."""

MNIST_FILES = tuple(f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


def _clean(environment):
    """Without what would change nnzoo's behaviour from outside: its own variables, proxies, Python's search path."""
    kept = {"PYTHONHASHSEED", "PYTHONUTF8"}
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(("NNZOO_", "XDG_")) and not name.upper().endswith("_PROXY")
        if not name.startswith("PYTHON") or name in kept
    }


@pytest.fixture(scope="session")
def clean_variables():
    """Environment variables for a command whose home is a folder: no data, plugins, settings or network at hand."""

    def variables(folder):
        return (
            _clean(os.environ)
            | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
            | {"MPLCONFIGDIR": mpl.get_cachedir()}  # which fonts there are is known, and need not be found out
            | {"HTTP_PROXY": NOBODY_LISTENS, "HTTPS_PROXY": NOBODY_LISTENS, "NO_PROXY": "127.0.0.1"}
        )

    return variables


@pytest.fixture(scope="session")
def fork_nnzoo(clean_variables, tmp_path_factory):
    """Run ``python -m nnzoo`` in a process that has been forked from one with everything imported; see `forking`."""
    folder = tmp_path_factory.mktemp("forking")
    streams = [folder / "stdout", folder / "stderr"]
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("forking.py")],
        cwd=folder,
        env=clean_variables(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )

    def run(folder, arguments, variables, timeout, killed_at):
        for path in streams:
            path.write_bytes(b"")
        request = {"folder": str(folder), "arguments": arguments, "variables": variables, "timeout": timeout}
        request["killed_at"] = killed_at
        print(json.dumps({**request, "streams": list(map(str, streams))}), file=server.stdin, flush=True)
        code = json.loads(server.stdout.readline())
        if code is None:
            raise subprocess.TimeoutExpired(["nnzoo", *arguments], timeout)
        return Outcome(code, *(path.read_text(encoding="utf-8") for path in streams))

    yield run
    server.stdin.close()
    server.stdout.close()
    assert server.wait(120) == 0


@pytest.fixture(scope="session")
def nnzoo_command(clean_variables, request):
    """Run ``python -m nnzoo`` in a folder that is also its home; see `clean_variables`.

    With ``killed_at`` the process is killed when a training has taken so many steps, or a file of that name is written.
    """

    def run(folder, *arguments, environment=None, python_options=(), timeout=300, killed_at=0):
        own = {name: str(value) for name, value in (environment or {}).items()}
        arguments, variables = [*map(str, arguments)], clean_variables(folder) | own
        read_at_start = [name for name in own if name.startswith(("PYTHON", "LANG", "LC_")) and name != "PYTHONPATH"]
        if hasattr(os, "fork") and not python_options and not read_at_start:
            return request.getfixturevalue("fork_nnzoo")(folder, arguments, variables, timeout, killed_at)
        if killed_at:
            pytest.skip("only a process that is forked can be killed at a certain moment")
        outcome = subprocess.run(
            [sys.executable, *python_options, "-m", "nnzoo", *arguments],
            cwd=folder,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)

    return run


@pytest.fixture(scope="session")
def nnzoo_here(clean_variables):
    """`nnzoo_command` within this process: for messages and results, where a process would only take its time."""
    from nnzoo.cli.main import main

    def run(folder, *arguments, environment=None):
        own = {name: str(value) for name, value in (environment or {}).items()}
        printed, said = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, clean_variables(folder) | own, clear=True),
            chdir(folder),
            redirect_stdout(printed),
            redirect_stderr(said),
            pytest.raises(SystemExit) as ended,
        ):
            main([str(argument) for argument in arguments])
        logging.getLogger("nnzoo").handlers.clear()
        return Outcome(ended.value.code, printed.getvalue(), said.getvalue())

    return run


@pytest.fixture
def run_nnzoo(nnzoo_command, tmp_path):
    """Run ``python -m nnzoo`` in ``tmp_path``; see `nnzoo_command`."""

    def run(*arguments, **options):
        return nnzoo_command(tmp_path, *arguments, **options)

    return run


@pytest.fixture
def clean_environment(monkeypatch, tmp_path):
    """For tests within this process: an empty folder to work in, no settings, an empty cache, no proxy."""
    for name in os.environ.keys() - _clean(os.environ).keys():
        if not name.startswith("PYTHON"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def unpainted(monkeypatch):
    """Figures are made, but no images of them, which takes long."""
    for module in ("animating", "of_runs"):  # whatever is first imported now would never paint again
        import_module(f"nnzoo.figures.{module}")
    for module in ("nnzoo.figures.style", "nnzoo.pages.page"):
        monkeypatch.setattr(f"{module}.figure_bytes", lambda figure, format="png", **_: format.encode())


@pytest.fixture(scope="session", autouse=True)
def without_waiting():
    """What takes time and no test asks for: how fast a network of the zoo is here, and that the disk has all.

    What `os.fsync` is good for, tests of files find out with one of their own.
    """
    with patch("nnzoo.zoo.measuring._SECONDS", 0), patch("os.fsync", lambda handle: None):
        yield


@pytest.fixture(scope="session")
def write_plugin():
    """Write a distribution into a folder as pip would install it; with the folder on Python's path nnzoo finds it."""

    def write(site, distribution, source, *, version="1.0", entries=None, metadata=None, commands=()):
        module = distribution.replace("-", "_")
        entries = {"main": module} if entries is None else entries
        lines = [f"{name} = {target}" for name, target in entries.items()]
        info = site / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n" if metadata is None else metadata
        )
        (info / "entry_points.txt").write_text(
            "\n".join(["[nnzoo]", *lines, "[nnzoo.commands]", *(f"{name} = {module}" for name in commands), ""])
        )
        (site / f"{module}.py").write_text(source)
        return site

    return write


@pytest.fixture(scope="session")
def homes(tmp_path_factory):
    """A table of 300 homes with gaps: the price depends on the area, the town and the year, and not on the luck.

    ``kind`` is ``dear`` where the price is above its median; whoever predicts one of both leaves the other out.
    """
    rng = np.random.Generator(np.random.PCG64(8))
    area, luck = rng.uniform(40, 200, 300).round(1), rng.normal(size=300).round(3)
    town = rng.choice(["Aarau", "Bern", "Chur"], 300)
    built = np.datetime64("1960-01-01") + rng.integers(0, 20_000, 300)
    price = 3000 * area + 90_000 * (town == "Bern") + 4 * (built - np.datetime64("1960-01-01")).astype(int)
    kind = np.where(price > np.median(price), "dear", "cheap")
    rows = [list(map(str, row)) for row in zip(area, town, built, luck, price.round(), kind, strict=True)]
    for row in range(0, 300, 23):
        rows[row][row % 3] = ""
    path = tmp_path_factory.mktemp("homes") / "homes.csv"
    path.write_text("\n".join(map(",".join, [["area", "town", "built", "luck", "price", "kind"], *rows])) + "\n")
    return path


@pytest.fixture(scope="session")
def homes_loader(homes):
    """The loader of `homes` with a target; ``loader(registry, "price")``."""

    def loader(registry, target):
        other = {"price": "kind", "kind": "price"}[target]
        return registry.build("dataset", "csv", {"path": str(homes), "target": target, "ignore": [other]})

    return loader


@pytest.fixture(scope="session")
def activation_source():
    """The source of a good plugin: one activation, tanh under any name."""

    def source(name="tanh"):
        return f'''\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Activation, hookimpl


@dataclass(frozen=True)
class Tanh(Activation):
    """Hyperbolic tangent."""

    name: ClassVar[str] = "{name}"

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, grad):
        grad *= 1 - a * a


@hookimpl
def nnzoo_activations():
    return [Tanh]
'''

    return source


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder of the real MNIST files; tests that ask for it are skipped where there is none."""
    named = os.environ.get("NNZOO_DATA_DIR")
    for folder in [Path(named).resolve() / "mnist", Path(named).resolve()] if named else []:
        if all((folder / name).is_file() for name in MNIST_FILES):
            return folder
    if os.environ.get("NNZOO_REQUIRE_MNIST"):
        pytest.fail("NNZOO_REQUIRE_MNIST is set, but NNZOO_DATA_DIR does not hold the four MNIST files")
    pytest.skip("NNZOO_DATA_DIR does not hold the four MNIST files")
