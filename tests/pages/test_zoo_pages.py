"""The pages of the zoo in a real browser: they load nothing, the table sorts, and all can be read by day and night."""

from dataclasses import replace

import pytest

from nnzoo import list_models
from nnzoo.builtin.zoo import NAMES
from nnzoo.datafiles.cache import FileCache
from nnzoo.model.stored import StoredComponent, StoredStart
from nnzoo.pages import card as card_page
from nnzoo.pages.card import make_card_page
from nnzoo.pages.zoo import make_zoo_page
from nnzoo.plugins import catalogue
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import find_zoo_entry
from nnzoo.zoo.reproducing import recorded
from nnzoo.zoo.search import Listed, card_of

COLUMN = "[...document.querySelectorAll('.sortable tbody tr')].map(row => row.cells[%d].textContent)"


@pytest.fixture(scope="module")
def zoo_page(registry, tmp_path_factory, sketching):
    path = tmp_path_factory.mktemp("zoo-page") / "zoo.html"
    found = list_models(registry=registry)
    evil = replace(found[0].card, summary="<script>alert(1)</script>", limits='"><img src=x onerror=alert(1)>')
    found = [Listed(found[0].entry, evil), *found[1:], Listed(found[0].entry, None, "no <b>card</b>")]
    with sketching():
        path.write_text(make_zoo_page(registry, found), "utf-8")
    return path


def looked_at(browser, path, networks):
    for dark, width in ((False, 1280), (True, 360)):
        browser.show(path, dark=dark, width=width)
        assert browser.complaints() == []
        assert [url for url in browser.requests() if not url.startswith("data:")] == [path.as_uri()]
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("[...document.images].every(image => image.alt && image.naturalWidth)")
        assert browser.run("[...document.querySelectorAll('table:not(.outputs)')].every(t => t.caption && t.tHead)")
        assert browser.run("document.images.length") >= networks
        assert [found for found in browser.contrasts() if found[0] < 4.5] == []


def test_the_whole_zoo_is_a_page_that_loads_nothing(browser, zoo_page, registry):
    looked_at(browser, zoo_page, len(NAMES))
    assert browser.run(COLUMN % 0) == list(NAMES)
    anchors = """[...document.querySelectorAll('.sortable a')].every(
        a => document.getElementById(decodeURIComponent(a.hash.slice(1))))"""
    assert browser.run(anchors)
    shown = [card_of(find_zoo_entry(registry, name)) for name in NAMES]
    assert browser.run(COLUMN % 4) == [f"{card.test_accuracy:.2%}" for card in shown]
    assert browser.run("document.scripts.length") == 1
    assert "<script>alert(1)</script>" in browser.run("document.querySelector('.network').textContent")
    assert "no <b>card</b>" in browser.run("document.querySelector('#problems').textContent")


def test_its_table_sorts_by_numbers_and_words_both_ways(browser, zoo_page, registry):
    browser.show(zoo_page)
    cards = {name: card_of(find_zoo_entry(registry, name)) for name in NAMES}
    click = "document.querySelectorAll('.sortable th button')[%d].click()"
    browser.run(click % 6)
    assert browser.run(COLUMN % 0) == sorted(NAMES, key=lambda name: cards[name].parameters)
    assert browser.run("document.querySelectorAll('.sortable thead th')[6].getAttribute('aria-sort')") == "ascending"
    browser.run(click % 6)
    assert browser.run(COLUMN % 0)[0] == "mnist-mlp.large"
    browser.run(click % 4)
    accuracies = [float(text.rstrip("%")) for text in browser.run(COLUMN % 4)]
    assert accuracies == sorted(accuracies)
    browser.run(click % 0)
    assert browser.run(COLUMN % 0) == sorted(NAMES)
    assert browser.run("document.querySelectorAll('[aria-sort]').length") == 1
    browser.show(zoo_page, scripts=False)
    assert browser.run(COLUMN % 0) == list(NAMES), "without scripts it is a table"


def test_the_page_of_a_card_has_the_mistakes_of_the_network(browser, registry, tmp_path):
    page = make_card_page(registry, find_zoo_entry(registry, "digits-mlp"), FileCache())
    assert page.left_out == {}
    path = tmp_path / "card.html"
    path.write_text(page.html, "utf-8")
    looked_at(browser, path, 3)
    card = card_of(find_zoo_entry(registry, "digits-mlp"))
    assert browser.run("document.title") == card.name
    rows = browser.run(
        "[...document.querySelectorAll('#confusion tbody tr')].map(r => [...r.cells].slice(1).map(c => +c.textContent))"
    )
    assert rows == card.confusion
    wrong = sum(map(sum, card.confusion)) - sum(card.confusion[place][place] for place in range(10))
    assert browser.run("document.querySelectorAll('.mistakes li').length") == min(wrong, 12)
    assert "94.60% to 98.28%" in browser.run("document.querySelector('#card-figures').textContent")
    assert card.command in browser.run("document.querySelector('#use').textContent")


@pytest.mark.usefixtures("unpainted")
def test_the_page_of_a_card_without_data_has_the_other_parts(registry, tmp_path, monkeypatch):
    monkeypatch.delenv("NNZOO_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    entry = find_zoo_entry(registry, "mnist-mlp.relu")
    page = make_card_page(registry, entry, FileCache(offline=True))
    assert any("test samples" in what for what in page.left_out.values())
    assert 'id="confusion"' in page.html
    assert "<img" in page.html.partition('<section id="learned">')[2].partition("</section>")[0]
    assert all(f'<td class="number">{each.figures["samples"]:,}</td>' in page.html for each in card_of(entry).outputs)


@pytest.mark.usefixtures("unpainted")
def test_the_card_of_a_fine_tuned_network_has_no_missing_parts(registry, monkeypatch):
    start = StoredStart("nnzoo-x/base.one", "0" * 64, "0" * 64)
    monkeypatch.setattr(card_page, "recorded", lambda *given: replace(recorded(*given), start=start))
    page = make_card_page(registry, find_zoo_entry(registry, "digits-mlp"), FileCache())
    assert page.left_out == {}
    assert "from nothing" not in page.html
    assert "dense: units=64" in page.html, "the table of layers has room to break its lines"


@pytest.mark.usefixtures("unpainted")
def test_all_packages_that_a_card_needs_are_named_together(registry, monkeypatch):
    missing = {
        "components": {"dataset": StoredComponent("nnzoo-datasets/fashion-mnist", "0.2.0", {})},
        "transforms": (StoredComponent("nnzoo-augment/shift", "0.2.0", {}),),
    }

    def lacking(*given):
        record = recorded(*given)
        return replace(record, **missing | {"components": record.components | missing["components"]})

    bare = Registry(disabled=["all"])
    monkeypatch.setattr(card_page, "recorded", lacking)
    monkeypatch.setattr(catalogue, "what_to_install", lambda package: package)
    page = make_card_page(bare, find_zoo_entry(bare, "digits-mlp"), FileCache())
    assert page.cure == "nnzoo install datasets augment"
    assert page.cure in page.html
    assert [reason.split(" needs ")[0] for reason in page.left_out] == ["digits-mlp.relu"]


@pytest.mark.parametrize("words", [("page",), ("show", "digits-mlp", "--html")])
def test_the_command_prints_the_path_of_the_page(nnzoo_here, tmp_path, words):
    outcome = nnzoo_here(tmp_path, "zoo", *words, "--out", "page.html")
    assert (outcome.code, outcome.stdout) == (0, "page.html\n")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
