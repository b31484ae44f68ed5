"""``nnzoo explain --html``: the page has the numbers and the images, and asks for nothing else."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from unittest.mock import patch

import numpy as np
import pytest

from nnzoo.explanation.story import story
from nnzoo.explanation.subject import tiny_subject
from nnzoo.explanation.walk import walk
from nnzoo.figures.matrices import array_figure, patterns_figure, sample_figure
from nnzoo.pages.explanation import explanation_page
from nnzoo.plugins.registry import default_registry
from nnzoo.training.recipe import resolve_recipe


class Page(HTMLParser):
    """Headings, tables, images, and every address in it."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.rows, self.alts, self.addresses, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.words.append("\n" if tag in ("tr", "h2", "h3", "p", "pre") else "")
        for name, value in attributes:
            if name in ("src", "href", "srcset", "action", "data"):
                self.addresses.append(value)
            if name == "alt":
                self.alts.append(value)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td") and self.rows:
            self.rows[-1].append("")
        if tag in ("h2", "h3"):
            self.headings.append("")
        self.tag = tag

    def handle_data(self, data):
        self.words.append(data)
        if self.lasttag in ("th", "td", "span", "strong", "br") and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()
        if self.lasttag in ("h2", "h3"):
            self.headings[-1] += data.strip()


def number(text):
    return float(text.replace("−", "-"))


@pytest.fixture(scope="module")
def tiny():
    """What the tiny example explains."""
    recipe = resolve_recipe(
        default_registry(), model="mlp:hidden=2", schedule="constant", learning_rate=0.5, weight_decay=0.01
    )
    subject = tiny_subject(recipe)
    return subject, walk(subject.network, recipe, subject.problem, subject.batch)


@pytest.fixture(scope="module")
def page(tiny):
    """Its page, with empty drawings for images."""
    subject, taken = tiny
    with patch("nnzoo.pages.page.figure_bytes", lambda figure, format: f"<{format}/>".encode()):
        return explanation_page(subject, taken, story(subject, taken))


def test_it_reports_every_step(page):
    parts = [heading for heading in Page(page).headings if " " not in heading and "." not in heading]
    assert parts[:5] == ["Forward", "Loss", "softmax-cross-entropy", "Backward", "Update"]
    assert "Checked" in parts
    layers = [heading for heading in Page(page).headings if heading[0].isdigit()]
    assert layers == [
        *("0.dense, units = 2", "1.activate, relu", "2.dense, units = 2"),
        *("2.dense, units = 2", "1.activate, relu", "0.dense, units = 2"),
    ]


def test_its_numbers_are_those_of_the_step(page, tiny):
    rows = {row[0]: row[1:] for row in Page(page).rows if row}
    for j in range(2):
        _, gradient, difference, mark = rows[f"∂L/∂z[{j}]"]
        found = tiny[1].layers[1].grads_in[0]
        assert number(gradient) == pytest.approx(found.values[j], rel=1e-7)
        assert number(difference) == pytest.approx(found.differences[j], abs=1e-8)
        assert mark == "✓"
    assert rows["W"][:2] == ["2×2", "[0.5, −0.3][0.7,  0.4]"]
    text = "".join(Page(page).words)
    for told in ("y[0] = 1·0.2 + 0.5·0.6 + 0.1 = 0.6", "18 of 18 gradients are confirmed", "v ← β v + (1 − β) g"):
        assert told in text


def test_it_has_images_of_weights_gradients_and_changes(page):
    alts = Page(page).alts
    for name in ("0.dense.weight", "2.dense.weight"):
        for what in ("Weights", "Gradient", "Change"):
            assert sum(alt.startswith(f"{what} of {name}, an array of 2×2") for alt in alts) == 1
    assert len(alts) == 6


def test_the_page_loads_nothing(page):
    addresses = Page(page).addresses
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", page)


@pytest.mark.usefixtures("unpainted")
def test_untrusted_text_is_escaped(tiny):
    subject, taken = tiny
    problem = replace(subject.problem, names=("<script>alert(1)</script>", "b"))
    hostile = replace(subject, problem=problem, sample="<img src=x onerror=alert(1)>")
    page = explanation_page(hostile, taken, story(hostile, taken))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.usefixtures("unpainted")
def test_the_command_writes_it(explain, plugin, tmp_path):
    path = tmp_path / "step.html"
    told = explain("--tiny", "--plugin", plugin, "--activation", "halved", "--html", path)
    assert (told.code, told.text) == (0, f"wrote {path}\n")
    page = path.read_text(encoding="utf-8")
    assert "<strong>NOT CONFIRMED</strong>" in page
    assert "Some gradients are not confirmed" in page
    told = explain("--index", "3", "--hidden", "2", "--html", path, "--json")
    assert json.loads(told.text)["page"] == str(path)
    alts = Page(path.read_text(encoding="utf-8")).alts
    assert alts[0] == "the sample"
    assert "Weights of 0.dense.weight, an array of 64×2: red above 0, blue below" in alts
    told = explain("--tiny", "--html", tmp_path / "nowhere" / "step.html")
    assert told.code == 7


def test_arrays_as_images():
    values = np.array([[0.5, -0.25], [0, 1]])
    ax, _ = array_figure(values, "W").axes
    assert np.array_equal(ax.images[0].get_array(), values)
    assert ax.images[0].get_clim() == (-1, 1)
    assert [text.get_text() for text in ax.texts] == ["0.5", "−0.25", "0", "1"]
    assert ax.get_title(loc="left") == "W"
    ax, _ = array_figure(np.ones((3, 4, 5)), "many").axes
    assert ax.images[0].get_array().shape == (12, 5)
    assert not ax.texts


def test_patterns_and_a_sample_as_images():
    patterns = np.arange(3 * 4 * 5).reshape(3, 4, 5) - 30.0
    ax, _ = patterns_figure(patterns, "Weights").axes
    shown = ax.images[0].get_array()
    assert shown.shape == (2 * 4 + 1, 2 * 5 + 1)
    assert np.array_equal(shown[:4, 6:], patterns[1])
    assert np.array_equal(shown[5:, :5], patterns[2])
    assert ax.get_xlabel() == ""
    ax, _ = patterns_figure(np.ones((70, 2, 2, 3)), "Weights").axes
    assert ax.get_xlabel() == "the first 64 of 70 units"
    (ax,) = sample_figure(np.arange(6.0).reshape(2, 3)).axes
    assert ax.images[0].get_array()[1, 2] == 1
