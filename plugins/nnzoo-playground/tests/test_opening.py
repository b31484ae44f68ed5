"""What the command opens: images, trained networks, runs that are trained elsewhere, plugins in a file."""

import re
import subprocess
import sys
import time

from playwright.sync_api import expect

WEIGHTS = "import('/store.js').then(({ store }) => [...store.nets[0].frame.arrays.weights.data])"
TRAIN = [sys.executable, "-m", "nnzoo", "train", "--dataset", "circles", "--quiet", "--run-dir"]


def epochs(page):
    return int(page.inner_text("#epochs").replace(",", ""))


def test_a_network_of_the_zoo_is_loaded_by_name(page, until):
    page.select_option("#zoo", "spirals-mlp.relu")
    expect(page.locator(".legend")).to_contain_text("arm 3")
    until(page, "parseFloat(document.getElementById('test-metric').textContent) > 95")


def test_a_run_that_is_trained_elsewhere_is_followed(serving, open_page, own_folder):
    run = own_folder / "followed"
    subprocess.run([*TRAIN, str(run), "--epochs", "2"], cwd=own_folder, check=True)
    page = open_page(serving(run))
    expect(page.locator("#epochs")).to_have_text("2")
    expect(page.locator("#message")).to_contain_text("finished")
    assert page.is_disabled("#play")


def test_a_run_that_is_still_written_is_followed_to_its_end(serving, open_page, own_folder, until):
    run = own_folder / "growing"
    command = [*TRAIN, str(run), "--dataset", "circles:samples=50000", "--epochs", "1000000"]
    training = subprocess.Popen(command, cwd=own_folder)
    try:
        while not (run / "checkpoint.safetensors").exists():
            time.sleep(0.1)
            assert training.poll() is None
        page = open_page(serving(run))
        expect(page.locator("#message")).to_contain_text("running")
        seen = epochs(page)
        weights = page.evaluate(WEIGHTS)
        until(page, f"Number(document.getElementById('epochs').textContent.replaceAll(',', '')) > {seen + 3}", 60)
        assert page.evaluate(WEIGHTS) != weights
        assert page.evaluate("import('/store.js').then(({ store }) => store.nets[0].frame.arrays.curves.shape[0])") > 3
        page.click("#unit-0-0")
        field = page.locator(".numbers input >> nth=0")
        field.fill("5")
        field.press("Tab")
        expect(page.locator("#message.bad")).to_contain_text("trained by another process")
        page.keyboard.press("Escape")
    finally:
        training.terminate()
        training.wait(60)
    expect(page.locator("#message")).to_contain_text("interrupted")
    done = (run / "metrics.jsonl").read_text().count("\n")
    until(page, f"Number(document.getElementById('epochs').textContent.replaceAll(',', '')) === {done}")


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
