"""What several tests share: a folder to work in, and no settings from outside."""

import os

import pytest


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("NNZOO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
