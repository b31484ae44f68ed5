"""The training process: it follows the server's commands, and sends frames on request."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, final

from nnzoo_playground.channel import Channel

FRAME_EVERY = 1 / 36
"""Least number of seconds between frames."""
FRAMES_SHARE = 0.065
"""Largest share of processor time for frames while a network trains."""
PIECE = 0.004
"""Seconds of processor time for training between two checks for commands."""
SLOW = 0.25
"""Seconds between steps at the slow pace, and between epochs at the pace of epochs."""
MENUS_AFTER = 2.0
"""Seconds after which menus are made if no page has requested a frame."""
LOOK_EVERY = 0.3
"""Seconds between two looks at a run that is followed."""
PATIENCE = 60.0
"""Seconds to wait for the server's first message."""


@dataclass(frozen=True)
class Setup:
    """The plugins, data and first network that a worker needs to know."""

    files: tuple[str, ...]
    disabled: tuple[str, ...]
    data_dir: str | None
    dataset: str | None
    start: str | None
    follow: str | None


def serve(reads: int, writes: int) -> None:
    """Receive the setup, then serve one network until the server is gone.

    Parameters
    ----------
    reads, writes : int
        File descriptors of the connection to the server.
    """
    channel = Channel(reads, writes)
    number, setup = channel.next(PATIENCE)
    from nnzoo.api import blas_threads

    with blas_threads(1):
        Worker(channel, number, setup).run()


class Speaking(Protocol):
    """The connection of a worker."""

    def next(self, timeout: float) -> Any:
        """The next command; None if none arrives within so many seconds."""

    def send(self, message: Any) -> None:
        """Send a message."""


@final
class Worker:
    """One network and its training.

    Parameters
    ----------
    channel : Channel
        The connection: commands arrive as dicts, messages leave as bytes.
    number : int
        The number of the network on the page: 0 or 1.
    setup : Setup
        The plugins and data.
    """

    def __init__(self, channel: Speaking, number: int, setup: Setup) -> None:
        from nnzoo.api import FileCache, Registry

        from nnzoo_playground.actions import Actions
        from nnzoo_playground.lab import Lab

        self._channel, self._number = channel, number
        registry = Registry([Path(file) for file in setup.files], setup.disabled, show_broken=True)
        self.lab = Lab(registry, FileCache(None if setup.data_dir is None else Path(setup.data_dir)))
        self.actions = Actions(self.lab, setup)
        self.playing, self.speed = False, "full"
        self._wanted, self._dirty, self._ready = False, True, False
        self._last_frame, self._next_pace = 0.0, 0.0
        self._frame_cost, self._computed = 0.0, 0.0
        self._batches = 1
        self._offered, self._cold = False, True
        self._error = ""

    def run(self) -> None:
        """Work until the server is gone."""
        self._answer({"type": "begin"})
        patient = time.perf_counter() + MENUS_AFTER
        while True:
            self._listen()
            if self.playing:
                self._guarded(self._play)
            elif self.actions.followed and time.perf_counter() >= self._next_pace:
                self._next_pace = time.perf_counter() + LOOK_EVERY
                if self.actions.followed.look():
                    self._tell_state()
            self._show()
            if self._last_frame or time.perf_counter() > patient:
                self._get_ready()

    def _get_ready(self) -> None:
        """After the first picture, make menus, which import every plugin, and import modules for drawings."""
        if self._number == 0 and not self._offered:
            from nnzoo_playground.menus import make_menus

            self._offered = True
            self._send({"type": "menus", "menus": make_menus(self.lab.registry)})
        if self._cold and self._ready:
            self._cold = False
            self._guarded(self.actions.get_ready, playing=self.playing)

    def _listen(self) -> None:
        """Carry out the server's commands; wait for them if there is nothing else to do."""
        busy = self.playing and (self.speed == "full" or time.perf_counter() >= self._next_pace)
        waiting = 0.0 if busy else max(0.0, min(self._pause(), 0.5))
        while (command := self._channel.next(waiting)) is not None:
            waiting = 0.0
            self._take(command)

    def _pause(self) -> float:
        """The seconds until there is something to do."""
        now = time.perf_counter()
        ends = [now + 0.5]
        if self._wanted and self._dirty and self._ready:
            ends.append(self._last_frame + FRAME_EVERY)
        if self.playing or self.actions.followed:
            ends.append(self._next_pace)
        return min(ends) - now

    def _take(self, command: dict[str, Any]) -> None:
        kind = command.get("type")
        if kind == "want":
            self._wanted = True
            return
        self._dirty = True
        if self.actions.followed and kind in ("play", "step", "epoch", "reset"):
            return
        if kind == "play":
            self.playing = self._ready and not self.lab.trainer.finished()
            self._tell_state()
        elif kind == "pause":
            self.playing = False
            self._tell_state()
        elif kind == "speed":
            self.speed = str(command["speed"])
            self._tell_state()
        elif kind in ("step", "epoch"):
            self.playing = False
            batches = 1 if kind == "step" else 1 << 60
            self._guarded(lambda: self.lab.advance(batches))
            self._tell_state()
        else:
            self._answer(command)

    def _answer(self, command: dict[str, Any]) -> None:
        """Carry out an action of the page and send it the result."""
        from nnzoo_playground.actions import CHANGES

        def act() -> None:
            head, arrays = self.actions.do(command)
            if command["type"] in CHANGES:
                self._ready = self._cold = True
                self._batches = 1
                self.playing = self.playing and not self.lab.trainer.finished()
            self._reply(command, head, arrays)
            if command["type"] in CHANGES:
                self._error = ""
                self._tell_everything()

        if said := self._guarded(act, playing=self.playing):
            self._reply(command, {"error": said})

    def _reply(self, command: dict[str, Any], head: dict[str, Any], arrays: Any = None) -> None:
        if "id" in command:
            self._send({"type": "answer", "id": command["id"], **head}, arrays)

    def _guarded(self, action: Callable[[], Any], *, playing: bool = False) -> str:
        """Carry out an action; an error is reported, and its text returned."""
        from nnzoo.api import NnzooError

        from nnzoo_playground.settings import described

        try:
            action()
        except NnzooError as error:
            said = described(error)
        except BrokenPipeError:
            raise
        except Exception as error:  # plugins may raise anything
            place = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
        else:
            return ""
        self.playing = playing
        if not playing:
            self._error = said
            if self._ready:
                self._tell_state()
        return said

    def _play(self) -> None:
        now = time.perf_counter()
        if self.speed != "full" and now < self._next_pace:
            return
        lab = self.lab
        self._dirty = True
        if self.speed == "full":
            began = time.thread_time()
            more = lab.advance_for(PIECE, self._batches)
            taken = time.thread_time() - began
            self._batches = max(1, min(self._batches * (2 if taken < 2 * PIECE else 1), 1 << 20))
            if taken > 3 * PIECE:
                self._batches = max(1, self._batches // 2)
        else:
            more = lab.advance(1 if self.speed == "slow" else 1 << 60)
            self._next_pace = now + SLOW
        if not more and lab.trainer.finished():
            self.playing = False
            self._tell_state()

    def _show(self) -> None:
        """Send a frame if one is wanted, something has changed, and there is time for it."""
        if not (self._wanted and self._dirty and self._ready):
            return
        now, began = time.perf_counter(), time.thread_time()
        due = now - self._last_frame >= FRAME_EVERY
        if not due or (self.playing and began - self._computed < self._frame_cost / FRAMES_SHARE):
            return
        head, arrays = self.actions.view.frame()
        self._wanted = self._dirty = False
        self._last_frame = now
        self._send({"type": "frame", "playing": self.playing, "made": time.time(), **head}, arrays)
        self._computed = time.thread_time()
        self._frame_cost = 0.8 * self._frame_cost + 0.2 * (self._computed - began)

    def _tell_everything(self) -> None:
        head, arrays = self.actions.view.samples()
        self._send({"type": "samples", **head}, arrays)
        self._tell_state()

    def _tell_state(self) -> None:
        self._dirty = True
        state = self.actions.state() if self._ready else {}
        self._send({"type": "state", "playing": self.playing, "speed": self.speed, "error": self._error, **state})

    def _send(self, head: dict[str, Any], arrays: Any = None) -> None:
        from nnzoo_playground.wire import pack

        self._channel.send((head["type"], head.get("id"), pack({"net": self._number, **head}, arrays)))
