"""The page as such: types of its scripts, people who use it otherwise, small screens, no network."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

HERE = Path(__file__).parent
PAGE = HERE.parent / "nnzoo_playground" / "page"


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory):
    """axe-core and TypeScript from npm; the test is skipped without, or fails where NNZOO_REQUIRE_NPM is set."""
    given = os.environ.get("NNZOO_NODE_MODULES")
    if given:
        return Path(given)
    stop = pytest.fail if os.environ.get("NNZOO_REQUIRE_NPM") else pytest.skip
    npm = shutil.which("npm")
    if npm is None:
        stop("npm is not on the PATH")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "axe-core@4", "typescript@5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        stop(f"npm can't install axe-core and typescript: {done.stderr[-300:]}")
    return folder / "node_modules"


def test_scripts_have_the_types_that_they_say(node_modules):
    command = ["node", node_modules / "typescript" / "bin" / "tsc", "-p", HERE / "tsconfig.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_scripts_are_short_and_nothing_comes_from_another_server():
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8")
        assert file.suffix != ".js" or text.count("\n") < 300, file.name
        assert not re.search(r"(src|href|import|from|url)\W+(https?:)?//", text), file.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, node_modules, scheme):
    page = open_page(color_scheme=scheme)
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    for opened in (None, "#take", "#unit-0-0", "#explain"):
        if opened and page.locator(opened).count():
            page.click(opened)
            page.wait_for_timeout(400)
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious] == [], json.dumps(opened)
        page.keyboard.press("Escape")


def test_it_fits_a_phone(open_page):
    page = open_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_is_played_by_keyboard(page):
    page.focus("#epoch")
    page.keyboard.press("Enter")
    expect(page.locator("#epochs")).to_have_text("1")
    page.focus("#unit-0-1")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-title")).to_have_text("layer 1, unit 2")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "unit-0-1"
