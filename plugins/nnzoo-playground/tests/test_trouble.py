"""What goes wrong: clumsy and hostile people, connections and processes that are lost."""

import re
from pathlib import Path

from playwright.sync_api import expect

HERE = Path(__file__).parent
STATE = "import('/store.js').then(({ store }) => store.nets[0].state)"


def bad(page):
    return page.locator("#message.bad")


def test_quick_clicks_all_count(page, until):
    page.click("#play")
    for _ in range(6):
        page.click("#more-0")
        page.click("#more-1")
    page.click("#more-layers")
    until(page, f"{STATE}.then((state) => state.settings.layers.map((layer) => layer.units).join() === '14,14,8')")
    for _ in range(9):
        page.click("#play")
        page.click("#step")
    page.click("#reset")
    expect(page.locator("#epochs")).to_have_text("0")
    expect(bad(page)).to_have_count(0)


def test_what_is_typed_is_not_taken_away_when_something_changes(page, until):
    page.fill("#learning-rate", "0.123")
    page.evaluate("import('/store.js').then(({ tellAll }) => tellAll({ type: 'epoch' }))")
    expect(page.locator("#epochs")).to_have_text("1")
    page.wait_for_timeout(300)
    expect(page.locator("#learning-rate")).to_have_value("0.123")
    page.press("#learning-rate", "Tab")
    until(page, f"{STATE}.then((state) => state.settings.learning_rate === 0.123)")


def test_a_page_that_is_reloaded_while_the_network_learns_sees_it_learn(page, until):
    page.click("#play")
    for _ in range(3):
        page.reload()
    until(page, "Number(document.getElementById('epochs').textContent.replaceAll(',', '')) > 2")
    expect(page.locator("#play")).to_have_class(re.compile("playing"))
    page.click("#play")
    expect(page.locator("#play")).not_to_have_class(re.compile("playing"))


def test_a_connection_that_is_lost_comes_back(browser, address, until):
    page = browser.new_page()
    sockets = []

    def route(socket):
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket(re.compile("/socket$"), route)
    page.goto(address)
    expect(page.locator("#plane-0")).to_be_visible()
    page.wait_for_timeout(300)
    done = page.inner_text("#epochs")
    sockets[0].close(code=1001, reason="")
    until(page, "document.getElementById('message').textContent === ''")
    assert len(sockets) == 2
    until(page, f"document.getElementById('epochs').textContent === '{done}'")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text(str(int(done) + 1))
    page.close()


def test_numbers_are_changed_while_the_network_learns(page, until):
    page.click("#play")
    until(page, "Number(document.getElementById('epochs').textContent.replaceAll(',', '')) > 1")
    page.click("#unit-1-3")
    for value in ("0.5", "1e5", "-3"):
        field = page.locator(".numbers input >> nth=2")
        field.fill(value)
        field.press("Tab")
    page.keyboard.press("Escape")
    page.fill("#learning-rate", "0.02")
    page.press("#learning-rate", "Tab")
    until(page, f"{STATE}.then((state) => state.settings.learning_rate === 0.02 && state.playing)")
    expect(bad(page)).to_have_count(0)
    page.click("#play")


def test_a_file_that_is_too_large_or_not_a_table_is_refused(page, tmp_path):
    large, other = tmp_path / "large.csv", tmp_path / "picture.csv"
    large.write_bytes(b"1,2\n" * 1_000_000)
    other.write_bytes(bytes(range(256)) * 20)
    before = page.evaluate(f"{STATE}.then((state) => state.settings.dataset)")
    page.set_input_files("#file", large)
    expect(bad(page)).to_contain_text("4000000 bytes")
    page.set_input_files("#file", other)
    expect(bad(page)).not_to_contain_text("4000000 bytes")
    assert page.evaluate(f"{STATE}.then((state) => state.settings.dataset)") == before
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")


def test_a_link_that_makes_no_sense_is_refused_with_a_word(page):
    for state in ("x", "bnVsbA", "e30", "eyJuZXRzIjpbeyJsYXllcnMiOiJ4In1dfQ"):
        page.evaluate("state => { location.hash = `state=${state}`; }", state)
        expect(bad(page)).to_be_visible()
        page.click("#epoch")
    expect(page.locator("#epochs")).not_to_have_text("0")


def test_a_process_that_dies_is_replaced_and_said(serving, open_page, until):
    page = open_page(serving("--plugin", HERE / "plugins" / "deadly.py"))
    until(page, "document.querySelector('#activation-0 option[value=deadly]')")
    page.wait_for_timeout(3000)  # what dies sooner is not begun anew
    page.select_option("#activation-0", "deadly")
    expect(bad(page)).to_contain_text("ended unexpectedly")
    until(page, f"{STATE}.then((state) => !state.settings.layers[0].activation.includes('deadly'))")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
