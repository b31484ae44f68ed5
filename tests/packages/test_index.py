"""A release, as its users meet it: every wheel and sdist built, served by an index, and installed from that by name.

The index is a real one, on the loopback. This needs another one for the dependencies, and a few minutes, so it runs
with ``pytest -m packages`` alone.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))
REPOSITORY = "https://example.org/nnzoo"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
TOOLS = ("build", "pypiserver", "setuptools>=77", "twine")


def done(*command, **options):
    finished = subprocess.run(
        [str(word) for word in command], capture_output=True, encoding="utf-8", check=False, **options
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def environment(folder):
    """The folder of the programs of a fresh virtual environment."""
    done(sys.executable, "-m", "venv", folder)
    (programs,) = (path.parent for path in folder.glob("*/activate"))
    return programs


@pytest.fixture
def tools(tmp_path):
    programs = environment(tmp_path / "tools")
    got = subprocess.run(
        [programs / "python", "-m", "pip", "install", "-q", *TOOLS], capture_output=True, encoding="utf-8", check=False
    )
    if got.returncode:
        if os.environ.get("NNZOO_REQUIRE_INDEX", "") in ("", "0"):
            pytest.skip("pip can't reach a package index")
        pytest.fail(got.stderr)
    return programs


@pytest.fixture
def index(tools, tmp_path):
    """The address of an index that has a release of everything, and what it depends on."""
    files = tmp_path / "index"
    release = [tools / "python", ROOT / ".ci" / "release.py", "--no-isolation", "--repository", REPOSITORY]
    done(*release, "--version", VERSION, files, cwd=tmp_path)
    built = sorted(path.name for path in files.iterdir())
    names = [name.replace("-", "_") for name in ("nnzoo", *PACKAGES)]
    assert built == sorted(f"{name}-{VERSION}{end}" for name in names for end in ("-py3-none-any.whl", ".tar.gz"))
    for name in names:
        with zipfile.ZipFile(files / f"{name}-{VERSION}-py3-none-any.whl") as wheel:
            assert {f"{name}/py.typed", f"{name}-{VERSION}.dist-info/licenses/LICENSE"} <= {*wheel.namelist()}
            assert f"Project-URL: Source, {REPOSITORY}\n" in wheel.read(f"{name}-{VERSION}.dist-info/METADATA").decode()
    done(tools / "python", "-m", "twine", "check", "--strict", *files.iterdir())
    done(tools / "python", "-m", "pip", "download", "-q", "--dest", files, files / f"nnzoo-{VERSION}-py3-none-any.whl")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [tools / "pypi-server", "run", "-i", "127.0.0.1", "-p", str(port), files],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        with socket.socket() as asking:
            if server.poll() is None and asking.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    else:
        pytest.fail("the index does not answer")
    yield f"http://127.0.0.1:{port}/simple/"
    server.terminate()
    server.wait(10)


@pytest.mark.packages
def test_everything_is_installed_by_name_from_an_index_alone(index, tmp_path, clean_variables):
    work = tmp_path / "work"
    work.mkdir()
    programs = environment(tmp_path / "env")
    kept = {name: value for name, value in clean_variables(work).items() if not name.startswith("PIP_")}
    alone = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    options = {"cwd": work, "env": kept | alone}

    def nnzoo(*arguments):
        return json.loads(done(programs / "nnzoo", *arguments, "--json", **options))

    def plugins():
        return {row["plugin"]: row["status"] for row in nnzoo("list-plugins")}

    done(programs / "python", "-m", "pip", "install", "nnzoo", "nnzoo-optimizers", **options)
    assert plugins() == {"nnzoo": "ok", "nnzoo-optimizers": "ok"}
    results = nnzoo("train", "--dataset", "digits", "--optimizer", "adam", "--epochs", "2")
    assert results["optimizer"] == "adam"
    assert results["test_accuracy"] > 0.8

    told = subprocess.run(
        [programs / "nnzoo", "train", "--schedule", "cosine"], capture_output=True, encoding="utf-8", **options
    )
    assert told.returncode == 2
    assert "pip install 'nnzoo[schedules]'" in told.stderr
    done(programs / "nnzoo", "install", "--yes", "schedules", **options)
    assert plugins().keys() == {"nnzoo", "nnzoo-optimizers", "nnzoo-schedules"}
    done(programs / "nnzoo", "uninstall", "--yes", "schedules", "optimizers", **options)
    assert plugins() == {"nnzoo": "ok"}


def test_a_release_is_of_one_version_and_has_notes(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, copy)
    release = [sys.executable, copy / ".ci" / "release.py"]
    assert "###" in done(*release, "--notes", VERSION)
    for arguments in (("--notes", "9.9.9"), ("--version", "9.9.9", copy / "dist")):
        refused = subprocess.run([*release, *arguments], capture_output=True, encoding="utf-8", check=False)
        assert refused.returncode == 1
        assert "9.9.9" in refused.stderr
    assert not (copy / "dist").exists()
