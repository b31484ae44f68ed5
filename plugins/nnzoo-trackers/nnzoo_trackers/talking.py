"""Calls to MLflow with short timeouts, no output on standard output, and no passwords in messages."""

from __future__ import annotations

import importlib
import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnzoo.api import NnzooError, StorageError

_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Settings for MLflow during calls: its defaults could delay training for minutes."""
_USER = re.compile(r"//[^/\s]*@")
_LONGEST = 300


def module(name: str) -> Any:
    """A module, imported at its first use: importing MLflow takes seconds."""
    with _quiet():
        return importlib.import_module(name)


@contextmanager
def talking(where: str) -> Iterator[None]:
    """Use short timeouts for MLflow in this context, unless the user's environment sets them.

    Raises
    ------
    StorageError
        For any error, in one line.
    """
    ours = {name: value for name, value in _PATIENCE.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        with _quiet():
            yield
    except NnzooError:
        raise
    except Exception as error:  # MLflow's own, those of requests and of databases
        failures = module("requests").exceptions
        silent = isinstance(error.__cause__ or error.__context__, failures.ConnectionError | failures.Timeout)
        what = "does not answer" if silent else f"reports: {shortened(error)}"
        raise StorageError(
            f"MLflow at {without_user(where)} {what}",
            hint="start its server, name another with uri, or leave the observer out",
        ) from None
    finally:
        for name in ours:
            os.environ.pop(name, None)


def without_user(text: str) -> str:
    """A text with user names and passwords removed from its addresses.

    >>> without_user("can't reach http://me:secret@tracker.example/api")
    "can't reach http://tracker.example/api"
    """
    return _USER.sub("//", text)


def shortened(error: Exception) -> str:
    """The message of an error, shortened to one line."""
    text = " ".join(without_user(str(error)).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@contextmanager
def _quiet() -> Iterator[None]:
    """Limit MLflow's log to warnings in this context, without deprecation warnings."""
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
                warnings.simplefilter("ignore", category)
            yield
    finally:
        logger.setLevel(level)
