"""Hints name a folder of the checkout, never a package name that anyone could register."""

import json
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path

import pytest

from nnzoo.errors import UnknownComponentError
from nnzoo.model.stored import way_to
from nnzoo.plugins import catalogue
from nnzoo.plugins.known_networks import KNOWN_NETWORKS
from nnzoo.plugins.registry import Registry
from nnzoo.zoo.card import read_card


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


def test_in_a_checkout_the_hint_names_the_folder(installed, tmp_path):
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
def test_without_a_checkout_no_command_names_a_package(installed, source):
    installed(source)
    told = catalogue.way_to_install("nnzoo-optimizers")
    assert "pip install" not in told
    assert "plugins/nnzoo-optimizers" in told
    with pytest.raises(UnknownComponentError) as caught:
        Registry(disabled=["all"]).get("optimizer", "adam")
    assert "pip install" not in caught.value.hint


def test_a_release_names_only_its_own_extras(installed):
    installed(None, "sklearn", "optimizers")
    assert catalogue.way_to_install("nnzoo-optimizers") == "pip install 'nnzoo[optimizers]'"
    assert "pip install" not in catalogue.way_to_install("nnzoo-conv")


def test_a_package_is_known_by_its_short_name_too():
    assert catalogue.known_package("conv") == catalogue.known_package("nnzoo-conv") == "nnzoo-conv"
    assert catalogue.known_package("sigmoid") is None


def test_an_untrusted_file_can_not_recommend_a_package():
    assert way_to("claim-me/adam", "1.0") == "it comes with claim-me 1.0, which is not installed"


def test_the_running_nnzoo_is_read():
    assert distribution("nnzoo").read_text("direct_url.json") is None or catalogue._checkout() is not None


def test_trained_networks_are_known_by_their_packages():
    brought = {}
    for path in sorted((Path(__file__).parents[2] / "plugins").glob("*/nnzoo_*/trained/*.md")):
        card = read_card(path)
        brought.setdefault(path.parts[-4], {})[card.name] = (card.data.name, card.summary)
    assert brought == KNOWN_NETWORKS, "python docs/update_zoo.py brings the list up to date"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("predict", "fashion-lenet5", "own.jpg"), "nnzoo-conv brings fashion-lenet5.relu"),
        (("predict", "fashion-lenet5.relu", "own.jpg"), "nnzoo-conv brings fashion-lenet5.relu"),
        (("predict", "fashion-lnet5", "own.jpg"), "did you mean fashion-lenet5"),
        (("zoo", "show", "kjv-char-gpt"), "nnzoo-sequences brings kjv-char-gpt.small"),
        (("train", "--dataset", "digits", "--from", "mnist-vae"), "nnzoo-autoencoders brings mnist-vae.plane"),
    ],
)
def test_a_network_that_is_not_installed_is_named_with_its_package(run_nnzoo, command, said):
    outcome = run_nnzoo(*command)
    assert outcome.code in (2, 7)
    assert said in outcome.stderr


def test_a_search_that_finds_nothing_names_packages(run_nnzoo):
    for words in ("fashion", "CLOTHES"):
        found = run_nnzoo("zoo", "list", words).stdout
        assert "No installed network" in found
        assert "has fashion-lenet5.relu, fashion-resnet.small:" in found
        assert "has fashion-mlp.relu:" in found
    by_data = run_nnzoo("zoo", "list", "--dataset", "fashion-mnist")
    assert by_data.code == 2
    assert "nnzoo-conv brings fashion-lenet5.relu" in by_data.stderr
    assert "nnzoo-datasets brings fashion-mlp.relu" in by_data.stderr
    assert "did you mean fashion-mnist" in run_nnzoo("zoo", "list", "--dataset", "fashion-minst").stderr


def test_a_list_of_all_networks_names_other_packages_in_one_line(run_nnzoo):
    *_, last = run_nnzoo("zoo", "list").stdout.splitlines()
    assert f"{sum(map(len, KNOWN_NETWORKS.values()))} more" in last
    assert all(package.removeprefix("nnzoo-") in last for package in KNOWN_NETWORKS)
    json.loads(run_nnzoo("zoo", "list", "--json").stdout)


def test_several_packages_are_one_command(installed):
    installed(None, "conv", "datasets")
    assert catalogue.way_to_install_all(["nnzoo-datasets", "nnzoo-conv", "nnzoo-datasets"]) == (
        "nnzoo install datasets conv"
    )
    assert "plugins/nnzoo-toys" in catalogue.way_to_install_all(["nnzoo-toys", "nnzoo-conv"])
