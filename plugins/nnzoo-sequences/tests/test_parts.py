"""nnzoo's conformance kit for task, metrics, models and data, and what it can't know of them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from nnzoo.api import Dataset, FileFormatError, NnzooError, Problem, UsageError, prepare_dataset
from nnzoo.testing import parametrize_with_checks

from nnzoo_sequences import BitsPerCharacter, CharGpt, CharGru, KjvPoetry, NextToken, Perplexity, Text
from nnzoo_sequences.texts import dataset_of

SMALL = "the quick brown fox jumps over the lazy dog\n" * 20


@parametrize_with_checks(
    [
        NextToken(),
        BitsPerCharacter(),
        Perplexity(),
        CharGru(blocks=2, units=8, embedding=6),
        CharGpt(blocks=2, heads=2, width=8),
        KjvPoetry(),
    ]
)
def test_the_rules_of_its_kind(check):
    check()


def test_pieces_go_through_the_text_and_share_nothing():
    data = dataset_of(SMALL, 9, 0.2, "it")
    rows = np.concatenate([data.train.array, data.test.array])
    following = np.concatenate([data.train.targets, data.test.targets])
    pieces = [[data.class_names[c] for c in (*row, after[-1])] for row, after in zip(rows, following, strict=True)]
    assert "".join(map("".join, pieces)) == SMALL[: 10 * len(pieces)]
    assert len(pieces) == len(SMALL) // 10
    np.testing.assert_array_equal(rows[:, 1:], following[:, :-1])
    assert len(data.test) == round(0.2 * len(pieces))


def test_validation_is_what_comes_before_the_test_part():
    data = dataset_of(SMALL, 9, 0.2, "it")
    prepared = prepare_dataset(data, NextToken(), validation=0.25)
    assert prepared.validation is not None
    count = len(prepared.validation)
    np.testing.assert_array_equal(prepared.validation.array, data.train.array[-count:])
    np.testing.assert_array_equal(prepared.train.array, data.train.array[:-count])


def test_line_ends_of_any_kind_and_a_mark_at_the_start_are_the_same_text(tmp_path):
    plain, other = tmp_path / "plain.txt", tmp_path / "other.txt"
    plain.write_bytes(SMALL.encode())
    other.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert loaded(Text(str(plain))).sha256() == loaded(Text(str(other))).sha256()


def loaded(loader) -> Dataset:
    return loader.load(None)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00" * 100, "not UTF-8"), (b"short", "at least 130"), (b"a" * 1000, "single distinct character")],
)
def test_what_is_not_a_text_is_refused(tmp_path, content, words):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=words):
        loaded(Text(str(path)))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"no file .*nothing\.txt"):
        loaded(Text(str(tmp_path / "nothing.txt")))


def test_bits_and_perplexity_are_the_loss_in_other_units():
    problem, rng = Problem((2,), (2, 5), (2,)), np.random.default_rng(0)
    predictions, targets = rng.dirichlet(np.ones(5), 40), rng.integers(5, size=40)
    loss = -np.log(predictions[np.arange(40), targets]).mean()
    values = []
    for metric in (BitsPerCharacter(), Perplexity()):
        plan = metric.plan(problem)
        sums = {name: np.zeros(shape) for name, shape in plan.sums.items()}
        workspace = {name: np.zeros((40, *b.shape), b.dtype) for name, b in plan.workspace.items()}
        metric.update(predictions, targets, None, sums, workspace)
        values += metric.values(sums)
    np.testing.assert_allclose(values, [loss / math.log(2), math.exp(loss)], rtol=1e-12)


def test_the_shipped_text_has_the_declared_size():
    data = loaded(KjvPoetry())
    assert (len(data.class_names), data.train.array.shape[1], data.train.array.dtype) == (63, 64, np.uint8)
    gpt = sum(math.prod(shape) for shape in shapes(CharGpt()))
    assert 200_000 < gpt < 212_000


def shapes(model):
    from nnzoo.api import Network, Registry  # noqa: F401

    problem = Problem((64,), (64, 63), (64,))
    from nnzoo.builtin.activations import Relu

    network = Network(model.graph(problem, Relu()), problem.input_shape)
    return [parameter.shape for parameter in network.parameters.layout.values()]


def test_an_answer_is_what_comes_behind_the_last_step():
    problem = Problem((2,), (2, 3), (2,), ("a", "b", "\n"))
    answer = NextToken().answer(np.array([[0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]), problem)
    assert (answer["answer"], answer["probability"], answer["at_each_step"]) == ("\n", 0.6, ["b", "\n"])
    json.dumps(answer)


@pytest.mark.parametrize("model", [CharGru(), CharGpt()])
def test_models_refuse_what_is_not_a_sequence_of_classes(model):
    from nnzoo.builtin.activations import Relu

    with pytest.raises(NnzooError, match="class at each step"):
        model.graph(Problem((8, 8), (10,), ()), Relu())
