"""Runs to report of, and a headless Chromium, driven over its DevTools protocol."""

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import numpy as np
import pytest
from websockets.sync.client import connect

from nnzoo import load_dataset
from nnzoo.datafiles.cache import FileCache
from nnzoo.kinds import Dataset, DatasetLoader, Split
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import run_training
from nnzoo.trained_run import TrainedRun
from nnzoo.training.data import prepare_dataset
from nnzoo.training.recipe import resolve_recipe

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DEADLINE = 300
EVIL = "<script>alert(1)</script>"

CONTRASTS = """
(() => {
  const numbers = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => a * c + (1 - a) * under[i]);
  const background = element => {
    const below = element.parentElement ? background(element.parentElement) : [255, 255, 255];
    return over(numbers(getComputedStyle(element).backgroundColor), below);
  };
  const luminance = color => {
    const [r, g, b] = color.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.tagName === "SCRIPT") continue;
    const behind = background(element);
    const pair = [over(numbers(getComputedStyle(element).color), behind), behind].map(luminance).sort((a, b) => b - a);
    found.push([(pair[0] + 0.05) / (pair[1] + 0.05), walker.currentNode.data.trim(), element.className]);
  }
  return found;
})()
"""


@dataclass(frozen=True)
class Made(DatasetLoader):
    """A few random samples; a number to predict where there are no names."""

    name: ClassVar[str] = "made"
    names: tuple[str, ...] = ()

    def load(self, cache):
        rng = np.random.Generator(np.random.PCG64(0))

        def part(n):
            x = rng.normal(size=(n, 5)).astype(np.float32)
            targets = rng.integers(0, len(self.names), n) if self.names else x[:, :1] * 2 + 1
            return Split(x, targets)

        return Dataset(part(40), part(20), self.names)


@dataclass(frozen=True)
class Tagged(DatasetLoader):
    """Digits with any number of labels."""

    name: ClassVar[str] = "tagged"

    def load(self, cache):
        data = load_dataset("digits")

        def part(split):
            digits = split.targets
            labels = [digits % 2 == 0, digits > 4, np.isin(digits, (2, 3, 5, 7))]
            return Split(split.inputs, np.stack(labels, axis=1).astype(np.uint8), split.scale)

        return Dataset(part(data.train), part(data.test), ("even", "large", "prime"))


@pytest.fixture(scope="session")
def registry():
    registry = Registry((), ("all",))
    registry.register(Made)
    registry.register(Tagged)
    return registry


@pytest.fixture(scope="session")
def train_run(registry):
    """Train in a directory, and read the run."""

    def train(path, loader="digits", *, command=("nnzoo", "train", "--dataset", "digits"), **choices):
        cache = FileCache()
        loader = registry.build("dataset", loader) if isinstance(loader, str) else loader
        data = loader.load(cache)
        prepared = prepare_dataset(data, registry.build("task", data.task), registry=registry)
        recipe = resolve_recipe(registry, task=data.task, data=prepared, **choices)
        run_training(registry, recipe, loader, data, run_dir=path, command=command)
        return TrainedRun(path, registry, cache)

    return train


@pytest.fixture(scope="session")
def digits_run(train_run, tmp_path_factory):
    """A run that stopped early, with more epochs than a page shows unfolded."""
    return train_run(tmp_path_factory.mktemp("runs") / "first", epochs=40, validation=0.1, early_stopping=8)


@pytest.fixture(scope="session")
def tagged_run(train_run, tmp_path_factory):
    """A run whose samples have any number of labels."""
    return train_run(tmp_path_factory.mktemp("tagged") / "tagged", "tagged", epochs=8)


@pytest.fixture(scope="session")
def homes_run(train_run, registry, homes_loader, tmp_path_factory):
    """A run on the table of homes, by its target."""
    folder, runs = tmp_path_factory.mktemp("homes-runs"), {}

    def run(target):
        if target not in runs:
            runs[target] = train_run(folder / target, homes_loader(registry, target), validation=0.1, epochs=20)
        return runs[target]

    return run


@pytest.fixture(scope="session")
def hostile_run(train_run, registry, tmp_path_factory):
    """A run in which all that can be chosen is chosen by somebody who means harm."""
    run = train_run(
        tmp_path_factory.mktemp("hostile") / f"a'\"{EVIL.replace('/', '')}",
        Made((EVIL, '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }} \u202e$(rm)")),
        command=["nnzoo", "train", "--data-dir", f"</code>{EVIL}; rm -rf ~"],
        epochs=2,
        batch_size=10,
    )
    record = json.loads((run.path / "run.json").read_text())
    record["started"] = record["environment"]["system"] = record["environment"]["numpy"] = EVIL
    record["environment"]["plugins"][EVIL] = EVIL
    record["fallback"] = {"wanted": EVIL, "reason": "javascript:alert(1)"}
    record["resumed"] = [{"at": EVIL, "steps": 10**300, "differences": [EVIL]}]
    record["data"]["samples"] |= {EVIL: 10**300}
    record["network"]["parameters"] = 10**300
    record["results"] |= {"test_loss": 1e300, "kept_epoch": EVIL, "train_seconds": EVIL}
    (run.path / "run.json").write_text(json.dumps(record))
    return TrainedRun(run.path, registry, run.cache)


@pytest.fixture(scope="session")
def sketching():
    """A context in which empty drawings stand for figures, which take long to paint; a browser shows them."""
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    return lambda: patch("nnzoo.pages.page.figure_bytes", lambda figure, format: {"svg": drawing}[format])


@pytest.fixture
def sketched(sketching):
    """See `sketching`."""
    with sketching():
        yield


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A `Browser`; without one on the PATH the test is skipped, or fails where NNZOO_REQUIRE_BROWSER is set."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        stop = pytest.fail if os.environ.get("NNZOO_REQUIRE_BROWSER") else pytest.skip
        stop(f"none of {', '.join(PROGRAMS)} is on the PATH")
    profile = tmp_path_factory.mktemp("profile")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    arguments += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen([program, *arguments], stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stderr.readline, "")
            address = next(found[1] for line in lines if (found := re.search(r"listening on (ws://\S+)", line)))
            # Pings would draw from the global random generator, in a thread, while other tests watch it.
            with connect(address, max_size=None, open_timeout=DEADLINE, ping_interval=None, proxy=None) as socket:
                yield Browser(socket)
        finally:
            process.kill()


class Browser:
    """One tab. What it reports about the page is in ``events``."""

    def __init__(self, socket):
        self._socket, self._count, self._session = socket, 0, None
        self.events = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        """Call a method and return what it answers."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while (answer := self._receive()).get("id") != self._count:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _receive(self):
        message = json.loads(self._socket.recv(timeout=DEADLINE))
        if "method" in message:
            self.events.append(message)
        return message

    def show(self, path, *, width=1280, height=900, dark=False, scripts=True):
        """Open a file in a window of that size."""
        self.events.clear()
        self.send("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700
        )
        self.emulate(dark=dark)
        self.send("Page.navigate", url=Path(path).resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._receive()

    def emulate(self, *, dark=False, media=""):
        """Prefer dark or light; show the page as on paper with ``media="print"``."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def run(self, script):
        """What a JavaScript expression is, after promises."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def contrasts(self):
        """The contrast of each piece of text with what is behind it, the text, and its element's class."""
        return self.run(CONTRASTS)

    def complaints(self):
        """Errors, warnings and violations that the page caused."""
        found = []
        for event in self.events:
            parameters = event["params"]
            if event["method"] == "Log.entryAdded":
                found.append(parameters["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled":
                found.append(str(parameters["args"]))
            elif event["method"] == "Runtime.exceptionThrown":
                found.append(str(parameters["exceptionDetails"]))
        return found

    def requests(self):
        """The addresses that were asked for."""
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]

    def pdf(self):
        """The page as it is printed on A4."""
        answer = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        return base64.b64decode(answer["data"])
