"""Mirrors that fail in every way a mirror can: the next one is tried, and each reason is told."""

import gzip
import hashlib
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from nnzoo.datafiles import download as downloading
from nnzoo.datafiles.cache import FileCache
from nnzoo.datafiles.download import download
from nnzoo.errors import DownloadError, StorageError
from nnzoo.kinds import DataFile

pytestmark = pytest.mark.usefixtures("clean_environment", "patience")

CONTENTS = b"the contents" * 100
PACKED = gzip.compress(CONTENTS, mtime=0)
NOTHING_LISTENS = "http://127.0.0.1:9"

REASONS = {
    "forbidden": "HTTP 403 Forbidden",
    "missing": "HTTP 404",
    "broken": "HTTP 500",
    "unavailable": "HTTP 503 Service Unavailable",
    "html": "wrong SHA-256",
    "wrong": "wrong SHA-256",
    "empty": "wrong SHA-256",
    "short": "",  # worded by urllib3
    "reset": "",  # worded by the operating system
    "garbage": "",
    "circle": "redirects",
    "endless": "it sends more than 1,049,776 bytes",
    "endless-pieces": "it sends more than 1,049,776 bytes",
}


class Mirror(BaseHTTPRequestHandler):
    """Plays what the first part of the path asks for."""

    finished: threading.Event
    asked: list[str]

    def do_GET(self):
        part = self.path.split("/")[1]
        self.asked.append(self.path)
        getattr(self, f"play_{part.replace('-', '_')}")()

    def answer(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def play_right(self):
        self.answer(PACKED)

    def play_missing(self):
        self.answer(b"no", 404)

    def play_broken(self):
        self.answer(b"no", 500)

    def play_forbidden(self):
        self.answer(b"no", 403)

    def play_unavailable(self):
        self.answer(b"not now", 503)

    def play_endless(self):
        self.answer(b"", length=1 << 40)
        while True:
            self.wfile.write(bytes(1 << 16))

    def play_endless_pieces(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"10000\r\n" + bytes(1 << 16) + b"\r\n")

    def play_trickle(self):
        self.answer(b"", length=1 << 20)
        while not self.finished.wait(0.05):
            self.wfile.write(b"x")

    def play_trickling_headers(self):
        for byte in b"HTTP/1.0 200 OK\r\n" + b"X-Filler: x\r\n" * 200:
            self.wfile.write(bytes([byte]))
            self.finished.wait(0.05)

    def play_packed_once_more(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")  # as some servers say of each file whose name ends in .gz
        self.send_header("Content-Length", str(len(PACKED)))
        self.end_headers()
        self.wfile.write(PACKED)

    def play_html(self):
        self.answer(b"<html>please log in</html>")

    def play_wrong(self):
        self.answer(PACKED[:-1] + b"!")

    def play_empty(self):
        self.answer(b"")

    def play_short(self):
        self.answer(PACKED[:10], length=len(PACKED))

    def play_reset(self):
        self.answer(PACKED[:10], length=len(PACKED))
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def play_garbage(self):
        self.wfile.write(b"this is not HTTP\r\n\r\n")

    def play_circle(self):
        self.send_response(302)
        self.send_header("Location", self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def play_moved(self):
        self.send_response(302)
        self.send_header("Location", self.path.replace("moved", "right"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def play_silent(self):
        self.finished.wait(120)

    def play_stalls(self):
        self.answer(PACKED[:10], length=len(PACKED))
        self.wfile.flush()
        self.finished.wait(120)

    def log_message(self, *arguments):
        pass


@contextmanager
def serving():
    handler = type("Handler", (Mirror,), {"finished": threading.Event(), "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *arguments: None  # connections that break are the point
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
    finally:
        handler.finished.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def patience(monkeypatch):
    """No mirror here is slow, however busy the machine is, but those that play it: these are given so many seconds."""
    answer = downloading._answer

    def give(seconds, play=""):
        def asked(url):
            limit = seconds if play in url else 120
            monkeypatch.setattr(downloading, "_FIRST_ANSWER", limit)
            monkeypatch.setattr(downloading, "_BETWEEN_BYTES", limit)
            return answer(url)

        monkeypatch.setattr(downloading, "_answer", asked)

    give(120)
    return give


@pytest.fixture
def mirror():
    """Address of a server that plays mirrors; it stops by itself."""
    with serving() as (address, _):
        yield address


PINS = hashlib.sha256(PACKED).hexdigest(), hashlib.sha256(CONTENTS).hexdigest(), len(CONTENTS)


def toy(*mirrors):
    return DataFile("toy.gz", PINS[0], mirrors, *PINS[1:])


def test_the_right_file_is_fetched_once_and_then_found_on_disk(mirror):
    file = toy(f"{mirror}/right")
    assert FileCache().read("toy", file) == CONTENTS
    assert Path("cache/nnzoo/toy/toy.gz").read_bytes() == PACKED
    assert FileCache().read("toy", toy(NOTHING_LISTENS)) == CONTENTS


@pytest.mark.parametrize("play", ["moved", "right/", "packed-once-more"])
def test_a_mirror_may_redirect_or_declare_a_content_encoding(mirror, tmp_path, play):
    assert download(toy(f"{mirror}/{play}"), tmp_path / "there").read_bytes() == PACKED


@pytest.mark.parametrize("play", REASONS)
def test_where_one_mirror_fails_the_next_is_used(mirror, tmp_path, play):
    path = download(toy(f"{mirror}/{play}", f"{mirror}/right"), tmp_path / "there")
    assert path.read_bytes() == PACKED
    assert [entry.name for entry in (tmp_path / "there").iterdir()] == ["toy.gz"]


@pytest.mark.parametrize("play", REASONS)
def test_where_all_mirrors_fail_each_reason_is_reported_and_nothing_kept(mirror, play):
    with pytest.raises(DownloadError) as caught:
        FileCache().read("toy", toy(f"{mirror}/{play}", NOTHING_LISTENS))
    lines = caught.value.message.splitlines()
    assert lines[1].startswith(f"  {mirror}/{play}/toy.gz: ")
    assert REASONS[play] in lines[1]
    assert len(lines[1]) > len(f"  {mirror}/{play}/toy.gz: ") + 5
    assert lines[2] == f"  {NOTHING_LISTENS}/toy.gz: Connection refused"
    assert len(lines) == 3
    assert not [path for path in Path("cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        ("silent", "answer"),
        ("stalls", "answer|timed out|too slow"),
        ("trickle", "too slow|answer|timed out"),
        ("trickling-headers", "answer"),
    ],
)
def test_a_mirror_that_does_not_answer_in_time_is_skipped(mirror, tmp_path, patience, play, reason):
    patience(0.3, play)
    with pytest.raises(DownloadError, match=reason):
        download(toy(f"{mirror}/{play}"), tmp_path / "there")
    assert download(toy(f"{mirror}/{play}", f"{mirror}/right"), tmp_path / "there").read_bytes() == PACKED
    assert [entry.name for entry in (tmp_path / "there").iterdir()] == ["toy.gz"]


def test_a_redirect_from_https_to_http_is_refused(mirror, tmp_path, monkeypatch):
    """The part of the secure server is played where requests sends what it sends."""
    send = requests.adapters.HTTPAdapter.send

    def sent(self, request, **options):
        if not request.url.startswith("https:"):
            return send(self, request, **options)
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 302, request.url, request
        answer.headers["Location"] = f"{mirror}/right/toy.gz"
        answer.raw = io.BytesIO()
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", sent)
    with pytest.raises(DownloadError, match=rf"it redirects from https to {mirror}/right/toy\.gz, which is not"):
        download(toy("https://secure.invalid"), tmp_path / "there")
    assert download(toy("https://secure.invalid", f"{mirror}/right"), tmp_path / "there").read_bytes() == PACKED


def test_three_processes_with_a_cold_cache_leave_one_intact_file(mirror, tmp_path, clean_variables):
    code = f"""
from nnzoo.datafiles import download
from nnzoo.datafiles.cache import FileCache
download._FIRST_ANSWER = 120
from nnzoo.kinds import DataFile
contents = FileCache().read("toy", DataFile(*{["toy.gz", *PINS[:1], (f"{mirror}/right",), *PINS[1:]]!r}))
assert contents == {CONTENTS[:12]!r} * 100
"""
    variables = clean_variables(tmp_path)
    processes = [
        subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    messages = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 3, messages
    folder = tmp_path / "cache" / "nnzoo" / "toy"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"toy.gz": PACKED, "toy": CONTENTS}


@pytest.mark.parametrize("address", ["127.0.0.1", "no-scheme/folder", "ftp://127.0.0.1:9", "http://[bad", ""])
def test_a_mirror_without_an_http_address_counts_as_failed(tmp_path, address):
    with pytest.raises(DownloadError, match=r"toy\.gz: "):
        download(toy(address), tmp_path)


def test_the_user_s_mirror_is_tried_first(monkeypatch, tmp_path):
    with serving() as (address, asked):
        monkeypatch.setenv("NNZOO_MIRROR", f"{address}/right/")
        assert download(toy(f"{address}/wrong"), tmp_path).read_bytes() == PACKED
        assert asked == [f"/right/{tmp_path.name}/toy.gz"]


def test_the_user_s_mirror_may_have_a_folder_for_each_data_set_or_one_for_all(monkeypatch, tmp_path):
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "mirror")
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    (tmp_path / "mirror/other").mkdir(parents=True)
    (tmp_path / "mirror/toy.gz").write_bytes(PACKED)
    (tmp_path / "mirror/other/toy.gz").write_bytes(gzip.compress(b"another data set"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NNZOO_MIRROR", f"http://127.0.0.1:{server.server_port}")
        assert FileCache().read("toy", toy(NOTHING_LISTENS)) == CONTENTS
        (tmp_path / "mirror/toy.gz").rename(tmp_path / "mirror/other/toy.gz")
        assert FileCache().read("other", toy(NOTHING_LISTENS)) == CONTENTS
        server.shutdown()


def test_the_user_s_mirror_may_fail(monkeypatch, tmp_path, mirror):
    monkeypatch.setenv("NNZOO_MIRROR", f"{mirror}/html")
    assert download(toy(f"{mirror}/right"), tmp_path).read_bytes() == PACKED


def test_a_wrong_file_in_the_cache_is_replaced(mirror):
    path = Path("cache/nnzoo/toy/toy.gz")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    assert FileCache().read("toy", toy(f"{mirror}/right")) == CONTENTS
    assert path.read_bytes() == PACKED


def test_a_cache_that_cannot_be_written_is_a_storage_error(mirror, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(StorageError, match=r"can't write .*toy\.gz(?s:.*)XDG_CACHE_HOME"):
        FileCache().read("toy", toy(f"{mirror}/right"))


def test_the_command_uses_the_user_s_mirror_and_reports_why_it_failed(mirror, nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "train", "--dataset", "mnist", environment={"NNZOO_MIRROR": f"{mirror}/html"})
    assert outcome.code == 4
    assert f"{mirror}/html/t10k-labels-idx1-ubyte.gz: it has other contents" in outcome.stderr
    assert outcome.stderr.index(mirror) < outcome.stderr.index("amazonaws")
    assert not list(tmp_path.rglob("*.gz"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the process is forked here")
def test_a_killed_download_leaves_nothing_that_the_next_one_does_not_remove(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)
    there = tmp_path / "there"
    child = os.fork()
    if child == 0:
        os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
        download(toy(f"{mirror}/right"), there)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [path.name for path in there.iterdir()] != ["toy.gz"]
    assert download(toy(f"{mirror}/right"), there).read_bytes() == PACKED
    assert [path.name for path in there.iterdir()] == ["toy.gz"]
