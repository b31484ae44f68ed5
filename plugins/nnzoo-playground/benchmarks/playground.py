"""How fast the playground is: `python plugins/nnzoo-playground/benchmarks/playground.py [--minutes 5]`.

It prints one line for each promise: the time from the command to the first picture in a browser that is open, frames a
second of a network with 2 inputs and 8×8×8 units and how far they lag behind, how fast the network learns while it is
watched, how long it takes to learn spirals, the time from a drawing to its answer, and how the memory of the page and
of the server grows while it plays.

Times depend on what else the machine does. So it also prints how much of the processor each part takes, and compares
watched and unwatched by steps for each second of the processor that the training process gets, which is the same on a
machine that is busy. It needs Linux, Chromium, Playwright's Python package, nnzoo-toys and nnzoo-activations.
"""

from __future__ import annotations

import argparse
import json
import os
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
WINDOW: Any = {"width": 1440, "height": 1000}
PAIRS = 6
STARTS = 5
SECONDS = 5.0
STORE = "import('/store.js')"
FIRST = (
    f"{STORE}.then(({{ on, store }}) => store.nets[0].frame ? 1 : new Promise((done) => on('frame', () => done(1))))"
)
COUNT = f"""{STORE}.then(({{ on, store }}) => new Promise((resolve) => {{
    const late = [];
    on("frame", () => late.push(Date.now() - 1000 * store.nets[0].frame.head.made));
    setTimeout(() => resolve(late), {1000 * SECONDS});
}}))"""
LAYER = '{ units: 8, activation: "tanh", dropout: 0 }'
BEGIN = f"""{STORE}.then(({{ change }}) => change({{ dataset: "spirals", layers: [{LAYER}, {LAYER}, {LAYER}],
    epochs: 1000000 }}))"""
ACCURACY = "parseFloat(document.getElementById('test-metric').textContent)"
TICKS = os.sysconf("SC_CLK_TCK")


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


def opened(browser: Any, address: str, page: Any = None) -> Any:
    """A page that has its first picture."""
    page = page or browser.new_page(viewport=WINDOW)
    page.goto(address)
    page.evaluate(FIRST)
    return page


class Probe:
    """Looks at the training for a moment, to see how many steps it has taken; otherwise it asks for nothing."""

    def __init__(self, address: str, process: int) -> None:
        self._open, self._process = ExitStack(), process
        place, _, token = address.partition("/#token=")
        options: dict[str, Any] = {"proxy": None, "max_size": None, "ping_interval": None}
        self._socket = self._open.enter_context(
            connect(f"{place.replace('http', 'ws')}/socket", origin=place, **options)
        )
        self._socket.send(json.dumps({"token": token}))
        self._frame()

    def look(self) -> tuple[int, float, float]:
        """How many steps there are, when that was, and how long the training process has computed by then."""
        self._socket.send(json.dumps({"type": "ready"}))
        steps = self._frame()
        return steps, time.perf_counter(), computed(self._process)

    def speed(self) -> tuple[float, float]:
        """Steps a second, and steps for each second that the processor has given."""
        self.look()
        before, began, spent = self.look()
        time.sleep(SECONDS)
        self.look()
        after, ended, spent_now = self.look()
        return (after - before) / (ended - began), (after - before) / max(spent_now - spent, 1 / TICKS)

    def _frame(self) -> int:
        while True:
            message = self._socket.recv()
            head = json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])
            if head["type"] == "frame":
                return int(head["steps"])


def _stat(process: int) -> list[str]:
    """What `/proc` says of a process, from its state on."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:  # it has ended
        return ["Z", "0", *["0"] * 20]


def computed(process: int) -> float:
    """Seconds of the processor that a process has taken."""
    return sum(map(int, _stat(process)[11:13])) / TICKS


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if int(_stat(number)[1]) == process]


def family(process: int) -> list[int]:
    """A process, and all that it and its children have started."""
    return [process, *(one for child in children(process) for one in family(child))]


def taken(processes: dict[str, list[int]]) -> dict[str, float]:
    """Seconds of the processor, by what the processes are."""
    return {name: sum(map(computed, numbers)) for name, numbers in processes.items()}


def memory(process: int) -> float:
    """Megabytes that a process has in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Measure all and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long memory is watched")
    minutes = parser.parse_args().minutes
    program = shutil.which("chromium") or shutil.which("google-chrome")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    before = set(children(os.getpid()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport=WINDOW)
        page.goto("about:blank")
        page.wait_for_timeout(4000)  # until the browser itself has begun
        chromium = [one for child in set(children(os.getpid())) - before for one in family(child)]
        starts = [first_picture(browser, chromium) for _ in range(STARTS)]
        times, seconds = [took for took, _ in starts], sorted(starts, key=lambda start: start[0])[STARTS // 2][1]
        print(
            f"first picture after {statistics.median(times):.2f} s (median of {STARTS}, at most {max(times):.2f}); "
            f"{_processor(seconds, 1)}"
        )
        with serving() as (address, process):
            page = opened(browser, address, page)
            (training,) = children(process.pid)
            parts = {"server": [process.pid], "training": [training], "browser": chromium}
            learn_spirals(page)
            show_frames(page, parts)
            compare(browser, page, address, training)
            watch_memory(opened(browser, address), process.pid, training, minutes)
        with serving("--dataset", "digits") as (address, _):
            page = opened(browser, address)
            page.wait_for_timeout(3000)
            times = [answer_time(page) for _ in range(15)]
            print(f"drawing to answer: {statistics.median(times):.0f} ms (median of 15, at most {max(times):.0f})")
        browser.close()
    print(f"load {os.getloadavg()[0]:.1f}")


def first_picture(browser: Any, chromium: list[int]) -> tuple[float, dict[str, float]]:
    """Seconds from the command to the first picture, and of the processor, by what takes them."""
    page = browser.new_page(viewport=WINDOW)
    page.wait_for_timeout(1000)
    began, spent = time.perf_counter(), taken({"browser": chromium})["browser"]
    with serving() as (address, process):
        opened(browser, address, page)
        took = time.perf_counter() - began
        seconds = taken({"server": [process.pid], "training": children(process.pid), "browser": chromium})
        page.close()
    return took, seconds | {"browser": seconds["browser"] - spent}


def _processor(seconds: dict[str, float], by: float, unit: str = "s") -> str:
    return "processor: " + ", ".join(f"{name} {value / by:.3g} {unit}" for name, value in seconds.items())


def learn_spirals(page: Any) -> None:
    """Learn the three arms from the start page with three clicks."""
    page.wait_for_selector("#data-spirals")
    began = time.perf_counter()
    page.click("#data-spirals")
    page.wait_for_selector(".legend li:nth-child(3)")
    page.click("#play")
    while not page.evaluate(f"{ACCURACY} >= 99") and time.perf_counter() - began < 120:
        page.wait_for_timeout(50)
    print(f"spirals: {page.inner_text('#test-metric')} after {time.perf_counter() - began:.1f} s from the start page")


def show_frames(page: Any, parts: dict[str, list[int]]) -> None:
    """Frames a second, how late they are drawn, and what each costs."""
    page.evaluate(BEGIN)
    if "playing" not in page.get_attribute("#play", "class"):
        page.click("#play")
    page.wait_for_timeout(3000)
    before = taken(parts)
    late = page.evaluate(COUNT)
    spent = {name: 1000 * (value - before[name]) for name, value in taken(parts).items()}
    count = len(late)
    print(
        f"{count / SECONDS:.1f} frames a second, 2 inputs and 8×8×8 units, {statistics.median(late):.0f} ms behind "
        f"(19 of 20 at most {sorted(late)[int(0.95 * count)]:.0f}); of a frame, {_processor(spent, count, 'ms')}"
    )


def compare(browser: Any, page: Any, address: str, training: int) -> None:
    """How fast the network learns watched and unwatched: in pairs, so that what else is done falls on both alike."""
    ratios, probe = [], Probe(address, training)
    for _ in range(PAIRS):
        watched = probe.speed()
        page.close()
        unwatched = probe.speed()
        page = opened(browser, address)
        ratios.append((watched[0] / unwatched[0], watched[1] / unwatched[1]))
        print(f"  {watched[0]:,.0f} steps a second watched, {unwatched[0]:,.0f} unwatched")
    page.close()
    by_clock, by_processor = (statistics.median(values) for values in zip(*ratios, strict=True))
    print(f"watched: {by_processor:.1%} of the speed unwatched (median of {PAIRS} pairs; by the clock {by_clock:.1%})")


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


def watch_memory(page: Any, server: int, training: int, minutes: float) -> None:
    """How much more memory page, server and training take, and what an hour would bring."""
    heap: list[float] = []
    held: dict[str, list[float]] = {"server": [], "training": []}
    at: list[float] = []
    began, every = time.perf_counter(), min(10.0, 60 * minutes / 8)
    session = page.context.new_cdp_session(page)
    while len(at) < 4 or time.perf_counter() - began < 60 * minutes:
        page.wait_for_timeout(1000 * every)
        session.send("HeapProfiler.collectGarbage")
        heap.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
        for name, process in (("server", server), ("training", training)):
            held[name].append(memory(process))
        at.append((time.perf_counter() - began) / 3600)
    for name, values in {"page's heap": heap, **held}.items():
        half = len(values) // 2
        slope, _ = statistics.linear_regression(at[half:], values[half:])
        print(
            f"{name}: {values[0]:.1f} MB first, {values[-1]:.1f} MB last, {slope:+.1f} MB an hour by the second half "
            f"of {60 * at[-1]:.1f} minutes"
        )


if __name__ == "__main__":
    main()
