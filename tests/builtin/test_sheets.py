"""Digits on sheets, in boxes and on ruled paper; the sheets are found, and nothing else is taken for one."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nnzoo.builtin.pictures import Ink
from nnzoo.builtin.sheets import find_sheet, rectangularity, turned
from nnzoo.errors import UnreadablePictureError

NOTE = "taken from its sheet or box"


def on_desk(digit, desk, angle=0.0):
    """A digit of dark ink on a sheet, on a desk of 240 by 300 pixels."""
    sheet = Image.fromarray(240 - (digit // 255) * np.uint8(200)).convert("LA")
    sheet = sheet.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    picture = Image.fromarray(desk)
    picture.paste(sheet.convert("L"), (80, 50), sheet.getchannel("A"))
    return np.array(picture)


def desks():
    down, across = np.mgrid[:240, :300]
    return {
        "dark": np.full((240, 300), 40, np.uint8),
        "checked": np.where((down // 15 + across // 15) % 2, 170, 60).astype(np.uint8),
        "striped": (100 + 60 * np.sin(across / 5)).astype(np.uint8),
    }


def alike(one, other):
    """Share of the ink that two digits have in common."""
    one, other = one.astype(float), other.astype(float)
    return (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())


@pytest.fixture
def plain(seven):
    """The 7 as it is read from a clean drawing."""
    return Ink().prepare(255 - seven())[0]


@pytest.mark.parametrize(
    ("desk", "angle"),
    [("dark", 0), ("dark", 4), ("dark", -25), ("checked", 0), ("checked", 4), ("striped", 0), ("striped", -25)],
)
def test_a_digit_is_cut_out_of_its_sheet_and_set_upright(seven, plain, desk, angle):
    pixels, prepared = Ink().prepare(on_desk(seven(), desks()[desk], angle))
    assert prepared.startswith(NOTE)
    assert alike(pixels, plain) > 0.85


def test_two_digits_on_a_sheet_are_two_digits(seven):
    two = np.concatenate([seven(), seven()], axis=1)[5:115]
    with pytest.raises(UnreadablePictureError, match="more than one digit"):
        Ink().prepare(on_desk(two, desks()["dark"]))


@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_digit_is_cut_out_of_a_drawn_box(seven, plain, width):
    picture = Image.new("L", (220, 200), 245)
    picture.paste(Image.fromarray(245 - (seven() // 255) * np.uint8(200)), (60, 40))
    ImageDraw.Draw(picture).rectangle([75, 45, 150, 150], outline=45, width=width)
    pixels, prepared = Ink().prepare(np.array(picture))
    assert prepared.startswith(NOTE)
    assert alike(pixels, plain) > 0.9


@pytest.mark.parametrize("across", [False, True])
def test_lines_of_ruled_paper_are_not_a_sheet(seven, plain, across):
    page = np.full((200, 200), 240, np.uint8)
    page[10::24] = 175
    if across:
        page[:, 15::24] = 175
    page[40:160, 50:150] = np.minimum(page[40:160, 50:150], 240 - (seven() // 255) * np.uint8(200))
    pixels, prepared = Ink().prepare(page)
    assert not prepared.startswith(NOTE)
    assert alike(pixels, plain) > 0.9


def test_other_shapes_are_not_sheets(seven):
    noise = np.random.default_rng(0).integers(0, 256, (120, 150)).astype(np.float32)
    ring = Image.new("L", (150, 150), 240)
    ImageDraw.Draw(ring).ellipse([30, 20, 120, 130], outline=30, width=14)
    empty = np.full((150, 200), 40, np.float32)
    empty[30:120, 40:160] = 240
    for picture in (255 - seven(), seven(), np.array(ring), noise, empty, np.zeros((30, 30)), np.zeros((1, 9))):
        assert find_sheet(np.asarray(picture, np.float32)) is None


def test_turned_rectangles_are_recognized_and_ellipses_are_not():
    for angle in (0, 10, -30, 44):
        image = Image.new("L", (60, 90), 255).rotate(angle, expand=True)
        share, found = rectangularity(np.asarray(image) > 0)
        assert share > 0.93
        assert abs(found + angle) <= 2  # counted the other way round
    down, across = np.mgrid[-1:1:80j, -1:1:60j]
    assert rectangularity(down**2 + across**2 < 1)[0] < 0.82


def test_turning_is_undone_by_turning_back():
    down, across = np.mgrid[-1:1:61j, -1:1:81j]
    picture = np.exp(-4 * (down**2 + across**2)) * 200
    back = turned(turned(picture, 30, 0.0), -30, 0.0)
    top, left = ((a - b) // 2 for a, b in zip(back.shape, picture.shape, strict=True))
    np.testing.assert_allclose(back[top : top + 61, left : left + 81], picture, atol=6)
