"""`Session`: the networks of one launch, each in its own process, and the pages that show them."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, final

from nnzoo_playground.channel import end, receive, send, start_process
from nnzoo_playground.forked import Forked
from nnzoo_playground.wire import pack
from nnzoo_playground.worker import Setup

MOST_PAGES = 16
SHORT = 3.0
"""A process that ends within so many seconds after its start is not restarted."""
KEPT = ("menus", "samples", "state", "frame")
"""The newest message of each kind is kept for each network, for pages that open or return later."""


@dataclass(eq=False)
class Page:
    """One open page: the newest message of each kind that it has not received, and answers to its requests."""

    due: dict[tuple[int, str], bytes] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)
    something: asyncio.Event = field(default_factory=asyncio.Event)
    ready: bool = True

    def next(self) -> list[bytes]:
        """The messages to send now: answers and states immediately, a frame only after the last one was drawn."""
        sent, self.answers = self.answers, []
        for key in sorted(self.due, key=lambda key: KEPT.index(key[1])):
            if key[1] != "frame":
                sent.append(self.due.pop(key))
        frames = [key for key in self.due if key[1] == "frame"]
        if frames and self.ready:
            self.ready = False
            sent += [self.due.pop(key) for key in frames]
        self.something.clear()
        return sent


@dataclass
class Lab:
    """A network's process and its newest messages."""

    process: subprocess.Popen[bytes] | Forked
    newest: dict[str, bytes] = field(default_factory=dict)
    waiting: bool = False
    began: float = field(default_factory=time.monotonic)


@final
class Session:
    """The processes and pages of one launch.

    Parameters
    ----------
    setup : Setup
        The arguments that the processes need to find plugins and data.
    opening : dict
        The first message to pages.
    """

    def __init__(self, setup: Setup, opening: dict[str, Any]) -> None:
        self.setup, self.opening = setup, opening
        self.labs: list[Lab] = []
        self.pages: set[Page] = set()
        self.both = False
        self._asked: dict[int, tuple[Page, Any, int]] = {}
        self._count = 0
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.start_network()

    def start_network(self) -> None:
        """Start another process."""
        self.labs.append(Lab(start_process()))
        self._begin(len(self.labs) - 1)

    def _begin(self, number: int) -> None:
        self._send(self.labs[number], (number, self.setup))
        if self._loop:
            self._listen(number)

    def open(self) -> None:
        """Listen to the processes, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        for number in range(len(self.labs)):
            self._listen(number)

    def close(self) -> None:
        """End the processes."""
        self._closed = True
        for lab in self.labs:
            end(lab.process)

    def ask(self, page: Page | None, number: int, command: dict[str, Any]) -> None:
        """Send a command to a network; its answer goes to the page that asked."""
        if not 0 <= number < len(self.labs):
            return
        self._count += 1
        if page is not None and command.get("id"):
            self._asked[self._count] = (page, command["id"], number)
            command = {**command, "id": self._count}
        self._send(self.labs[number], command)

    def enter(self, page: Page) -> None:
        """Add a page, and send it the newest messages."""
        self.pages.add(page)
        for number, lab in enumerate(self.labs):
            page.due |= {(number, kind): message for kind, message in lab.newest.items()}
        page.something.set()
        self.want()

    def leave(self, page: Page) -> None:
        """Remove a page."""
        self.pages.discard(page)
        self._asked = {key: asked for key, asked in self._asked.items() if asked[0] is not page}

    def want(self) -> None:
        """Request the next frames if a page can draw them."""
        if not any(page.ready for page in self.pages):
            return
        for number, lab in enumerate(self.labs):
            if not lab.waiting:
                lab.waiting = True
                self.ask(None, number, {"type": "want"})

    def _listen(self, number: int) -> None:
        thread = threading.Thread(target=self._read, args=(number,), daemon=True)
        thread.start()

    def _read(self, number: int) -> None:
        """In a thread: pass the messages of a process to the event loop."""
        lab, loop = self.labs[number], self._loop
        stream = lab.process.stdout
        assert loop is not None
        assert stream is not None
        with suppress(EOFError, OSError, RuntimeError, ValueError):
            while True:
                loop.call_soon_threadsafe(self._told, number, *receive(stream))
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._lost, number, lab)

    def _lost(self, number: int, lab: Lab) -> None:
        """Report a process that has ended unexpectedly, and restart it."""
        if self._closed or self.labs[number] is not lab:
            return
        end(lab.process)
        said = "the training process has ended unexpectedly; the terminal may show why"
        for key, (page, own, asked) in [*self._asked.items()]:
            if asked == number:
                del self._asked[key]
                page.answers.append(pack({"type": "answer", "net": number, "id": own, "error": said}))
        again = time.monotonic() - lab.began > SHORT
        for page in self.pages:
            more = "; it is restarted" if again else ""
            page.answers.append(pack({"type": "state", "net": number, "error": said + more}))
            page.something.set()
        if again:
            self.labs[number] = Lab(start_process(), {"menus": lab.newest["menus"]} if "menus" in lab.newest else {})
            self._begin(number)
            self.want()

    @staticmethod
    def _send(lab: Lab, message: Any) -> None:
        assert lab.process.stdin is not None
        with suppress(OSError, ValueError):  # it has died
            send(lab.process.stdin, message)

    def _told(self, number: int, kind: str, identity: int | None, message: bytes) -> None:
        lab = self.labs[number]
        if kind == "answer":
            page, own, _ = self._asked.pop(identity or 0, (None, None, 0))
            if page is not None:
                page.answers.append(_with_id(message, own))
                page.something.set()
            return
        lab.newest[kind] = message
        if kind == "frame":
            lab.waiting = False
        for page in self.pages:
            page.due[number, kind] = message
            page.something.set()
        if kind == "frame":
            self.want()


def _with_id(message: bytes, own: Any) -> bytes:
    """An answer with the number that its page gave to the request."""
    import json
    import struct

    (length,) = struct.unpack_from("<I", message)
    head = json.loads(message[4 : 4 + length])
    text = json.dumps({**head, "id": own}).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<I", len(text)), text, message[4 + length :]])
