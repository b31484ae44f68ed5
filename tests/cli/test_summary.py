"""``nnzoo summary``: the layers of an architecture."""

import json

import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add
from nnzoo.cli.summary import print_summary, summary_of
from nnzoo.kinds import Graph
from nnzoo.nn import Network


def cells(text):
    return [line.split() for line in text.splitlines() if line.strip(" ─")]


def test_it_shows_the_layers_of_the_network(nnzoo_here, tmp_path):
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
    told = json.loads(outcome.stdout)
    layers = told.pop("layers")
    assert told == {"input_shape": [4], "parameters": 43, "bytes": 172}
    assert [(layer["layer"], layer["output_shape"], layer["parameters"]) for layer in layers] == [
        ("dense:units=5,initialization=he", [5], 25),
        ("activate:activation=relu", [5], 0),
        ("dense:units=3,initialization=glorot", [3], 18),
    ]
    assert [(layer["inputs"], layer["shared_with"]) for layer in layers] == [([-1], None), ([0], None), ([1], None)]


def test_the_summary_of_a_graph_has_the_inputs_of_each_layer(capsys):
    graph = Graph()
    one = graph.add(Dense(4), Activate())
    two = graph.add(Dense(4), Activate(), after=graph.input, shared_with=one)
    graph.add(Add(), after=(one, two))
    network = Network(graph, (3,))
    told = summary_of(network)["layers"]
    assert [(layer["inputs"], layer["shared_with"], layer["parameters"]) for layer in told] == [
        *(([-1], None, 16), ([0], None, 0)),
        *(([-1], 0, 0), ([2], 1, 0)),
        ([1, 3], None, 0),
    ]
    print_summary(network)
    rows = cells(capsys.readouterr().out)
    assert ["2", "dense:units=4,initialization=glorot", "input", "4", "of", "0"] in rows
    assert ["3", "activate:activation=identity", "2", "4", "0"] in rows
    assert ["4", "add", "1,", "3", "4", "0"] in rows


def test_a_trained_network_is_summarized_and_drawn(nnzoo_here, tmp_path):
    DeepNeuralNetwork([5, 4, 2]).save(tmp_path / "mine.safetensors")
    outcome = nnzoo_here(tmp_path, "summary", "mine.safetensors", "--diagram", "mine.svg", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    told = json.loads(outcome.stdout)
    assert (told["input_shape"], told["parameters"], told["diagram"]) == ([5], 34, "mine.svg")
    assert "<svg" in (tmp_path / "mine.svg").read_text()


def test_a_diagram_is_drawn_of_an_untrained_network(nnzoo_here, tmp_path):
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
        (("mine.safetensors", "--hidden", "4"), "omit --hidden"),
    ],
)
def test_invalid_architectures_are_refused(nnzoo_here, tmp_path, arguments, fragment):
    outcome = nnzoo_here(tmp_path, "summary", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert fragment in outcome.stderr
    assert "Traceback" not in outcome.stderr
