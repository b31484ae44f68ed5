"""The card of a trained network: what it learnt, how, how well, and what it is good for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.strict_json import parse_json
from nnzoo.hyperparameters import make_adapter
from nnzoo.model.stored import StoredComponent, StoredStart, first_fault
from nnzoo.runs.environment import Environment

_OPTIONS = {"metrics": "metric", "transforms": "transform", "observers": "observe"}
"""The option that adds to each list of components."""


@dataclass(frozen=True)
class Card:
    """What there is to know about a trained network. Made from its run's record by `make_card`, never by hand.

    Attributes
    ----------
    name : str
        ``architecture.tag``.
    summary : str
        One sentence.
    data : dict
        Name, license and SHA-256 of the data set, and the number of samples of each part.
    recipe : str
        The command that trains it.
    seed, parameters : int
        Where the random numbers came from; how many numbers were learnt.
    test_accuracy, test_loss : float
        Measured on all test samples.
    confusion : list of list of int
        How many test samples of each class (row) were taken for each class (column).
    class_names : list of str
        What rows and columns mean.
    intended_use, limits : str
        What it is good for, and what not.
    weights_sha256, file_sha256 : str
        Of the parameters, and of the model file.
    environment : Environment
        Versions of what it was trained with.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    summary: str
    data: dict[str, Any]
    recipe: str
    seed: int
    parameters: int
    test_accuracy: float
    test_loss: float
    confusion: list[list[int]]
    class_names: list[str]
    intended_use: str
    limits: str
    weights_sha256: str
    file_sha256: str
    environment: Environment

    def to_json(self) -> str:
        """As its file has it."""
        rows = ",\n".join(f"    {json.dumps(row)}" for row in self.confusion)
        values = asdict(self)
        values |= {"confusion": None, "environment": {k: v for k, v in values["environment"].items() if v}}
        rest = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
        return rest.replace('"confusion": null', f'"confusion": [\n{rows}\n  ]') + "\n"


def read_card(file: Traversable) -> Card:
    """Read a card.

    Raises
    ------
    FileFormatError
        When it is none.
    StorageError
        When it can't be read.
    """
    try:
        card: Card = _adapter().validate_python(parse_json(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise FileFormatError(f"{file.name} is no card: {first_fault(error)}") from None
    except ValueError as error:
        raise FileFormatError(f"{file.name} is no card: {error}") from None
    except OSError as error:
        raise StorageError(f"can't read {file.name}: {error.strerror or error}") from error
    if not {"name", "license", "sha256", "samples"} <= card.data.keys() or not isinstance(card.data["samples"], dict):
        raise FileFormatError(f"{file.name} is no card: it does not tell enough of its data")
    return card


def recipe_command(
    components: Mapping[str, StoredComponent],
    settings: Mapping[str, Any],
    lists: Mapping[str, Sequence[StoredComponent]] | None = None,
    start: StoredStart | None = None,
) -> str:
    """The command that repeats a training, with every choice written out, as a shell takes it.

    >>> stored = {"dataset": StoredComponent("nnzoo/digits", "0.1", {}),
    ...     "optimizer": StoredComponent("nnzoo-x/adam", "1.0", {"beta1": 0.9})}
    >>> recipe_command(stored, {"epochs": 3, "keep": "last", "early_stopping": None})
    'nnzoo train --dataset digits --optimizer nnzoo-x/adam:beta1=0.9 --epochs 3 --keep last'
    """
    words = ["nnzoo", "train"]
    if start is not None:
        words += ["--from", start.source, *(["--new-head"] if start.new_head else [])]
    for kind, stored in components.items():
        words += [f"--{kind}", stored.spec]
    for name, found in (lists or {}).items():
        for each in found:
            words += [f"--{_OPTIONS[name]}", each.spec]
    for name, value in settings.items():
        for each in value if isinstance(value, list | tuple) else (value,):
            if each not in (None, ""):
                words += [f"--{name.replace('_', '-')}", str(each)]
    return shlex.join(words)


@cache
def _adapter() -> TypeAdapter[Any]:
    return make_adapter(Card)
