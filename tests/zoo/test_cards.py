"""Cards: Hugging Face's front matter, read strictly; measured figures with intervals; those of nnzoo 0.1."""

import json
from importlib.resources import files

import numpy as np
import pytest
import yaml

from nnzoo import load_dataset, load_model
from nnzoo.builtin.zoo import NAMES
from nnzoo.deprecation import OldPluginWarning
from nnzoo.errors import FileFormatError
from nnzoo.kinds import ZooModel
from nnzoo.plugins.registry import Registry
from nnzoo.runs.environment import Environment
from nnzoo.zoo.card import card_text, read_card
from nnzoo.zoo.measuring import bootstrap, measured, milliseconds_a_sample, wilson

BUILTINS = Registry(disabled=["all"])
CARD = files("nnzoo.builtin") / "trained" / "digits-mlp.relu.md"
TEXT = CARD.read_text(encoding="utf-8")
LIST_ONE = """
from pathlib import Path
from nnzoo.api import ZooModel, hookimpl

@hookimpl
def nnzoo_zoo():
    return [ZooModel("some.one", Path({folder!r}))]
"""


def front_matter(text):
    return yaml.safe_load(text.split("---\n")[1])


def refused(tmp_path, text):
    path = tmp_path / "x.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FileFormatError) as error:
        read_card(path)
    assert "x.md is not a card: " in error.value.message
    return error.value.message


def test_the_front_matter_is_that_of_model_cards():
    card, front = read_card(CARD), front_matter(TEXT)
    assert (front["license"], front["library_name"], front["datasets"]) == ("apache-2.0", "nnzoo", ["digits"])
    (index,) = front["model-index"]
    (result,) = index["results"]
    assert index["name"] == "digits-mlp.relu"
    assert result["task"]["type"] == "classification"
    assert result["dataset"]["split"] == "test"
    values = {each["type"]: each["value"] for each in result["metrics"]}
    assert values == {"loss": card.test_loss, "accuracy": card.test_accuracy}
    assert "base_model" not in front


def test_a_written_card_is_read_back(tmp_path):
    card = read_card(CARD)
    (tmp_path / "x.md").write_text(card_text(card), encoding="utf-8")
    assert read_card(tmp_path / "x.md") == card


def test_another_program_may_write_the_front_matter_in_its_own_style_and_add_to_it(tmp_path):
    front = front_matter(TEXT)
    front |= {"language": "en", "pipeline_tag": "image-classification", "tags": [*front["tags"], "teaching"]}
    text = f"---\n{yaml.safe_dump(front)}---\nAny text.\n"
    (tmp_path / "x.md").write_text(text, encoding="utf-8")
    card = read_card(tmp_path / "x.md")
    assert card.tags[-1] == "teaching"
    assert card.figures == read_card(CARD).figures


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("license: apache-2.0\nlib", "license: mit\nlib"), "its license contradicts"),
        (("value: 0.9693593314763231}\nnnzoo", "value: 0.99}\nnnzoo"), "its model-index contradicts"),
        (("license: apache-2.0\nlib", "licence: apache-2.0\nlib"), "licence: Unexpected keyword"),
        (("  seed: 0\n", "  seed: 0\n  seed: 1\n"), "the key 'seed' occurs twice"),
        (("  seed: 0\n", "  seed: zero\n"), "nnzoo.seed: Input should be a valid integer"),
        (("  seed: 0\n", "  seed: '0'\n"), "nnzoo.seed: Input should be a valid integer"),
        (("  seed: 0\n", ""), "nnzoo.seed: Field required"),
        (("  seed: 0\n", "  seed: 0\n  colour: red\n"), "nnzoo.colour: Unexpected keyword"),
        (("  seed: 0\n", "  seed: &a 0\n"), "an alias"),
        (("  seed: 0\n", "  seed: !!int 0\n"), "the tag"),
        (("  seed: 0\n", "  seed: !!python/object/apply:os.getcwd []\n"), "the tag"),
        (("  seed: 0\n", "  seed: 2026-11-28\n"), "not text, a number or a list"),
        (("value: 0.9693593314763231", "value: .nan"), ""),
    ],
)
def test_contents_that_do_not_belong_on_a_card_are_refused(tmp_path, change, fault):
    assert change[0] in TEXT
    assert fault in refused(tmp_path, TEXT.replace(*change))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "front matter between two lines"),
        ("---\nname: x\n", "front matter between two lines"),
        ("---\n- x\n---\n", "not a mapping"),
        ("---\nlicense: mit\n---\n", "no key 'nnzoo'"),
        ("---\nnnzoo: {\n---\n", "line"),
        ("---\nnnzoo: " + "[" * 100 + "\n---\n", "deep"),
        (b"---\n\xff\n---\n", "utf-8"),
        ("---\nnnzoo: " + "x" * (1 << 20) + "\n---\n", "more than 1,048,576 bytes"),
    ],
)
def test_a_file_that_is_not_a_card_is_refused(tmp_path, text, fault):
    assert fault in refused(tmp_path, text)


OLD = {
    "name": "some.one",
    "summary": "Old.",
    "data": {"name": "digits", "license": "CC BY 4.0", "sha256": "00", "samples": {"train": 5, "test": 4}},
    "recipe": "nnzoo train --dataset digits",
    "seed": 0,
    "parameters": 12,
    "test_accuracy": 0.75,
    "test_loss": 0.5,
    "confusion": [[2, 1], [0, 1]],
    "class_names": ["a", "b"],
    "intended_use": "None.",
    "limits": "All.",
    "weights_sha256": "00",
    "file_sha256": "00",
    "environment": {"nnzoo": "0.1.0"},
}


def test_a_card_of_version_0_1_is_read_with_the_interval_that_follows_from_it(tmp_path):
    (tmp_path / "some.one.safetensors").touch()
    (tmp_path / "some.one.json").write_text(json.dumps(OLD))
    with pytest.warns(OldPluginWarning, match="some.one.json: .* zoo add --force"):
        card = read_card(ZooModel("some.one", tmp_path).card_file)
    accuracy = card.figure("accuracy")
    assert (accuracy.value, accuracy.low, accuracy.high) == (0.75, *wilson(3, 4))
    assert card.test_loss == 0.5
    assert card.confusion == [[2, 1], [0, 1]]
    for change in ({"seed": None}, {"data": {"name": "digits"}}, {"colour": "red"}):
        (tmp_path / "some.one.json").write_text(json.dumps(OLD | change))
        with pytest.raises(FileFormatError, match="is not a card"):
            read_card(tmp_path / "some.one.json")


@pytest.mark.parametrize(
    ("blas", "named"),
    [([], "cpu"), ([{"internal_api": "openblas", "architecture": "Zen"}], "cpu (openblas Zen)")],
    ids=["no kernels known", "kernels"],
)
def test_the_speed_names_the_processor_and_its_kernels(monkeypatch, blas, named):
    monkeypatch.setattr("nnzoo.zoo.measuring._SECONDS", 0)
    monkeypatch.setattr("nnzoo.zoo.measuring.describe_environment", lambda _: Environment(machine="cpu", blas=blas))
    milliseconds, machine = milliseconds_a_sample(
        load_model("digits-mlp", registry=BUILTINS).predictor, load_dataset("digits")
    )
    assert machine == named
    assert milliseconds > 0


def test_wilson_is_the_interval_of_the_literature():
    """Values of R's ``binom::binom.wilson`` and of Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20."""
    for right, samples, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson(right, samples) == pytest.approx((low, high), abs=5e-5)


def test_the_bootstrap_of_a_mean_agrees_with_the_normal_interval():
    values = np.random.Generator(np.random.PCG64(3)).normal(size=400)
    found = bootstrap(lambda drawn: {"mean": float(drawn @ values) / 400}, 400, 1000)
    half = 1.96 * values.std() / 20
    assert found["mean"] == pytest.approx((values.mean() - half, values.mean() + half), abs=0.15 * half)


def test_every_figure_of_a_task_gets_an_interval_around_it():
    data = load_dataset("digits", registry=BUILTINS)
    predictor = load_model("digits-mlp", registry=BUILTINS).predictor
    metrics = [BUILTINS.build("metric", name) for name in ("accuracy", "top-k:k=3", "balanced-accuracy")]
    split = predictor.part(data, "test", "digits")
    outcome, figures = measured(predictor, split, metrics, "digits")
    assert {each.name: each.value for each in figures} == outcome.figures
    assert all(each.low < each.value < each.high for each in figures)
    assert [each.method for each in figures] == ["bootstrap", "wilson", "bootstrap", "bootstrap"]
    assert figures[0].value == pytest.approx(read_card(CARD).test_loss)


@pytest.mark.parametrize("text", ["{", "[" * 5000, "{}", b"\xff"])
def test_a_broken_card_is_listed_with_its_fault_and_the_rest_as_usual(nnzoo_here, tmp_path, text):
    (tmp_path / "some.one.safetensors").touch()
    (tmp_path / "some.one.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "mine.py").write_text(LIST_ONE.format(folder=str(tmp_path)))
    outcome = nnzoo_here(tmp_path, "zoo", "list", "--plugin", "mine.py", "--json")
    assert outcome.code == 0, outcome.stderr
    rows = {row["name"]: row for row in json.loads(outcome.stdout)}
    assert rows.keys() >= {*NAMES, "some.one"}
    assert "some.one.md is not a card: " in rows["some.one"]["problem"]
    assert rows["some.one"]["test_accuracy"] is None
    assert all(rows[name]["problem"] == "" for name in NAMES)
    printed = nnzoo_here(tmp_path, "zoo", "list", "--plugin", "mine.py")
    assert printed.code == 0, printed.stderr
    assert all(name in printed.stdout for name in rows)
    assert nnzoo_here(tmp_path, "zoo", "show", "some.one", "--plugin", "mine.py").code == 3
    assert (
        "some.one" not in nnzoo_here(tmp_path, "zoo", "list", "--task", "classification", "--plugin", "mine.py").stdout
    )


def test_a_card_of_another_network_is_reported(nnzoo_here, tmp_path):
    (tmp_path / "some.one.safetensors").touch()
    (tmp_path / "some.one.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "mine.py").write_text(LIST_ONE.format(folder=str(tmp_path)))
    outcome = nnzoo_here(tmp_path, "zoo", "show", "some.one", "--plugin", "mine.py")
    assert (outcome.code, outcome.stdout) == (3, "")
    assert "the card of digits-mlp.relu" in outcome.stderr
