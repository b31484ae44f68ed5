"""Activations and optimizers of a single-file plugin, right and wrong, unmodified."""

import json

import numpy as np
import pytest


def number(text):
    return float(text.replace("−", "-"))


def test_an_activation_and_an_optimizer_of_a_plugin(explain, plugin):
    told = explain("--tiny", "--plugin", plugin, "--activation", "cubed", "--optimizer", "counting")
    assert (told.code, told.errors) == (0, "")
    forward = told.section("Forward · 1.activate, cubed")
    assert forward[:3] == ["f(z)  = z³", "", "of any number z"]
    assert f"a[0] = f(z[0]) = f(0.6) = {0.6**3:.8g}" in forward
    backward = told.section("Backward · 1.activate, cubed")
    assert backward[:2] == ["∂L/∂z = ∂L/∂a · f′(z)", "f′(z) = 3 z²"]
    assert [cells[-1] for cells in told.rows("Backward · 1").values()] == ["✓", "✓"]
    update = told.section("Update · counting")
    assert "θ ← θ − η sign(g)" in update
    assert "where g is the gradient." in update
    assert {"steps (1) = [0]   before", "steps (1) = [1]   after"} <= set(update)  # no state of a parameter
    rows = told.rows("Update")
    before, decayed, gradient, start_before, start, after = map(number, rows["0.dense.weight[0,0]"])
    assert (before, decayed, start_before, start) == (0.2, 0.199, 0.2, 0.2)
    assert after == pytest.approx(0.199 - 0.5 * np.sign(gradient))
    assert "18 of 18 gradients are confirmed" in told.text


def test_a_wrong_derivative_is_not_confirmed(explain, plugin):
    told = explain("--tiny", "--plugin", plugin, "--activation", "halved")
    assert told.code == 0
    for sound in ("Loss", "Backward · 2.dense"):
        assert {cells[-1] for cells in told.rows(sound).values()} == {"✓"}
    for wrong in ("Backward · 1.activate", "Backward · 0.dense"):
        rows = told.rows(wrong).values()
        assert {cells[-1] for cells in rows} == {"NOT CONFIRMED"}
        for *_, gradient, difference, _ in rows:
            assert number(gradient) == pytest.approx(number(difference) / 2, rel=1e-6)
    verdict = " ".join(told.section("Checked"))
    assert "10 of 18 gradients are confirmed by finite differences, 8 NOT CONFIRMED" in verdict
    assert "The first wrong gradient comes from the activation halved" in verdict
    assert told.errors == f"nnzoo: a gradient is wrong; look closer: nnzoo check activation halved --plugin {plugin}\n"


def test_json_has_the_same_numbers(explain, plugin):
    told = explain("--tiny", "--plugin", plugin, "--activation", "halved", "--json")
    answer = json.loads(told.text)
    assert (answer["confirmed"], answer["kinks"], answer["not_confirmed"]) == (10, 0, 8)
    assert answer["culprit"] == {"kind": "activation", "component": "halved"}
    assert answer["largest_relative_difference"] == pytest.approx(0.5)
    wrong = [row for row in answer["finite_differences"] if row["verdict"] != "confirmed"]
    assert {row["array"] for row in wrong} == {"1.activate.input", "0.dense.weight", "0.dense.bias"}
    assert wrong[0]["array"] == "1.activate.input"
    assert wrong[0]["index"] == [0]
    assert wrong[0]["gradient"] == pytest.approx(wrong[0]["finite_difference"] / 2)


@pytest.mark.parametrize("loss", ["softmax-cross-entropy", "mse"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "identity"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum:beta=0.5"])
def test_built_in_components(explain, activation, optimizer, loss):
    told = explain("--tiny", "--activation", activation, "--optimizer", optimizer, "--loss", loss, "--json")
    answer = json.loads(told.text)
    assert (told.code, told.errors, answer["confirmed"]) == (0, "", 18)
    assert answer["update"]["loss_value"] < answer["loss_value"]
    assert (answer["loss"], answer["optimizer"], answer["activation"]) == (loss, optimizer, activation)
