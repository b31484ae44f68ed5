"""Find a data set's files on disk, or download them from the first mirror that has the right bytes."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

import platformdirs

from nnzoo.datafiles.download import LARGEST, PACKING, download
from nnzoo.datafiles.idx import unpack_gzip
from nnzoo.errors import DownloadError, FileFormatError, StorageError, UsageError, storage_errors
from nnzoo.files.reading import open_regular, read_regular
from nnzoo.files.writing import write_whole
from nnzoo.kinds import DataFile

logger = logging.getLogger("nnzoo")


@final
@dataclass(frozen=True)
class FileCache:
    """The places where data files are looked for, in order, and where downloads go.

    Searched are ``data_dir``, the directory that ``NNZOO_DATA_DIR`` names, ``./data`` and the user's cache
    directory; in each, ``<directory>/<data set>/<file>`` and then ``<directory>/<file>``, packed or unpacked; last the
    folders that the file itself names. A file that was packed again counts by what it holds; one with other contents
    than it should have is passed over with a warning.
    With ``offline`` nothing is downloaded, and nothing said of such files: for a look at what is on disk.
    """

    data_dir: Path | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        if self.data_dir is not None and not self.data_dir.is_dir():
            raise UsageError(f"data directory {self.data_dir} does not exist")
        named = os.environ.get("NNZOO_DATA_DIR")
        if named and not Path(named).is_dir():
            logger.warning("NNZOO_DATA_DIR names %s, which is not a directory", named)

    def read(self, dataset: str, file: DataFile) -> bytes:
        """See `nnzoo.kinds.DataCache.read`."""
        wrong: list[Path] = []
        for path in self._candidates(dataset, file):
            found = _read_if_present(path, file)
            if found is None:
                continue
            digest, data = found
            if digest == file.unpacked_sha256:
                return data
            if digest == file.sha256:
                return _unpack(dataset, file, data)
            if (unpacked := _packed_anew(path, file, data)) is not None:
                return unpacked
            if not self.offline:
                logger.warning("%s is not the %s file of that name: its SHA-256 is %s", path, dataset, digest)
            wrong.append(path)
        if self.offline:
            raise DownloadError(f"{file.name} of {dataset} is not on disk")
        try:
            path = download(file, cache_directory() / dataset)
        except DownloadError as error:
            raise self._nowhere(dataset, file, wrong, error) from error
        return _unpack(dataset, file, _read(path))

    def directories(self) -> list[Path]:
        """Where files are looked for, in order."""
        named = os.environ.get("NNZOO_DATA_DIR")
        own = [self.data_dir, Path(named) if named else None, Path("data")]
        return [directory for directory in own if directory is not None] + [cache_directory()]

    def _candidates(self, dataset: str, file: DataFile) -> Iterator[Path]:
        names = [file.name, file.name.removesuffix(".gz")] if file.unpacked_sha256 else [file.name]
        own = (folder for d in self.directories() for folder in (d / dataset, d))
        seen: set[str] = set()
        for path in (folder / name for folder in (*own, *map(Path, file.folders)) for name in names):
            real = os.path.realpath(path)  # `Path.resolve` fails where links go round in a circle
            if real not in seen:
                seen.add(real)
                yield path

    def _nowhere(
        self, dataset: str, file: DataFile, wrong: list[Path], error: DownloadError
    ) -> FileFormatError | DownloadError:
        """The error for a file that is nowhere: a bad file on disk weighs more than a silent mirror."""
        looked_in = ", ".join(map(str, (*self.directories(), *file.folders)))
        hint = (
            f"put {dataset}'s files in {Path('data') / dataset}, or name their directory: NNZOO_DATA_DIR; "
            f"in Python, data_dir=…; in a command, --data-dir …. Looked in: {looked_in}"
        )
        if not wrong:
            return DownloadError(f"{dataset} is not on disk, and no mirror has it:\n{error.message}", hint=hint)
        return FileFormatError(
            f"{wrong[0]} is damaged or another file: its SHA-256 is not {dataset}'s {file.sha256}; "
            f"and no mirror has {file.name}:\n{error.message}",
            hint=f"replace it, or, if it belongs to another data set, {hint}",
        )


def cache_directory() -> Path:
    """The user's cache directory for nnzoo: ``~/.cache/nnzoo`` on Linux."""
    return platformdirs.user_cache_path("nnzoo")


def _unpack(dataset: str, file: DataFile, data: bytes) -> bytes:
    """What a packed file holds, from the cache where an earlier start has left it there intact."""
    if not file.unpacked_size:
        return data
    if not file.unpacked_sha256:  # a kept copy could not be checked
        return unpack_gzip(data, file.name, file.unpacked_size)
    cached = cache_directory() / dataset / file.name.removesuffix(".gz")
    kept = _read_if_present(cached, file)
    if kept and kept[0] == file.unpacked_sha256:
        return kept[1]
    unpacked = unpack_gzip(data, file.name, file.unpacked_size)
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_whole(cached, unpacked)
    except (OSError, StorageError) as error:  # the next start unpacks again; nothing else is lost
        logger.info("unpacked %s is not kept for the next start: %s", file.name, error)
    return unpacked


def _packed_anew(path: Path, file: DataFile, data: bytes) -> bytes | None:
    """What a file holds that was packed again, as distributions do; None unless it is the right contents."""
    if path.suffix != ".gz" or not data or not file.unpacked_sha256 or not file.unpacked_size:
        return None
    try:
        unpacked = unpack_gzip(data, file.name, file.unpacked_size)
    except FileFormatError:
        return None
    return unpacked if hashlib.sha256(unpacked).hexdigest() == file.unpacked_sha256 else None


def _read_if_present(path: Path, file: DataFile) -> tuple[str, bytes] | None:
    """The SHA-256 of a file and what is in it; nothing of the latter if that is far more than it should be.

    It may be any file of that name: no more of it is in memory at a time than the right one holds.
    """
    try:
        with open_regular(path) as stream:
            if os.fstat(stream.fileno()).st_size <= file.unpacked_size + PACKING:
                data = stream.read(file.unpacked_size + PACKING)
                return hashlib.sha256(data).hexdigest(), data
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            return digest, stream.read() if digest in (file.sha256, file.unpacked_sha256) else b""
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error


def _read(path: Path) -> bytes:
    with storage_errors(f"read {path}"):
        return read_regular(path, LARGEST)
