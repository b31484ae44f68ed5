"""Loopback is not a boundary: who is refused."""

import json

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


@pytest.fixture
def port(address):
    return httpx.URL(address).port


@pytest.fixture
def token(address):
    return address.partition("#token=")[2]


def dial(port, origin=None, host=None):
    headers = {} if host is None else {"Host": host}
    return connect(
        f"ws://127.0.0.1:{port}/socket", origin=origin, additional_headers=headers, proxy=None, ping_interval=None
    )


def test_the_page_is_served_with_a_strict_policy_and_without_the_token(port, token):
    answer = httpx.get(f"http://127.0.0.1:{port}/")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in answer.headers
    assert token not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost:1"])
def test_a_name_that_was_rebound_to_loopback_is_refused(port, host):
    assert httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": host}).status_code in (400, 403)
    with pytest.raises((InvalidStatus, OSError, EOFError)):
        dial(port, f"http://{host}", host or "evil.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_a_request_of_another_site_is_refused(port, headers):
    assert httpx.get(f"http://127.0.0.1:{port}/main.js", headers=headers).status_code == 403


def test_there_is_nothing_to_post_to(port):
    assert httpx.post(f"http://127.0.0.1:{port}/", content=b"x").status_code == 403


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1"])
def test_a_websocket_of_another_page_is_refused(port, origin):
    with pytest.raises(InvalidStatus):
        dial(port, origin)


@pytest.mark.parametrize("said", ["", "{}", '{"token": null}', '{"token": "wrong"}', "[]", "9" * 5000])
def test_a_page_without_the_token_gets_nothing(port, said):
    with dial(port, f"http://127.0.0.1:{port}") as socket:
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd.code == 1008


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/command.py", "/..%2fcommand.py", "/command.py", "//etc/passwd"]
)
def test_no_address_reaches_the_file_system(port, path):
    assert httpx.get(f"http://127.0.0.1:{port}{path}").status_code in (403, 404)


def asked(port, token, *messages):
    """What the server answers to messages of a page that knows the token."""
    found = []
    with dial(port, f"http://127.0.0.1:{port}") as socket:
        socket.send(json.dumps({"token": token}))
        for number, message in enumerate(messages, 1):
            socket.send(message if isinstance(message, str) else json.dumps({"id": number, **message}))
            while True:
                received = socket.recv(timeout=30)
                length = int.from_bytes(received[:4], "little")
                head = json.loads(received[4 : 4 + length])
                if head["type"] == "answer":
                    found.append(head)
                    break
    return found


SETTINGS = {"dataset": "circles", "layers": [], "optimizer": "sgd"}


@pytest.mark.parametrize(
    "patch",
    [
        {"dataset": "csv:path=/etc/passwd"},
        {"dataset": "/etc/passwd"},
        {"dataset": "drawn:base=(csv:path=/etc/passwd)"},
        {"dataset": "image-folder:path=/"},
        {"dataset": "../x.csv"},
        {"model": "stack:hidden=(dense:units=1000000000)"},
        {"layers": [{"units": 100000, "activation": "relu", "dropout": 0}]},
        {"epochs": -1},
        {"batch_size": "many"},
        {"learning_rate": 0},
        {"surprise": 1},
    ],
)
def test_settings_that_a_page_may_not_send_are_refused(port, token, patch):
    (head,) = asked(port, token, {"type": "settings", "settings": {**SETTINGS, **patch}})
    assert head["error"]


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[" * 100_000,
        '{"type": "settings"}',
        '{"type": "shutdown", "id": 3}',
        '{"type": "load", "id": 1, "name": 5}',
    ],
)
def test_a_message_that_makes_no_sense_is_answered_with_an_error(port, token, message):
    (head,) = asked(port, token, message)
    assert head["error"]


def test_a_message_that_is_too_large_ends_the_connection(port, token):
    with pytest.raises(ConnectionClosed):
        asked(port, token, {"type": "upload", "text": "x" * (5 << 20)})


@pytest.mark.parametrize("text", ["", "\x00\x01\x02", "a,b\n1", "x,y\n" + "1," * 3000, '"' * 1000])
def test_a_hostile_table_is_refused_with_a_reason(port, token, text, own_folder):
    (head,) = asked(port, token, {"type": "upload", "text": text})
    assert head["error"]
    assert {file.name[:6] for file in (own_folder / "playground-data").iterdir()} == {"table-"}
