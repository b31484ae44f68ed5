"""Checks of figures."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import doc

from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import DataCache, Dataset, DatasetLoader, Figure, Split, planned_size
from nnzoo.plugins.registry import Registry
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import random

if TYPE_CHECKING:
    from nnzoo.trained_run import TrainedRun

KINDS_OF_RUN = ("rows of 3 classes", "pictures of 3 classes", "rows with 2 values", "rows with 3 labels")
"""Which runs a figure may be asked to draw, in words."""


@dataclass(frozen=True)
class KitData(DatasetLoader):
    """Samples that the kit trains on."""

    name: ClassVar[str] = "kit-data"

    of: Annotated[Literal[KINDS_OF_RUN], doc("what they are")] = KINDS_OF_RUN[0]  # type: ignore[valid-type]

    def load(self, cache: DataCache) -> Dataset:
        """Drawn from a seed, each time the same."""
        rng, n = random(40), 60
        shape = (8, 8) if self.of.startswith("pictures") else (2,)
        inputs = rng.standard_normal((n, *shape)).astype(np.float32)
        first, second = inputs.reshape(n, -1)[:, 0], inputs.reshape(n, -1)[:, 1]
        names: tuple[str, ...] = ("one", "two", "three")
        targets = np.digitize(first + second, [-0.7, 0.7])
        if self.of == "rows with 2 values":
            names, targets = (), np.stack([first * second, 10 + first], axis=1)
        elif self.of == "rows with 3 labels":
            targets = np.stack([first > 0, second > 0, first > second], axis=1).astype(np.intp)
        half = n // 2
        return Dataset(Split(inputs[:half], targets[:half]), Split(inputs[half:], targets[half:]), names)


@cache
def _trained() -> dict[str, TrainedRun]:
    """A finished run of each kind, made once and read as a whole, so that its folder need not stay."""
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.runs.run import run_training
    from nnzoo.trained_run import TrainedRun
    from nnzoo.training.recipe import resolve_recipe

    registry, cache, runs = Registry(disabled=["all"]), FileCache(None), {}
    registry.register(KitData)
    with tempfile.TemporaryDirectory(prefix="nnzoo-") as folder:
        for words in KINDS_OF_RUN:
            loader: KitData = registry.build("dataset", KitData.name, {"of": words})
            dataset, path = loader.load(cache), Path(folder, words.replace(" ", "-"))
            recipe = resolve_recipe(registry, task=dataset.task, model="mlp:hidden=4", epochs=2, batch_size=16)
            run_training(registry, recipe, loader, dataset, run_dir=path)
            runs[words] = run = TrainedRun(path, registry, cache)
            _ = run.dnn, run.initial, run.evaluation, run.answers, run.columns, run.status
    return runs


def _fitting(figure: Figure) -> dict[str, TrainedRun]:
    """The runs that it is for."""
    found, refused = {}, ""
    for words, run in _trained().items():
        try:
            planned_size(figure, run)
        except UsageError as error:
            refused = error.message
        else:
            found[words] = run
    require(found, f"it is for none of {'; '.join(KINDS_OF_RUN)}: {refused}")
    return found


def _canvas(figure: Figure, runs: Sequence[TrainedRun]) -> Any:
    """What it has drawn on."""
    import matplotlib.figure

    from nnzoo.figures.style import styled

    with styled():
        canvas = matplotlib.figure.Figure(figsize=planned_size(figure, runs[0]), layout="constrained")
        returned: Any = figure.draw(canvas, tuple(runs))
    require(returned is None, f"draw returns {with_article(returned)}", hint="draw on the figure that is handed over")
    return canvas


def _drawn(figure: Figure, runs: Sequence[TrainedRun]) -> bytes:
    """What it draws, as a file's contents."""
    from nnzoo.figures.style import figure_bytes

    return figure_bytes(_canvas(figure, runs))


def _lay_out(canvas: Any) -> None:
    """Do all of drawing but painting, which is left to `exercise`: it takes most of the time."""
    from nnzoo.figures.style import lay_out

    lay_out(canvas)


def exercise(figure: Figure) -> list[Any]:
    """Use it once for each run that it is for, painted for the first."""
    first, *others = _fitting(figure).values()
    for run in others:
        _lay_out(_canvas(figure, [run]))
    return [np.frombuffer(_drawn(figure, [first]), np.uint8)]


def check_plan(figure: Figure) -> None:
    """`plan` returns a width and a height in inches, the same at each call; a run it is not for is a UsageError."""
    for words, run in _fitting(figure).items():
        size = planned_size(figure, run)
        require(planned_size(figure, run) == size, f"for {words} plan returns something else the second time")


def check_draws(figure: Figure) -> None:
    """`draw` draws something on the figure that it is handed, for every run that it is for."""
    for words, run in _fitting(figure).items():
        canvas = _canvas(figure, [run])
        axes = canvas.get_axes()
        require(axes, f"for {words} the figure has no axes", hint="figure.subplots() makes some")
        some = any(one.has_data() or one.texts or one.patches or one.tables for one in axes)
        require(some, f"for {words} nothing is drawn on its axes")
        _lay_out(canvas)


def check_overlays(figure: Figure) -> None:
    """With overlays it draws several runs in one figure."""
    if not figure.overlays:
        raise CheckSkipped("it draws one run")
    for run in _fitting(figure).values():
        _lay_out(_canvas(figure, [run, run, run]))


def check_animates(figure: Figure) -> None:
    """With animates it draws a run before its first epoch, too, in the size that it has in the end."""
    if not figure.animates:
        raise CheckSkipped("it is not animated")
    for words, run in _fitting(figure).items():
        at_first = copy(run)
        at_first.epoch, at_first.history = 0, []
        try:
            size = planned_size(figure, at_first)
        except UsageError as error:
            raise CheckFailed(f"for {words} it refuses the run before its first epoch: {error.message}") from None
        require(size == planned_size(figure, run), f"for {words} the first frame has another size than the last")
        _lay_out(_canvas(figure, [at_first]))


def check_leaves_matplotlib_alone(figure: Figure) -> None:
    """It changes no setting of Matplotlib's, and neither opens, closes nor draws on a figure of pyplot's."""
    import matplotlib as mpl
    from matplotlib import pyplot

    from nnzoo.figures.style import styled

    for words, run in _fitting(figure).items():
        with mpl.rc_context(), styled():
            own = pyplot.figure()
            open_before, settings = pyplot.get_fignums(), dict(mpl.rcParams)
            try:
                canvas = mpl.figure.Figure(figsize=planned_size(figure, run), layout="constrained")
                figure.draw(canvas, (run,))
                changed = sorted(name for name, value in mpl.rcParams.items() if settings[name] != value)
                require(not changed, f"for {words} it changes rcParams: {', '.join(changed)}")
                same = pyplot.get_fignums() == open_before and not own.get_axes()
                require(same, f"for {words} it uses pyplot's figures", hint="draw on the one that is handed over")
            finally:
                for number in {*pyplot.get_fignums()} - {*open_before} | {own.number}:
                    pyplot.close(number)


def check_same_again(figure: Figure) -> None:
    """Drawn twice, it is the same to the byte."""
    for words, run in _fitting(figure).items():
        require(_drawn(figure, [run]) == _drawn(figure, [run]), f"for {words} the second drawing is another one")


CHECKS = (check_plan, check_draws, check_overlays, check_animates, check_leaves_matplotlib_alone, check_same_again)
