"""Data larger than memory: the peak memory of training on a file of 4 GB, and reading compared with memory."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measuring import Row, Settings
from benchmarks.processes import run_python

FEATURES, SAMPLES, FEW = 784, 1_300_000, 100_000
CHUNK = 10_000
ROUNDS = 3
MEGABYTE = 1_000_000
SECONDS = """
import json, sys
import numpy as np
from nnzoo import DeepNeuralNetwork
x, y = np.load("x.npy", mmap_mode="r")[: int(sys.argv[2])], np.load("y.npy")[: int(sys.argv[2])]
x = np.array(x) if sys.argv[1] == "memory" else x
history = DeepNeuralNetwork(sizes=[784, 64, 10]).train(x, y, epochs=2, batch_size=128, verbose=False)
print(json.dumps(history[-1].seconds))
"""


def measure(settings: Settings) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        command = ["-m", "nnzoo", "train", "--dataset", "npy:path=.", "--validation", "0.1", "--epochs", "1", "--json"]
        ran = run_python(command, folder)
        took = json.loads(ran.output)["train_seconds"]
        note = f"an epoch takes {took:.1f} s, all together {ran.seconds:.0f} s"
        size = (folder / "x.npy").stat().st_size / 1e9
        yield Row(f"peak memory of nnzoo train on a .npy file of {size:.1f} GB", ran.peak / MEGABYTE, 250, "MB", note)
        file, memory = [], []
        for _ in range(ROUNDS):
            for way, seconds in (("file", file), ("memory", memory)):
                seconds.append(json.loads(run_python(["-c", SECONDS, way, str(FEW)], folder).output))
        ratios = [one / other for one, other in zip(file, memory, strict=True)]
        note = f"{statistics.median(file):.2f} s / {statistics.median(memory):.2f} s; {FEW:,} samples, 784-64-10"
        yield Row("an epoch read from a file over one in memory", statistics.median(ratios), None, "", note)


def write(folder: Path) -> None:
    """``x.npy``, in which a feature is large for each class, and ``y.npy``; written piece by piece."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, SAMPLES)
    noise = rng.random((CHUNK, FEATURES), np.float32) / 2
    with (folder / "x.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (SAMPLES, FEATURES)}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, SAMPLES, CHUNK):
            chunk = noise + np.float32(start / SAMPLES / 100)
            chunk[np.arange(CHUNK), labels[start : start + CHUNK]] += 1
            file.write(chunk.tobytes())
    np.save(folder / "y.npy", labels)
