"""Download one file from the first mirror that has the right bytes; pooch checks the hash and replaces atomically."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from nnzoo.errors import DownloadError, StorageError
from nnzoo.kinds import DataFile

logger = logging.getLogger("nnzoo")

_FIRST_ANSWER = 4.0
"""Seconds a mirror has to answer at all, name resolution included."""
_BETWEEN_BYTES = 20.0
"""Seconds a download may stand still."""


def download(file: DataFile, folder: Path) -> Path:
    """Fetch ``file`` into ``folder`` and return its path.

    The mirror that ``NNZOO_MIRROR`` names (a classroom's own server, say) is tried before the file's own; as contents
    are pinned, plain HTTP is safe for it. A mirror with the wrong bytes has failed like one that does not answer.

    Raises
    ------
    DownloadError
        When no mirror has the file; its message has a line for each, with the reason.
    StorageError
        When the file can't be written.
    """
    own = os.environ.get("NNZOO_MIRROR")
    reasons = []
    for mirror in (*([own] if own else []), *file.mirrors):
        url = f"{mirror.rstrip('/')}/{file.name}"
        try:
            return _retrieve(url, file, folder)
        except _MirrorError as failure:
            reasons.append(f"  {url}: {_printable(str(failure))}")
    raise DownloadError("\n".join(reasons))


class _MirrorError(Exception):
    """Why one mirror did not deliver."""


def _retrieve(url: str, file: DataFile, folder: Path) -> Path:
    import pooch
    import requests

    _expect_answer(url)
    logger.info("downloading %s", url)
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(
        timeout=(_FIRST_ANSWER, _BETWEEN_BYTES), progressbar=_progress_bar(file.name) if sys.stderr.isatty() else False
    )
    try:
        return Path(pooch.retrieve(url, f"sha256:{file.sha256}", file.name, folder, downloader=downloader))
    except requests.RequestException as error:
        raise _MirrorError(_reason(error)) from error
    except ValueError as error:  # pooch's word for another hash
        raise _MirrorError("it has other contents (wrong SHA-256)") from error
    except OSError as error:
        raise StorageError(f"can't write {folder / file.name}: {error.strerror or error}") from error


def _expect_answer(url: str) -> None:
    """Fail soon where a mirror does not answer: a time-out of the connection alone leaves name resolution out."""
    import requests

    failure: list[Exception] = []

    def ask() -> None:
        try:
            requests.head(url, timeout=_FIRST_ANSWER, allow_redirects=True).close()
        except requests.RequestException as error:
            failure.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_FIRST_ANSWER)
    if asking.is_alive():
        raise _MirrorError(f"no answer within {_FIRST_ANSWER:g} s")
    if failure:
        raise _MirrorError(_reason(failure[0]))


def _reason(error: Exception) -> str:
    """The innermost cause in a few words; requests' own message is several wrapped ones."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause) or type(cause).__name__


def _printable(text: str) -> str:
    """One line of at most 200 characters, whatever a server has sent."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:200]


def _progress_bar(name: str) -> Any:
    """A rich progress bar with the four members that pooch asks of one."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), *Progress.get_default_columns()[1:2], DownloadColumn())
    bars = Progress(*columns, TransferSpeedColumn(), console=Console(stderr=True))
    task = bars.add_task(name, total=None)

    class Bar:
        total: int = 0

        def update(self, count: int) -> None:
            bars.start()
            bars.update(task, total=self.total, advance=count)

        def reset(self) -> None:
            bars.reset(task)

        def close(self) -> None:
            bars.stop()

    return Bar()
