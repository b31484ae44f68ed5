"""What the command opens: images, trained networks, runs that are trained elsewhere, plugins in a file."""

import re
import subprocess
import sys

from playwright.sync_api import expect

TRAIN = [sys.executable, "-m", "nnzoo", "train", "--dataset", "circles", "--quiet", "--run-dir"]


def draw(page, *points):
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    page.mouse.up()


ZERO = ((120, 50), (80, 80), (70, 130), (90, 180), (130, 190), (160, 150), (160, 90), (120, 50))


def test_a_trained_network_answers_while_one_draws_and_learns_what_is_drawn(serving, open_page):
    page = open_page(serving("--from", "digits-mlp"))
    draw(page, *ZERO)
    expect(page.locator(".verdict")).to_have_text("0")
    page.click("#pad-why")
    more = page.locator("#pad-more")
    for words in ("What the network sees", "Why", "What the first layer looks for", "dense:units="):
        expect(more).to_contain_text(words)
    page.select_option("#pad-label", "0")
    page.click("#pad-add")
    expect(page.locator("#message")).to_contain_text("Added")
    expect(page.locator("#data")).to_contain_text("1,439 samples")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.click("#take")
    page.click("#take-run")
    expect(page.locator("#taken")).to_contain_text("to the last bit", timeout=60_000)


def test_a_network_of_the_zoo_is_loaded_by_name(page):
    page.select_option("#zoo", "spirals-mlp.relu")
    expect(page.locator(".legend")).to_contain_text("arm 3")
    assert float(page.inner_text("#test-metric").removesuffix(" %")) > 95


def test_a_run_that_is_trained_elsewhere_is_followed(serving, open_page, own_folder):
    run = own_folder / "followed"
    subprocess.run([*TRAIN, str(run), "--epochs", "2"], cwd=own_folder, check=True)
    page = open_page(serving(run))
    expect(page.locator("#epochs")).to_have_text("2")
    expect(page.locator("#message")).to_contain_text("finished")
    assert page.is_disabled("#play")


def test_a_plugin_in_a_file_is_on_the_menus_and_trains_and_a_broken_one_is_shown(serving, open_page, plugins):
    page = open_page(serving(*(word for file in plugins for word in ("--plugin", file))))
    page.select_option("#activation-0", "mish")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.click("#take")
    expect(page.locator("#command")).to_have_value(re.compile("activation=mish"))
    page.keyboard.press("Escape")
    expect(page.locator("#failed")).to_contain_text("broken.py")
    expect(page.locator("#failed")).to_contain_text("the flux is not aligned")


def test_a_token_of_another_launch_is_asked_for(browser, address):
    page = browser.new_context().new_page()
    page.goto(address.partition("#")[0])
    expect(page.locator("#dialog-title")).to_contain_text("address of this launch")
    page.fill("#address", address)
    page.click("text=Open")
    expect(page.locator("#plane-0")).to_be_visible()
    page.context.close()
