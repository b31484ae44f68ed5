"""The errors that nnzoo raises on purpose: what happened, what caused it, and how to fix it.

Each class has the exit code of the command line. Any other exception is a bug in nnzoo (exit code 1) and keeps its
traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from nnzoo.terminal import printable


class NnzooError(Exception):
    """Base of all errors nnzoo raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong and where, in one sentence.
    hint : str, optional
        How the user can fix it.

    Control characters in either are spelt out, as both quote files, names and plugins.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        self.message = printable(message)
        self.hint = hint and printable(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(NnzooError, ValueError):
    """An argument, option or array that can't be used (exit code 2)."""

    exit_code = 2


class UnknownComponentError(UsageError, LookupError):
    """No plugin provides a component of that kind and name, or several do (exit code 2)."""


class AmbiguousComponentError(UnknownComponentError):
    """A name without its distribution that several plugins provide (exit code 2)."""


class HyperparameterError(UsageError):
    """A hyperparameter that the component does not have, or a value it does not allow (exit code 2)."""


class FileFormatError(NnzooError, ValueError):
    """A data or model file with invalid contents (exit code 3)."""

    exit_code = 3


class UnreadablePictureError(FileFormatError):
    """An intact picture that does not show what the network reads (exit code 3).

    `nnzoo predict` still answers for the other pictures.
    """


class DownloadError(NnzooError):
    """A data set that is neither on disk nor available from any mirror (exit code 4)."""

    exit_code = 4


class PluginError(NnzooError):
    """A plugin that can't be used (exit code 5)."""

    exit_code = 5


class DivergedError(NnzooError, ArithmeticError):
    """A loss, gradient, parameter or output that is not finite (exit code 6)."""

    exit_code = 6


class StorageError(NnzooError):
    """A file or directory that can't be read or written (exit code 7)."""

    exit_code = 7


class StoppedError(NnzooError):
    """A training run that a signal stopped; it can be resumed (exit code 128 + the signal's number: 130 or 143)."""

    def __init__(self, message: str, *, signal_number: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number  # type: ignore[misc] # the one kind whose code depends on its cause

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), signal_number=self.signal_number, hint=self.hint), (self.message,)


@contextmanager
def storage_errors(attempt: str) -> Iterator[None]:
    """Within this context an `OSError` becomes a `StorageError`.

    >>> with storage_errors("read table.csv"):
    ...     raise FileNotFoundError(2, "No such file or directory")
    Traceback (most recent call last):
    nnzoo.errors.StorageError: can't read table.csv: No such file or directory
    """
    try:
        yield
    except OSError as error:
        raise StorageError(f"can't {attempt}: {error.strerror or error}") from error


@contextmanager
def located(place: str) -> Iterator[None]:
    """Within this context the message of a `FileFormatError` begins with a place.

    >>> with located("test part: "):
    ...     raise FileFormatError("a value is missing")
    Traceback (most recent call last):
    nnzoo.errors.FileFormatError: test part: a value is missing
    """
    try:
        yield
    except FileFormatError as error:
        raise FileFormatError(f"{place}{error.message}", hint=error.hint) from None


def listed(names: Iterable[object], most: int = 20) -> str:
    """Names separated by commas; of more than ``most``, the first ones and the number of the others.

    >>> listed("abcd"), listed("abcd", 2)
    ('a, b, c, d', 'a, b and 2 more')
    """
    texts = list(map(str, names))
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def counted(number: int, noun: str) -> str:
    """A number with a noun in the singular or plural.

    >>> counted(1, "unit"), counted(1000, "unit")
    ('1 unit', '1,000 units')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"did you mean relu? "`` if a known word is similar, else nothing."""
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(word.lower(), known, n=2, cutoff=0.6)
    near = near or [name for name in known if len(word) > 2 and word.lower() in name][:2]
    return f"did you mean {' or '.join(near)}? " if near else ""
