"""Find a data set's files on disk, or download them from the first mirror that has the right bytes."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
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
    """Finds data files on disk, or downloads them to the user's cache directory.

    It searches ``data_dir``, the directory in ``NNZOO_DATA_DIR``, ``./data`` and the user's cache directory: in each,
    ``<directory>/<data set>/<file>`` and then ``<directory>/<file>``, packed or unpacked; and last the file's own
    ``folders``. A recompressed file is identified by its contents; one with wrong contents is skipped with a warning.
    With ``offline`` nothing is downloaded and no warning issued.
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
            present = _read_if_present(path, file)
            if present is None:
                continue
            digest, data = present
            if digest == file.unpacked_sha256:
                return data
            if digest == file.sha256:
                return _unpack(dataset, file, data)
            if (unpacked := _unpack_recompressed(path, file, data)) is not None:
                return unpacked
            if not self.offline:
                logger.warning("%s is not the %s file of that name: its SHA-256 is %s", path, dataset, digest)
            wrong.append(path)
        if self.offline:
            raise DownloadError(f"{file.name} of {dataset} is not on disk")
        try:
            path = download(file, cache_directory() / dataset)
        except DownloadError as error:
            raise self._not_found(dataset, file, wrong, error) from error
        with storage_errors(f"read {path}"):
            data = read_regular(path, LARGEST)
        return _unpack(dataset, file, data)

    def directories(self) -> list[Path]:
        """The directories that are searched, in order."""
        named = os.environ.get("NNZOO_DATA_DIR")
        optional = (self.data_dir, Path(named) if named else None)
        return [*(directory for directory in optional if directory is not None), Path("data"), cache_directory()]

    def _candidates(self, dataset: str, file: DataFile) -> Iterator[Path]:
        names = [file.name, file.name.removesuffix(".gz")] if file.unpacked_sha256 else [file.name]
        folders = (folder for d in self.directories() for folder in (d / dataset, d))
        seen: set[str] = set()
        for path in (folder / name for folder in (*folders, *map(Path, file.folders)) for name in names):
            real = os.path.realpath(path)  # `Path.resolve` fails on circular links
            if real not in seen:
                seen.add(real)
                yield path

    def _not_found(
        self, dataset: str, file: DataFile, wrong: list[Path], error: DownloadError
    ) -> FileFormatError | DownloadError:
        """The error for a file that is not available; it names a wrong file on disk first."""
        looked_in = ", ".join(map(str, (*self.directories(), *file.folders)))
        hint = (
            f"put {dataset}'s files in {Path('data') / dataset}, or name their directory: NNZOO_DATA_DIR; "
            f"in Python, data_dir=…; in a command, --data-dir …. Looked in: {looked_in}"
        )
        if not wrong:
            return DownloadError(f"{dataset} is not on disk, and no mirror has it:\n{error.message}", hint=hint)
        return FileFormatError(
            f"{wrong[0]} is damaged or another file: its SHA-256 is not {file.sha256}, as for {dataset}; "
            f"and no mirror has {file.name}:\n{error.message}",
            hint=f"replace it, or, if it belongs to another data set, {hint}",
        )


def cache_directory() -> Path:
    """The user's cache directory for nnzoo: ``~/.cache/nnzoo`` on Linux."""
    return platformdirs.user_cache_path("nnzoo")


def _unpack(dataset: str, file: DataFile, data: bytes) -> bytes:
    """The contents of a packed file, from an intact unpacked copy in the cache if there is one."""
    if not file.unpacked_size:
        return data
    if not file.unpacked_sha256:  # a cached copy could not be checked
        return unpack_gzip(data, file.name, file.unpacked_size)
    path = cache_directory() / dataset / file.name.removesuffix(".gz")
    cached = _read_if_present(path, file)
    if cached and cached[0] == file.unpacked_sha256:
        return cached[1]
    unpacked = unpack_gzip(data, file.name, file.unpacked_size)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, unpacked)
    except (OSError, StorageError) as error:  # the next start unpacks again; nothing else is lost
        logger.info("unpacked %s is not cached for the next start: %s", file.name, error)
    return unpacked


def _unpack_recompressed(path: Path, file: DataFile, data: bytes) -> bytes | None:
    """The contents of a file that, for example, a distribution has recompressed; None unless they are right."""
    if path.suffix != ".gz" or not data or not file.unpacked_sha256 or not file.unpacked_size:
        return None
    try:
        unpacked = unpack_gzip(data, file.name, file.unpacked_size)
    except FileFormatError:
        return None
    return unpacked if hashlib.sha256(unpacked).hexdigest() == file.unpacked_sha256 else None


def _read_if_present(path: Path, file: DataFile) -> tuple[str, bytes] | None:
    """The SHA-256 and the contents of a file; no contents if they are wrong and far too large; None without a file.

    It may be any file of that name, so no more of it is held in memory than the size of the right file.
    """
    missing = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
    with storage_errors(f"read {path}"), suppress(*missing), open_regular(path) as stream:
        if os.fstat(stream.fileno()).st_size <= file.unpacked_size + PACKING:
            data = stream.read(file.unpacked_size + PACKING)
            return hashlib.sha256(data).hexdigest(), data
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        return digest, stream.read() if digest in (file.sha256, file.unpacked_sha256) else b""
    return None
