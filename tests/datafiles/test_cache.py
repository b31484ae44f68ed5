"""Where data files are looked for, and that none is believed for its name."""

import dataclasses
import gzip
import hashlib
import os
from pathlib import Path

import pytest

from nnzoo.datafiles import cache
from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import DownloadError, FileFormatError, StorageError, UsageError
from nnzoo.kinds import DataFile

pytestmark = pytest.mark.usefixtures("clean_environment")

CONTENTS = b"the contents" * 10
PACKED = gzip.compress(CONTENTS)
TOY = DataFile(
    "toy-file.gz", hashlib.sha256(PACKED).hexdigest(), (), hashlib.sha256(CONTENTS).hexdigest(), len(CONTENTS)
)
PLAIN = DataFile("toy.bin", hashlib.sha256(CONTENTS).hexdigest(), ())

PLACES = [
    f"{folder}/{name}"
    for folder in ("given/toy", "given", "named/toy", "named", "data/toy", "data", "cache/nnzoo/toy", "cache/nnzoo")
    for name in ("toy-file.gz", "toy-file")
]
"""In the order they are looked in."""


@pytest.fixture
def files(monkeypatch):
    """A cache with one directory given and another named; both exist, and so does ./data."""
    for folder in ("given", "named", "data"):
        Path(folder).mkdir()
    monkeypatch.setenv("NNZOO_DATA_DIR", "named")
    return FileCache(Path("given"))


def put(place, contents=None):
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents or (PACKED if path.suffix == ".gz" else CONTENTS))
    return path


@pytest.mark.parametrize("place", PLACES)
def test_a_file_is_found_packed_and_unpacked_in_every_place(files, caplog, place):
    put(place)
    assert files.read("toy", TOY) == CONTENTS
    assert caplog.messages == []


def test_directories_are_searched_in_order_and_wrong_files_named(files, caplog):
    for place in PLACES:
        put(place, b"something else")
    with pytest.raises(FileFormatError) as caught:
        files.read("toy", TOY)
    named = [next(place for place in PLACES if message.split()[0].endswith(place)) for message in caplog.messages]
    assert named == PLACES
    assert all(hashlib.sha256(b"something else").hexdigest() in message for message in caplog.messages)
    assert "given/toy/toy-file.gz is damaged or another file" in caught.value.message
    assert caught.value.hint.startswith("replace it, or, if it belongs to another data set, put toy's files in ")
    assert caught.value.exit_code == 3


def test_a_wrong_file_is_skipped_with_a_warning(files, caplog):
    put("given/toy-file.gz", b"something else")
    put("data/toy-file.gz")
    assert files.read("toy", TOY) == CONTENTS
    assert len(caplog.messages) == 1
    assert "toy-file.gz is not the toy file of that name" in caplog.text


def test_a_wrong_file_in_a_folder_named_twice_gives_one_warning(monkeypatch, caplog):
    put("data/toy-file.gz", b"something else")
    monkeypatch.setenv("NNZOO_DATA_DIR", "data")
    with pytest.raises(FileFormatError):
        FileCache(Path("data")).read("toy", TOY)
    assert len(caplog.messages) == 1


def test_an_uncompressed_file_is_used_unchanged(files):
    put("data/toy/toy.bin", CONTENTS)
    assert files.read("toy", PLAIN) == CONTENTS


def test_the_packed_bytes_are_not_a_substitute_under_the_unpacked_name_and_vice_versa(files):
    put("data/toy-file", PACKED)
    put("given/toy-file.gz", CONTENTS)
    assert files.read("toy", TOY) == CONTENTS


def test_a_missing_file_is_a_download_error_with_the_folder_to_put_it_in(files):
    with pytest.raises(DownloadError) as caught:
        files.read("toy", TOY)
    assert "toy is not on disk" in caught.value.message
    for place in ("--data-dir", "NNZOO_DATA_DIR", str(Path("data") / "toy"), "given", "named", str(Path("cache"))):
        assert place in caught.value.hint


def in_system_folder(file):
    """The file, as a system package may have installed it."""
    return dataclasses.replace(file, folders=("nowhere", "system"))


@pytest.mark.parametrize("name", ["toy-file.gz", "toy-file"])
def test_the_file_s_own_folders_are_searched(files, caplog, name):
    put(f"system/{name}")
    assert files.read("toy", in_system_folder(TOY)) == CONTENTS
    assert caplog.messages == []


def test_the_file_s_own_folders_are_searched_last_before_a_download(files, caplog):
    for place in (*PLACES, "system/toy-file.gz"):
        put(place, b"something else")
    with pytest.raises(FileFormatError) as caught:
        files.read("toy", in_system_folder(TOY))
    assert [message.split()[0] for message in caplog.messages[-1:]] == [str(Path("system/toy-file.gz"))]
    assert len(caplog.messages) == len(PLACES) + 1
    assert "no mirror has toy-file.gz" in caught.value.message
    assert caught.value.hint.endswith("nowhere, system")


def test_a_packed_file_of_known_size_is_unpacked_even_without_a_pinned_content(files):
    put("data/toy-file.gz")
    half_pinned = dataclasses.replace(TOY, unpacked_sha256="")
    assert [files.read("toy", half_pinned) for _ in range(2)] == [CONTENTS] * 2
    assert not Path("cache").exists()  # a copy there could not be checked
    with pytest.raises(FileFormatError, match="too long"):
        files.read("toy", dataclasses.replace(half_pinned, unpacked_size=len(CONTENTS) - 1))
    assert files.read("toy", dataclasses.replace(half_pinned, unpacked_size=0)) == PACKED


def test_a_recompressed_file_is_identified_by_its_contents(files, caplog):
    put("given/toy-file.gz", gzip.compress(b"something else"))
    put("data/toy-file.gz", gzip.compress(CONTENTS, 1, mtime=12345))
    assert files.read("toy", TOY) == CONTENTS
    assert [message.split()[0] for message in caplog.messages] == [str(Path("given/toy-file.gz"))]
    with pytest.raises((FileFormatError, DownloadError)):
        files.read("toy", dataclasses.replace(TOY, unpacked_sha256="0" * 64))


def test_an_unpacked_file_of_unknown_size_is_read_whole(files):
    large = bytes(2 << 20)
    Path("data/large").write_bytes(large)
    assert files.read("toy", DataFile("large.gz", "0" * 64, (), hashlib.sha256(large).hexdigest())) == large


def test_a_given_directory_must_exist():
    with pytest.raises(UsageError, match="elsewhere does not exist"):
        FileCache(Path("elsewhere"))


def test_a_directory_in_place_of_a_file_is_not_a_file(files):
    Path("given/toy-file.gz").mkdir()
    put("data/toy-file.gz")
    assert files.read("toy", TOY) == CONTENTS


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(files):
    put("data/toy-file.gz").chmod(0)
    with pytest.raises(StorageError, match=r"can't read .*toy-file\.gz"):
        files.read("toy", TOY)


@pytest.fixture
def unpacked(monkeypatch):
    """How often a file was unpacked."""
    calls = []
    original = cache.unpack_gzip
    monkeypatch.setattr(cache, "unpack_gzip", lambda *arguments: calls.append(1) or original(*arguments))
    return calls


def test_the_second_start_does_not_unpack_again(files, unpacked):
    put("data/toy-file.gz")
    assert [files.read("toy", TOY) for _ in range(3)] == [CONTENTS] * 3
    assert len(unpacked) == 1
    assert Path("cache/nnzoo/toy/toy-file").read_bytes() == CONTENTS


@pytest.mark.parametrize("damaged", [CONTENTS[:-1] + b"!", CONTENTS[:-1], b"", CONTENTS + b"!"])
def test_a_damaged_unpacked_copy_is_replaced(files, unpacked, damaged):
    put("data/toy-file.gz")
    files.read("toy", TOY)
    Path("cache/nnzoo/toy/toy-file").write_bytes(damaged)
    assert files.read("toy", TOY) == CONTENTS
    assert len(unpacked) == 2
    assert Path("cache/nnzoo/toy/toy-file").read_bytes() == CONTENTS


def test_a_damaged_download_is_not_used(files, caplog):
    put("cache/nnzoo/toy/toy-file.gz", PACKED[:-1])
    with pytest.raises(FileFormatError, match=r"toy-file\.gz is damaged"):
        files.read("toy", TOY)
    assert "toy-file.gz is not the toy file" in caplog.text


def test_nothing_half_written_is_left_behind(files, monkeypatch):
    put("data/toy-file.gz")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    assert files.read("toy", TOY) == CONTENTS
    assert list(Path("cache/nnzoo/toy").iterdir()) == []


def test_a_read_only_cache_costs_time_but_no_data(files, monkeypatch, tmp_path):
    put("data/toy-file.gz")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert files.read("toy", TOY) == CONTENTS


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
@pytest.mark.parametrize("place", ["given/toy-file.gz", "given/toy-file", "cache/nnzoo/toy/toy-file"])
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero"])
def test_a_pipe_or_a_device_instead_of_a_file_is_an_immediate_error(files, place, kind):
    put("data/toy-file.gz")
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(kind)
    with pytest.raises(StorageError, match=f"can't read .*{path.name}: it is a pipe or a device, not a file"):
        files.read("toy", TOY)


def test_circular_links_are_an_error(files):
    Path("given/toy-file.gz").symlink_to("toy-file.gz")
    with pytest.raises(StorageError, match=r"can't read .*toy-file\.gz: Too many levels of symbolic links"):
        files.read("toy", TOY)
