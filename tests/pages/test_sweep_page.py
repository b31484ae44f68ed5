"""The page of a sweep in a real browser: parallel coordinates, pointer and keyboard, contrasts, and no network."""

import json
import math

import numpy as np
import pytest

from nnzoo.pages.sweep import make_sweep_page
from nnzoo.sweeps.plan import Plan, Trial
from nnzoo.sweeps.view import view_sweep

EVIL = "<script>alert(1)</script>"
SHOWN = "document.querySelector('.hovered + p').textContent"
TOLD = "document.querySelector('.hovered').textContent"


def make_sweep(folder, count, dataset="digits", message="loss is not finite"):
    folder.mkdir()
    space = {"optimizer": "sgd,momentum:beta=lin:0.8..0.99", "learning_rate": "log:0.1..10"}
    Plan(dataset, space, {"validation": 0.2}, "random", count, nnzoo="0.2.0").write(folder)
    rng = np.random.default_rng(0)
    with (folder / "journal.jsonl").open("w") as file:
        for _ in range(count):
            optimizer = "sgd" if rng.random() < 0.5 else f"momentum:beta={rng.uniform(0.8, 0.99)}"
            rate = 10 ** rng.uniform(-1, 1)
            value = abs(math.log10(rate)) + rng.normal(0, 0.01) + 0.1
            trial = Trial({"optimizer": optimizer, "learning_rate": str(rate)}, 0)
            line = {"event": "ended", "trial": trial.id, "configuration": trial.configuration, "seed": 0, "share": 1.0}
            result = {"status": "finished", "message": "", "figures": {"validation_loss": value}, "cost": value}
            if rate > 9.5:
                result = {"status": "diverged", "message": message, "figures": {}, "cost": None}
            file.write(json.dumps(line | result | {"seconds": 0.1}) + "\n")
    return view_sweep(folder)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return make_sweep(tmp_path_factory.mktemp("sweeps") / "first", 200)


@pytest.fixture(scope="module")
def page(sweep, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(make_sweep_page(sweep), "utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True])
def test_it_loads_nothing_and_all_can_read_it(browser, page, dark):
    browser.show(page, dark=dark)
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
    assert [found for found in browser.contrasts() if found[0] < 4.5] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_window(browser, page, width):
    browser.show(page, width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_the_best_and_its_command_are_shown(browser, page, sweep):
    browser.show(page)
    best = sweep.rows[0]
    assert f"{best.value:.4f}" in browser.run("document.querySelector('h1').textContent")
    assert browser.run("document.querySelector('#best code').textContent") == sweep.summary.command
    rows = browser.run("[...document.querySelectorAll('#leaderboard tbody tr')].map(row => row.cells[2].textContent)")
    assert rows == [row.configuration["learning_rate"] for row in sweep.rows[:50]]
    assert "not finite" in browser.run("document.querySelector('#failures').textContent")


def test_the_keyboard_moves_through_the_lines(browser, page, sweep):
    browser.show(page)
    browser.run("document.querySelectorAll('.trials canvas')[1].focus()")
    for key in ("ArrowDown", "ArrowDown"):
        browser.send("Input.dispatchKeyEvent", type="keyDown", key=key)
    told = browser.run(TOLD)
    assert told.startswith("2 of 200: ")
    rate = float(sweep.rows[1].configuration["learning_rate"])
    assert f"learning rate {float(f'{rate:.4g}'):g}" in told
    browser.send("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    assert "arrow keys" in browser.run(TOLD)


def test_sliders_and_dragging_choose_lines(browser, page, sweep):
    browser.show(page)
    assert browser.run(SHOWN) == "200 of 200 configurations"
    move = """(() => {
      const slider = document.querySelector('input[aria-label="learning rate, from"]');
      slider.value = 50;
      slider.dispatchEvent(new Event("input"));
    })()"""
    browser.run(move)
    rates = [float(row.configuration["learning_rate"]) for row in sweep.rows]
    middle = math.sqrt(min(rates) * max(rates))
    assert browser.run(SHOWN) == f"{sum(rate >= middle for rate in rates)} of 200 configurations"
    browser.run("[...document.querySelectorAll('.ranges button')].at(-1).click()")
    assert browser.run(SHOWN) == "200 of 200 configurations"
    box = "(() => { const r = document.querySelectorAll('.trials canvas')[1].getBoundingClientRect(); "
    browser.run("document.querySelector('.trials').scrollIntoView()")
    left, top, width, height = browser.run(box + "return [r.left, r.top, r.width, r.height]; })()")
    x = left + 30 + (width - 120) * 2 / 3  # the third of four axes
    for kind, y in (("mousePressed", 0.5), ("mouseMoved", 0.2), ("mouseReleased", 0.2)):
        place = {"x": x, "y": top + y * height, "button": "left", "buttons": 1, "clickCount": 1}
        browser.send("Input.dispatchMouseEvent", type=kind, **place)
    chosen = int(browser.run(SHOWN).partition(" ")[0])
    assert 0 < chosen < 200


def test_it_is_whole_without_scripts(browser, page):
    browser.show(page, scripts=False)
    assert browser.run("document.querySelector('#trials img').naturalWidth") > 0


@pytest.mark.usefixtures("sketched")
def test_untrusted_text_of_a_sweep_is_escaped(browser, tmp_path):
    view = make_sweep(tmp_path / "evil", 60, dataset=EVIL, message=f"</script>{EVIL}")
    path = tmp_path / "report.html"
    path.write_text(make_sweep_page(view), "utf-8")
    browser.show(path)
    assert browser.complaints() == []
    assert browser.run("document.querySelectorAll('script').length") == 3
    assert EVIL in browser.run("document.body.innerText")


@pytest.mark.usefixtures("sketched")
@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_many_trials_fit_a_page(tmp_path, count):
    page = make_sweep_page(make_sweep(tmp_path / "large", count))
    assert len(page.encode()) < 500 * count
