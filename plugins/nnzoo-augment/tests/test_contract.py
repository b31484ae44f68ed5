"""What every transform owes to the trainer, and that nnzoo finds and trains with it."""

import json

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import Problem, Split, UsageError
from nnzoo.cli.main import main
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

from nnzoo_augment import (
    CutMix,
    Cutout,
    Elastic,
    Flip,
    LabelSmoothing,
    MaskColumns,
    Mixup,
    Rotate,
    Scale,
    Shift,
    nnzoo_transforms,
)

TRANSFORMS = [transform() for transform in nnzoo_transforms()]
NAMES = ["shift", "flip", "rotate", "scale", "elastic", "cutout", "mixup", "cutmix", "label-smoothing", "mask-columns"]
FOR_PICTURES = [Shift(), Flip(), Rotate(), Scale(), Elastic(), Cutout(), CutMix()]

PICTURES = Problem((8, 8), (3,), ())
ROWS = Problem((6,), (3,), ())
VALUES = Problem((8, 8), (3,), (3,))
LABELS = Problem((8, 8), (3,), (3,), has_labels=True)


@parametrize_with_checks([*TRANSFORMS, Shift(8), Rotate(180), Scale(0.5, 2), Elastic(3, 0.5), Cutout(1), Mixup(5)])
def test_conformance(check):
    check()


def test_names():
    assert [transform.name for transform in TRANSFORMS] == NAMES
    assert KNOWN_PACKAGES["nnzoo-augment"] == {"transform": tuple(NAMES)}  # what nnzoo says where it is not installed


@pytest.mark.parametrize("name", NAMES)
def test_nnzoo_finds_it_with_its_equation_and_its_source(name):
    transform = registry.build("transform", name)
    assert registry.provider(transform).distribution == "nnzoo-augment"
    assert "Equation" in transform.description()
    assert "References" in transform.description()


@pytest.mark.parametrize("transform", FOR_PICTURES, ids=str)
def test_rows_of_numbers_are_not_pictures(transform):
    with pytest.raises(UsageError, match=rf"transform {transform.name} is for pictures, and .* shape \(6,\)"):
        transform.plan(ROWS)


@pytest.mark.parametrize(
    ("transform", "problem", "message"),
    [
        (MaskColumns(), PICTURES, r"for tables, but samples have the shape \(8, 8\)"),
        (CutMix(), VALUES, "is for classes"),
        (CutMix(), LABELS, "is for classes"),
        (LabelSmoothing(), VALUES, "is for classes"),
        (LabelSmoothing(), LABELS, "is for classes"),
        (Shift(9), PICTURES, "pixels = 9 is more than a picture of 8 × 8 has"),
        (Cutout(9), PICTURES, "pixels = 9 is more than a picture of 8 × 8 has"),
        (Scale(2, 0.5), PICTURES, r"low = 2 is above high = 0.5"),
    ],
)
def test_what_cannot_work_is_refused_with_a_cure(transform, problem, message):
    with pytest.raises(UsageError, match=message) as refused:
        transform.plan(problem)
    assert refused.value.hint


@pytest.mark.parametrize("transform", TRANSFORMS, ids=str)
def test_it_draws_from_its_generator_alone_and_forgets_the_batch_before(transform, changed):
    inputs = np.random.default_rng(0).random((12, 6) if transform.name == "mask-columns" else (12, 8, 8))
    first, other, again = (changed(transform, inputs, seed=seed) for seed in (0, 1, 0))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, again.targets)
    assert transform.name == "label-smoothing" or not np.array_equal(first.inputs, other.inputs)


@pytest.mark.parametrize("transform", FOR_PICTURES, ids=str)
def test_a_channel_is_treated_like_the_picture_that_it_is(transform, changed):
    gray = np.random.default_rng(0).random((20, 7, 9))
    color = np.stack([gray, 2 * gray, gray], axis=1)
    one, three = changed(transform, gray).inputs, changed(transform, color).inputs
    np.testing.assert_allclose(three, np.stack([one, 2 * one, one], axis=1), atol=1e-12)


@pytest.mark.parametrize(
    "names", [["shift:pixels=1", "rotate", "mixup"], ["elastic:pixels=0.5", "cutmix", "label-smoothing"]]
)
def test_digits_are_learnt_with_several(names):
    digits = load_dataset("digits")
    dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=32")
    dnn.train(digits, epochs=15, transforms=names, verbose=False)
    assert dnn.history[-1].test_accuracy > 0.75
    assert dnn.history[-1].train_loss > dnn.history[-1].test_loss


@pytest.mark.parametrize("task", ["regression", "multi-label", "classification"])
def test_mixup_trains_for_every_task_and_leaves_the_data_alone(task):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)).astype(np.float32)
    y = {"regression": x @ rng.normal(size=(4, 2)), "multi-label": (x[:, :3] > 0).astype(int)}.get(task, x.argmax(1))
    split = Split(x, y, weights=rng.uniform(0.5, 2, 60))
    recipe = resolve_recipe(registry, task=task, transforms=["mixup"], epochs=12, batch_size=8, learning_rate=0.05)
    data = prepare_data(recipe.task, split, None, names=())
    trainer = prepare(build_network(recipe, data.problem), recipe, data)
    before = trainer.train.targets.copy(), x.copy()
    first, *_, last = trainer.epochs()
    assert last.train_loss < first.train_loss
    np.testing.assert_array_equal(trainer.train.targets, before[0])
    np.testing.assert_array_equal(x, before[1])


def test_the_command_line_trains_with_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["train", "--dataset", "digits", "--transform", "shift:pixels=1", "--transform", "mixup:alpha=0.2"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--epochs", "5", "--json", "--quiet"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["test_accuracy"] > 0.8
    (record,) = tmp_path.glob("runs/*/run.json")
    stored = json.loads(record.read_text())["transforms"]
    assert [(one["name"], one["options"]) for one in stored] == [
        ("nnzoo-augment/shift", {"pixels": 1}),
        ("nnzoo-augment/mixup", {"alpha": 0.2}),
    ]


def test_the_command_line_says_what_a_table_can_take(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i % 7},{i % 3},{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "table.csv").write_text("x,y,kind\n" + rows)
    with pytest.raises(SystemExit) as ended:
        main(["train", "--dataset", "table.csv", "--transform", "rotate", "--quiet"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "transform rotate is for pictures" in said
    assert "mask-columns" in said
