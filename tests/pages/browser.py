"""A headless Chromium, driven over its DevTools protocol."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
DEADLINE = 30


@contextmanager
def open_browser():
    """A `Browser`; without one on the PATH the test is skipped, or fails where NNZOO_REQUIRE_BROWSER is set."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        message = f"there is no {' or '.join(NAMES)} on the PATH"
        (pytest.fail if os.environ.get("NNZOO_REQUIRE_BROWSER") else pytest.skip)(message)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        arguments += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen([program, *arguments], stderr=subprocess.PIPE, text=True) as process:
            try:
                lines = iter(process.stderr.readline, "")
                address = next(found[1] for line in lines if (found := re.search(r"(ws://\S+)", line)))
                port = re.search(r":(\d+)/", address)[1]
                with connect(address, max_size=None, open_timeout=DEADLINE) as socket:
                    yield Browser(socket, port)
            finally:
                process.kill()


class Browser:
    """One tab. What it reports about the page is in ``events``."""

    def __init__(self, socket, port):
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
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700)
        self.emulate(dark=dark)
        self.send("Page.navigate", url=Path(path).resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._receive()
        self.send("Runtime.evaluate", expression="0")

    def emulate(self, *, dark=False, media=""):
        """Prefer dark or light; show the page as on paper with ``media="print"``."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def run(self, script):
        """What a JavaScript expression is, after promises."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

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

    def screenshot(self):
        """The whole page as a PNG file."""
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def pdf(self):
        """The page as it is printed on A4."""
        answer = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        return base64.b64decode(answer["data"])
