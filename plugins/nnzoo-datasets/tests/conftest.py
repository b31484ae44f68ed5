"""What several tests share: a folder to work in, no settings from outside, an empty cache and no network."""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("nnzoo-datasets", deadline=None)  # a busy machine is not a bug
hypothesis.settings.load_profile("nnzoo-datasets")

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("NNZOO_")]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, NOBODY_LISTENS)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
