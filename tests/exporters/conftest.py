"""An exported script, as somebody has it who has NumPy and nothing else."""

from __future__ import annotations

import runpy
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nnzoo.builtin.exporters import NumpyScript
from nnzoo.model.exporting import export_model
from nnzoo.plugins.registry import Registry

REGISTRY = Registry(disabled=["all"])

ALONE = """
import importlib.util, runpy, sys
site, *sys.argv = sys.argv[1:]
sys.path.insert(0, site)
assert importlib.util.find_spec("nnzoo") is None
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Script:
    """An exported network on disk."""

    path: Path
    site: Path

    def load(self):
        """The script's names, in this process."""
        return SimpleNamespace(**runpy.run_path(self.path))  # an import could take an older file's bytecode

    def run(self, *arguments):
        """The script on the command line of a Python that has NumPy and nothing else."""
        command = [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", ALONE, self.site, self.path, *arguments]
        return subprocess.run(
            [str(word) for word in command], cwd=self.path.parent, capture_output=True, encoding="utf-8", check=False
        )

    def faults(self):
        """What ruff says of the script, where it is installed."""
        if find_spec("ruff") is None:
            pytest.skip("ruff is not installed; it is part of the dev extra")
        found = ""
        for command in (("check", "--select", "B,E,F,I,N,NPY,PTH,SIM,UP,W,D1"), ("format", "--check")):
            arguments = [*command, "--isolated", "--no-cache", "--line-length", "120", self.path]
            done = subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, encoding="utf-8")
            found += (done.stdout + done.stderr) * (done.returncode != 0)
        return found


@pytest.fixture
def written(tmp_path):
    """Put an exporter's files on disk, and NumPy alone into a folder for Python's path."""

    def write(files):
        site, path = tmp_path / "site", tmp_path / "network.py"
        site.mkdir(exist_ok=True)
        installed = Path(np.__file__).parents[1]
        for name in ("numpy", "numpy.libs"):
            if (installed / name).is_dir() and not (site / name).exists():
                (site / name).symlink_to(installed / name, target_is_directory=True)
        for suffix, data in files.items():
            path.with_suffix(suffix).write_bytes(data)
        return Script(path, site)

    return write


@pytest.fixture
def exported(written, tmp_path):
    """Save a network, and export the model file."""

    def export(dnn, registry=REGISTRY):
        dnn.save(tmp_path / "network.safetensors")
        script = written({})
        export_model(registry, tmp_path / "network.safetensors", NumpyScript(), overwrite=True)
        return script

    return export
