"""Epoch time of nnzoo over that of other libraries, for four networks, on all cores and on one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contender import Entry, epochs_in_turns
from benchmarks.machine import available_cores
from benchmarks.measuring import Row, Settings, ratio_row
from benchmarks.task import Task

FEW = 12_800
"""Samples of an epoch if a step takes milliseconds."""


@dataclass(frozen=True)
class Peer:
    """Another library that trains the same network; without a goal, only for comparison."""

    contender: str
    label: str
    bar: float | None = None
    bar_on_all: float | None = None
    """Where it is another one with all cores."""


JAX = Peer("jax_scan", "JAX (jit, scan)", 1.0)
SKLEARN = Peer("sklearn_mlp", "scikit-learn MLPClassifier", 0.5)
TORCH = Peer("torch_eager", "PyTorch eager", 0.5)
OTHERS = (
    Peer("numpy_sketch", "a plain NumPy sketch"),
    Peer("torch_dataloader", "PyTorch with DataLoader"),
    Peer("original", "the original's algorithm"),
)


def measure(settings: Settings) -> Iterator[Row]:
    yield from compare(Task(), (JAX, SKLEARN, TORCH, *OTHERS), settings)
    yield from compare(Task(hidden=(1024, 1024), samples=FEW), (JAX, SKLEARN, TORCH), settings)
    yield from compare(Task(hidden=(256, 128)), (SKLEARN, TORCH), settings)


def compare(
    task: Task, peers: tuple[Peer, ...], settings: Settings, *, ours: str = "nnzoo_trainer", name: str = ""
) -> Iterator[Row]:
    """Each installed library with as many threads as nnzoo: first on one core, then on all."""
    for cores in sorted({1, available_cores()}):
        here = cores if cores == 1 else 0
        entries = {"nnzoo": Entry(ours, cores, here)} | {
            peer.contender: Entry(peer.contender, cores, here) for peer in peers
        }
        timings, missing = epochs_in_turns(entries, task, settings.repeat)
        for peer in peers:
            bar = peer.bar if cores == 1 else peer.bar_on_all or peer.bar
            what = f"{name or task}: nnzoo over {peer.label}, {cores} core{'s' * (cores > 1)}"
            if "nnzoo" in missing or peer.contender in missing:
                note = missing.get("nnzoo") or f"{missing[peer.contender]}; pip install '.[bench]' brings it"
                yield Row(what, None, bar, note=note)
            else:
                yield ratio_row(what, timings, "nnzoo", peer.contender, bar)
