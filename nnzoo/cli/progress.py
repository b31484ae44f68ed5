"""What a training tells while it goes on: a head, the epochs, the result."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from nnzoo.cli.epoch_table import figures

if TYPE_CHECKING:
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.training.metrics import EpochMetrics
    from nnzoo.training.trainer import Trainer

INDENT = 10


def make_progress(*, to_stderr: bool, quiet: bool) -> Progress:
    """The display that suits: nothing, plain lines, or on a terminal a live one.

    It goes to standard output, or to standard error where that belongs to ``--json``.
    """
    if quiet:
        return Progress(lambda line: None)
    say = partial(click.echo, err=to_stderr)
    if _is_terminal(sys.stderr if to_stderr else sys.stdout):
        from rich.console import Console

        console = Console(stderr=to_stderr, highlight=False)
        if console.is_interactive:
            from nnzoo.cli.live import LiveProgress

            return LiveProgress(say, console)
    return Progress(say)


def _is_terminal(stream: Any) -> bool:
    """Whether the cursor can be moved there. A notebook's ``!nnzoo train`` has something like a terminal that can't."""
    in_notebook = "JPY_PARENT_PID" in os.environ
    return stream.isatty() and not in_notebook


class Progress:
    """Plain lines: one for each epoch.

    Parameters
    ----------
    say : callable
        Prints a line.
    width : int, optional
        Where the lines of the head are wrapped; default nowhere.
    """

    def __init__(self, say: Callable[[str], None], width: int | None = None) -> None:
        self._say, self._width = say, width
        self._epochs = 0
        self._titled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """However the training ended: leave the terminal as it was."""

    def started(self, data: str, trainer: Trainer, directory: RunDirectory) -> None:
        """Say what is about to be trained, on which data set."""
        recipe, network, done = trainer.recipe, trainer.network, trainer.state.steps
        self._epochs = recipe.epochs
        shape = "×".join(map(str, network.input_shape))
        batches = {"to train": trainer.train, "to validate": trainer.validation, "to test": trainer.test}
        counts = ", ".join(f"{part.samples:,} {what}" for what, part in batches.items() if part)
        self._say_titled("data", f"{data}: {counts}, each {shape}")
        self._say_titled("network", f"{recipe.model}, {recipe.activation}: {len(network.parameters):,} parameters")
        self._say_titled(
            "training",
            f"{recipe.optimizer}, {recipe.schedule}, learning rate {recipe.learning_rate:g}, "
            f"weight decay {recipe.weight_decay:g}, batch size {trainer.train.batch_size}, seed {recipe.seed}",
        )
        going_on = f", going on after step {done} of {trainer.total_steps}" if done else ""
        self._say_titled("run", f"{directory.path}{going_on}")
        self._say("")

    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """A line of figures, below a line of titles at the first."""
        columns = {" ".join(column).strip(): text for column, text in figures(metrics, self._epochs).items()}
        if not self._titled:
            self._titled = True
            self._say("  ".join(title.rjust(8) for title in columns))
        self._say("  ".join(text.rjust(max(8, len(title))) for title, text in columns.items()))

    def finished(self, results: dict[str, Any]) -> None:
        """Say what came of it."""
        accuracy, loss = results["test_accuracy"], results["test_loss"]
        figure = f"test loss {loss:.4f}" if accuracy is None else f"test accuracy {accuracy:.2%}"
        epochs, kept = results["epochs_trained"], results["kept_epoch"]
        self._say("")
        self._say_wrapped(
            f"{figure} on {results['dataset']}, after {epochs} epochs and {results['train_seconds']:.2f} s of training"
        )
        if kept < epochs:
            self._say(f"kept is epoch {kept}, which had the lowest validation loss")
        self._say(f"model in {results['run_dir']}/model.safetensors")

    def _say_titled(self, title: str, text: str) -> None:
        self._say_wrapped(title.ljust(INDENT) + text, " " * INDENT)

    def _say_wrapped(self, line: str, indent: str = "") -> None:
        lines = [line]
        if self._width is not None:
            lines = textwrap.wrap(
                line, self._width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
            )
        self._say("\n".join(lines))
