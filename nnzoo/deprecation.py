"""Deprecated names that still work, each with its replacement and the version that removes it.

A deprecated name works, with a warning that names the replacement, in the minor version that introduces the replacement
and in the next one. A test fails when the version that removes one arrives.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

MINOR_VERSIONS = 2
"""Minor versions in which a deprecated name works: the one that replaces it, and the next."""


class OldUsageWarning(FutureWarning):
    """A user wrote something that a later version refuses. Python shows this warning to everyone by default."""


class OldPluginWarning(DeprecationWarning):
    """A plugin contains something that a later version refuses. Python shows this warning in tests, not to users."""


@dataclass(frozen=True)
class OldWay:
    """A deprecated name, option, argument or file format.

    Parameters
    ----------
    old : str
        The deprecated spelling.
    write : str
        What to write or do instead.
    since : tuple of int
        The minor version that introduced the replacement, such as ``(0, 2)``.
    category : type of Warning
        `OldUsageWarning`, or `OldPluginWarning` for what only plugin authors can change.
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
        """The deprecated spelling, the version that removes it, and the replacement.

        >>> print(OldWay("nnzoo look", "nnzoo show", since=(0, 2)))
        nnzoo look is deprecated and will be removed in nnzoo 0.4: use nnzoo show
        """
        version = ".".join(map(str, self.removed_in))
        return f"{self.old} is deprecated and will be removed in nnzoo {version}: use {self.write}"

    def warn(self, *, where: str = "", stacklevel: int = 2) -> None:
        """Issue the warning.

        Parameters
        ----------
        where : str
            The file that contains the deprecated spelling, if it is in a file.
        stacklevel : int
            As for `warnings.warn`: 2 blames the caller of the function that calls this.
        """
        warnings.warn(f"{where}: {self}" if where else str(self), self.category, stacklevel=stacklevel + 1)


INSPECT = OldWay("nnzoo inspect", "nnzoo show --model-file", since=(0, 2))
JSON_CARD = OldWay(
    "a card in JSON", "one in Markdown, which nnzoo zoo add --force writes", since=(0, 2), category=OldPluginWarning
)
