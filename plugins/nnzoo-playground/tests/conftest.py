"""A real server, and a real Chromium that looks at it."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage"]
DEADLINE = 30_000
MNIST = os.environ.get("NNZOO_DATA_DIR", "")
"""As it was before `own_folder` took it away."""


@pytest.fixture(scope="session", autouse=True)
def own_folder(tmp_path_factory):
    """A folder to work in, and no settings from outside."""
    folder = tmp_path_factory.mktemp("work")
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("NNZOO_") and "REQUIRE" not in name]:
        patch.delenv(name)
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    patch.setenv("OPENBLAS_NUM_THREADS", "1")
    patch.chdir(folder)
    yield folder
    patch.undo()


@contextmanager
def served(*arguments, folder):
    """The address of a server that runs while the block does."""
    command = [sys.executable, "-u", "-m", "nnzoo", "playground", "--no-browser", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stdout.readline, "")
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def address(own_folder):
    with served(folder=own_folder) as found:
        yield found


@pytest.fixture
def mnist():
    """The folder with MNIST's files; without them the test is skipped, or fails where NNZOO_REQUIRE_MNIST is set."""
    if not (Path(MNIST) / "train-images-idx3-ubyte.gz").is_file():
        stop = pytest.fail if os.environ.get("NNZOO_REQUIRE_MNIST") else pytest.skip
        stop("NNZOO_DATA_DIR does not hold the four MNIST files")
    return MNIST


@pytest.fixture
def serving(own_folder):
    """Start another server with some arguments; its address."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(served(*arguments, folder=own_folder))


@pytest.fixture(scope="session")
def browser():
    """A Chromium; without one the test is skipped, or fails where NNZOO_REQUIRE_BROWSER is set."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        stop = pytest.fail if os.environ.get("NNZOO_REQUIRE_BROWSER") else pytest.skip
        stop(f"none of {', '.join(PROGRAMS)} is on the PATH")
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=DEADLINE)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def open_page(browser, address):
    """Open a page of the shared server, or of another; what goes wrong on it fails the test."""
    contexts, wrong = [], []

    def open_one(at=address, **options):
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(DEADLINE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(at)
        page.wait_for_selector("#plane-0, #drawing, .layers, #charts canvas")
        expect(page.locator("#test-loss")).not_to_have_text("–", timeout=DEADLINE)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def until():
    """Wait until an expression is true; the page's policy forbids what Playwright would do for this."""

    def wait(page, expression, seconds=30):
        end = time.monotonic() + seconds
        while not page.evaluate(expression):
            assert time.monotonic() < end, f"not so after {seconds} s: {expression}"
            page.wait_for_timeout(30)

    return wait


@pytest.fixture
def page(open_page, until):
    """A page that begins as the command leaves it."""
    page = open_page()
    begin(page, until)
    return page


def begin(page, until):
    """Two layers of 8 units for circles, before the first step; the server has kept what the last test left."""
    page.evaluate("""async () => {
        const { change, store, tellAll } = await import("/store.js");
        if (store.both) document.getElementById("compare").click();
        const layer = { units: 8, activation: "tanh", dropout: 0 };
        await change({ dataset: "circles", layers: [layer, layer], model: "", optimizer: "adam",
            schedule: "constant", loss: "", learning_rate: 0.01, weight_decay: 0, epochs: 1000, batch_size: 32, seed: 0,
            columns: [], target: "", terms: [], l1: 0 });
        tellAll({ type: "pause" });
        tellAll({ type: "reset" });
    }""")
    until(page, "document.getElementById('epochs').textContent === '0'")
    until(page, "document.querySelectorAll('.unit').length === 20")


@pytest.fixture(scope="session")
def plugins(tmp_path_factory):
    """Two single-file plugins: one that works, and one that does not."""
    broken = tmp_path_factory.mktemp("plugins") / "broken.py"
    broken.write_text("raise ValueError('the flux is not aligned')\n")
    return Path(__file__).parent / "plugins" / "mish.py", broken
