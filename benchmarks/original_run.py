"""A complete run of the original's algorithm on MNIST: load, ten epochs with their evaluation, the test accuracy.

    python -m benchmarks.original_run DIRECTORY --seed 0

The directory has the four original files. Needs only NumPy.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from benchmarks.contenders.original import Array, Original

EPOCHS, BATCH_SIZE = 10, 128


def load(folder: Path, part: str) -> tuple[Array, Array]:
    """Images as float64 in [0, 1], and one-hot labels."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images / 255, np.eye(10)[labels]


def main() -> None:
    parser = argparse.ArgumentParser(description="Train with the original's algorithm.")
    parser.add_argument("folder", type=Path, help="where MNIST's four files are")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    train, test = load(arguments.folder, "train"), load(arguments.folder, "t10k")
    network = Original((784, 64, 10), arguments.seed)
    for _ in range(EPOCHS):
        accuracy = network.train_epoch(train, test, BATCH_SIZE)
    print(json.dumps({"test_accuracy": accuracy}))


if __name__ == "__main__":
    main()
