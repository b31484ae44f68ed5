"""PNG and JPEG files of every kind, and what is none."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from nnzoo.errors import FileFormatError
from nnzoo.imaging.pictures import read_picture

GREY = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)
COLORS = np.stack([GREY, GREY[::-1], 255 - GREY], axis=2)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_grey_pixels_come_back_as_they_are(encoded):
    np.testing.assert_array_equal(read_picture(encoded(GREY)), GREY)


def test_colors_come_back_as_they_are(encoded):
    np.testing.assert_array_equal(read_picture(encoded(COLORS)), COLORS)


def test_a_jpeg_file_is_nearly_as_it_was(encoded):
    found = read_picture(encoded(GREY, "JPEG", quality=95))
    assert found.shape == GREY.shape
    np.testing.assert_allclose(found.astype(int), GREY, atol=12)


def test_black_and_white_is_grey_of_two_shades(encoded):
    np.testing.assert_array_equal(
        read_picture(encoded(Image.fromarray(GREY).point(lambda v: 255 * (v > 99), "1"))), np.where(GREY > 99, 255, 0)
    )


def test_a_palette_is_looked_up(encoded):
    image = Image.fromarray(GREY // 80, "L").convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    found = read_picture(encoded(image))
    np.testing.assert_array_equal(found, np.eye(3, dtype=np.uint8)[GREY // 80] * 255)


def test_sixteen_bits_are_scaled_to_eight_and_not_cut_off(encoded):
    np.testing.assert_array_equal(read_picture(encoded(GREY.astype(np.uint16) * 257)), GREY)


def test_cmyk_becomes_rgb(encoded):
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    np.testing.assert_allclose(read_picture(encoded(ink, "JPEG"))[0, 0].astype(int), (255, 0, 0), atol=3)


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_transparent_areas_get_a_contrasting_color(encoded, ink, paper):
    alpha = np.zeros((9, 9), np.uint8)
    alpha[3:6] = 255
    image = Image.merge("LA", [Image.new("L", (9, 9), ink), Image.fromarray(alpha)])
    np.testing.assert_array_equal(read_picture(encoded(image)), np.where(alpha, ink, paper))
    in_color = read_picture(encoded(image.convert("RGBA")))
    np.testing.assert_array_equal(in_color, np.repeat(np.where(alpha, ink, paper)[..., None], 3, axis=2))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_a_white_drawing_does_not_vanish_because_of_a_grey_line(encoded, mode):
    shade, alpha = np.full((9, 9), 255, np.uint8), np.zeros((9, 9), np.uint8)
    alpha[3:6], shade[5] = 255, 90
    found = read_picture(encoded(Image.merge("LA", [Image.fromarray(shade), Image.fromarray(alpha)]).convert(mode)))
    np.testing.assert_array_equal(found.reshape(9, 9, -1)[..., 0], np.where(alpha, shade, 0))


def test_half_transparent_pixels_are_mixed_with_the_paper_as_pillow_does(encoded):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (20, 20, 4), np.uint8)
    pixels[..., :3] //= 3  # dark, so the paper is white
    drawing = Image.fromarray(pixels, "RGBA")
    oracle = Image.alpha_composite(Image.new("RGBA", drawing.size, "white"), drawing).convert("RGB")
    np.testing.assert_allclose(read_picture(encoded(drawing)).astype(int), np.asarray(oracle), atol=1)


def test_sixteen_bits_may_have_a_transparent_shade(encoded):
    deep = np.full((6, 6), 257 * 40, np.uint16)
    deep[:3] = 257 * 99
    found = read_picture(encoded(deep, transparency=257 * 99))
    assert found.tolist() == [[255] * 6] * 3 + [[40] * 6] * 3


def test_a_transparent_color_of_the_palette_becomes_white(encoded):
    image = Image.fromarray(GREY // 80, "L").convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    found = read_picture(encoded(image, transparency=0))
    assert (found[GREY < 80] == 255).all()
    assert (found[GREY >= 160] == (0, 0, 255)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_exif_orientation_is_applied(encoded, kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    found = read_picture(encoded(GREY, kind, exif=exif))
    np.testing.assert_allclose(found.astype(int), np.rot90(GREY, -1), atol=25)


def test_an_animation_is_refused(encoded):
    frames = [Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in (0, 100, 200)]
    with pytest.raises(FileFormatError, match="animated"):
        read_picture(encoded(frames[0], save_all=True, append_images=frames[1:]))


def test_a_decompression_bomb_is_refused():
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(FileFormatError, match="too large"):
        read_picture(bomb)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_that_ends_early_is_refused(encoded, kind):
    data = encoded(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8), kind)
    for length in range(0, len(data) - 20, 97):
        with pytest.raises(FileFormatError, match=r"not an intact PNG or JPEG file|is neither a PNG nor a JPEG file"):
            read_picture(data[:length])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(encoded, kind):
    rng = np.random.default_rng(0)
    exif = Image.Exif()
    exif[0x0112] = 3
    data = np.frombuffer(encoded(COLORS, kind, exif=exif), np.uint8)
    refused = 0
    for _ in range(300):
        mutant = data.copy()
        mutant[rng.integers(0, len(data), 3)] = rng.integers(0, 256, 3)
        try:
            assert read_picture(mutant.tobytes()).dtype == np.uint8
        except FileFormatError:
            refused += 1
    assert refused
