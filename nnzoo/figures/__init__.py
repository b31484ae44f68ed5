"""Figures of runs, networks and data: the only place that imports matplotlib.

Functions ``plot_…`` draw on the matplotlib axes that they are given, and return them. Functions ``…_figure`` return a
new figure, and functions ``…_size`` the best size of a figure, in inches.
"""

from nnzoo.errors import StorageError

try:
    import matplotlib as matplotlib
except (OSError, ValueError) as error:
    raise StorageError(
        f"Matplotlib can't read its settings: {error}",
        hint="fix or remove the file matplotlibrc, here or in Matplotlib's own folder; or MPLBACKEND, if that is set",
    ) from error
