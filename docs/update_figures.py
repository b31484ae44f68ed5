"""Redraw the README's figures: ``python docs/update_figures.py``.

It trains on `digits`, and on MNIST if its files are on disk (``NNZOO_DATA_DIR``); otherwise the figures of MNIST don't
change.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import DownloadError
from nnzoo.figures.of_runs import draw_figure
from nnzoo.figures.style import figure_bytes
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import run_training
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import resolve_recipe

FIGS = Path(__file__).parents[1] / "figs"
COLORS = 256
"""With this number of colours, a figure looks the same and takes less than half the space."""


def main() -> None:
    """Train, draw, write."""
    registry = Registry()
    with tempfile.TemporaryDirectory() as folder:
        runs = [train(registry, Path(folder) / name, "digits", activation=name) for name in ("relu", "sigmoid")]
        write("loss", draw_figure("loss", runs))
        try:
            mnist = train(registry, Path(folder) / "mnist", "mnist")
        except DownloadError as error:
            print(f"the figures of MNIST stay as they are: {error.message}")
            return
        write("mistakes", draw_figure("mistakes", [mnist]))
        write("first-layer", draw_figure("first-layer", [mnist]))


def train(registry: Registry, path: Path, dataset: str, **choices: str) -> TrainedRun:
    """A run with the defaults, except for some choices."""
    loader, cache = registry.build("dataset", dataset), FileCache(None, offline=True)
    run_training(registry, resolve_recipe(registry, **choices), loader, loader.load(cache), run_dir=path)
    return TrainedRun(path, registry, cache)


def write(name: str, figure: Figure) -> None:
    """Write one of the README's figures, as small as possible without a visible difference."""
    picture = Image.open(io.BytesIO(figure_bytes(figure))).convert("RGB")
    path = FIGS / f"readme-{name}.png"
    picture.quantize(COLORS).save(path, optimize=True)
    print(f"{path.relative_to(FIGS.parent)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
