"""`nnzoo zoo verify`: a network is verified, differs, or can't be measured."""

import json
import shutil
from dataclasses import replace
from importlib.resources import files

import pytest

from nnzoo import load_model
from nnzoo.zoo.card import card_text, read_card

TRAINED = files("nnzoo.builtin") / "trained"
NAME = "digits-mlp.try"
LIST_ONE = """
from pathlib import Path
from nnzoo.api import ZooModel, hookimpl

@hookimpl
def nnzoo_zoo():
    return [ZooModel("digits-mlp.try", Path({folder!r}))]
"""


@pytest.fixture(scope="module")
def made(nnzoo_here, tmp_path_factory):
    """A network trained here, in the zoo of a plugin in one file."""
    folder = tmp_path_factory.mktemp("made")
    trained = nnzoo_here(folder, "train", "--dataset", "digits", "--epochs", "2", "--run-dir", "run", "--quiet")
    assert trained.code == 0, trained.stderr
    texts = ("--summary", "A try.", "--use", "None.", "--limits", "All.", "--license", "mit", "--tag", "small")
    assert nnzoo_here(folder, "zoo", "add", "run", "--name", NAME, *texts, "--out", "new/trained").code == 0
    return folder / "new/trained"


@pytest.fixture
def verified(nnzoo_here, tmp_path, made):
    """Verify a changed copy of it; returns the exit code and what came of it."""

    def verify(change=lambda card: card, *options):
        shutil.copytree(made, tmp_path / "trained", dirs_exist_ok=True)
        card = read_card(made / f"{NAME}.md")
        (tmp_path / f"trained/{NAME}.md").write_text(card_text(change(card)), encoding="utf-8")
        (tmp_path / "mine.py").write_text(LIST_ONE.format(folder=str(tmp_path / "trained")))
        outcome = nnzoo_here(tmp_path, "zoo", "verify", NAME, "--plugin", "mine.py", "--json", *options)
        told = json.loads(outcome.stdout)
        (network,) = told["networks"]
        return outcome.code, network, told

    return verify


def changed_figure(card, **changes):
    figures = tuple(replace(each, **changes) if each.name == "accuracy" else each for each in card.figures)
    return replace(card, figures=figures)


def test_a_network_trained_here_is_verified_to_the_bit(verified, made):
    code, network, told = verified()
    assert (code, network["status"], network["faults"], network["identical"]) == (0, "verified", [], True)
    assert (told["verified"], told["differs"], told["no_data"]) == (1, 0, 0)
    card = read_card(made / f"{NAME}.md")
    assert network["figures"]["accuracy"]["now"] == card.test_accuracy
    assert (card.license, card.tags[-1], card.data.name, card.task) == ("mit", "small", "digits", "classification")
    assert card.milliseconds > 0
    assert card.size == (made / f"{NAME}.safetensors").stat().st_size


def test_only_the_small_ones_are_trained_again(verified):
    assert verified(lambda card: replace(card, train_seconds=60.0))[1]["identical"] is None
    assert verified(lambda card: card, "--retrain-under", "0")[1]["identical"] is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda card: changed_figure(card, value=0.5, low=0.45, high=0.55), "its accuracy is"),
        (lambda card: replace(card, weights_sha256="0" * 64), "the weights SHA-256 is"),
        (lambda card: replace(card, file_sha256="0" * 64), "the file SHA-256 is"),
        (lambda card: replace(card, parameters=7), "the number of parameters is"),
        (lambda card: replace(card, data=replace(card.data, sha256="0" * 64)), "the data SHA-256 is"),
    ],
)
def test_a_card_that_is_wrong_differs(verified, change, fault):
    code, network, _ = verified(change)
    assert (code, network["status"]) == (3, "differs")
    assert any(fault in each for each in network["faults"])


def test_other_bits_are_accepted_only_with_other_kernels(verified):
    def other_weights(card, **environment):
        return replace(card, weights_sha256="0" * 64, environment=replace(card.environment, **environment))

    _, network, _ = verified(other_weights)
    assert any("kernels are the same" in each for each in network["faults"])
    kernel = {"internal_api": "openblas", "version": "0.1", "architecture": "Other"}
    _, network, _ = verified(lambda card: other_weights(card, blas=[kernel]))
    assert network["identical"] is False
    assert not any("kernels are the same" in each for each in network["faults"])
    assert any("openblas 0.1 Other then" in each for each in network["conditions"])


def test_another_figure_within_the_interval_is_verified(verified):
    assert verified(lambda card: changed_figure(card, value=card.test_accuracy + 0.001))[:1] == (0,)


def test_without_its_data_it_is_neither_verified_nor_different(nnzoo_here, tmp_path):
    absent = nnzoo_here(tmp_path, "zoo", "verify", "mnist-mlp.relu")
    assert absent.code == 0
    assert absent.stdout.startswith("no data   mnist-mlp.relu")
    required = nnzoo_here(tmp_path, "zoo", "verify", "mnist-mlp.relu", "--require-data", "--json")
    assert required.code == 3
    assert json.loads(required.stdout)["no_data"] == 1


def test_a_damaged_file_differs(nnzoo_here, tmp_path, made):
    shutil.copytree(made, tmp_path / "trained")
    path = tmp_path / f"trained/{NAME}.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    (tmp_path / "mine.py").write_text(LIST_ONE.format(folder=str(tmp_path / "trained")))
    outcome = nnzoo_here(tmp_path, "zoo", "verify", "*.try", "--plugin", "mine.py")
    assert outcome.code == 3
    assert outcome.stdout.startswith(f"differs   {NAME}")


def test_unknown_names_are_reported(nnzoo_here, tmp_path):
    assert nnzoo_here(tmp_path, "zoo", "verify", "--retrain-under", "nan").code == 2
    outcome = nnzoo_here(tmp_path, "zoo", "verify", "digit-mlp")
    assert outcome.code == 2
    assert "did you mean digits-mlp" in outcome.stderr
    assert nnzoo_here(tmp_path, "zoo", "verify", "nothing-*").code == 2


def test_the_built_in_digits_are_what_their_card_says(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "zoo", "verify", "digits-mlp.relu", "--require-data")
    assert outcome.code == 0, outcome.stdout
    assert load_model("digits-mlp").class_names == read_card(TRAINED / "digits-mlp.relu.md").class_names


def test_the_users_own_data_may_be_at_another_path(nnzoo_here, tmp_path):
    author, here = tmp_path / "author", tmp_path / "here"
    here.mkdir()
    author.mkdir()
    rows = [f"{place % 7},{place % 5},{'ab'[place % 2]}" for place in range(80)]
    (author / "own.csv").write_text("\n".join(["x,y,kind", *rows]))
    (here / "other.csv").write_text("\n".join(["x,y,kind", *rows[:-1]]))
    assert nnzoo_here(author, "train", "--dataset", "own.csv", "--epochs", "1", "--run-dir", "run", "--quiet").code == 0
    words = (
        "--summary",
        "A try.",
        "--use",
        "None.",
        "--limits",
        "All.",
        "--license",
        "mit",
        "--data-license",
        "CC0-1.0",
    )
    package = nnzoo_here(author, "new", "zoo", "own", "--from", f"{NAME}=run", "--directory", here, *words)
    assert f"nnzoo zoo verify {NAME} --dataset {author / 'own.csv'}" in package.stdout
    assert "missing" not in package.stdout
    trained = here / "nnzoo-own/nnzoo_own/trained"
    assert read_card(trained / f"{NAME}.md").data.license == "CC0-1.0"
    (here / "mine.py").write_text(LIST_ONE.format(folder=str(trained)))
    verify = ("zoo", "verify", NAME, "--plugin", "mine.py")
    absent = nnzoo_here(here, *verify)
    assert (absent.code, absent.stdout.split("  ")[0]) == (0, "no data")
    assert "hashes" in absent.stdout
    assert "--dataset PATH" in absent.stdout
    measured = nnzoo_here(here, *verify, "--dataset", "../author/own.csv")
    assert (measured.code, measured.stdout.split()[0]) == (0, "verified")
    assert "the same bits" in measured.stdout
    assert nnzoo_here(here, *verify, "--dataset", "other.csv").code == 3
    assert nnzoo_here(here, "zoo", "verify", "--dataset", "other.csv").code == 2
