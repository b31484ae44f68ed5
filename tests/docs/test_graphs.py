"""The page about graphs, several inputs and several outputs: its code runs."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs/graphs.md").read_text(encoding="utf-8")


def test_its_code_runs(capsys):
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "graphs.md", "exec"), names)
    shapes, *_, figures = capsys.readouterr().out.splitlines()
    assert shapes == "(600, 7) ['color (3,)', 'shape (2, 2)']"
    accuracy, r2 = map(float, figures.split())
    assert accuracy > 0.9 < r2
    assert names["found"]["weight"].shape == (5, 1)
    from nnzoo.api import Graph, Problem
    from nnzoo.builtin.activations import Relu

    graph = names["Residual"]().graph(Problem((4,), (3,), ()), Relu())
    assert isinstance(graph, Graph)
    assert not graph.is_row()
    assert names["towers"](Graph(), names["dnn"].problem) == [0, 1]
