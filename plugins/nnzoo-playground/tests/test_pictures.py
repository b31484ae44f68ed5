"""Images: draw, see the answer that `nnzoo predict` gives, and why; correct it."""

import base64
import json
import subprocess
import sys

import numpy as np
import pytest
from nnzoo import load_dataset
from PIL import Image, ImageDraw
from playwright.sync_api import expect

SIDE = 56
ASK = """async () => {
    const { ask } = await import("/connection.js");
    const { pixels } = await import("/pictures.js");
    const { head, arrays } = await ask({ type: "draw", pixels: pixels(), side: 56, more: false });
    return { pixels: pixels(), names: head.names, shares: [...arrays.shares.data] };
}"""


def draw(page, *points):
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    page.mouse.up()


ZERO = ((120, 50), (80, 80), (70, 130), (90, 180), (130, 190), (160, 150), (160, 90), (120, 50))


def predicted(folder, model, pixels, *options):
    """What `nnzoo predict` says to the drawing, as a picture in a file: dark ink on white paper."""
    ink = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(SIDE, SIDE)
    Image.fromarray(255 - ink).save(folder / "drawing.png")
    command = [sys.executable, "-m", "nnzoo", "predict", str(model), str(folder / "drawing.png"), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)[0]


def same_answer(page, folder, model):
    """Whether the page says what the command says; the class."""
    said = page.evaluate(ASK)
    answer = predicted(folder, model, said["pixels"])
    best = int(np.argmax(said["shares"]))
    expect(page.locator(".verdict")).to_have_text(said["names"][best])
    assert answer["class"] == said["names"][best]
    assert answer["probability"] == pytest.approx(said["shares"][best], abs=1e-6)
    return said["names"][best]


def test_a_trained_network_answers_while_one_draws_and_learns_what_is_drawn(serving, open_page, tmp_path):
    page = open_page(serving("--from", "digits-mlp"))
    draw(page, *ZERO)
    expect(page.locator(".verdict")).to_have_text("0")
    assert same_answer(page, tmp_path, "digits-mlp") == "0"
    page.click("#pad-why")
    more = page.locator("#pad-more")
    for words in ("What the network sees", "Why", "What the first layer looks for", "dense:units="):
        expect(more).to_contain_text(words)
    page.select_option("#pad-label", "0")
    page.click("#pad-add")
    expect(page.locator("#message")).to_contain_text("Added")
    expect(page.locator("#data")).to_contain_text("1,439 samples")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.click("#take")
    page.click("#take-run")
    expect(page.locator("#taken")).to_contain_text("to the last bit", timeout=60_000)


def test_units_of_the_first_layer_show_the_weights_that_they_have(serving, open_page):
    page = open_page(serving("--from", "digits-mlp"))
    page.wait_for_function("document.querySelectorAll('.column .unit').length > 20")
    seen = """import('/units.js').then(async ({ unitPlaces, looksFor }) => {
        const { structure } = await import('/store.js');
        const { valuesOf } = await import('/values.js');
        const [looked, known] = [looksFor(structure()), structure()];
        const { left, top, side } = unitPlaces()[1][3];
        const canvas = document.getElementById('pictures');
        const scale = canvas.width / canvas.offsetWidth;
        const pixels = canvas.getContext('2d').getImageData(left * scale, top * scale, side * scale, side * scale).data;
        const shown = new Set(new Uint32Array(pixels.buffer));
        const weight = valuesOf(known.columns[0].weight);
        const [weights, bytes] = [[...weight.data], [...looked.data]];
        return { shape: looked.shape, units: weight.shape[1], weights, bytes, colors: shown.size };
    })"""
    found = page.evaluate(seen)
    weights = np.array(found["weights"]).reshape(64, found["units"])[:, :16].T
    expected = 128 + 127 * weights / np.abs(weights).max(axis=1, keepdims=True)
    assert found["shape"] == [16, 8, 8]
    np.testing.assert_allclose(np.array(found["bytes"]).reshape(16, 64), expected, atol=1.01)
    assert found["colors"] > 20


def test_mnist_is_drawn_by_finger(serving, open_page, mnist, tmp_path):
    page = open_page(serving("--from", "nnzoo/mnist-mlp.large", "--data-dir", mnist), has_touch=True)
    pad = page.locator("#pad")
    box = pad.bounding_box()
    for kind, (x, y) in zip(["down", *["move"] * 7], ZERO, strict=True):
        place = {"clientX": box["x"] + x, "clientY": box["y"] + y, "pointerId": 1, "pointerType": "touch"}
        pad.dispatch_event(f"pointer{kind}", place)
    pad.dispatch_event("pointerup", {"pointerId": 1, "pointerType": "touch"})
    expect(page.locator("#pad-more")).to_contain_text("What the first layer looks for")
    assert same_answer(page, tmp_path, "nnzoo/mnist-mlp.large") == "0"


def test_a_folder_of_images_is_learnt_drawn_and_corrected(serving, open_page, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("ring", "slash"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(40):
            picture = Image.new("L", (28, 28), 255)
            x, y = rng.integers(2, 8, 2).tolist()
            shape = (x, y, x + 16, y + 16)
            if name == "ring":
                ImageDraw.Draw(picture).ellipse(shape, outline=0, width=3)
            else:
                ImageDraw.Draw(picture).line(shape, fill=0, width=3)
            picture.save(tmp_path / "own" / name / f"{number}.png")
    page = open_page(serving("--dataset", tmp_path / "own"))
    expect(page.locator("#data")).to_contain_text("64 samples")
    for epochs in range(1, 9):
        page.click("#epoch")
        expect(page.locator("#epochs")).to_have_text(str(epochs))
    draw(page, *ZERO)
    expect(page.locator(".verdict")).to_have_text("ring")
    page.click("#take")
    with page.expect_download() as download:
        page.click("#take-model")
    download.value.save_as(tmp_path / "model.safetensors")
    page.keyboard.press("Escape")
    assert same_answer(page, tmp_path, tmp_path / "model.safetensors") == "ring"
    page.select_option("#pad-label", "1")
    page.click("#pad-add")
    expect(page.locator("#data")).to_contain_text("65 samples")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("9")


def test_nothing_and_scribbles_are_not_read(serving, open_page):
    page = open_page(serving("--from", "digits-mlp"))
    draw(page, (20, 20), (22, 22))
    expect(page.locator("#pad-answer .hint")).to_be_visible()
    page.click("#pad-why")
    expect(page.locator(".verdict")).to_have_count(0)
    page.click("#pad-add")
    expect(page.locator("#message.bad")).to_be_visible()


def test_what_is_added_is_in_the_data_that_the_link_names(serving, open_page):
    page = open_page(serving("--from", "digits-mlp"))
    draw(page, *ZERO)
    expect(page.locator(".verdict")).to_be_visible()
    page.select_option("#pad-label", "0")
    page.click("#pad-add")
    expect(page.locator("#data")).to_contain_text("1,439 samples")
    named = page.evaluate("import('/store.js').then(({ settings }) => settings().dataset)")
    data = load_dataset(named)
    assert data.train.targets[-1] == 0
    assert (data.train.array[-1] > 8).sum() > 8
