"""Old names that still work: what to write now, and which version removes them.

An old way works, with a warning that has the cure, in the minor version that replaces it and in the next one. All of
them are listed here, once, and a test fails when the version has come that removes one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

MINOR_VERSIONS = 2
"""Minor versions in which an old way works: the one that replaces it, and the next."""


class OldUsageWarning(FutureWarning):
    """What a user wrote works for now, and a later version refuses it. Python shows it to everyone by default."""


class OldPluginWarning(DeprecationWarning):
    """What a plugin's author wrote works for now. Python shows it in tests, and not to those who use the plugin."""


@dataclass(frozen=True)
class OldWay:
    """One old name, option, argument or file format.

    Parameters
    ----------
    old : str
        What is written today, as it is written.
    write : str
        What to write, or do, instead.
    since : tuple of int
        The minor version that brought the new way, such as ``(0, 2)``.
    category : type of Warning
        `OldUsageWarning`, or `OldPluginWarning` for what only authors of plugins can change.
    """

    old: str
    write: str
    since: tuple[int, int]
    category: type[OldUsageWarning | OldPluginWarning] = OldUsageWarning

    @property
    def removed_in(self) -> tuple[int, int]:
        """The minor version that refuses it."""
        major, minor = self.since
        return major, minor + MINOR_VERSIONS

    def __str__(self) -> str:
        """What is old, until when it works, and the cure.

        >>> print(OldWay("nnzoo look", "nnzoo show", since=(0, 2)))
        nnzoo look is deprecated and will be removed in nnzoo 0.4: use nnzoo show
        """
        return f"{self.old} is deprecated and will be removed in nnzoo {self._version}: use {self.write}"

    @property
    def _version(self) -> str:
        return ".".join(map(str, self.removed_in))

    def warn(self, *, where: str = "", stacklevel: int = 2) -> None:
        """Issue the warning.

        Parameters
        ----------
        where : str
            The file it is about, where it is about one.
        stacklevel : int
            Of `warnings.warn`: 2 blames the caller of the function that calls this.
        """
        warnings.warn(f"{where}: {self}" if where else str(self), self.category, stacklevel=stacklevel + 1)


INSPECT = OldWay("nnzoo inspect", "nnzoo show --model-file", since=(0, 2))
JSON_CARD = OldWay(
    "a card in JSON", "one in Markdown, which nnzoo zoo add --force writes", since=(0, 2), category=OldPluginWarning
)
