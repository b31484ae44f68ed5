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
"""Seconds until a mirror must begin to answer, including name resolution."""
_BETWEEN_BYTES = 20.0
"""Seconds that a download may stall."""
_SLOWEST = 4096
"""Bytes per second that a download must average, not counting one stall of that length."""
PACKING = 1 << 20
"""Bytes by which a packed file may be larger than its contents."""
LARGEST = 1 << 30
"""Greatest size in bytes of a file of unknown size."""
_CHUNK = 1 << 16


def download(file: DataFile, folder: Path) -> Path:
    """Download ``file`` into ``folder``, which has the name of its data set, and return its path.

    The mirror in ``NNZOO_MIRROR`` (such as a classroom's server) is tried before the file's own, with a folder for each
    data set or one for all; as contents are pinned, plain HTTP is safe for it. A mirror with wrong contents is treated
    like one that does not answer.

    Raises
    ------
    DownloadError
        When no mirror has the file; the message has a line for each mirror, with the reason.
    StorageError
        When the file can't be written.
    """
    return _download_first(file, folder, [f"{mirror.rstrip('/')}/{file.name}" for mirror in file.mirrors])


def download_from(url: str, file: DataFile, folder: Path) -> Path:
    """Download ``file`` from a given address, whatever its name there; otherwise as `download`."""
    return _download_first(file, folder, [url])


def _download_first(file: DataFile, folder: Path, urls: Iterable[str]) -> Path:
    """Download a file from the first address that has it, starting with the user's own mirror."""
    own = os.environ.get("NNZOO_MIRROR", "").rstrip("/")
    reasons = []
    for url in (*([f"{own}/{folder.name}/{file.name}", f"{own}/{file.name}"] if own else []), *urls):
        try:
            return _retrieve(url, file, folder)
        except _MirrorError as failure:
            reasons.append(f"  {url}: {one_line(' '.join(str(failure).split()), 200)}")
    raise DownloadError("\n".join(reasons))


class _MirrorError(Exception):
    """The reason why a mirror failed."""


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
    """The answer of a mirror, as soon as its headers have arrived, with the body still to be read.

    The time-outs of requests exclude name resolution and restart with each byte. The request is therefore made in a
    thread, which is abandoned after `_FIRST_ANSWER`.
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
        raise _MirrorError(f"it redirects from https to {way[-1]}, which is not https")
    return answer


def _body(response: Response, limit: int) -> Iterator[bytes]:
    """Yield the raw bytes of a response, as long as they are neither too many nor too slow.

    Each read waits for at most as many bytes as have arrived before, so that a slow mirror is noticed early.
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
    """The innermost cause in a few words: the message of requests nests several."""
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
    """Show a progress bar if standard error is a terminal; yields a function to call with each number of bytes."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    length = response.headers.get("Content-Length", "")
    columns = (TextColumn("{task.description}"), *Progress.get_default_columns()[1:2], DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=make_console(stderr=True)) as bars:
        task = bars.add_task(name, total=int(length) if length.isdecimal() else None)
        yield lambda count: bars.advance(task, count)
