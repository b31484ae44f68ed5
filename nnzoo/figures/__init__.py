"""Figures of runs, networks and data: the only place that imports matplotlib."""

from nnzoo.errors import StorageError

try:
    import matplotlib as matplotlib
except (OSError, ValueError) as error:
    raise StorageError(
        f"Matplotlib can't read its settings: {error}",
        hint="fix or remove the file matplotlibrc, here or in Matplotlib's own folder; or MPLBACKEND, if that is set",
    ) from error
