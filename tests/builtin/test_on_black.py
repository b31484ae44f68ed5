"""A thing on a plain background of any colour: found, cut out, and always the same sample."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nnzoo.builtin.pictures import OnBlack
from nnzoo.errors import FileFormatError, UnreadablePictureError


def shirt(background, cloth, size=(300, 240), at=(60, 40), noise=0.0, factor=1):
    """A photograph of a T-shirt."""
    outline = [(30, 0), (70, 0), (100, 20), (88, 45), (75, 35), (75, 110), (25, 110), (25, 35), (12, 45), (0, 20)]
    image = Image.new("RGB", (size[0] * factor, size[1] * factor), background)
    ImageDraw.Draw(image).polygon([((x + at[0]) * factor, (y + at[1]) * factor) for x, y in outline], cloth)
    pixels = np.asarray(image, float) + np.random.default_rng(0).normal(0, noise, (*image.size[::-1], 3))
    return pixels.clip(0, 255).astype(np.uint8)


def prepared(picture):
    sample, done = OnBlack(28).prepare(picture)
    assert (sample.shape, sample.dtype) == ((28, 28), np.uint8)
    return sample.astype(int), done


WHITE, BLACK, WOOD, GREEN, RED = (255,) * 3, (0,) * 3, (181, 140, 99), (0, 140, 60), (160, 30, 30)


@pytest.mark.parametrize(
    ("background", "cloth", "done"),
    [
        (WHITE, BLACK, "inverted, cut out, centred"),
        (BLACK, WHITE, "cut out, centred"),
        (WOOD, BLACK, "inverted, cut out, centred"),
        ((40, 40, 60), WHITE, "cut out, centred"),
        ((128, 128, 128), BLACK, "inverted, cut out, centred"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"at": (190, 10)}, {"noise": 4}, {"factor": 5}, {"size": (200, 500)}], ids=str)
def test_a_shirt_gives_the_same_sample_on_any_background(background, cloth, done, options):
    expected, _ = prepared(shirt(WHITE, BLACK))
    sample, said = prepared(shirt(background, cloth, **options))
    assert said == done
    assert np.abs(sample - expected).mean() < 8
    assert sample[:, 14].min() > 200  # its longer side fills the sample
    assert sample[20:, :6].max() == 0  # all around is black


def test_colours_of_equal_grey_are_distinguished():
    grey = [19595 * r + 38470 * g + 7471 * b for r, g, b in (GREEN, RED)]
    sample, _ = prepared(shirt(GREEN, (176, 60, 30)))
    assert abs(grey[0] - grey[1]) / 65536 < 30
    assert sample.any()


@pytest.mark.parametrize("corner", [0, 3])
def test_a_picture_in_the_right_form_is_not_changed(corner):
    sample = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    sample[[0, 0, -1], [0, -1, 0]] = corner
    found, done = OnBlack(28).prepare(sample)
    np.testing.assert_array_equal(found, sample)
    assert done == "used as it is"


def test_an_inverted_sample_is_inverted_back():
    sample, _ = prepared(shirt(WHITE, BLACK))
    turned, done = prepared((255 - sample).astype(np.uint8))
    np.testing.assert_allclose(turned, sample, atol=13)  # what is nearly background has become background
    assert done.startswith("inverted")


@pytest.mark.parametrize("background", [WHITE, WOOD, BLACK])
@pytest.mark.parametrize("light", ["from one side", "from the middle"])
def test_uneven_light_is_removed(background, light):
    """Corners that are a little darker than the rest are background."""
    picture = shirt(background, WHITE if background == BLACK else BLACK, noise=3)
    y, x = np.linspace(-1, 1, picture.shape[0])[:, None], np.linspace(-1, 1, picture.shape[1])
    shade = 12 * x + 12 * y if light == "from one side" else 20 * (x**2 + y**2)
    uneven = (picture - shade[..., None] + 40 * (background == BLACK)).clip(0, 255).astype(np.uint8)
    assert np.abs(prepared(uneven)[0] - prepared(picture)[0]).mean() < 15


def test_light_is_found_between_bars():
    """Where background is left and right only, the edges say nothing of the light between them."""
    barred = np.full((400, 160, 3), 230, np.uint8)
    barred[100:300, 50:110] = 40
    plain = prepared(barred)[0]
    barred[0] = barred[-1] = 0
    assert np.abs(prepared(barred)[0] - plain).mean() < 1


def test_light_that_is_brightest_in_the_middle_is_clipped_to_white():
    y, x = np.linspace(-1, 1, 300)[:, None], np.linspace(-1, 1, 300)
    picture = np.repeat((290 - 35 * (x**2 + y**2)).clip(0, 255)[..., None], 3, axis=2).astype(np.uint8)
    picture[100:200, 130:170] = 30
    sample, _ = prepared(picture)
    assert not sample[:, :5].any()


def test_dirt_is_removed():
    dirty = shirt(WHITE, BLACK)
    dirty[5:8, 5:8] = 0
    np.testing.assert_array_equal(prepared(dirty)[0], prepared(shirt(WHITE, BLACK))[0])


def test_an_object_at_the_edge_of_the_picture_is_cut_off_there():
    sample, _ = prepared(shirt(WHITE, BLACK, at=(60, 180)))  # its lower half is missing
    assert sample.any()


rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.full((90, 60), 200, np.uint8), "shows nothing that stands out"),
        (np.zeros((90, 60, 3), np.uint8), "shows nothing that stands out"),
        (rng.normal(200, 5, (90, 60)).astype(np.uint8), "shows nothing that stands out"),
        (rng.integers(0, 256, (90, 60, 3), np.uint8), "no plain background"),
        (np.tile(np.arange(256, dtype=np.uint8), (90, 1)), "no plain background"),
    ],
    ids=["white", "black", "noise", "colours", "slope"],
)
def test_unreadable_pictures_are_refused(picture, reason):
    with pytest.raises(UnreadablePictureError, match=reason):
        OnBlack(28).prepare(picture)


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(FileFormatError, match="no pixels"):
        OnBlack(28).prepare(np.zeros((0, 5), np.uint8))
