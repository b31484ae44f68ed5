"""What the tests of data share: an empty folder to work in, and a file in it."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folder(clean_environment):
    """No settings from outside, an empty cache, no network."""


@pytest.fixture
def write():
    """Write lines into a file of the working directory; its name."""

    def write(*lines, name="t.csv", ending="\n", encoding="utf-8"):
        Path(name).write_bytes((ending.join(lines) + ending).encode(encoding))
        return name

    return write
