"""How the time for a character grows with the length of a sequence, in training (needs nnzoo-sequences)."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measuring import Row, Settings, timed
from nnzoo import load_dataset, registry
from nnzoo.errors import NnzooError
from nnzoo.training.data import prepare_dataset
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

LENGTHS = (32, 64, 128, 256)
MODELS = ("char-gru", "char-gpt")
STEP = 3072
"""Characters in a step, for any length of sequences."""
STEPS = 10
EPOCHS = 1000


def measure(settings: Settings) -> Iterator[Row]:
    for model in MODELS:
        for length in LENGTHS:
            what = f"{model}, training for a character of sequences of {length}"
            try:
                trainer = make(model, length, settings.threads)
            except NnzooError as error:
                yield Row(what, None, note=f"{error.message}; pip install ./plugins/nnzoo-sequences brings it")
                continue
            epoch = timed(partial(next, trainer.epochs()))
            epoch()
            characters = len(trainer.train) * STEP
            seconds = [epoch() / characters for _ in range(settings.repeat)]
            yield Row(what, 1e6 * statistics.median(seconds), unit="µs", details={"seconds": seconds})


def make(model: str, length: int, threads: int) -> Trainer:
    """The training of a model on random text."""
    letters = np.random.default_rng(0).choice(
        list("abcdefghijklmnopqrstuvwxyz ,.\n"), STEPS * STEP * (length + 1) // length
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "random.txt"
        file.write_text("".join(letters), encoding="utf-8")
        dataset = load_dataset(f"text:path={file},context={length}")
    recipe = resolve_recipe(
        registry,
        outputs=len(dataset.class_names),
        task="next-token",
        model=model,
        batch_size=STEP // length,
        epochs=EPOCHS,
        threads=threads,
    )
    data = prepare_dataset(dataset, recipe.task)
    return prepare(build_network(recipe, data.problem), recipe, data)
