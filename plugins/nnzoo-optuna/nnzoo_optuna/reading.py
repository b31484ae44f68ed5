"""Recover the decision for each dimension from a configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nnzoo.api import Choice, Range, Space, Text

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


def decisions(space: Space, configuration: Mapping[str, str]) -> dict[str, float]:
    """What each dimension was decided to be that a configuration has met, by name.

    A value of a range, or the place of a choice's option; if two options have the same text, the first one.
    """
    found: dict[str, float] = {}
    for name, text in space.options:
        groups: list[tuple[str, int | None]] = []  # a dimension, and of a choice the option that the group is
        match = re.fullmatch(_pattern(text, groups), configuration[name])
        if match is None:
            raise ValueError(f"{name} = {configuration[name]!r} is not of the space")
        for (dimension, place), written in zip(groups, match.groups(), strict=True):
            if written is not None:
                found[dimension] = float(written) if place is None else place
    return found


def _pattern(text: Text, groups: list[tuple[str, int | None]]) -> str:
    """A pattern of the text, with a group for each range and for each option of a choice."""
    pattern = ""
    for part in text.parts:
        if isinstance(part, str):
            pattern += re.escape(part)
        elif isinstance(part, Range):
            groups.append((part.name, None))
            pattern += f"({NUMBER})"
        else:
            pattern += f"(?:{'|'.join(_options(part, groups))})"
    return pattern


def _options(choice: Choice, groups: list[tuple[str, int | None]]) -> list[str]:
    found = []
    for place, option in enumerate(choice.options):
        groups.append((choice.name, place))
        found.append(f"({_pattern(option, groups)})")
    return found
