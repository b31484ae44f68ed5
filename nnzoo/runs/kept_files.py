"""The files that observers keep in a run's directory."""

from __future__ import annotations

import re
from contextlib import suppress

from nnzoo.kinds import FilesObserver
from nnzoo.model.stored import build_stored
from nnzoo.plugins.registry import Registry
from nnzoo.runs.record import RunRecord

_PLAIN = re.compile(r"(\w[\w.-]*/)?\w[\w.*-]*")
"""A name, or one in a folder, in which nothing leads elsewhere."""


def files_of_observers(record: RunRecord, registry: Registry | None = None) -> list[str]:
    """The files that a run's observers say they keep, as regular expressions of ``name`` or ``folder/name``.

    The observers are asked, not the record: it is untrusted, and can only choose among what they would
    write. The files of one that is not installed, or can't say, are not known.
    """
    found: list[str] = []
    for stored in record.observers:
        with suppress(Exception):  # what a plugin may raise; its files are then reported as foreign, and kept
            registry = registry or Registry()
            observer = build_stored(registry, "observer", stored, "the run")
            found += kept_files(observer) if isinstance(observer, FilesObserver) else []
    return found


def kept_files(observer: FilesObserver) -> list[str]:
    r"""The same for one observer; what is not a plain name is left out.

    >>> from nnzoo.builtin.observers import Log
    >>> kept_files(Log("epochs.csv")), kept_files(Log("../epochs.csv"))
    (['epochs\\.csv'], [])
    """
    names = [name for name in observer.files() if _PLAIN.fullmatch(name)]
    return [re.escape(name).replace(r"\*", "[^/]*") for name in names]
