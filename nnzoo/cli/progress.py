"""The output of a training run: a header, the epochs, and the result."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import click

from nnzoo.cli.epochs import EpochDisplay, PlainLines
from nnzoo.cli.output import prints_to_stderr
from nnzoo.errors import counted
from nnzoo.terminal import make_console

if TYPE_CHECKING:
    from rich.console import Console

    from nnzoo.cli.live_many import ManyDisplay
    from nnzoo.kinds import Dataset
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.runs.record import RunRecord
    from nnzoo.runs.run import RunListener
    from nnzoo.training.trainer import Trainer

INDENT = 10
MOST = 3
"""The most figures in the result; the table of epochs has all."""


@contextmanager
def training_shown(*, as_json: bool, quiet: bool, run_dir: Path | None = None) -> Iterator[Progress]:
    """Yield the display of one training run, and end it however the run ends.

    With ``as_json``, all output, that of plugins included, goes to standard error. A ``run_dir`` that is already in use
    is a UsageError.
    """
    from nnzoo.runs.directory import require_free
    from nnzoo.runs.stopping import sigterm_like_ctrl_c

    progress = make_progress(to_stderr=as_json, quiet=quiet)
    with sigterm_like_ctrl_c(), prints_to_stderr(as_json):
        try:
            if run_dir is not None:
                require_free(run_dir)
            yield progress
        finally:
            progress.end()


def make_progress(*, to_stderr: bool, quiet: bool) -> Progress:
    """Return the display of a training run: silent, plain lines, or on a terminal a live display."""
    say: Callable[[str], None] = _silent if quiet else _UntilClosed(to_stderr)
    if (console := _live_console(to_stderr, quiet)) is None:
        return Progress(say, PlainLines(say))
    from nnzoo.cli.live import LiveTable

    return Progress(say, LiveTable(console), console.width)


def make_many_display(say: Callable[[str], None], *, to_stderr: bool, quiet: bool) -> ManyDisplay:
    """Return the display of several runs: lines, which ``say`` prints, or on a terminal a live display."""
    from nnzoo.cli.live_many import LiveRuns, PlainRuns

    console = _live_console(to_stderr, quiet)
    return PlainRuns(say) if console is None else LiveRuns(console)


def _live_console(to_stderr: bool, quiet: bool) -> Console | None:
    """The console for a live display; None where the cursor can't be moved, as in notebooks."""
    stream = sys.stderr if to_stderr else sys.stdout
    if quiet or not stream.isatty() or "JPY_PARENT_PID" in os.environ:
        return None
    console = make_console(stderr=to_stderr)
    return console if console.is_interactive else None


def _task(trainer: Trainer) -> str:
    """The task, and the number or the name of its outputs."""
    from nnzoo.terminal import one_line

    task, problem = trainer.recipe.task, trainer.scorer.problem
    if problem.has_classes or problem.has_labels:
        return f"{task}: {problem.width} {'classes' if problem.has_classes else 'labels'}"
    one = problem.names[0] if len(problem.names) == 1 else counted(problem.width, "value")
    return f"{task}: {one_line(one)}"


def _silent(line: str) -> None:
    """Print nothing."""


@final
class _UntilClosed:
    """Print lines until the stream is closed, by its reader say; training continues, and the error is kept."""

    def __init__(self, to_stderr: bool) -> None:
        self._to_stderr = to_stderr
        self.error: OSError | None = None

    def __call__(self, line: str) -> None:
        try:
            if self.error is None:
                click.echo(line, err=self._to_stderr)
        except OSError as error:
            self.error = error


@final
class Progress:
    """A header, the epochs, and the result.

    ``say`` prints a line, and ``epochs`` displays epochs. Lines are wrapped at ``width``; by default they are not.
    """

    def __init__(self, say: Callable[[str], None], epochs: EpochDisplay, width: int | None = None) -> None:
        self._say, self._width = say, width
        self._epochs = epochs
        self._trainer: Trainer | None = None
        self._data = ""
        self.epoch_ended = epochs.epoch_ended

    def listener(self) -> RunListener:
        """Return the listener that updates this display."""
        from nnzoo.runs.run import RunListener

        return RunListener(self.started, self.epoch_ended)

    def end(self) -> None:
        """End the display of the epochs."""
        self._epochs.end()

    def loaded(self, dataset: Dataset) -> None:
        """Print the columns of a table."""
        if dataset.findings and self._say is not _silent:
            from nnzoo.cli.data_tables import print_findings

            print_findings(dataset.findings)

    def started(self, record: RunRecord, trainer: Trainer, directory: RunDirectory) -> None:
        """Print the data, the network and the settings, and begin the display of epochs."""
        data = record.data_name
        self._trainer, self._data = trainer, data
        recipe, network, done = trainer.recipe, trainer.network, trainer.state.steps
        columns = trainer.scorer.preprocessing.columns
        shape = f"{len(columns)} columns" if columns else "×".join(map(str, network.input_shape))
        batches = {"to train": trainer.train, "to validate": trainer.validation, "to test": trainer.test}
        counts = ", ".join(f"{part.samples:,} {purpose}" for purpose, part in batches.items() if part)
        self._say_titled("data", f"{data}: {counts}, each {shape}")
        self._say_titled("task", _task(trainer))
        self._say_titled("network", f"{recipe.model}, {recipe.activation}: {len(network.parameters):,} parameters")
        if record.start is not None:
            self._say_titled("start", str(record.start))
            self._say_titled("loaded", ", ".join(record.start.loaded) or "nothing")
            self._say_titled("new", ", ".join(record.start.new) or "nothing")
        if record.frozen:
            self._say_titled("frozen", ", ".join(record.frozen))
        if factors := trainer.freezing.factors:
            self._say_titled("rates", ", ".join(f"{name} × {factor:g}" for name, factor in factors.items()))
        self._say_titled(
            "training",
            f"{recipe.optimizer}, {recipe.schedule}, learning rate {recipe.learning_rate:g}, "
            f"weight decay {recipe.weight_decay:g}, batch size {trainer.train.batch_size}, seed {recipe.seed}"
            + (f", classes weighted {recipe.class_weight}" if recipe.class_weight else ""),
        )
        continued = f", continued after step {done} of {trainer.total_steps}" if done else ""
        self._say_titled("run", f"{directory.path}{continued}")
        self._say("")
        self._epochs.begin(trainer, directory)

    def finished(self, results: dict[str, Any]) -> None:
        """Print the result, and the comparison with the baseline."""
        if self._trainer is None:
            return
        recipe, measures = self._trainer.recipe, self._trainer.scorer.measures
        epochs, kept = results["epochs_trained"], results["kept_epoch"]
        self._say("")
        threads = self._trainer.network.thread_count(recipe.threads)
        self._say_wrapped(
            f"{self._outcome(results)} on {self._data}, after {counted(epochs, 'epoch')} and "
            f"{results['train_seconds']:.2f} s of training" + (f" on {threads} threads" if threads > 1 else "")
        )
        if results["baseline"]:
            from nnzoo.training.baseline import AgainstBaseline

            comparison = AgainstBaseline(**results["baseline"])
            self._say_wrapped(comparison.sentence(measures[comparison.figure]))
        if "stopped" in results:
            self._say_wrapped(f"stopped by {results['stopped']}")
        for observer in results.get("observers_off", []):
            self._say_wrapped(f"switched off: {observer}")
        if kept < epochs:
            monitored = measures[recipe.monitor]
            extreme = "highest" if monitored.higher_is_better else "lowest"
            self._say(f"kept is epoch {kept}, which had the {extreme} validation {monitored.title}")
        self._say(f"model in {results['run_dir']}/model.safetensors")
        if isinstance(self._say, _UntilClosed) and self._say.error:
            raise self._say.error

    def _outcome(self, results: dict[str, Any]) -> str:
        """The first figures on the test data, such as ``test R² 0.8712, MAE 3.215 (in the unit of price)``."""
        from nnzoo.terminal import one_line

        assert self._trainer is not None
        scorer = self._trainer.scorer
        part = "test" if self._trainer.test else "train"
        measures = [measure for name, measure in scorer.measures.items() if name != "loss"] or scorer.measures.values()
        shown = [*measures][:MOST]
        figures = ", ".join(f"{each.title} {each.show(results[f'{part}_{each.name}'])}" for each in shown)
        if any(each.in_units for each in shown):
            names = scorer.problem.names
            figures += f" (in the unit of {one_line(names[0])})" if len(names) == 1 else " (in the target's unit)"
        return f"{part} {figures}"

    def _say_titled(self, title: str, text: str) -> None:
        self._say_wrapped(title.ljust(INDENT) + text, " " * INDENT)

    def _say_wrapped(self, line: str, indent: str = "") -> None:
        lines = [line]
        if self._width is not None:
            lines = textwrap.wrap(
                line, self._width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
            )
        self._say("\n".join(lines))
