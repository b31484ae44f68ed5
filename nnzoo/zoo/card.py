"""The file of a card: Markdown whose front matter is that of Hugging Face's model cards.

Its key ``nnzoo`` holds the card; the other keys say the same in the words that other programs look for, and the text
below in words for people. When a card is read, ``nnzoo`` counts, and front matter that contradicts it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nnzoo.deprecation import JSON_CARD
from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.strict_json import DEPTH
from nnzoo.hyperparameters import make_adapter
from nnzoo.model.stored import STRICT, first_fault
from nnzoo.zoo.contents import Card
from nnzoo.zoo.markdown import markdown
from nnzoo.zoo.old_card import read_old_card

SIZE_LIMIT = 1 << 20
"""Bytes of a card."""
_FENCE = "---\n"


@dataclass(frozen=True)
class FrontMatter:
    """The keys of Hugging Face's model cards, as its page of metadata lists them, and ``nnzoo``.

    ``model_index`` stands for the key ``model-index``. What nnzoo does not write may be added by hand.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

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
    """A card as its file has it."""
    import yaml

    own = {name: value for name, value in asdict(card).items() if value not in (None, "", (), [])}
    own["environment"] = {name: value for name, value in own["environment"].items() if value}
    front = {**_derived(card), "nnzoo": json.loads(json.dumps(own, allow_nan=False))}
    head = yaml.dump(front, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return f"{_FENCE}{head}{_FENCE}\n{markdown(card)}"


def read_card(file: Traversable) -> Card:
    """Read a card; one of nnzoo 0.1, which is JSON, as well.

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
        card = read_old_card(text)
        JSON_CARD.warn(where=file.name)
        return card
    except ValidationError as error:
        raise FileFormatError(f"{file.name} is not a card: {first_fault(error)}") from None
    except ValueError as error:
        raise FileFormatError(f"{file.name} is not a card: {error}") from None
    except OSError as error:
        raise StorageError(f"can't read {file.name}: {error.strerror or error}") from error


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
    front: FrontMatter = _adapter().validate_json(as_json, strict=True)
    for key, expected in _derived(front.nnzoo).items():
        found = values.get(key, expected)
        added = key == "tags" and isinstance(found, list) and {*expected} <= {*found}
        if found != expected and not added:
            raise ValueError(f"its {key} says something else than its key 'nnzoo'")
    return replace(front.nnzoo, tags=front.tags or front.nnzoo.tags)


def _derived(card: Card) -> dict[str, Any]:
    """What the front matter says to other programs: key by key what follows from the card."""
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
    """What YAML says, without aliases (a few lines of them can mean gigabytes), tags and keys that stand twice.

    Raises
    ------
    ValueError
        When it is not such a text, or nests deeper than `DEPTH`.
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
        """PyYAML's safe loader, which takes the last of equal keys and says nothing."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Mapping[Hashable, Any]:
            seen: set[Any] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands twice", key.start_mark
                    )
                seen.add(key.value if isinstance(key.value, str) else id(key))
            mapping: Mapping[Hashable, Any] = super().construct_mapping(node, deep)
            return mapping

    return Strict


@cache
def _dumper() -> Any:
    import yaml

    class NoAliases(yaml.SafeDumper):  # type: ignore[misc]
        """PyYAML's safe dumper, which writes an equal object out again."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    return NoAliases


@cache
def _adapter() -> TypeAdapter[Any]:
    return make_adapter(FrontMatter)
