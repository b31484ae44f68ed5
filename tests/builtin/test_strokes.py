"""Finding what is written, step by step."""

import numpy as np
import pytest
from PIL import Image

from nnzoo.builtin.strokes import darkness, is_dark_on_light, main_regions, strokes, threshold

DOWN, ACROSS = np.mgrid[0:120, 0:100].astype(np.float32)
SHADES = {
    "white": np.full((120, 100), 255, np.float32),
    "grey": np.full((120, 100), 120, np.float32),
    "a slope": 100 + 0.6 * DOWN + 0.5 * ACROSS,
    "a shadow": np.where(ACROSS + 0.5 * DOWN > 95, 110, 220).astype(np.float32),
}


def grey(image):
    return np.asarray(Image.fromarray(image).convert("L"))


@pytest.mark.parametrize("paper", SHADES.values(), ids=SHADES)
def test_ink_and_chalk_are_distinguished(seven, paper):
    ink = seven() / 255
    written = paper * (1 - 0.7 * ink)
    assert is_dark_on_light(written.astype(np.uint8))
    assert not is_dark_on_light((255 - written).astype(np.uint8))


@pytest.mark.parametrize("paper", SHADES.values(), ids=SHADES)
def test_darkness_does_not_depend_on_the_light(seven, paper):
    ink = seven() / np.float32(255)
    found = darkness(paper * (1 - 0.7 * ink), dark_on_light=True)
    inside = np.zeros_like(ink, bool)
    inside[2:-2, 2:-2] = True
    right = np.isclose(found[inside & (ink == 1)], 0.7, atol=0.1)
    assert right.mean() > 0.8  # where a stroke enters a shadow, some of it is taken for the shadow
    assert np.median(found[ink == 0]) < 0.01
    assert (found >= 0).all()


def test_the_darkness_of_chalk_is_its_lightness(seven):
    board = np.float32(40) + 150 * (seven() / np.float32(255))
    np.testing.assert_allclose(darkness(board, dark_on_light=False)[seven() == 255], 150 / 255, atol=1e-6)


def test_the_threshold_separates_two_clusters():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0.1, 0.03, 900), rng.normal(0.8, 0.05, 60)])
    assert 0.2 < threshold(values) < 0.65


def test_specks_are_removed_and_separate_strokes_are_kept():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:14] = mask[10:14, 16:24] = mask[35, 35] = True
    expected = mask.copy()
    expected[35, 35] = False
    np.testing.assert_array_equal(main_regions(mask, mask.astype(np.float32)), expected)


def test_the_table_around_the_paper_is_removed_but_a_digit_at_the_border_is_kept():
    digit, table = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    digit[10:30, 18:22] = True
    table[:, :5] = True
    both = digit | table
    np.testing.assert_array_equal(main_regions(both, both.astype(np.float32)), digit)
    np.testing.assert_array_equal(main_regions(table, table.astype(np.float32)), table)


def test_strokes_are_full_ink_on_clean_paper(seven):
    drawing = seven(50, 60, box=(15, 10, 37, 47), stroke=5)
    found = strokes(255 - drawing, True)
    assert found.shape == drawing.shape
    np.testing.assert_allclose(found, drawing / 255, atol=0.01)


def test_large_pictures_are_shrunk(seven):
    found = strokes(255 - seven(1000, 1200, box=(300, 200, 750, 950), stroke=80), True)
    assert found.shape == (256, 213)
    assert found.max() == 1


@pytest.mark.parametrize("shadow", [0, 0.4])
@pytest.mark.parametrize("grain", [0, 8, 25])
def test_an_empty_sheet_has_no_strokes(photograph, grain, shadow):
    rng = np.random.default_rng(0)
    blank = np.zeros((28, 28), np.uint8)
    for _ in range(4):
        sheet = grey(photograph(blank, rng, grain=grain, shadow=shadow, dark=0.4, scale=8))
        assert strokes(sheet, is_dark_on_light(sheet)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 3), (3, 700)])
def test_unusual_sizes_are_accepted(size):
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    for dark_on_light in (True, False, is_dark_on_light(noise)):
        assert strokes(np.zeros(size, np.uint8), dark_on_light) is None
        found = strokes(noise, dark_on_light)
        assert found is None or found.max() == 1
