"""What is not a regular file is never read: a pipe would have its reader wait, and a device may have no end."""

import os

import pytest

from nnzoo.errors import FileFormatError
from nnzoo.files.reading import read_regular

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")


def test_a_file_is_read_through_a_link_too(tmp_path):
    (tmp_path / "it").write_bytes(b"contents")
    (tmp_path / "link").symlink_to("it")
    assert read_regular(tmp_path / "link", 8) == b"contents"


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    (tmp_path / "it").touch()
    os.truncate(tmp_path / "it", 1 << 40)
    with pytest.raises(FileFormatError, match="it has 1,099,511,627,776 bytes; no more than 8 are read"):
        read_regular(tmp_path / "it", 8)


@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "link to a pipe", "folder"])
def test_a_pipe_device_or_folder_is_an_immediate_error(tmp_path, kind):
    path = tmp_path / "it"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(kind if kind.startswith("/") else "pipe")
    with pytest.raises(OSError, match="directory" if kind == "folder" else "a pipe or a device, not a file"):
        read_regular(path, 100)
