"""The notation of search spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.errors import FileFormatError, NnzooError, UsageError
from nnzoo.kinds import Choice, Range
from nnzoo.plugins.registry import Registry
from nnzoo.sweeps.spaces import read_file, read_space, text_of

REGISTRY = Registry(disabled=["all"])


def combinations(**texts):
    """Every configuration of a space, with the low and the high end of each range."""
    space = read_space(REGISTRY, texts)
    search = REGISTRY.build("search", "grid:points=2")
    return [dict(one.configuration) for one in search.propose(space, None, 0, ())]


def test_a_fixed_option_is_unchanged():
    assert combinations(optimizer="momentum:beta=0.5", epochs="5") == [
        {"optimizer": "momentum:beta=0.5", "epochs": "5"}
    ]


@pytest.mark.parametrize(
    ("option", "text", "found"),
    [
        ("optimizer", "sgd,momentum", ["sgd", "momentum"]),
        ("optimizer", "sgd, momentum:beta=0.5", ["sgd", "momentum:beta=0.5"]),
        ("optimizer", "momentum:beta=0.5,momentum:beta=0.9", ["momentum:beta=0.5", "momentum:beta=0.9"]),
        ("optimizer", "sgd,momentum:beta=lin:0.8..0.99", ["sgd", "momentum:beta=0.8", "momentum:beta=0.99"]),
        ("optimizer", "(momentum:beta=0.5),sgd", ["momentum:beta=0.5", "sgd"]),
        ("schedule", "one-cycle:warmup=lin:0.1..0.2,start=0.5,constant", None),
        ("learning_rate", "log:0.01..10", ["0.01", "10.0"]),
        ("learning_rate", "0.1,log:1..2", ["0.1", "1.0", "2.0"]),
        ("batch_size", "int:32..64", ["32", "64"]),
        ("hidden", "32,(64,32)", ["32", "64,32"]),
        ("hidden", "int:4..5,64", ["4", "5", "64"]),
        ("model", "mlp:hidden=int:4..8", ["mlp:hidden=4", "mlp:hidden=8"]),
    ],
)
def test_alternatives_and_ranges(option, text, found):
    values = [one[option] for one in combinations(**{option: text})]
    assert values == (found or ["one-cycle:warmup=0.1,start=0.5", "one-cycle:warmup=0.2,start=0.5", "constant"])


def test_a_star_varies_all_hyperparameters_with_declared_ranges():
    (one,) = read_space(REGISTRY, {"schedule": "one-cycle:*,start=0.5"}).dimensions()
    assert isinstance(one, Range)
    assert (one.name, one.low, one.scale) == ("schedule.one-cycle.warmup", 0, "linear")
    assert 0.99 < one.high < 1
    assert REGISTRY.build("schedule", combinations(schedule="one-cycle:*,start=0.5")[1]["schedule"])
    with pytest.raises(UsageError, match="varies nothing"):
        read_space(REGISTRY, {"optimizer": "sgd:*"})


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("optimizer", "sgd,adamm", "adamm"),
        ("optimizer", "momentum:betta=lin:0..0.5", "betta"),
        ("optimizer", "momentum:beta=lin:0.5..1.5", "beta"),
        ("optimizer", "momentum:beta=lin:0.5", "beta"),
        ("optimizer", "sgd,,momentum", "empty"),
        ("optimizer", "sgd,sgd", "twice"),
        ("optimizer", "(sgd", "closed"),
        ("optimizer", "momentum:beta=lin:0..0.4,momentum:beta=lin:0.6..0.8", "two places"),
        ("learning_rate", "log:0..1", "above 0"),
        ("learning_rate", "lin:2..1", "the lower end first"),
        ("learning_rate", "lin:a..b", "numbers"),
        ("learning_rate", "lin:1..inf", "not a range"),
        ("learning_rate", "fast", "fast"),
        ("learning_rate", "-1,1", "-1"),
        ("epochs", "lin:1..2", "epochs"),
        ("epochs", "int:1..2.5", "whole"),
        ("hidden", "32,x", "x"),
        ("speed", "1,2", "speed"),
    ],
)
def test_mistakes_in_a_space_are_reported(option, text, said):
    with pytest.raises(UsageError) as raised:
        read_space(REGISTRY, {option: text})
    assert said in str(raised.value)


def test_a_file(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text(
        'optimizer = ["sgd", "momentum:beta=0.5"]\nlearning-rate = "log:0.1..1"\nhidden = [8, [8, 4]]\nepochs = 3\n'
    )
    texts = {"optimizer": "sgd,momentum:beta=0.5", "learning_rate": "log:0.1..1", "hidden": "8,(8,4)", "epochs": "3"}
    assert read_file(path) == texts
    path.write_text("epochs = ")
    with pytest.raises(FileFormatError):
        read_file(path)
    path.write_text("epochs = true")
    with pytest.raises(UsageError):
        read_file(path)


numbers = st.floats(1e-6, 1e6)


@given(low=numbers, high=numbers, scale=st.sampled_from(["linear", "log"]), share=st.floats(0, 1))
def test_a_range_stays_within_its_ends(low, high, scale, share):
    low, high = sorted((low, high))
    if low < high:
        one = Range("x", low, high, scale)
        assert low <= one.at(share) <= high
        assert float(str(one.at(share))) == one.at(share)


@given(low=st.integers(-100, 100), span=st.integers(1, 50), points=st.integers(2, 60))
def test_whole_numbers_come_once_each(low, span, points):
    one = Range("x", low, low + span, "integer")
    values = [one.at(place / span) for place in range(span + 1)]
    assert values == [*range(low, low + span + 1)]


@given(st.lists(st.sampled_from(["8", "int:4..6", "(8,4)", "(16,8,4)", "32"]), min_size=1, unique=True))
def test_alternatives_survive_as_lists(items):
    values = [[int(n) for n in one[1:-1].split(",")] if one.startswith("(") else one for one in items]
    text = text_of("hidden", values)
    assert text == ",".join(items)
    space = read_space(REGISTRY, {"hidden": text})
    (dimension, *_) = space.dimensions() or [None]
    if len(items) > 1:
        assert isinstance(dimension, Choice)
        assert len(dimension.options) == len(items)


@given(st.text(alphabet="sgd momentum:beta=lin..log0.59,()*", max_size=30))
def test_any_text_is_a_space_or_an_error(text):
    for option in ("optimizer", "learning_rate", "hidden"):
        try:
            space = read_space(REGISTRY, {option: text})
        except NnzooError:
            continue
        assert space.configuration(lambda one: 0 if isinstance(one, Choice) else one.at(0.5))
