"""What came of a network on data: figures, all together and of each class, label or value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nnzoo.kinds import OutputPart, Split
from nnzoo.model.predictor import Predictor
from nnzoo.training.by_output import AnswerFigures, ValueFigures, by_class, by_label, by_value, confusions
from nnzoo.training.scoring import Evaluation


@dataclass(frozen=True)
class Assessment:
    """What is reported of a network on data.

    Attributes
    ----------
    dataset, part : str
    samples : int
    figures : dict of str to float or None
        Loss and metrics.
    kind : {"class", "label"}
        What answers are.
    answers, values : dict of str to AnswerFigures, dict of str to ValueFigures
        What came of each class or label, and of each value, by name.
    mistakes : list of (int, int, int)
        Every class, what it was taken for wrongly, and how often; the most frequent first.
    confusion : list of list of int, or None
        Of classes, unless there are very many.
    has_matrix : bool
        Whether each sample has one class, so that there is such a matrix or would be one.
    """

    dataset: str
    part: str
    samples: int
    figures: dict[str, float | None]
    kind: str
    answers: dict[str, AnswerFigures]
    values: dict[str, ValueFigures]
    mistakes: list[tuple[int, int, int]]
    confusion: list[list[int]] | None
    has_matrix: bool

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        answers = [{self.kind: name, **asdict(figures)} for name, figures in self.answers.items()]
        values = [{"value": name, **asdict(figures)} for name, figures in self.values.items()]
        return {
            "part": self.part,
            "samples": self.samples,
            "figures": self.figures,
            **({{"class": "classes", "label": "labels"}[self.kind]: answers} if answers else {}),
            **({"values": values} if values else {}),
            **({"confusion": self.confusion} if self.has_matrix else {}),
        }


def outcome_of(dataset: str, part: str, predictor: Predictor, split: Split, found: Evaluation) -> Assessment:
    """The figures of an evaluation, all together and by output."""
    problem = predictor.problem
    targets, weights = found.targets, None if split.weights is None else split.weights.reshape(-1)
    answers = predictor.decisions(found.predictions).reshape(targets.shape)
    predicted = found.predictions.reshape(targets.shape if not problem.has_classes else (-1, problem.width))
    of_answers: dict[str, AnswerFigures] = {}
    of_values: dict[str, ValueFigures] = {}
    names = [problem.name(index) for index in range(problem.width)]
    kind, mistakes = "label" if problem.has_labels else "class", []
    if problem.has_classes:
        of_answers = dict(zip(names, by_class(answers, targets, problem.width, weights), strict=True))
        mistakes = confusions(answers, targets, problem.width, weights)
    elif problem.has_labels:
        of_answers = dict(zip(names, by_label(answers, targets, weights), strict=True))
    for output in problem.outputs or (() if of_answers else (OutputPart("", 0, problem.width),)):
        own, wanted, called = predicted[:, output.columns], targets[:, output.columns], names[output.columns]
        if output.names:
            chosen = np.eye(output.width)[own.argmax(axis=1)]
            of_answers |= zip(called, by_label(chosen, wanted, weights), strict=True)
        else:
            of_values |= zip(called, by_value(own, wanted, weights), strict=True)
    matrix = None if found.confusion is None else found.confusion.tolist()
    figures = found.samples, found.figures, kind, of_answers, of_values, mistakes
    return Assessment(dataset, part, *figures, matrix, problem.has_classes)
