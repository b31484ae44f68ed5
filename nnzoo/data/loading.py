"""Data sets by name, for Python users."""

from __future__ import annotations

from pathlib import Path

from nnzoo.data.specs import find_dataset
from nnzoo.datafiles.cache import FileCache
from nnzoo.kinds import Dataset, DatasetLoader, load_checked
from nnzoo.plugins.registry import Registry, default_registry


def load_dataset(
    spec: str | DatasetLoader, data_dir: Path | str | None = None, registry: Registry | None = None
) -> Dataset:
    """Load a data set, from disk or from a mirror.

    Parameters
    ----------
    spec : str or DatasetLoader
        ``digits``, ``mnist``, or what a plugin provides; with hyperparameters, ``name:key=value``. A file or folder
        that one data set reads, such as ``iris.csv``, may also be named by itself; see `find_dataset`.
    data_dir : path, optional
        Where to look for its files first.
    registry : Registry, optional
        Where the name is looked up; default `nnzoo.registry`.

    Raises
    ------
    UnknownComponentError, UsageError
        When no plugin has such a data set, or there is no such file.
    FileFormatError, DownloadError, StorageError
        When its files are damaged, not available, or can't be read.

    Examples
    --------
    >>> x_train, y_train, x_test, y_test = load_dataset("digits").arrays()
    >>> x_train.shape, x_train.dtype, y_test.shape
    ((1438, 64), dtype('float32'), (359,))
    """
    loader = find_dataset(registry or default_registry(), spec)
    return load_checked(loader, FileCache(None if data_dir is None else Path(data_dir)))
