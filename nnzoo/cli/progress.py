"""What ``nnzoo train`` tells while it goes on: a head, a line for each epoch, the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.training.metrics import EpochMetrics
    from nnzoo.training.trainer import Trainer

PARTS = {"train": "to train", "validation": "to validate", "test": "to test"}


class Progress:
    """Plain lines on standard output, or on standard error where that belongs to ``--json``."""

    def __init__(self, *, to_stderr: bool, quiet: bool) -> None:
        self._to_stderr, self._quiet = to_stderr, quiet
        self._epochs = 0
        self._titled = False

    def started(self, data: str, trainer: Trainer, directory: RunDirectory) -> None:
        """Say what is about to be trained, on which data set."""
        recipe, network, done = trainer.recipe, trainer.network, trainer.state.steps
        self._epochs = recipe.epochs
        shape = "×".join(map(str, network.input_shape))
        batches = {PARTS["train"]: trainer.train, PARTS["validation"]: trainer.validation, PARTS["test"]: trainer.test}
        counts = ", ".join(f"{part.samples:,} {what}" for what, part in batches.items() if part)
        self._say(f"data      {data}: {counts}, each {shape}")
        self._say(f"network   {recipe.model}, {recipe.activation}: {len(network.parameters):,} parameters")
        self._say(
            f"training  {recipe.optimizer}, {recipe.schedule}, learning rate {recipe.learning_rate:g}, "
            f"weight decay {recipe.weight_decay:g}, batch size {trainer.train.batch_size}, seed {recipe.seed}"
        )
        going_on = f", going on after step {done} of {trainer.total_steps}" if done else ""
        self._say(f"run       {directory.path}{going_on}\n")

    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """A line of figures, below a line of titles at the first."""
        columns = {"epoch": f"{metrics.epoch}/{self._epochs}", "rate": f"{metrics.learning_rate:.3g}"}
        figures = metrics.to_dict()
        for part in PARTS:
            loss, accuracy = figures[f"{part}_loss"], figures[f"{part}_accuracy"]
            columns |= {} if loss is None else {f"{part} loss": f"{loss:.4f}"}
            columns |= {} if accuracy is None else {f"{part} acc": f"{accuracy:.2%}"}
        columns["seconds"] = f"{metrics.seconds:.3f}"
        if not self._titled:
            self._titled = True
            self._say("  ".join(title.rjust(8) for title in columns))
        self._say("  ".join(text.rjust(max(8, len(title))) for title, text in columns.items()))

    def finished(self, results: dict[str, Any]) -> None:
        """Say what came of it; with --quiet too."""
        accuracy, loss = results["test_accuracy"], results["test_loss"]
        figure = f"test loss {loss:.4f}" if accuracy is None else f"test accuracy {accuracy:.2%}"
        self._say(
            f"\n{figure} on {results['dataset']}, after {results['epochs_trained']} epochs and "
            f"{results['train_seconds']:.2f} s of training\nmodel in {results['run_dir']}/model.safetensors"
        )

    def _say(self, line: str) -> None:
        if not self._quiet:
            click.echo(line, err=self._to_stderr)
