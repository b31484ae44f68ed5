"""How fast the playground is: `python plugins/nnzoo-playground/benchmarks/playground.py [--minutes 5]`.

It prints one line for each promise: steps a second watched and unwatched (pairs, one after the other, so that what
else the machine does falls on both alike), frames a second of a network with 2 inputs and 8×8×8 units, the time from a
drawing to its answer, the time from the command to the first picture, and how the memory of the page and of the server
grows while it plays. It needs Chromium, Playwright's Python package, nnzoo-toys and nnzoo-activations.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from websockets.sync.client import connect

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--enable-precise-memory-info"]
PAIRS = 6
SECONDS = 5.0
STORE = "import('/store.js')"
COUNT = f"""{STORE}.then(({{ on }}) => new Promise((resolve) => {{
    let count = 0;
    on("frame", () => count++);
    setTimeout(() => resolve(count), 4000);
}}))"""
LAYER = '{ units: 8, activation: "tanh", dropout: 0 }'
BEGIN = f"""{STORE}.then(({{ change }}) => change({{ dataset: "spirals", layers: [{LAYER}, {LAYER}, {LAYER}],
    epochs: 1000000 }}))"""


@contextmanager
def serving(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server that runs while the block does."""
    command = [sys.executable, "-u", "-m", "nnzoo", "playground", "--no-browser", "--port", "0", *words]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout
        try:
            lines = iter(process.stdout.readline, "")
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line))), process
        finally:
            process.terminate()


def opened(browser: Any, address: str) -> Any:
    """A page that has its first picture."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(address)
    while not page.evaluate(f"{STORE}.then(({{ store }}) => !!store.nets[0].frame)"):
        page.wait_for_timeout(10)
    return page


class Probe:
    """Looks at the training for a moment, to see how many steps it has taken; otherwise it asks for nothing."""

    def __init__(self, address: str) -> None:
        self._open = ExitStack()
        place, _, token = address.partition("/#token=")
        options: dict[str, Any] = {"proxy": None, "max_size": None, "ping_interval": None}
        self._socket = self._open.enter_context(
            connect(f"{place.replace('http', 'ws')}/socket", origin=place, **options)
        )
        self._socket.send(json.dumps({"token": token}))
        self._frame()

    def look(self) -> tuple[int, float]:
        """How many steps there are, and when that was."""
        self._socket.send(json.dumps({"type": "ready"}))
        steps = self._frame()
        return steps, time.perf_counter()

    def _frame(self) -> int:
        while True:
            message = self._socket.recv()
            head = json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])
            if head["type"] == "frame":
                return int(head["steps"])


def speed(probe: Probe, seconds: float = SECONDS) -> float:
    """Steps a second."""
    probe.look()
    before, began = probe.look()
    time.sleep(seconds)
    probe.look()
    after, ended = probe.look()
    return (after - before) / (ended - began)


def memory(process_id: int) -> float:
    """Megabytes that a process has in memory."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Measure all and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long memory is watched")
    minutes = parser.parse_args().minutes
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        began = time.perf_counter()
        with serving() as (address, process):
            page = opened(browser, address)
            print(f"first picture after {time.perf_counter() - began:.2f} s")
            page.evaluate(BEGIN)
            page.click("#play")
            page.wait_for_timeout(1500)
            print(f"{page.evaluate(COUNT) / 4:.1f} frames a second, 2 inputs and 8×8×8 units")
            ratios, probe = [], Probe(address)
            for _ in range(PAIRS):
                watched = speed(probe)
                page.close()
                unwatched = speed(probe)
                page = opened(browser, address)
                ratios.append(watched / unwatched)
                print(f"  {watched:,.0f} steps a second watched, {unwatched:,.0f} unwatched")
            print(f"watched: {statistics.median(ratios):.1%} of the speed unwatched (median of {PAIRS} pairs)")
            watch_memory(page, process.pid, minutes)
        with serving("--dataset", "digits") as (address, _):
            page = opened(browser, address)
            took = [answer_time(page) for _ in range(15)]
            print(
                f"drawing to answer: {statistics.median(took):.0f} ms (median of {len(took)}, at most {max(took):.0f})"
            )
        browser.close()


def answer_time(page: Any) -> float:
    """Milliseconds from the last stroke of a drawing to its answer on the page."""
    pad = page.locator("#pad")
    box = pad.bounding_box()
    page.click("#pad-clear")
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.down()
    for x, y in ((160, 60), (150, 90), (120, 120), (100, 180)):
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(120)
    page.wait_for_selector("#pad-answer[data-took]")
    took = float(page.get_attribute("#pad-answer", "data-took"))
    page.mouse.up()
    page.wait_for_timeout(300)
    return took


def watch_memory(page: Any, server: int, minutes: float) -> None:
    """How much more memory page and server take, minute by minute, and what an hour would bring."""
    heap, held, at = [], [], []
    began = time.perf_counter()
    session = page.context.new_cdp_session(page)
    while time.perf_counter() - began < 60 * minutes:
        page.wait_for_timeout(10_000)
        session.send("HeapProfiler.collectGarbage")
        heap.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
        held.append(memory(server))
        at.append((time.perf_counter() - began) / 3600)
    for name, values in (("page's heap", heap), ("server", held)):
        half = len(values) // 2
        slope, _ = statistics.linear_regression(at[half:], values[half:])
        print(f"{name}: {values[0]:.1f} MB first, {values[-1]:.1f} MB last, {slope:+.1f} MB an hour by the second half")


if __name__ == "__main__":
    main()
