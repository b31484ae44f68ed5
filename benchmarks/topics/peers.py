"""Epoch time of nnzoo over that of its peers: with all cores on both sides, with nnzoo's one thread, with one core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contender import Entry, epochs_in_turns
from benchmarks.machine import available_cores
from benchmarks.measuring import Row, Settings, ratio_row
from benchmarks.task import Task


@dataclass(frozen=True)
class Peer:
    """Somebody else who trains the same network; with no bar it is told for comparison."""

    contender: str
    label: str
    bar: float | None = None


PEERS = (
    Peer("numpy_sketch", "a plain NumPy sketch"),
    Peer("jax_scan", "JAX (jit, scan)", 1.0),
    Peer("sklearn_mlp", "scikit-learn MLPClassifier", 0.5),
    Peer("torch_eager", "PyTorch eager", 0.45),
    Peer("torch_dataloader", "PyTorch with DataLoader", 0.25),
    Peer("original", "the original's algorithm", 0.15),
)


def measure(settings: Settings) -> Iterator[Row]:
    cores = available_cores()
    ours = {f"nnzoo on {settings.threads} of {cores} cores": Entry("nnzoo_trainer", settings.threads)}
    if cores > settings.threads:
        ours |= {f"nnzoo on {cores} cores": Entry("nnzoo_trainer", cores)}
    yield from compare(ours, settings, on=f"on {cores}")
    yield from compare({"nnzoo on one core": Entry("nnzoo_trainer", cores=1)}, settings, on="on one", cores=1)


def compare(ours: dict[str, Entry], settings: Settings, *, on: str, cores: int = 0) -> Iterator[Row]:
    """Each peer that is here, all of them in one sitting; bars are for peers that have all processors."""
    peers = {peer.contender: Entry(peer.contender, cores=cores) for peer in PEERS}
    timings, missing = epochs_in_turns(ours | peers, Task(), settings.repeat)
    for name in ours:
        for peer in PEERS:
            what, bar = f"{name} over {peer.label} {on}", None if cores else peer.bar
            if peer.contender in missing:
                yield Row(what, None, bar, note=f"{missing[peer.contender]}; pip install '.[bench]' brings it")
            else:
                yield ratio_row(what, timings, name, peer.contender, bar)
