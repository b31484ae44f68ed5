"""What is taken away works without the page."""

import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect


def nnzoo(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "nnzoo", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def saved(page, button, path):
    with page.expect_download() as download:
        page.click(button)
    download.value.save_as(path)
    return download.value.suggested_filename


@pytest.fixture
def trained(page):
    page.click("#epoch")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("2")
    page.click("#take")
    return page


def test_a_run_is_one_that_nnzoo_reproduces(trained, own_folder):
    trained.click("#take-run")
    told = trained.locator("#taken")
    expect(told).to_contain_text("to the last bit", timeout=60_000)
    run = re.search(r"runs/[\w.-]+", told.inner_text())[0]
    assert "identical" in nnzoo(own_folder, "reproduce", run).lower()


def test_a_run_keeps_what_was_changed_on_the_way(page, own_folder):
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.fill("#learning-rate", "0.05")
    page.press("#learning-rate", "Tab")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("2")
    page.click("#take")
    page.click("#take-run")
    told = page.locator("#taken")
    expect(told).to_contain_text("to the last bit", timeout=60_000)
    run = re.search(r"runs/[\w.-]+", told.inner_text())[0]
    assert (own_folder / run / "start.safetensors").is_file()
    assert "identical" in nnzoo(own_folder, "reproduce", run).lower()


def test_model_file_script_and_image(trained, own_folder, tmp_path):
    assert saved(trained, "#take-model", tmp_path / "model.safetensors") == "model.safetensors"
    assert "circles" in nnzoo(own_folder, "show", "--model-file", str(tmp_path / "model.safetensors"), "--json")
    assert saved(trained, "#take-script", tmp_path / "script.zip") == "numpy-script.zip"
    with zipfile.ZipFile(tmp_path / "script.zip") as archive:
        archive.extractall(tmp_path)
    answer = subprocess.run([sys.executable, tmp_path / "model.py", "--help"], capture_output=True, check=False)
    assert answer.returncode == 0
    saved(trained, "#take-image", tmp_path / "image.png")
    assert (tmp_path / "image.png").read_bytes().startswith(b"\x89PNG")


def test_command_line_and_python_train_the_same_network(trained, own_folder, tmp_path):
    from nnzoo import load_model

    command = trained.input_value("#command").replace("--epochs 1000", "--epochs 2")
    code = trained.input_value("#python").replace("epochs=1000", "epochs=2")
    subprocess.run(f"{sys.executable} -m {command} --quiet --run-dir run", shell=True, cwd=tmp_path, check=True)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    saved(trained, "#take-model", tmp_path / "shown.safetensors")
    networks = [load_model(tmp_path / name).network for name in ("run", "model.safetensors", "shown.safetensors")]
    for network in networks[1:]:
        np.testing.assert_array_equal(network.parameters.vector, networks[0].parameters.vector)
