"""``nnzoo summary``: the layers of an architecture."""

import json

import pytest

from nnzoo import DeepNeuralNetwork


def cells(text):
    return [line.split() for line in text.splitlines() if line.strip(" ─")]


def test_it_shows_what_a_network_says_of_itself(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "summary", "--hidden", "32,16", "--input-shape", "8,8", "--activation", "sigmoid")
    assert (outcome.code, outcome.stderr) == (0, "")
    network = DeepNeuralNetwork(model="mlp:hidden=32,16", input_shape=(8, 8), outputs=10, activation="sigmoid")
    assert cells(outcome.stdout) == cells(network.summary())
    assert f"{65 * 32:,}" in outcome.stdout


def test_the_default_is_the_network_that_train_trains(nnzoo_here, tmp_path):
    assert nnzoo_here(tmp_path, "summary").stdout.splitlines()[-1] == "input 28×28, 50,890 parameters, 203,560 bytes"


def test_it_comes_as_json(nnzoo_here, tmp_path):
    outcome = nnzoo_here(
        tmp_path, "summary", "--model", "mlp:hidden=5", "--input-shape", "4", "--outputs", "3", "--json"
    )
    assert (outcome.code, outcome.stderr) == (0, "")
    assert json.loads(outcome.stdout) == {
        "input_shape": [4],
        "layers": [
            {"layer": "dense:units=5,initialization=he", "output_shape": [5], "parameters": 25},
            {"layer": "activate:activation=relu", "output_shape": [5], "parameters": 0},
            {"layer": "dense:units=3,initialization=glorot", "output_shape": [3], "parameters": 18},
        ],
        "parameters": 43,
        "bytes": 172,
    }


def test_a_trained_network_is_summarized_and_drawn(nnzoo_here, tmp_path):
    DeepNeuralNetwork([5, 4, 2]).save(tmp_path / "mine.safetensors")
    outcome = nnzoo_here(tmp_path, "summary", "mine.safetensors", "--diagram", "mine.svg", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    told = json.loads(outcome.stdout)
    assert (told["input_shape"], told["parameters"], told["diagram"]) == ([5], 34, "mine.svg")
    assert "<svg" in (tmp_path / "mine.svg").read_text()


def test_a_diagram_is_drawn_of_what_is_not_trained(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "summary", "--hidden", "8", "--diagram", "network.png")
    assert outcome.stdout.endswith("wrote network.png\n")
    assert (tmp_path / "network.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (("--input-shape", "8x8"), "28,28"),
        (("--input-shape", ""), "28,28"),
        (("--input-shape", "8,0"), "above 0"),
        (("--outputs", "0"), "above 0"),
        (("--model", "mpl"), "did you mean mlp?"),
        (("--model", "mlp:hidden=3", "--hidden", "4"), "given twice"),
        (("--hidden", "1000000000000"), "memory"),
        (("--diagram", "network.gif"), "formats are png, svg, pdf"),
        (("mine.safetensors", "--hidden", "4"), "leave --hidden out"),
    ],
)
def test_what_is_no_architecture_is_refused(nnzoo_here, tmp_path, arguments, fragment):
    outcome = nnzoo_here(tmp_path, "summary", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert fragment in outcome.stderr
    assert "Traceback" not in outcome.stderr
