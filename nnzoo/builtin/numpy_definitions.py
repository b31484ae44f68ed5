"""The functions of components, each in a script once and under a name of its own."""

from __future__ import annotations

import re
from itertools import count
from typing import final

from nnzoo.api import PlainFunction

_VARIABLES = re.compile(r"[wxyi]|x\d+|columns|blocks")
"""What a script calls its variables."""


@final
class ComponentFunctions:
    """The functions that compute the components of a network.

    Parameters
    ----------
    taken : frozenset of str
        Names that the script has already.

    Attributes
    ----------
    sources : dict of str to str
        Those that have been called, and what they need, by their names in the script.
    """

    def __init__(self, taken: frozenset[str]) -> None:
        self.sources: dict[str, str] = {}
        self._taken = taken

    def called(self, function: PlainFunction) -> str:
        """What a function is called in the script; another component's of the same name keeps its name."""
        names: dict[str, str] = {}
        for name in function.definitions:
            candidates = (name if number == 1 else f"{name}_{number}" for number in count(1))
            names[name] = next(free for free in candidates if self._is_free(free, function, {**names, name: free}))
        renamed = function.renamed(names)
        self.sources |= renamed.definitions
        return renamed.name

    def _is_free(self, free: str, function: PlainFunction, names: dict[str, str]) -> bool:
        if free in self._taken or _VARIABLES.fullmatch(free):
            return False
        return free not in self.sources or self.sources[free] == function.renamed(names).definitions[free]
