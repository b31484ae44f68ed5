"""Download one file from the first mirror that has the right bytes."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from nnzoo.errors import DownloadError, StorageError
from nnzoo.files.writing import written_whole
from nnzoo.kinds import DataFile
from nnzoo.terminal import make_console, one_line

if TYPE_CHECKING:
    from requests import Response

logger = logging.getLogger("nnzoo")

_FIRST_ANSWER = 4.0
"""Seconds a mirror has to begin with its answer, name resolution included."""
_BETWEEN_BYTES = 20.0
"""Seconds a download may stand still."""
_SLOWEST = 4096
"""Bytes a second that a download must have had on average, once it has stood still for as long as it may."""
PACKING = 1 << 20
"""Bytes by which a packed file may be larger than what it holds."""
LARGEST = 1 << 30
"""Bytes of a file of unknown size."""
_CHUNK = 1 << 16


def download(file: DataFile, folder: Path) -> Path:
    """Fetch ``file`` into ``folder``, which is called as its data set is, and return its path.

    The mirror that ``NNZOO_MIRROR`` names (a classroom's own server, say) is tried before the file's own, in a folder
    for each data set and in a single one for all; as contents are pinned, plain HTTP is safe for it. A mirror with the
    wrong bytes has failed like one that does not answer.

    Raises
    ------
    DownloadError
        When no mirror has the file; its message has a line for each, with the reason.
    StorageError
        When the file can't be written.
    """
    return _first(file, folder, [f"{mirror.rstrip('/')}/{file.name}" for mirror in file.mirrors])


def download_from(url: str, file: DataFile, folder: Path) -> Path:
    """Fetch ``file`` from an address of its own, whatever it is called there; otherwise as `download`."""
    return _first(file, folder, [url])


def _first(file: DataFile, folder: Path, urls: Iterable[str]) -> Path:
    """The file from the first of the addresses that has it; from the user's own mirror before them."""
    own = os.environ.get("NNZOO_MIRROR", "").rstrip("/")
    reasons = []
    for url in (*([f"{own}/{folder.name}/{file.name}", f"{own}/{file.name}"] if own else []), *urls):
        try:
            return _retrieve(url, file, folder)
        except _MirrorError as failure:
            reasons.append(f"  {url}: {one_line(' '.join(str(failure).split()), 200)}")
    raise DownloadError("\n".join(reasons))


class _MirrorError(Exception):
    """Why one mirror did not deliver."""


def _retrieve(url: str, file: DataFile, folder: Path) -> Path:
    import requests
    import urllib3

    path, digest = folder / file.name, hashlib.sha256()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _answer(url) as response, written_whole(path) as target, _progress(file.name, response) as advance:
            logger.info("downloading %s", url)
            for chunk in _body(response, file.unpacked_size + PACKING if file.unpacked_size else LARGEST):
                target.write(chunk)
                digest.update(chunk)
                advance(len(chunk))
            if digest.hexdigest() != file.sha256:
                raise _MirrorError("it has other contents (wrong SHA-256)")
        return path
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _MirrorError(_reason(error)) from error
    except OSError as error:
        raise StorageError(
            f"can't write {path}: {error.strerror or error}",
            hint="move the cache with XDG_CACHE_HOME, or name a folder that has the file with NNZOO_DATA_DIR",
        ) from error


def _answer(url: str) -> Response:
    """What a mirror answers, as soon as its headers are there; its body is still to be read.

    requests' time-outs leave name resolution out and begin anew with each byte, so it is asked in a thread that is not
    waited for any longer than that.
    """
    import requests

    answers: list[Response | Exception] = []
    given_up = threading.Event()

    def ask() -> None:
        try:
            response = requests.get(
                url, stream=True, timeout=(_FIRST_ANSWER, _BETWEEN_BYTES), headers={"Accept-Encoding": "identity"}
            )
            answers.append(response)
            if given_up.is_set():
                response.close()
        except Exception as error:  # it is raised again in the thread that waits
            answers.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_FIRST_ANSWER)
    given_up.set()
    if not answers:
        raise _MirrorError(f"no answer within {_FIRST_ANSWER:g} s")
    answer = answers[0]
    if isinstance(answer, Exception):
        raise _MirrorError(_reason(answer)) from answer
    answer.raise_for_status()
    way = [step.url for step in (*answer.history, answer)]
    if any(a.startswith("https:") and b.startswith("http:") for a, b in pairwise(way)):
        answer.close()
        raise _MirrorError(f"it leads from https to {way[-1]}, which is not")
    return answer


def _body(response: Response, limit: int) -> Iterator[bytes]:
    """The bytes of a response, as they are, while they are not too many and do not come too slowly.

    At most as many are waited for at a time as have come before, so that a trickle is noticed in twice the time.
    """
    received, started = 0, time.monotonic()
    while chunk := response.raw.read(max(1, min(received, _CHUNK)), decode_content=False):
        received, seconds = received + len(chunk), time.monotonic() - started
        if received > limit:
            raise _MirrorError(f"it sends more than {limit:,} bytes")
        if received < (seconds - _BETWEEN_BYTES) * _SLOWEST:
            raise _MirrorError(f"it is too slow: {received:,} bytes in {seconds:.0f} s")
        yield chunk


def _reason(error: Exception) -> str:
    """The innermost cause in a few words; requests' own message is several wrapped ones."""
    import requests
    import urllib3

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause) or type(cause).__name__


@contextmanager
def _progress(name: str, response: Response) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, if people look at it; yields what is called with each count of bytes."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    length = response.headers.get("Content-Length", "")
    columns = (TextColumn("{task.description}"), *Progress.get_default_columns()[1:2], DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=make_console(stderr=True)) as bars:
        task = bars.add_task(name, total=int(length) if length.isdecimal() else None)
        yield lambda count: bars.advance(task, count)
