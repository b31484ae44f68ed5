"""Cards of nnzoo 0.1: JSON, of classifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnzoo.checking import STRICT, check_values
from nnzoo.files.strict_json import parse_json
from nnzoo.runs.environment import Environment
from nnzoo.zoo.contents import Card, CardData, CardFigure
from nnzoo.zoo.measuring import wilson


@dataclass(frozen=True)
class OldCard:
    """What such a file holds."""

    __pydantic_config__: ClassVar = STRICT

    name: str
    summary: str
    data: CardData
    recipe: str
    seed: int
    parameters: int
    test_accuracy: float
    test_loss: float
    confusion: list[list[int]]
    class_names: tuple[str, ...]
    intended_use: str
    limits: str
    weights_sha256: str
    file_sha256: str
    environment: Environment


def read_old_card(text: str) -> Card:
    """A card of nnzoo 0.1 as today's; the interval of its accuracy follows from the number of test samples.

    Raises
    ------
    ValueError
        When it is not one.
    """
    old = check_values(OldCard, parse_json(text))
    samples = sum(map(sum, old.confusion))
    low, high = wilson(round(old.test_accuracy * samples), samples)
    accuracy = CardFigure(
        "accuracy", "accuracy", old.test_accuracy, low, high, "wilson", higher_is_better=True, is_share=True
    )
    return Card(
        name=old.name,
        summary=old.summary,
        license="unknown",
        data=old.data,
        task="classification",
        command=old.recipe,
        seed=old.seed,
        parameters=old.parameters,
        figures=(CardFigure("loss", "loss", old.test_loss), accuracy),
        intended_use=old.intended_use,
        limits=old.limits,
        weights_sha256=old.weights_sha256,
        file_sha256=old.file_sha256,
        environment=old.environment,
        class_names=old.class_names,
        confusion=old.confusion,
    )
