"""`.ci/check_site.py` finds what a reader without a network, or who follows a link, would miss."""

import runpy
from pathlib import Path

import pytest

PROBLEMS = runpy.run_path(str(Path(__file__).parents[2] / ".ci/check_site.py"))["problems"]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ('<a href="b.html#there">b</a><a href="#here">a</a><h1 id="here">a</h1><img src="x.png">', 0),
        ('<a href="https://example.org/">elsewhere</a>', 0),
        ('<script src="https://example.org/x.js"></script>', 1),
        ('<link rel="stylesheet" href="//example.org/x.css">', 1),
        ('<a href="c.html">c</a>', 1),
        ('<a href="b.html#nowhere">b</a>', 1),
        ('<img src="y.png">', 1),
    ],
)
def test_what_is_wrong_with_a_page(tmp_path, body, count):
    (tmp_path / "a.html").write_text(body)
    (tmp_path / "b.html").write_text('<p id="there">b</p>')
    (tmp_path / "x.png").touch()
    found = PROBLEMS(tmp_path)
    assert len(found) == count, found
    assert all("a.html" in line for line in found)


def test_a_style_that_loads_a_font_from_elsewhere(tmp_path):
    (tmp_path / "x.css").write_text("@font-face { src: url(https://example.org/x.woff2) }")
    assert PROBLEMS(tmp_path)
