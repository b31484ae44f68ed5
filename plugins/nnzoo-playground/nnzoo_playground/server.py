"""The server: the static page, and one WebSocket for everything else."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen
from nnzoo.api import NnzooError, write_whole
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from nnzoo_playground.guard import Guard, is_token
from nnzoo_playground.session import MOST_PAGES, Page, Session
from nnzoo_playground.settings import Message
from nnzoo_playground.wire import pack

MOST_BYTES = 4 << 20
"""Bytes of one message from a page."""
PATIENCE = 10.0
"""Seconds that a page has to send the token."""
DATA = Path("playground-data")
"""The folder for tables that were dropped on the page, with names derived from their contents."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
Net = Annotated[int, Ge(0), Le(1)]
Place = Annotated[int, Ge(0), Le(1 << 40)]
Pixels = Annotated[str, MaxLen(110_000)]


class Asked(Message):
    """Base of a page's requests to a network; the answer has the same ``id``."""

    net: Net = 0
    id: Place = 0


class Simple(Asked):  # noqa: D101
    type: Literal["play", "pause", "step", "epoch", "reset"]


class Speed(Asked):  # noqa: D101
    type: Literal["speed"]
    speed: Literal["slow", "epoch", "full"]


class NewSettings(Asked):  # noqa: D101
    type: Literal["settings"]
    settings: dict[str, Any]


class Weight(Asked):  # noqa: D101
    type: Literal["weight"]
    array: Annotated[str, MaxLen(200)]
    index: Place
    value: Annotated[float, Ge(-1e6), Le(1e6)]


class Off(Asked):  # noqa: D101
    type: Literal["off"]
    column: Place
    unit: Place


class Parameters(Asked):  # noqa: D101
    type: Literal["parameters"]
    arrays: Annotated[list[Annotated[str, MaxLen(200)]], MaxLen(100)]


class Explain(Asked):  # noqa: D101
    type: Literal["explain"]
    part: Literal["train", "test"]
    index: Place


class Take(Asked):  # noqa: D101
    type: Literal["take"]
    what: Literal["model", "script", "run"]


class Load(Asked):  # noqa: D101
    type: Literal["load"]
    name: Annotated[str, MaxLen(200)]


class Draw(Asked):  # noqa: D101
    type: Literal["draw"]
    pixels: Pixels
    side: Place
    more: bool = False


class AddDrawn(Asked):  # noqa: D101
    type: Literal["drawn"]
    pixels: Pixels
    side: Place
    label: Place


class Upload(Asked):  # noqa: D101
    type: Literal["upload"]
    text: Annotated[str, MaxLen(MOST_BYTES)]


class Compare(Message):  # noqa: D101
    type: Literal["compare"]
    on: bool


class Ready(Message):  # noqa: D101
    type: Literal["ready"]


_MESSAGES: TypeAdapter[Any] = TypeAdapter(
    Simple
    | Speed
    | NewSettings
    | Weight
    | Off
    | Parameters
    | Explain
    | Take
    | Load
    | Draw
    | AddDrawn
    | Upload
    | Compare
    | Ready
)


def make_app(session: Session, token: str, port: int) -> Guard:
    """The application with its guard.

    Parameters
    ----------
    session : Session
        The session that the pages show.
    token : str
        The token that a page must send first.
    port : int
        Its port, which is part of the allowed host names.
    """
    page = {file.name: file.read_bytes() for file in files("nnzoo_playground").joinpath("page").iterdir()}

    def static(request: Request) -> Response:
        name = request.path_params.get("name") or "index.html"
        kind = TYPES.get(Path(name).suffix)
        if name not in page or kind is None:
            return PlainTextResponse("there is no such page\n", status_code=404)
        return Response(page[name], media_type=kind)

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):
            if not await _says_token(websocket, token):
                await websocket.close(1008, "the token is wrong")
            elif len(session.pages) >= MOST_PAGES:
                await websocket.close(1013, f"{MOST_PAGES} windows are already open: close one")
            else:
                await _serve(websocket, session)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        session.open()
        yield
        session.close()

    routes = [Route("/", static), Route("/{name}", static), WebSocketRoute("/socket", socket)]
    return Guard(Starlette(routes=routes, lifespan=lifespan), port)


async def _says_token(websocket: WebSocket, token: str) -> bool:
    try:
        said = json.loads(await asyncio.wait_for(websocket.receive_text(), PATIENCE))
    except (TimeoutError, ValueError, KeyError):
        return False
    return isinstance(said, dict) and is_token(said.get("token"), token)


async def _serve(websocket: WebSocket, session: Session) -> None:
    page = Page()
    await websocket.send_bytes(pack({"type": "welcome", **session.opening, "both": session.both}))
    session.enter(page)
    sender = asyncio.create_task(_send(websocket, page))
    try:
        while True:
            _take(await websocket.receive_text(), page, session)
    except (WebSocketDisconnect, KeyError):
        pass
    finally:
        session.leave(page)
        sender.cancel()


async def _send(websocket: WebSocket, page: Page) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await page.something.wait()
            for message in page.next():
                await websocket.send_bytes(message)


def _take(text: str, page: Page, session: Session) -> None:
    """Carry out a page's message; an invalid one is answered with an error."""
    asked: Any = None
    try:
        asked = json.loads(text)
        message = _MESSAGES.validate_python(asked)
    except (ValidationError, ValueError, RecursionError):
        identity = asked.get("id") if isinstance(asked, dict) else None
        _tell(page, {"type": "answer", "id": identity, "net": 0, "error": "the page sent an invalid message"})
        return
    if isinstance(message, Ready):
        page.ready = True
        page.something.set()
        session.want()
    elif isinstance(message, Compare):
        session.both = message.on
        if message.on and len(session.labs) < 2:
            session.start_network()
        for other in session.pages:
            _tell(other, {"type": "compare", "on": message.on})
    elif isinstance(message, Upload):
        try:
            path = _kept(message.text)
        except NnzooError as error:
            _tell(page, {"type": "answer", "id": message.id, "net": message.net, "error": error.message})
            return
        session.ask(page, message.net, {"type": "upload", "id": message.id, "path": str(path)})
    else:
        session.ask(page, message.net, message.model_dump())


def _tell(page: Page, head: dict[str, Any]) -> None:
    page.answers.append(pack(head))
    page.something.set()


def _kept(text: str) -> Path:
    """Save a table in a file whose name is derived from its contents; the page can't choose the place."""
    contents = text.encode("utf-8", "replace")
    path = DATA / f"table-{hashlib.sha256(contents).hexdigest()[:16]}.csv"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        write_whole(path, contents)
    return path
