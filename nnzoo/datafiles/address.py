"""Files on the web, pinned by their SHA-256: ``https://host/model.safetensors#sha256=…``."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nnzoo.datafiles.cache import cache_directory
from nnzoo.datafiles.download import LARGEST, download_from
from nnzoo.errors import DownloadError, UsageError, storage_errors
from nnzoo.files.reading import read_regular
from nnzoo.kinds import DataFile
from nnzoo.terminal import one_line

_SCHEME = re.compile(r"(https?):/+", re.IGNORECASE)
_PIN = re.compile(r"sha256=([0-9a-fA-F]{64})")
_SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}")
FOLDER = "models"
"""The folder of these files in the cache; each data set has its own."""


@dataclass(frozen=True)
class Address:
    """The address and the SHA-256 of a file.

    Attributes
    ----------
    url : str
        Without the part after ``#``.
    sha256 : str
        In lower case.
    """

    url: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.url}#sha256={self.sha256}"

    @property
    def name(self) -> str:
        """The file's name in the cache."""
        name = unquote(urlsplit(self.url).path.rpartition("/")[2])
        return name if _SAFE_NAME.fullmatch(name) else "file"


def is_address(text: str | os.PathLike[str]) -> bool:
    """Whether a text, or a path made from it, looks like an address."""
    return bool(_SCHEME.match(_slashed(text)))


def parse_address(text: str | os.PathLike[str]) -> Address:
    """Parse an address from a text, or from a path made from it: `Path` collapses two slashes into one.

    >>> parse_address(f"https://example.org/a/b.safetensors#sha256={'0a' * 32}").name
    'b.safetensors'

    Raises
    ------
    UsageError
        When it is not https, or has no valid SHA-256.
    """
    plain = _SCHEME.sub(lambda match: f"{match[1].lower()}://", _slashed(text), count=1)
    url, _, pin = plain.partition("#")
    shown = one_line(url)
    if not plain.startswith("https://"):
        raise UsageError(f"{shown} is not an https address", hint="nothing is loaded from http: write https")
    pinned = _PIN.fullmatch(pin)
    if pinned is None:
        fault = f"ends with #{one_line(pin, 80)}, which is not a SHA-256" if pin else "does not say its SHA-256"
        raise UsageError(
            f"{shown} {fault}",
            hint=f"write {shown}#sha256=… with the file's 64 hexadecimal digits, from its card or from its author "
            "(`sha256sum FILE` prints them)",
        )
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise UsageError(f"{shown} is not an address: it names no host")
    return Address(url, pinned[1].lower())


def fetch(address: Address) -> Path:
    """The path of the file at an address, from the cache or downloaded.

    Raises
    ------
    DownloadError
        When it is not available, or has another SHA-256.
    StorageError
        When it can't be read or written.
    """
    folder = cache_directory() / FOLDER / address.sha256
    path = folder / address.name
    with storage_errors(f"read {path}"), suppress(FileNotFoundError):
        if hashlib.sha256(read_regular(path, LARGEST)).hexdigest() == address.sha256:
            return path
    try:
        return download_from(address.url, DataFile(address.name, address.sha256, ()), folder)
    except DownloadError as error:
        raise DownloadError(f"can't get {address.name}:\n{error.message}", hint=error.hint) from error


def _slashed(text: str | os.PathLike[str]) -> str:
    return os.fspath(text).replace("\\", "/") if isinstance(text, os.PathLike) else text
