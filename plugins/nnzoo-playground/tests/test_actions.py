"""What else can be done on the page: paint, drop a table, read and change numbers, explain, compare."""

import json
import re

import numpy as np
from playwright.sync_api import expect

NUMBERS = "import('/store.js').then(({ current }) => [...current().frame.arrays.weights.data])"


def error(page):
    return page.locator("#message.bad")


def stroke(page, box, start, end, steps):
    """Draw a line on the plane: from and to points whose x is a share of its width, and y in pixels."""
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1], steps=steps)
    page.mouse.up()


def test_painted_points_are_learnt_while_they_are_painted(page, until):
    page.click("#paint")
    page.click("#clear")
    box = page.locator("#plane-0").bounding_box()
    for label, x in ((0, 0.25), (3, 0.75)):
        page.click(f"#brush-{label}")
        stroke(page, box, (x, 60), (x, 200), steps=12)
    expect(page.locator(".legend")).to_have_text(re.compile("class 0.*class 3"))
    page.click("#play")
    until(page, "parseFloat(document.getElementById('test-metric').textContent) >= 99")
    page.click("#brush-5")
    stroke(page, box, (0.5, 250), (0.52, 290), steps=8)
    expect(page.locator(".legend")).to_have_text(re.compile("class 5"))
    page.click("#eraser")
    stroke(page, box, (0.5, 245), (0.52, 295), steps=20)
    expect(page.locator(".legend")).not_to_have_text(re.compile("class 5"))
    page.click("#paint")
    page.click("#take")
    expect(page.locator("#command")).to_have_value(re.compile("--dataset painted:points="))


def test_a_table_is_dropped_and_two_of_its_columns_chosen(page, until, tmp_path):
    rng = np.random.default_rng(0)
    rows = [(a, b, rng.normal(), "yes" if a * b > 0 else "no") for a, b in rng.uniform(-1, 1, (200, 2))]
    file = tmp_path / "own.csv"
    file.write_text("left,right,noise,answer\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    page.set_input_files("#file", file)
    expect(page.locator("#data fieldset")).to_contain_text("noise")
    expect(page.locator("#planes")).to_contain_text("no plane")
    page.uncheck("label.check:has-text('noise') input")
    expect(page.locator("#plane-0")).to_be_visible()
    page.click("#play")
    until(page, "parseFloat(document.getElementById('test-metric').textContent) >= 90")
    page.click("#play")
    page.reload()
    expect(page.locator("#data fieldset")).to_contain_text("noise")
    page.select_option("#target", "noise")
    expect(page.locator("#data")).to_contain_text("task regression")
    expect(error(page)).to_have_count(0)


def test_a_table_is_dropped_anywhere_on_the_page_and_a_link_brings_it_along(page, open_page, serving):
    rows = "".join(f"{x / 10},{x % 7},{'left' if x < 60 else 'right'}\n" for x in range(120))
    page.evaluate(
        """text => {
        const given = new DataTransfer();
        given.items.add(new File([text], "own.csv", { type: "text/csv" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true }));
    }""",
        "width,height,side\n" + rows,
    )
    expect(page.locator(".legend")).to_have_text(re.compile("left.*right"))
    page.click("#take")
    page.check("#hide-progress")
    link = page.input_value("#link").partition("#")[2]
    token = serving()
    other = open_page(f"{token}&{link}")
    expect(other.locator(".legend")).to_have_text(re.compile("left.*right"))
    expect(other.locator("#data fieldset")).to_contain_text("width")
    expect(other.locator("#progress")).to_be_hidden()


def test_a_weight_is_read_and_changed_and_the_network_goes_on_from_it(page, until):
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.click("#unit-0-0")
    field = page.locator(".numbers input >> nth=1")
    field.fill("2.5")
    field.press("Tab")
    until(page, f"{NUMBERS}.then((numbers) => numbers[8] === 2.5)")  # of shape (2, 8): that of y for the first unit
    page.keyboard.press("Escape")
    page.click("#unit-0-0")
    expect(field).to_have_value("2.5")
    page.keyboard.press("Escape")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("2")


def test_a_line_shows_its_weight_and_a_click_on_it_opens_its_number(page):
    places = page.evaluate("import('/units.js').then(({ unitPlaces }) => unitPlaces())")
    box = page.locator("#columns").bounding_box()
    start, end = places[0][0], places[1][0]
    page.mouse.move(box["x"] + (start["right"] + end["left"]) / 2, box["y"] + (start["y"] + end["y"]) / 2)
    hint = page.locator("#network-hint")
    expect(hint).to_have_text(re.compile(r"Weight 1 → 1: -?[\d.e-]+\. Click to change it\."))
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#dialog-title")).to_have_text("layer 1, unit 1")
    assert page.evaluate("document.activeElement.closest('.numbers label').textContent") == "weight of x"


def test_curves_histograms_and_test_samples_are_drawn(page, until):
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    colours = """(id) => {
        const canvas = document.getElementById(id);
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(data.buffer)).size;
    }"""
    for canvas in ("loss-chart", "metric-chart", "weights-chart", "gradients-chart", "pictures", "plane-0"):
        assert page.evaluate(colours, canvas) > 3, canvas
    picture = "document.getElementById('plane-0').toDataURL()"
    before = page.evaluate(picture)
    page.check("#show-test")
    assert page.evaluate(picture) != before
    page.uncheck("#show-test")
    assert page.evaluate(picture) == before


def test_values_of_one_input_are_a_curve_and_those_of_two_a_plane(page, until):
    page.click("#data-sines")
    expect(page.locator("#data")).to_contain_text("task regression")
    kind = "import('/store.js').then(({ structure }) => structure().plane)"
    assert page.evaluate(kind) == "curve"
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    expect(page.locator("#plane-0")).to_be_visible()
    page.fill("#dataset-inputs", "2")
    until(page, f"{kind}.then((kind) => kind === 'values')")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")


def test_a_unit_is_switched_off_and_what_is_lost_is_said(page, until):
    page.click("#play")
    until(page, "parseFloat(document.getElementById('test-metric').textContent) >= 98")
    page.click("#play")
    expect(page.locator("#play")).not_to_have_class(re.compile("playing"))
    page.wait_for_timeout(300)  # the last frame is on its way
    before = page.evaluate(NUMBERS)
    page.click("#unit-1-0")
    page.click("#switch")
    expect(page.locator("dialog [role=status]")).to_contain_text("with all units")
    page.keyboard.press("Escape")
    expect(page.locator("#unit-1-0")).to_have_class(re.compile("off"))
    assert page.evaluate(NUMBERS) == before
    page.click("#unit-1-0")
    page.click("#switch")
    page.keyboard.press("Escape")
    expect(page.locator("#unit-1-0")).not_to_have_class(re.compile("off"))


def test_a_step_is_explained_on_a_sample_that_is_clicked(page):
    page.click("#plane-0", position={"x": 100, "y": 150})
    body = page.locator("#dialog-body")
    expect(page.locator("#dialog-title")).to_have_text(re.compile(r"The next step on sample \d+ \(train\)"))
    for word in ("y = x W + b", "softmax", "Backward", "Update", "x ← standardize"):
        expect(body).to_contain_text(word)
    page.keyboard.press("Escape")
    page.fill("#sample", "100000")
    page.click("#explain")
    expect(error(page)).to_contain_text("there is no sample 100000")


def test_two_networks_learn_side_by_side(page, until):
    page.click("#compare")
    expect(page.locator("#plane-1")).to_be_visible()
    page.click("#which button[data-net='1']")
    page.select_option("#activation-0", "sigmoid")
    page.click("#epoch")
    expect(page.locator("#plane-title-0")).to_contain_text("A: accuracy")
    until(page, "import('/store.js').then(({ store }) => store.nets.every((net) => net.frame?.head.epoch === 1))")
    activations = (
        "import('/store.js').then(({ store }) => store.nets.map((net) => net.state.settings.layers[0].activation))"
    )
    assert page.evaluate(activations) == ["tanh", "sigmoid"]
    page.click("#which button[data-net='0']")
    page.click("#compare")
    expect(page.locator("#plane-1")).to_have_count(0)


def test_menus_come_from_the_registry_with_ranges_and_descriptions(page):
    names = page.locator("#optimizer option").all_inner_texts()
    assert {"sgd", "momentum", "adam", "lion"} <= set(names)
    page.select_option("#optimizer", "momentum")
    slider = page.locator("#optimizer-beta")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", "1")
    expect(page.locator("#learning details pre >> nth=0")).to_contain_text("running average")
    page.select_option("#schedule", "cosine")
    page.fill("#learning-rate", "0.2")
    page.press("#learning-rate", "Tab")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")
    page.click("#take")
    expect(page.locator("#command")).to_have_value(
        re.compile("--optimizer momentum:beta=0.9 --schedule cosine.*--learning-rate 0.2")
    )


def test_what_diverges_is_said_and_the_page_goes_on(page):
    page.click("#data-sines")
    expect(page.locator("#data")).to_contain_text("task regression")
    page.select_option("#optimizer", "sgd")
    page.fill("#learning-rate", "100000")
    page.press("#learning-rate", "Tab")
    page.click("#play")
    expect(error(page)).to_contain_text("learning rate", timeout=20_000)
    page.fill("#learning-rate", "0.01")
    page.press("#learning-rate", "Tab")
    page.click("#reset")
    page.click("#epoch")
    expect(page.locator("#epochs")).to_have_text("1")


def test_a_link_brings_everything_back(page, open_page):
    page.click("#data-moons")
    page.click("#more-2 >> nth=0") if page.locator("#more-2").count() else page.click("#more-0")
    expect(page.locator("#unit-0-8")).to_be_visible()
    page.select_option("#activation-1", "relu")
    page.click("#take")
    link = page.input_value("#link")
    settings = "import('/store.js').then(({ store }) => JSON.stringify(store.nets[0].state.settings))"
    wanted = json.loads(page.evaluate(settings))
    page.keyboard.press("Escape")
    page.click("#data-xor")
    expect(page.locator(".legend")).to_contain_text("same sign")
    page.evaluate("link => { location.hash = link.split('#')[1]; }", link)
    expect(page.locator(".legend")).not_to_contain_text("same sign")
    assert json.loads(page.evaluate(settings)) == wanted
    assert (wanted["dataset"], wanted["layers"][0]["units"], wanted["layers"][1]["activation"]) == ("moons", 9, "relu")
