"""The report in a real browser: what it shows, that it loads and complains of nothing, and that all can read it."""

import re
from contextlib import nullcontext
from itertools import pairwise

import numpy as np
import pytest

from nnzoo.pages.report import make_report

CELLS = "[...document.querySelectorAll(%r)].map(row => [...row.cells].map(cell => cell.textContent))"


@pytest.fixture(scope="module", params=["sketched", pytest.param("painted", marks=pytest.mark.thorough)])
def page(digits_run, tmp_path_factory, sketching, request):
    """The page; with figures as they are only where all is thorough, as a card of the zoo has such each day."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    with sketching() if request.param == "sketched" else nullcontext():
        path.write_text(make_report(digits_run).html, "utf-8")
    return path


def counted(run):
    """The confusion matrix, counted without the code that makes the page."""
    test = run.dataset.test
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (test.targets.astype(int), run.dnn.predict(test.inputs)), 1)
    return counts


def test_it_loads_nothing_and_complains_of_nothing(browser, page):
    assert page.stat().st_size < 1_500_000
    browser.show(page)
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
    broken = "[...document.images].filter(image => !image.complete || !image.naturalWidth).length"
    assert browser.run(broken) == 0
    assert browser.run("document.images.length") >= 6 + 12


def test_it_shows_the_values_of_the_record(browser, page, digits_run):
    browser.show(page)
    results = digits_run.record.results
    title = f"mlp on digits: {results['test_accuracy']:.2%} test accuracy"
    assert browser.run("[document.title, document.querySelector('h1').textContent]") == [title, title]
    rows = browser.run(CELLS % "#epochs tbody tr")
    assert [int(row[0]) for row in rows] == [line["epoch"] for line in digits_run.history]
    titles = browser.run(CELLS % "#epochs thead tr")[0]
    losses = [row[titles.index("validation loss")] for row in rows]
    assert losses == [f"{line['validation_loss']:.4f}" for line in digits_run.history]
    assert browser.run("document.querySelector('#epochs').open") is False


def test_confusion_and_mistakes_are_those_of_the_network(browser, page, digits_run):
    browser.show(page)
    counts = counted(digits_run)
    rows = browser.run(CELLS % "#confusion tbody tr")
    assert [row[0] for row in rows] == list("0123456789")
    assert [[int(cell) for cell in row[1:]] for row in rows] == counts.tolist()
    classes = browser.run(CELLS % "#classes tbody tr")
    assert [row[2] for row in classes] == [f"{counts[k, k] / counts[k].sum():.2%}" for k in range(10)]
    assert [row[1] for row in classes] == [f"{counts[k, k] / counts[:, k].sum():.2%}" for k in range(10)]
    wrong = {(of, taken): counts[of, taken] for of in range(10) for taken in range(10) if of != taken}
    frequent = [tuple(map(int, row)) for row in browser.run(CELLS % "#frequent tbody tr")]
    assert [samples for *_, samples in frequent] == sorted(wrong.values(), reverse=True)[: len(frequent)]
    assert all(wrong[of, taken] == samples for of, taken, samples in frequent)
    cards = browser.run("[...document.querySelectorAll('.mistakes li')].map(card => card.innerText)")
    assert len(cards) == min(12, counts.sum() - np.trace(counts))
    test = digits_run.dataset.test
    for card in cards:
        right, taken, index = map(int, re.match(r"(\d), taken for (\d)\s+test sample (\d+)", card).groups())
        assert test.targets[index] == right != taken == digits_run.dnn.predict(test.inputs[index : index + 1])[0]
        share = digits_run.dnn.predict_proba(test.inputs[index : index + 1])[0, taken]
        assert f"{share:.0%}" in card


def test_every_image_has_a_description(browser, page, digits_run):
    browser.show(page)
    alts = browser.run("[...document.images].map(image => image.alt)")
    assert all(alts)
    first, last = digits_run.history[0], digits_run.history[-1]
    assert f"test from {first['test_loss']:.4f} to {last['test_loss']:.4f}" in alts[0]
    assert f"validation from {first['validation_accuracy']:.2%} to {last['validation_accuracy']:.2%}" in alts[1]
    assert any("0.dense.weight, 2.dense.weight" in alt for alt in alts)
    assert any("dense:units=64,initialization=he → activate:activation=relu" in alt for alt in alts)


def test_headings_are_in_order_and_tables_have_headers(browser, page):
    browser.show(page)
    levels = browser.run("[...document.querySelectorAll('h1, h2, h3, h4')].map(heading => +heading.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))
    assert browser.run("document.documentElement.lang") == "en"
    assert browser.run("[...document.querySelectorAll('table:not(.outputs)')].every(t => t.caption && t.tHead)")
    anchors = "[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.getAttribute('href')))"
    assert browser.run(anchors)


@pytest.mark.parametrize("width", [360, 1280, pytest.param(768, marks=pytest.mark.thorough)])
def test_nothing_is_wider_than_the_window(browser, page, width):
    browser.show(page, width=width)
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.run("document.documentElement.scrollWidth") <= width
    wide = """[...document.querySelectorAll('main *, header *')].filter(
        each => !each.closest('.scroll') && each.getBoundingClientRect().right > innerWidth).length"""
    assert browser.run(wide) == 0


def test_all_text_has_contrast_by_day_and_by_night(browser, page):
    papers = []
    for dark in (False, True):
        browser.show(page, dark=dark)
        browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
        contrasts = browser.contrasts()
        assert len(contrasts) > 300
        assert [found for found in contrasts if found[0] < 4.5] == []
        papers.append(browser.run("getComputedStyle(document.body).backgroundColor"))
    assert papers == ["rgb(246, 247, 248)", "rgb(20, 23, 27)"]


def test_on_paper_it_is_light_and_unfolded(browser, page):
    browser.show(page, dark=True)
    browser.emulate(dark=True, media="print")
    assert browser.run("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert browser.run("getComputedStyle(document.querySelector('.drawing img')).filter") == "none"
    assert browser.run("document.querySelector('#epochs table').checkVisibility({contentVisibilityAuto: true})")
    assert browser.run("document.querySelector('#epochs table').getBoundingClientRect().height") > 300
    assert browser.run("getComputedStyle(document.querySelector('button')).display") == "none"


def test_commands_can_be_copied_and_read_without_scripts(browser, page, digits_run):
    browser.show(page)
    browser.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    said = """new Promise(done => {
      const button = document.querySelector(".command button");
      button.click();
      (function look() { button.textContent === "Copy" ? setTimeout(look, 10) : done(button.textContent); })();
    })"""
    assert browser.run(said) in ("Copied", "Selected")
    browser.show(page, scripts=False)
    assert browser.complaints() == []
    assert browser.run("document.querySelectorAll('button').length") == 0
    assert browser.run("document.querySelector('.command code').textContent") == "nnzoo train --dataset digits"


@pytest.mark.usefixtures("sketched")
@pytest.mark.parametrize(
    ("kind", "dark"),
    [
        *(("price", True), ("labels", False)),
        *(pytest.param(kind, kind != "price", marks=pytest.mark.thorough) for kind in ("price", "kind", "labels")),
        pytest.param("kind", False, marks=pytest.mark.thorough),
    ],
)
def test_tables_and_labels_fit_a_phone_and_can_be_read(browser, homes_run, tagged_run, tmp_path, kind, dark):
    path = tmp_path / "report.html"
    path.write_text(make_report(tagged_run if kind == "labels" else homes_run(kind)).html, "utf-8")
    browser.show(path, width=360, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.complaints() == []
    assert browser.run("document.documentElement.scrollWidth") <= 360
    wide = """[...document.querySelectorAll('main *, header *')].filter(
        each => !each.closest('.scroll') && each.getBoundingClientRect().right > innerWidth).length"""
    assert browser.run(wide) == 0
    assert [found for found in browser.contrasts() if found[0] < 4.5] == []
    assert browser.run("[...document.images].every(image => image.alt && image.naturalWidth)")
    ids = browser.run("[...document.querySelectorAll('[id]')].map(each => each.id)")
    own = {"price": {"errors", "importance"}, "kind": {"confusion", "classes", "importance"}, "labels": {"labels"}}
    assert {"errors", "importance", "confusion", "classes", "labels"} & {*ids} == own[kind]


@pytest.mark.usefixtures("sketched")
def test_untrusted_text_is_shown_and_not_run(browser, hostile_run, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(make_report(hostile_run).html, "utf-8")
    browser.show(path, width=360)
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [path.as_uri()]
    assert not any(event["method"] == "Page.javascriptDialogOpening" for event in browser.events)
    assert browser.run("document.scripts.length") == 1
    assert browser.run("document.querySelectorAll('img[onerror]').length") == 0
    names = browser.run("[...document.querySelectorAll('#confusion tbody th')].map(name => name.textContent)")
    assert names == ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }} \\u202e$(rm)"]
    assert browser.run("document.documentElement.scrollWidth") <= 360
