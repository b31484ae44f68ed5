"""Workers get data in shared memory, and plugin files as they were when the sweep began."""

from __future__ import annotations

import contextlib
import pickle
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import nnzoo
from nnzoo.builtin.sharing import Message, read_message
from nnzoo.errors import UsageError
from nnzoo.kinds import Dataset, Rows, Split
from nnzoo.plugins.registry import Registry
from nnzoo.sweeps.sweep import resume_sweep
from nnzoo.sweeps.trials import Trials, preparing

PLUGIN = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, hookimpl


@dataclass(frozen=True)
class Bent(Activation):
    \"\"\"Bent.\"\"\"
    name: ClassVar[str] = "bent"

    def forward(self, z, out):
        np.arctan(z, out=out)

    def backward(self, z, a, grad):
        grad /= 1 + z * z


@hookimpl
def nnzoo_activations():
    return [Bent]
"""


def test_arrays_are_sent_in_shared_memory_and_everything_else_in_the_message():
    sent = {
        "c": np.arange(6.0).reshape(2, 3),
        "f": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "strided": np.arange(20)[::3],
        "empty": np.empty((0, 3)),
        "objects": np.array(["a", None], object),
        "fields": np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
    }
    message = Message(sent)
    try:
        found = read_message(message.contents)
    finally:
        message.close()
    for name, array in sent.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    assert not found["c"].flags.writeable
    assert len(Message(np.zeros(1 << 20)).contents) < 1000
    assert read_message(Message("no arrays").contents) == "no arrays"


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the memory of a process is told in /proc")
def test_two_workers_map_one_copy():
    array = np.arange(1 << 16)
    with Registry(disabled=["all"]).build("executor", "processes").open(partial(partial, np.take, array), 2) as run:
        outcomes = run([1, 2, 3])
        first = next(outcomes)
        assert (first.number + 1, first.error) == (first.value, None)
        until = time.monotonic() + 300
        while len(inodes := _mapped()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(inodes) == 2
        assert len({*inodes}) == 1
        assert sorted([first.value, *(outcome.value for outcome in outcomes)]) == [1, 2, 3]
    assert "memfd:nnzoo" not in Path("/proc/self/maps").read_text()


def _mapped() -> list[str]:
    """The shared memory that each child has mapped, as the number of its inode."""
    found = []
    for pid in _children():
        with contextlib.suppress(OSError):  # it may have ended
            lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
            found += {line.split()[4] for line in lines if "memfd:nnzoo" in line}
    return found


def _children() -> list[int]:
    return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]


def test_a_pickled_registry_contains_its_files(tmp_path):
    path = tmp_path / "bent.py"
    path.write_text(PLUGIN)
    pickled = pickle.dumps(Registry([path], ["all"]))
    path.unlink()
    again = pickle.loads(pickled)
    assert type(again.build("activation", "bent")).__name__ == "Bent"
    assert [one.target for one in again.files] == [str(path)]


def test_a_change_to_a_plugin_file_has_no_effect_on_workers(tmp_path):
    path = tmp_path / "bent.py"
    path.write_text(PLUGIN)
    options = {"activation": "bent,relu", "hidden": 8, "epochs": 1, "search": "grid", "plugins": [path]}
    options |= {"executor": "processes", "workers": 1}
    found = nnzoo.sweep("digits", directory=tmp_path / "a", began=lambda _: path.write_text("1 / 0"), **options)
    assert found.trials == {"finished": 2, "diverged": 0, "failed": 0}
    assert found.run is not None
    path.write_text(PLUGIN + "\n")
    with pytest.raises(UsageError, match="has changed"):
        resume_sweep(tmp_path / "a")
    path.write_text(PLUGIN)
    assert resume_sweep(tmp_path / "a").run["weights_sha256"] == found.run["weights_sha256"]


def test_data_are_sent_to_workers_only_if_they_are_in_memory():
    registry, digits = Registry(disabled=["all"]), nnzoo.load_dataset("digits")
    read = Split(Rows((len(digits.test), 64), np.float32, lambda places, out: out.fill(0)), digits.test.targets)
    plan = object()
    assert preparing(registry, plan, digits).func is Trials
    array = Split(np.zeros((len(digits.train), 64), np.float32), digits.train.targets)
    assert preparing(registry, plan, Dataset(array, read, digits.class_names)).func is not Trials
