"""`Assessment`: the figures of a network on data, as a whole and for each class, label or value."""

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
    """The figures of a network on a part of a data set.

    Attributes
    ----------
    figures : dict of str to float or None
        Loss and metrics.
    kind : {"class", "label"}
        What ``answers`` are about.
    answers, values : dict of str to AnswerFigures, dict of str to ValueFigures
        The figures of each class or label, and of each value, by name.
    mistakes : list of (int, int, int)
        Class, wrong answer and how often that happened; the most frequent first.
    confusion : list of list of int, or None
        The confusion matrix; None if samples don't have one class each, or there are very many classes.
    has_matrix : bool
        Whether each sample has one class, so that a confusion matrix makes sense.
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
        """All of it, ready for JSON."""
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


def outcome_of(dataset: str, part: str, predictor: Predictor, split: Split, measured: Evaluation) -> Assessment:
    """The figures of an evaluation, as a whole and by output."""
    problem = predictor.problem
    targets, weights = measured.targets, None if split.weights is None else split.weights.reshape(-1)
    answers = predictor.decisions(measured.predictions).reshape(targets.shape)
    predicted = measured.predictions.reshape(targets.shape if not problem.has_classes else (-1, problem.width))
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
        columns = output.columns
        if output.names:
            chosen = np.eye(output.width)[predicted[:, columns].argmax(axis=1)]
            of_answers |= zip(names[columns], by_label(chosen, targets[:, columns], weights), strict=True)
        else:
            figures = by_value(predicted[:, columns], targets[:, columns], weights)
            of_values |= zip(names[columns], figures, strict=True)
    return Assessment(
        dataset=dataset,
        part=part,
        samples=measured.samples,
        figures=measured.figures,
        kind=kind,
        answers=of_answers,
        values=of_values,
        mistakes=mistakes,
        confusion=None if measured.confusion is None else measured.confusion.tolist(),
        has_matrix=problem.has_classes,
    )
