"""`launch`: from the command to a page in the browser."""

from __future__ import annotations

import socket
import threading
import webbrowser
from pathlib import Path
from typing import Any

import click
from nnzoo.api import Registry, StorageError

from nnzoo_playground.worker import Setup

ADDRESS = "127.0.0.1"
TRIED = 20
"""Number of following ports to try if the port is taken."""


def launch(
    registry: Registry,
    run: Path | None,
    port: int,
    dataset: str | None,
    source: str | None,
    data_dir: Path | None,
    *,
    browser: bool,
) -> None:
    """Serve the page until Ctrl-C.

    Raises
    ------
    StorageError
        When no port is free.
    """
    from nnzoo_playground.session import Session

    plugins = registry.plugins(load=False)
    setup = Setup(
        files=tuple(str(Path(plugin.source.target).absolute()) for plugin in plugins if plugin.source.is_file),
        disabled=tuple(plugin.source.key for plugin in plugins if plugin.status == "disabled"),
        data_dir=None if data_dir is None else str(data_dir.absolute()),
        dataset=dataset,
        start=source,
        follow=None if run is None else str(run),
    )
    opening: dict[str, Any] = {"follow": "" if run is None else str(run)}
    session = Session(setup, opening)  # its process starts while the rest is imported

    import uvicorn

    from nnzoo_playground.guard import new_token
    from nnzoo_playground.server import MOST_BYTES, make_app

    listening = _listen(port)
    token, port = new_token(), listening.getsockname()[1]
    address = f"http://{ADDRESS}:{port}/#token={token}"
    click.echo(f"nnzoo playground: {address}")
    click.echo("Press Ctrl-C to stop.")
    config = uvicorn.Config(
        make_app(session, token, port),
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # messages do not leave this machine
        ws_max_size=MOST_BYTES,
        ws_ping_interval=20,
        log_level="warning",
        server_header=False,
        date_header=False,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    if browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()  # this can be slow
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        session.close()


def _listen(port: int) -> socket.socket:
    """A socket at the port, or at the next free one."""
    last = ""
    for number in range(port, min(port + TRIED, 65536) if port else 1):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((ADDRESS, number))
            listening.listen(64)
        except OSError as error:
            listening.close()
            last = error.strerror or str(error)
            continue
        return listening
    raise StorageError(f"no port from {port} on is free: {last}", hint="name another with --port")
