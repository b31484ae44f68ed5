"""Where MNIST is on disk."""

from __future__ import annotations

from pathlib import Path

from nnzoo.datafiles.cache import FileCache

FILES = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
MISSING = "MNIST is not on disk: set NNZOO_DATA_DIR to the directory with its four .gz files"


def find_mnist() -> Path | None:
    """The first of nnzoo's data directories that has all four files as they were published, or None."""
    places = [folder for directory in FileCache().directories() for folder in (directory / "mnist", directory)]
    return next((p.resolve() for p in places if all((p / name).is_file() for name in FILES)), None)
