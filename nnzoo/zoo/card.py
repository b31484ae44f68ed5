"""Card files: Markdown with the front matter of Hugging Face's model cards."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from nnzoo.checking import STRICT, check_json, check_values
from nnzoo.deprecation import JSON_CARD
from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.strict_json import DEPTH, parse_json
from nnzoo.runs.environment import Environment
from nnzoo.terminal import one_line
from nnzoo.training.measures import number
from nnzoo.zoo.contents import Card, CardData, CardFigure, CardOutput
from nnzoo.zoo.measuring import wilson

SHARES = ("precision", "recall", "f1")
TITLES = {"f1": "F1", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}
SIZE_LIMIT = 1 << 20
"""The largest card that is read, in bytes."""
_FENCE = "---\n"


def markdown(card: Card) -> str:
    """The text of a card below its front matter."""
    skipped = {"use", "limits", "command"}
    parts = [
        f"# {card.name}",
        _plain(card.summary),
        f"**Use.** {_plain(card.intended_use)}",
        f"**Limits.** {_plain(card.limits)}",
        f"```sh\n{one_line(card.command, len(card.command))}\n```",
        "## Measured on test samples",
        _table(
            ("figure", "value", "95 % interval", "method"),
            [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures],
        ),
    ]
    parts += [_table(titles, rows) for titles, rows in output_tables(card)]
    parts += ["## Facts", _table(("what", "value"), [fact for fact in card.facts if fact[0] not in skipped])]
    return "\n\n".join(parts) + "\n"


def output_tables(card: Card) -> list[tuple[list[str], list[list[str]]]]:
    """Titles and rows of a table with the figures of each class, label or value; two tables if a network has both."""
    parts: dict[tuple[str, ...], list[CardOutput]] = {}
    for output in card.outputs:
        parts.setdefault(tuple(output.figures), []).append(output)
    return [
        (
            ["value" if "mae" in names else card.kind, *(TITLES.get(name, name) for name in names)],
            [[output.name, *(_shown(name, output.figures[name]) for name in names)] for output in outputs],
        )
        for names, outputs in parts.items()
    ]


def _shown(name: str, value: int | float | None) -> str:
    if value is None:
        return "–"
    if name in SHARES:
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else number(value)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text on one line, with HTML escaped."""
    return one_line(text, 4000).replace("<", "&lt;")


@dataclass(frozen=True)
class FrontMatter:
    """The keys of Hugging Face's model cards, and ``nnzoo``; keys that nnzoo does not write may be added by hand.

    ``model_index`` is the key ``model-index``.
    """

    __pydantic_config__: ClassVar = STRICT

    nnzoo: Card
    model_index: tuple[dict[str, Any], ...] = ()
    base_model: str | tuple[str, ...] = ()
    license: str = ""
    tags: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    library_name: str = "nnzoo"
    base_model_relation: str = ""
    co2_eq_emissions: Any = None
    inference: Any = None
    language: str | tuple[str, ...] = ()
    license_link: str = ""
    license_name: str = ""
    model_name: str = ""
    new_version: str = ""
    pipeline_tag: str = ""
    thumbnail: str = ""
    widget: Any = None


def card_text(card: Card) -> str:
    """The text of a card's file."""
    import yaml

    own = {name: value for name, value in asdict(card).items() if value not in (None, "", (), [])}
    own["environment"] = {name: value for name, value in own["environment"].items() if value}
    front = {**_derived(card), "nnzoo": json.loads(json.dumps(own, allow_nan=False))}
    head = yaml.dump(front, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return f"{_FENCE}{head}{_FENCE}\n{markdown(card)}"


def read_card(file: Traversable) -> Card:
    """Read a card; cards of nnzoo 0.1 are JSON.

    Raises
    ------
    FileFormatError
        When it is not a card, or its front matter contradicts itself.
    StorageError
        When it can't be read.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            raise ValueError(f"it has more than {SIZE_LIMIT:,} bytes")
        text = data.decode("utf-8").replace("\r\n", "\n")
        if not file.name.endswith(".json"):
            return _parsed(text)
        card = _read_old_card(text)
        JSON_CARD.warn(where=file.name)
        return card
    except ValueError as error:
        raise FileFormatError(f"{file.name} is not a card: {error}") from None
    except OSError as error:
        raise StorageError(f"can't read {file.name}: {error.strerror or error}") from error


@dataclass(frozen=True)
class _OldCard:
    """A card of nnzoo 0.1: a JSON file for a classifier."""

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


def _read_old_card(text: str) -> Card:
    """Convert a card of nnzoo 0.1; the interval of its accuracy follows from the number of test samples.

    Raises
    ------
    ValueError
        When the text is not such a card.
    """
    old = check_values(_OldCard, parse_json(text))
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


def _parsed(text: str) -> Card:
    head, fence, _ = text.removeprefix(_FENCE).partition(f"\n{_FENCE}")
    if not (text.startswith(_FENCE) and fence):
        raise ValueError("it does not begin with front matter between two lines '---'")
    values = _parse_yaml(head)
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ValueError("its front matter is not a mapping of names")
    if "nnzoo" not in values:
        raise ValueError("its front matter has no key 'nnzoo'")
    renamed = {key.replace("model-index", "model_index"): value for key, value in values.items()}
    try:
        as_json = json.dumps(renamed, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"a value of its front matter is not text, a number or a list: {error}") from None
    front = check_json(FrontMatter, as_json)
    for key, expected in _derived(front.nnzoo).items():
        found = values.get(key, expected)
        added = key == "tags" and isinstance(found, list) and {*expected} <= {*found}
        if found != expected and not added:
            raise ValueError(f"its {key} contradicts its key 'nnzoo'")
    return replace(front.nnzoo, tags=front.tags or front.nnzoo.tags)


def _derived(card: Card) -> dict[str, Any]:
    """The front matter for other programs, derived from the card."""
    result = {
        "task": {"type": card.task, "name": card.task},
        "dataset": {"type": card.data.name, "name": card.data.name, "split": "test", "revision": card.data.sha256},
        "metrics": [{"type": each.name, "name": each.title, "value": each.value} for each in card.figures],
    }
    return {
        "license": card.license,
        "library_name": "nnzoo",
        "tags": list(card.tags),
        "datasets": [card.data.name],
        "metrics": [each.name for each in card.figures],
        **({"base_model": card.base_model} if card.base_model else {}),
        "model-index": [{"name": card.name, "results": [result]}],
    }


def _parse_yaml(text: str) -> Any:
    """Parse YAML without tags, duplicate keys and aliases (a few lines of which can mean gigabytes).

    Raises
    ------
    ValueError
        When it is not valid, or nests deeper than `DEPTH`.
    """
    import yaml

    depth = 0
    loader = _loader()
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ValueError("it has an alias, which a card must not have")
            if getattr(event, "tag", None):
                raise ValueError(f"it has the tag {event.tag}, which a card must not have")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH:
                raise ValueError(f"it nests deeper than {DEPTH} levels")
        return yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise ValueError(f"{error.problem}{line}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from None


@cache
def _loader() -> Any:
    import yaml

    class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """PyYAML's safe loader, which otherwise keeps the last of equal keys without an error."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Mapping[Hashable, Any]:
            seen: set[Any] = set()
            for key, _ in node.value:
                if key.value in seen:
                    problem = f"the key {key.value!r} occurs twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value if isinstance(key.value, str) else id(key))
            mapping: Mapping[Hashable, Any] = super().construct_mapping(node, deep)
            return mapping

    return Strict


@cache
def _dumper() -> Any:
    import yaml

    class NoAliases(yaml.SafeDumper):  # type: ignore[misc]
        """PyYAML's safe dumper, without aliases for objects that occur twice."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    return NoAliases
