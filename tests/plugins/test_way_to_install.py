"""Hints lead to what the project holds: a folder of its checkout, never a name that anybody may claim."""

import json
from email.message import Message
from importlib.metadata import distribution

import pytest

from nnzoo.errors import UnknownComponentError
from nnzoo.model.stored import way_to
from nnzoo.plugins import catalogue
from nnzoo.plugins.registry import Registry


class Installed:
    """A distribution with what pip has written down of its source."""

    def __init__(self, text, extras=()):
        self.text, self.metadata = text, Message()
        for extra in extras:
            self.metadata["Provides-Extra"] = extra

    def read_text(self, name):
        return self.text if name == "direct_url.json" else None


@pytest.fixture
def installed(monkeypatch):
    def put(source, *extras):
        text = source if isinstance(source, str | None) else json.dumps(source)
        monkeypatch.setattr(catalogue, "distribution", lambda name: Installed(text, extras))

    return put


def test_from_a_checkout_it_is_the_folder(installed, tmp_path):
    folder = tmp_path / "my code" / "plugins" / "nnzoo-activations"
    folder.mkdir(parents=True)
    installed({"url": (tmp_path / "my code").as_uri(), "dir_info": {}})
    assert "pip install" not in catalogue.way_to_install("nnzoo-activations")  # the package is not there
    (folder / "pyproject.toml").touch()
    assert catalogue.way_to_install("nnzoo-activations") == f"pip install '{folder}'"


@pytest.mark.parametrize(
    "source",
    [
        None,
        "not JSON",
        [],
        {},
        {"url": "https://example.org/nnzoo.whl", "archive_info": {}},
        {"url": "file:///gone", "dir_info": {}},
    ],
)
def test_from_elsewhere_no_command_names_a_package(installed, source):
    installed(source)
    told = catalogue.way_to_install("nnzoo-optimizers")
    assert "pip install" not in told
    assert "plugins/nnzoo-optimizers" in told
    with pytest.raises(UnknownComponentError) as caught:
        Registry(disabled=["all"]).get("optimizer", "adam")
    assert "pip install" not in caught.value.hint


def test_a_release_names_its_own_extra_and_nothing_that_it_has_none_for(installed):
    installed(None, "sklearn", "optimizers")
    assert catalogue.way_to_install("nnzoo-optimizers") == "pip install 'nnzoo[optimizers]'"
    assert "pip install" not in catalogue.way_to_install("nnzoo-conv")


def test_a_package_is_known_by_its_short_name_too():
    assert catalogue.known_package("conv") == catalogue.known_package("nnzoo-conv") == "nnzoo-conv"
    assert catalogue.known_package("sigmoid") is None


def test_a_file_can_not_have_a_package_recommended():
    assert way_to("claim-me/adam", "1.0") == "it comes with claim-me 1.0, which is not installed"


def test_the_running_nnzoo_is_read():
    assert distribution("nnzoo").read_text("direct_url.json") is None or catalogue._checkout() is not None
