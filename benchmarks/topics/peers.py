"""Epoch time of nnzoo over that of its peers, which use all processors as they do by default, and then one alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contender import epochs_in_turns
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
    yield from compare(settings, cores=0)
    yield from compare(settings, cores=1)


def compare(settings: Settings, cores: int) -> Iterator[Row]:
    """Each peer that is here, all of them in one sitting; bars are for peers that have all processors."""
    names = [peer.contender for peer in PEERS]
    timings, missing = epochs_in_turns(
        ["nnzoo_trainer", *names],
        Task(),
        settings.repeat,
        threads=settings.threads,
        cores=dict.fromkeys(names, cores),
    )
    for peer in PEERS:
        what = f"epoch over {peer.label}" + (", one core" if cores else "")
        bar = None if cores else peer.bar
        if peer.contender in missing:
            yield Row(what, None, bar, note=f"{missing[peer.contender]}; pip install '.[bench]' brings it")
        else:
            yield ratio_row(what, timings, "nnzoo_trainer", peer.contender, bar)
