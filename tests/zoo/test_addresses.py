"""Networks and cards at an https address: pinned, downloaded once, and loaded like local ones."""

import hashlib
import json
import shutil
import ssl
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import nnzoo
from nnzoo.datafiles.address import is_address, parse_address
from nnzoo.errors import DownloadError, UsageError

TRAINED = files("nnzoo.builtin") / "trained"
MODEL, CARD = TRAINED / "digits-mlp.relu.safetensors", TRAINED / "digits-mlp.relu.md"
PIN = hashlib.sha256(MODEL.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A server with TLS and a certificate of its own: its address, the certificate, and what it was asked for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on the PATH, which makes the certificate")
    folder = tmp_path_factory.mktemp("secure")
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run(
        [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1"], cwd=folder, check=True, capture_output=True
    )
    (folder / "files").mkdir()
    for file in (MODEL, CARD):
        (folder / "files" / file.name).write_bytes(file.read_bytes())
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder / "files"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", folder / "cert.pem", asked
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def trusted(secure, clean_environment, monkeypatch):
    """Its address, where its certificate is trusted and the cache is empty."""
    address, certificate, asked = secure
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    asked.clear()
    return address


def test_a_network_is_downloaded_once_and_answers_like_the_local_one(trusted, secure):
    named = f"{trusted}/{MODEL.name}?download=true#sha256={PIN}"
    network = nnzoo.load_model(named)
    x = nnzoo.load_dataset("digits").test.inputs[:5]
    np.testing.assert_array_equal(network.predict(x), nnzoo.load_model("digits-mlp").predict(x))
    assert len(secure[2]) == 1
    nnzoo.load_model(named.replace("sha256=" + PIN, "sha256=" + PIN.upper()))
    assert len(secure[2]) == 1, "the cache has it"
    (kept,) = Path("cache/nnzoo/models").rglob("*.safetensors")
    kept.write_bytes(b"damaged")
    nnzoo.load_model(named)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == PIN


def test_wrong_bytes_are_refused_and_not_kept(trusted):
    with pytest.raises(DownloadError, match="wrong SHA-256"):
        nnzoo.load_model(f"{trusted}/{CARD.name}#sha256={PIN}")
    with pytest.raises(DownloadError, match="HTTP 404"):
        nnzoo.load_model(f"{trusted}/absent.safetensors#sha256={PIN}")
    assert [path for path in Path("cache").rglob("*") if path.is_file()] == []


def test_a_server_without_a_trusted_certificate_is_refused(secure, clean_environment):
    with pytest.raises(DownloadError, match="certificate"):
        nnzoo.load_model(f"{secure[0]}/{MODEL.name}#sha256={PIN}")


def test_commands_take_an_address_where_they_take_a_model(trusted, nnzoo_here, tmp_path):
    named = f"{trusted}/{MODEL.name}#sha256={PIN}"
    np.save(tmp_path / "digits.npy", nnzoo.load_dataset("digits").test.inputs[:2])

    def told(*arguments):
        outcome = nnzoo_here(tmp_path, *arguments)
        assert outcome.code == 0, outcome.stderr
        return outcome.stdout

    assert [row["class"] for row in json.loads(told("predict", named, "digits.npy", "--json"))]
    assert json.loads(told("evaluate", named, "--json"))["accuracy"] > 0.95
    trained = told("train", "--from", named, "--epochs", "1", "--run-dir", "on", "--quiet", "--json")
    assert json.loads(trained)["run_dir"] == "on"
    assert json.loads((tmp_path / "on/run.json").read_text())["start"]["source"] == named
    assert told("export", named, "--format", "numpy").startswith("wrote digits-mlp.relu.py ")


def test_a_card_is_shown_from_its_address(trusted, nnzoo_here, tmp_path):
    named = f"{trusted}/{CARD.name}#sha256={hashlib.sha256(CARD.read_bytes()).hexdigest()}"
    shown = nnzoo_here(tmp_path, "zoo", "show", named)
    assert shown.code == 0, shown.stderr
    assert PIN in shown.stdout, "which is what the model file is pinned with"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"http://127.0.0.1/m.safetensors#sha256={PIN}", "is not an https address"),
        ("https://127.0.0.1/m.safetensors", "does not say its SHA-256"),
        ("https://127.0.0.1/m.safetensors#sha256=12", "which is not a SHA-256"),
        ("https://127.0.0.1/m.safetensors#md5=12", "which is not a SHA-256"),
    ],
)
def test_an_address_without_hash_or_https_is_refused(nnzoo_here, tmp_path, text, told):
    assert is_address(text)
    for named in (text, Path(text)):
        assert is_address(named)
    with pytest.raises(UsageError) as error:
        nnzoo.load_model(text)
    assert told in error.value.message
    outcome = nnzoo_here(tmp_path, "summary", text)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert told in outcome.stderr


def test_a_name_from_the_web_stays_in_its_folder():
    for path in ("..%2f..%2fevil", "%2e%2e", "", "a b", ".hidden"):
        assert parse_address(f"https://127.0.0.1/x/{path}#sha256={PIN}").name == "file"
