"""Cards of nnzoo 0.1: JSON files for classifiers."""

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
    """The contents of such a file."""

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
    """Convert a card of nnzoo 0.1; the interval of its accuracy follows from the number of test samples.

    Raises
    ------
    ValueError
        When the text is not such a card.
    """
    old = check_values(OldCard, parse_json(text))
    samples = sum(map(sum, old.confusion))
    low, high = wilson(round(old.test_accuracy * samples), samples)
    accuracy = CardFigure(
        "accuracy", "accuracy", old.test_accuracy, low, high, "wilson", higher_is_better=True, is_share=True
    )
    replaced = ("recipe", "test_accuracy", "test_loss")
    return Card(
        **{name: value for name, value in vars(old).items() if name not in replaced},
        license="unknown",
        task="classification",
        command=old.recipe,
        figures=(CardFigure("loss", "loss", old.test_loss), accuracy),
    )
