"""A network learns on the page, by mouse alone."""

import re

from playwright.sync_api import expect

ACCURACY = "parseFloat(document.getElementById('test-metric').textContent)"


def test_spirals_are_learnt_from_the_start_page_by_mouse_alone(serving, open_page, until):
    page = open_page(serving())
    page.click("#data-spirals")
    expect(page.locator("#network-tools output")).to_have_text("2 hidden")
    expect(page.locator(".legend li")).to_have_count(3)
    page.click("#play")
    until(page, f"{ACCURACY} >= 99", 120)
    page.click("#play")
    assert int(re.sub(r"\D", "", page.inner_text("#epochs"))) > 0


def test_one_step_one_epoch_and_back(page):
    epochs = page.locator("#epochs")
    page.click("#step")
    expect(page.locator("#train-loss")).to_have_text("–")
    page.click("#epoch")
    expect(epochs).to_have_text("1")
    page.click("#epoch")
    expect(epochs).to_have_text("2")
    page.click("#reset")
    expect(epochs).to_have_text("0")


def test_a_reload_and_a_second_window_go_on_where_it_was(page, open_page):
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.reload()
    expect(page.locator("#epochs")).to_have_text("1")
    other = open_page()
    expect(other.locator("#epochs")).to_have_text("1")
    other.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("2")


def test_layers_units_activation_and_dropout_are_changed_by_clicking(page):
    page.click("#more-layers")
    page.click("#more-2")
    expect(page.locator("#unit-2-8")).to_be_visible()
    page.select_option("#activation-0", "relu")
    page.select_option("#dropout-1", "0.2")
    expect(page.locator("#network-tools")).to_contain_text("197 parameters")
    page.click("#take")
    expect(page.locator("#command")).to_have_value(re.compile(r"\(activate:activation=relu\).*\(dropout:rate=0.2\)"))
    page.keyboard.press("Escape")
    page.click("#fewer-layers")
    expect(page.locator("#more-2")).to_have_count(0)
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")


def test_terms_of_the_inputs_and_an_l1_penalty_are_chosen(page, until):
    page.click("#terms summary")
    page.evaluate("for (const term of ['xx', 'sin-y']) document.getElementById(`term-${term}`).click()")
    expect(page.locator("#unit--1-2")).to_have_attribute("title", "x²")
    expect(page.locator("#unit--1-3")).to_have_attribute("title", "sin y")
    until(page, "import('/store.js').then(({ current }) => current().frame.arrays.terms?.shape.join() === '4,24,24')")
    page.click("#terms summary")
    page.fill("#l1", "0.01")
    page.press("#l1", "Tab")
    page.check("#discrete")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.click("#take")
    expect(page.locator("#command")).to_have_value(re.compile(r"\(terms:terms=x,y,xx,sin-y\).*--observe l1:rate=0.01"))


def test_a_slower_pace_takes_four_steps_or_epochs_a_second(page, until):
    page.select_option("#speed", "slow")
    page.click("#play")
    steps = "import('/store.js').then(({ store }) => store.nets[0].frame.head.steps)"
    until(page, f"{steps}.then((steps) => steps >= 3)")
    page.click("#play")
    assert page.evaluate(steps) < 25
    page.select_option("#speed", "epoch")
    page.click("#play")
    until(page, "Number(document.getElementById('epochs').textContent) >= 2")
    page.click("#play")
    page.select_option("#speed", "full")
    expect(page.locator("#speed")).to_have_value("full")


def test_loss_decay_batch_size_and_epochs_are_chosen(page):
    page.select_option("#loss", "mse")
    for field, value in (("weight-decay", "0.001"), ("batch-size", "100"), ("epoch-count", "2"), ("seed", "3")):
        page.fill(f"#{field}", value)
        page.press(f"#{field}", "Tab")
    for done in ("1", "2", "2"):
        page.click("#epoch")
        expect(page.locator("#epochs")).to_have_text(done)
    page.click("#take")
    words = "--loss mse .*--weight-decay 0.001.* --epochs 2 --batch-size 100 --seed 3"
    expect(page.locator("#command")).to_have_value(re.compile(words))
    page.keyboard.press("Escape")
    page.fill("#batch-size", "0")
    page.press("#batch-size", "Tab")
    page.click("#take")
    expect(page.locator("#command")).to_have_value(re.compile("--batch-size 100"))
