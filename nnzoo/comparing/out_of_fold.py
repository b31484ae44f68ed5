"""Out-of-fold predictions: for each training sample, by the network that was not trained on its fold."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from nnzoo.data.parting import fold_numbers
from nnzoo.files.writing import write_whole
from nnzoo.kinds import Dataset
from nnzoo.model import DeepNeuralNetwork
from nnzoo.nn.threads import blas_threads
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.group import GroupRecord

FILE = "out-of-fold.csv"


def write_out_of_fold(directory: Path, record: GroupRecord, dataset: Dataset, registry: Registry) -> Path | None:
    """Write the answers of each fold's network for the held-out samples to `FILE`, and return its path.

    A line has the sample's index in the training part of the data set, its fold, its target, the answer, and the
    probability of each class or label, or each value. Samples of folds without a network are missing. Nothing is
    written, and None returned, if targets are the inputs themselves or no fold has a network.
    """
    numbers, rows = fold_numbers(dataset.train, len(record.numbers), record.fold_seed), dict[int, dict[str, Any]]()
    for fold, path in record.paths(directory).items():
        file = RunDirectory(path).model_file
        if not file.exists():
            continue
        dnn = DeepNeuralNetwork.load(file, registry=registry)
        if dnn.task.target_is_input:
            return None
        places = np.flatnonzero(numbers == fold)
        held_out = dataset.train.view(places)
        with blas_threads(1):
            predictions = dnn.predictor.predictions(held_out.inputs)  # type: ignore[arg-type] # a stream has no folds
        for place, target, prediction in zip(places.tolist(), held_out.targets, predictions, strict=True):
            answer = dnn.task.answer(prediction, dnn.problem)
            kind = "probability" if "probabilities" in answer else "value"
            shares = answer.get("probabilities") or answer.get("values") or {}
            if len(shares) == 1 and kind == "value":
                shares = {}  # the answer itself
            row = {"index": place, "fold": fold, "target": _target(target, dnn), "answer": _cell(answer["answer"])}
            rows[place] = row | {f"{kind} {name}": share for name, share in shares.items()}
    if not rows:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(next(iter(rows.values())))
    writer.writerows(rows[place].values() for place in sorted(rows))
    write_whole(directory / FILE, text.getvalue().encode())
    return directory / FILE


def _target(target: Any, dnn: DeepNeuralNetwork) -> Any:
    """A target for readers: the name of a class, the labels that are set, or numbers."""
    problem = dnn.problem
    if isinstance(target, np.void):
        return json.dumps({name: target[name].item() for name in target.dtype.names or ()})
    if problem.has_classes and np.ndim(target) == 0:
        return problem.name(int(target))
    values = np.asarray(target).tolist()
    if problem.has_labels and np.ndim(target) == 1:
        return _cell([problem.name(place) for place, value in enumerate(values) if value])
    return _cell(values[0] if isinstance(values, list) and len(values) == 1 else values)


def _cell(answer: Any) -> Any:
    """An answer as a cell of a table."""
    if isinstance(answer, list) and all(isinstance(one, str) for one in answer):
        return "; ".join(answer)
    return json.dumps(answer) if isinstance(answer, list | dict) else answer
