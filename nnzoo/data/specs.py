"""Find and load the data set that a user names, by its name or by a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnzoo.component import parse_spec
from nnzoo.data.files import expanded, own_file, own_folder
from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import UnknownComponentError, UsageError
from nnzoo.kinds import Dataset, DatasetLoader, load_checked
from nnzoo.plugins.registry import Registry, default_registry
from nnzoo.terminal import quoted

_NAME = re.compile(r"(?:[A-Za-z0-9._-]+/)?[a-z0-9][a-z0-9-]*")
_OPTIONS = re.compile(r":(?=[A-Za-z][\w-]*=)")
_SUFFIX = re.compile(r"\.[A-Za-z]\w{0,7}$")


def find_dataset(registry: Registry, spec: str | DatasetLoader) -> DatasetLoader:
    """The loader of a data set, from ``digits``, ``csv:path=iris.csv``, ``iris.csv`` or ``pictures/``.

    A file or folder selects the only loader that reads it; hyperparameters may follow, as in
    ``iris.csv:target=species``. Its name may contain commas, colons and spaces. A loader is only checked for its kind.

    Raises
    ------
    UsageError
        When there is no such data set or file, or not exactly one loader for it.
    HyperparameterError
        When the loader does not accept these hyperparameters.
    """
    if not isinstance(spec, str):
        loader: DatasetLoader = registry.build("dataset", spec)
        return loader
    for path, options in _readings(spec):
        if _exists(path) and not (_is_name(path) and "/" not in path):
            return _reader(registry, path, options)
    name, _, rest = spec.partition(":")
    if not _is_name(name) and _is_like_a_path(spec):
        raise _no_file(spec)
    try:
        return _named(registry, name, rest, spec)
    except UnknownComponentError as error:
        files = _files_named_like(registry, name)
        if not files:
            raise
        known = (error.hint or "").rpartition("? ")[2]
        hint = f"did you mean {' or '.join(files)}? {known}".strip()
        raise UnknownComponentError(error.message, hint=hint) from None


def _named(registry: Registry, name: str, rest: str, spec: str) -> DatasetLoader:
    """The loader with a given name."""
    first = rest.partition(",")[0]
    takes_path = rest and any(h.name == "path" for h in registry.get("dataset", name).component.hyperparameters())
    if takes_path and "=" not in first:
        raise UsageError(f"{spec!r} does not say what {first!r} is", hint=f"write {name}:path={rest}, or {rest} alone")
    if takes_path and isinstance(parse_spec(spec)[1].get("path"), list):
        raise UsageError(
            f"{spec!r} gives several values for path",
            hint="if the file name has a comma, write it without the data set's name: 'a,b.csv:key=value'",
        )
    loader: DatasetLoader = registry.build("dataset", spec)
    return loader


def _readings(spec: str) -> Iterator[tuple[str, str]]:
    """Yield the possible paths in a text with the hyperparameters that follow, the longest path first."""
    yield spec, ""
    for match in reversed(list(_OPTIONS.finditer(spec))):
        yield spec[: match.start()], spec[match.end() :]


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text))


def _is_like_a_path(spec: str) -> bool:
    paths = [*(path for path, _ in _readings(spec)), *(spec.partition(mark)[0] for mark in ":,")]
    return any("/" in path or os.sep in path or path.startswith("~") or _SUFFIX.search(path) for path in paths)


def _exists(path: str) -> bool:
    try:
        return bool(path) and expanded(path).exists()
    except OSError:  # the name may be too long
        return False


def _reader(registry: Registry, path: str, options: str) -> DatasetLoader:
    """The loader of an existing file or folder."""
    folder = expanded(path).is_dir()
    ending = path.casefold()
    readers = registry.find("dataset", lambda c: c.takes_folders if folder else ending.endswith(c.suffixes or ("\0",)))
    if not readers:
        known = sorted(_suffixes(registry))
        raise UsageError(
            f"no installed data set reads {'folders' if folder else 'files'} such as {path}",
            hint=f"known file endings are {', '.join(known)}; or name the data set: NAME:path={quoted(path)}",
        )
    if len(readers) > 1:
        names = [registration.full_name for registration in readers]
        raise UsageError(
            f"{path} can be read by {' and '.join(names)}", hint=f"name one of them: {names[0]}:path={quoted(path)}"
        )
    parsed: dict[str, Any] = parse_spec(f"{readers[0].component.name}:{options}")[1] if options else {}
    if "path" in parsed:
        raise UsageError(f"path is given twice: {path} and {parsed['path']}")
    loader: DatasetLoader = registry.build("dataset", readers[0].full_name, {"path": path, **parsed})
    return loader


def _no_file(spec: str) -> UsageError:
    """The error for a path that does not exist."""
    for mark in (":", ","):
        before = spec.partition(mark)[0]
        if before != spec and not _is_name(before) and _exists(before):
            return UsageError(
                f"there is no file {spec}",
                hint=f"hyperparameters follow a colon, as key=value: {quoted(before)}:target=NAME",
            )
    path = list(_readings(spec))[-1][0]
    try:
        (own_folder if path.endswith("/") else own_file)(path)
    except UsageError as error:
        return error
    return UsageError(f"there is no file {path}")


def _files_named_like(registry: Registry, name: str) -> list[str]:
    """Files and folders in the working directory with the name of an unknown data set."""
    files = [f"the file {name}{suffix}" for suffix in _suffixes(registry) if Path(f"{name}{suffix}").is_file()]
    return files + ([f"the folder {name}/"] if Path(name).is_dir() else [])


def _suffixes(registry: Registry) -> list[str]:
    readers: list[Any] = registry.find("dataset", lambda component: component.suffixes)
    return [suffix for registration in readers for suffix in registration.component.suffixes]


def load_dataset(
    spec: str | DatasetLoader, data_dir: Path | str | None = None, registry: Registry | None = None
) -> Dataset:
    """Load a data set, from disk or from a mirror.

    Parameters
    ----------
    spec : str or DatasetLoader
        ``digits``, ``mnist``, or one from a plugin; with hyperparameters, ``name:key=value``. A file or folder such as
        ``iris.csv`` may be named instead, see `find_dataset`.
    data_dir : path, optional
        The directory to search first for its files.
    registry : Registry, optional
        Provides the loaders; default `nnzoo.registry`.

    Raises
    ------
    UnknownComponentError, UsageError
        When no plugin has such a data set, or there is no such file.
    FileFormatError, DownloadError, StorageError
        When its files are damaged, not available, or can't be read.

    Examples
    --------
    >>> x_train, y_train, x_test, y_test = load_dataset("digits").arrays()
    >>> x_train.shape, x_train.dtype, y_test.shape
    ((1438, 64), dtype('float32'), (359,))
    """
    loader = find_dataset(registry or default_registry(), spec)
    return load_checked(loader, FileCache(None if data_dir is None else Path(data_dir)))
