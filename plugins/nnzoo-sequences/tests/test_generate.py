"""`nnzoo generate`, and a training that it follows: in this process, as a user would."""

from __future__ import annotations

import json

import click
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import UsageError

from nnzoo_sequences.command import generate_text
from nnzoo_sequences.generating import generate
from nnzoo_sequences.texts import dataset_of

SENTENCE = "the quick brown fox jumps over the lazy dog\n"


@pytest.fixture(scope="module")
def gru():
    dnn = DeepNeuralNetwork.for_dataset(dataset_of(SENTENCE * 60, 15, 0.1, "it"), model="char-gru:units=40")
    dnn.train(dataset_of(SENTENCE * 60, 15, 0.1, "it"), epochs=12, batch_size=8, verbose=False)
    return dnn


@pytest.fixture(scope="module")
def file(gru, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "fox.safetensors"
    gru.save(path)
    return path


@pytest.fixture
def run(capsys):
    """Run the command; what it printed."""

    def run(*arguments):
        generate_text.main([*map(str, arguments)], standalone_mode=False, obj=registry)
        return capsys.readouterr().out

    return run


def test_a_text_that_repeats_is_learnt_by_heart(gru):
    assert gru.history[-1].figures["test_bits_per_character"] < 0.5
    assert "".join(generate(gru, "the qu", 80, 0, 0)) == (SENTENCE * 3)[6:86]


def test_a_transformer_learns_it_too():
    data = dataset_of(SENTENCE * 60, 15, 0.1, "it")
    dnn = DeepNeuralNetwork.for_dataset(data, model="char-gpt:blocks=1,width=32")
    dnn.train(data, epochs=12, batch_size=8, verbose=False)
    assert dnn.history[-1].figures["test_bits_per_character"] < 1
    assert dnn.history[-1].figures["test_perplexity"] < 2


def test_the_same_seed_writes_the_same_text_and_another_one_another(gru):
    first, again, other = ("".join(generate(gru, "t", 60, 2, seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert len(first) == 60


def test_it_says_one_character_after_the_other(gru):
    characters = generate(gru, "the", 10**9, 0.8, 0)
    assert all(len(next(characters)) == 1 for _ in range(5))


def test_the_command_writes_the_prompt_and_what_follows(file, run):
    assert run(file, "--prompt", "the quick", "--length", 10, "--temperature", 0) == "the quick brown fox\n"


def test_as_json(file, run):
    told = json.loads(run(file, "--prompt", "the quick", "--length", 6, "--temperature", 0, "--json"))
    assert (told["prompt"], told["text"]) == ("the quick", " brown")


@pytest.mark.parametrize(
    ("prompt", "words"), [("", "prompt is empty"), ("the Quick", "does not know the character 'Q'"), ("ö", "'ö'")]
)
def test_prompts_that_can_not_be_followed(file, run, prompt, words):
    with pytest.raises(UsageError, match=words):
        run(file, "--prompt", prompt)


@pytest.mark.parametrize("temperature", ["-1", "nan", "inf", "hot"])
def test_temperatures_that_are_none(file, run, temperature):
    with pytest.raises(click.BadParameter):
        run(file, "--prompt", "the", f"--temperature={temperature}")


def test_a_network_of_another_task_is_refused(run):
    with pytest.raises(UsageError, match="task classification"):
        run("digits-mlp", "--prompt", "the")


def test_a_text_with_other_characters_is_measured_by_the_network_s_own_numbers(gru):
    """Class numbers differ between texts: here both inputs and targets have to be brought to the network's own."""
    other = dataset_of("".join(c for c in SENTENCE if c not in "tq") * 60, 15, 0.1, "other")
    split = gru.predictor.part(other, "test", "other")
    names, theirs = gru.class_names, other.class_names
    for found, given in ((split.array, other.test.array), (split.targets, other.test.targets)):
        assert [[names[int(c)] for c in row] for row in found] == [[theirs[c] for c in row] for row in given]
    strange = dataset_of(SENTENCE.replace("q", "Q") * 60, 15, 0.1, "strange")
    with pytest.raises(UsageError, match="Q"):
        gru.predictor.part(strange, "test", "strange")


def test_it_is_loaded_by_name():
    assert load_dataset("kjv-poetry").task == "next-token"
