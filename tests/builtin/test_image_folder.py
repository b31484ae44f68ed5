"""A user's own pictures: what is made of them, and what is said of bad ones."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from nnzoo.api import FileFormatError, StorageError, UsageError
from nnzoo.builtin.image_folder import ImageFolder
from nnzoo.kinds import Preprocessing
from nnzoo.testing import parametrize_with_checks

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 6, 6), np.uint8)


def save(image, path, **options):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(path, **options)


pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.fixture
def pictures(clean_environment):
    """Six pictures of each of two classes."""
    for number, image in enumerate(PIXELS):
        save(image, f"pictures/{'dog' if number % 2 else 'cat'}/{number:02}.png")
    return Path("pictures")


def load(path="pictures", size=6, **options):
    return ImageFolder(path=str(path), size=size, **options).load(cache=None)


def test_pictures_read_on_demand_are_the_same(pictures):
    kept, read = load(), load(keep=False)
    assert not isinstance(read.train.inputs, np.ndarray)
    assert read.sha256() == kept.sha256()
    Path("pictures/cat/00.png").write_bytes(b"no picture any more")
    with pytest.raises(FileFormatError, match=r"00\.png"):
        read.sha256()


def single(**options):
    """The first picture to train on."""
    return load(**options).train.inputs[0]


@pytest.fixture
def first(pictures):
    """Put two copies of a picture in place of the first class's: one of them is the first to train on."""
    for path in (pictures / "cat").iterdir():
        path.unlink()

    def replace(image, suffix=".png", **options):
        for name in "ab":
            save(image, pictures / "cat" / f"{name}{suffix}", **options)

    return replace


def test_pictures_come_back_to_the_bit(pictures):
    data = load()
    assert data.class_names == ("cat", "dog")
    assert (len(data.train), len(data.test), data.input_shape) == (10, 2, (6, 6))
    assert data.train.inputs.dtype == np.uint8
    assert data.train.scale == 1 / 255
    found = np.concatenate([data.train.inputs, data.test.inputs])
    assert sorted(image.tobytes() for image in found) == sorted(image.tobytes() for image in PIXELS)
    number = {image.tobytes(): place for place, image in enumerate(PIXELS)}
    for split in (data.train, data.test):
        assert [number[image.tobytes()] % 2 for image in split.inputs] == split.targets.tolist()


def test_the_split_depends_on_the_seed_and_share_alone(pictures):
    first, again, other = (load(seed=seed).sha256() for seed in (1, 1, 2))
    assert first == again != other
    assert np.bincount(load(test_share=0.5).test.targets).tolist() == [3, 3]


@parametrize_with_checks(
    [ImageFolder(path="pictures", size=6), ImageFolder(path="pictures", size=5, color="rgb", fit="crop")]
)
@pytest.mark.usefixtures("pictures")
def test_conformance(check):
    check()


def test_folders_for_both_parts_are_used(pictures, caplog):
    pictures.rename("train")
    Path("pictures").mkdir()
    Path("train").rename("pictures/train")
    save(PIXELS[3], "pictures/test/dog/a.jpg", quality=100)
    Path("pictures/notes.txt").write_text("mine")
    data = load()
    assert (len(data.train), data.test.targets.tolist(), data.class_names) == (12, [1], ("cat", "dog"))
    np.testing.assert_allclose(data.test.inputs[0], PIXELS[3], atol=10)
    assert "test has no folder cat: this class is not tested" in caplog.text
    assert "ignored, as they are not PNG or JPEG files: notes.txt" in caplog.text
    save(PIXELS[0], "pictures/test/bird/a.png")
    with pytest.raises(FileFormatError, match=r"test.bird is a class that .*train does not have"):
        load()


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_a_picture_becomes_a_square(first, fit):
    wide = np.repeat(np.uint8([50, 200, 100]), [10, 20, 10])
    first(np.tile(wide, (20, 1)))
    image = single(size=10, fit=fit)
    ends = [200, 200] if fit == "crop" else [50, 100]
    np.testing.assert_allclose(image[5, [0, 9]], ends, atol=20)
    np.testing.assert_allclose(image[:, 5], [0, 0, *[200] * 6, 0, 0] if fit == "pad" else [200] * 10, atol=1)


def test_colours_are_kept_or_turned_to_grey(first):
    red = np.zeros((6, 6, 3), np.uint8)
    red[..., 0] = 200
    first(red)
    image = single(color="rgb")
    assert image.shape == (3, 6, 6)
    assert [channel.mean() for channel in image] == [200, 0, 0]
    assert load(color="rgb").train.inputs.flags.c_contiguous
    np.testing.assert_allclose(single(), 0.299 * 200, atol=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_areas_become_white(first, mode):
    image = Image.new("RGBA", (6, 6), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 3, 6))
    if mode == "P":
        image = Image.new("P", (6, 6), 0)
        image.putpalette([7, 7, 7, 0, 0, 0])
        image.paste(1, (0, 0, 3, 6))
        image.info["transparency"] = 0
    first(image if mode == "P" else image.convert(mode))
    assert single()[0].tolist() == [0, 0, 0, 255, 255, 255]


def test_a_white_drawing_on_a_transparent_background_stays_visible(first):
    image = Image.new("RGBA", (6, 6), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 3, 6))
    first(image)
    assert single()[0].tolist() == [255, 255, 255, 0, 0, 0]


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_the_model_prepares_raw_pictures_like_the_loader(first, fit, color):
    """So predict can't stretch what training padded or cropped."""
    raw = np.random.default_rng(3).integers(0, 256, (23, 41, 3), np.uint8)
    first(raw)
    data = load(size=9, fit=fit, color=color)
    preprocessing = Preprocessing.fitted(data.features, data.train.inputs)
    np.testing.assert_array_equal(preprocessing.apply([raw])[0], data.train.inputs[0])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_ignored(pictures, caplog):
    os.mkfifo(pictures / "cat" / "pipe.png")
    assert len(load().train) == 10
    assert "pipe.png" in caplog.text


def test_a_huge_file_is_refused_before_it_is_read(pictures):
    with (pictures / "cat" / "00.png").open("r+b") as file:
        file.truncate(1 << 29)  # a hole, which takes no room
    with pytest.raises(FileFormatError, match=r"00\.png is larger than 256 MiB"):
        load()


def test_16_bits_are_scaled_to_8(first):
    deep = np.arange(36, dtype=np.uint16).reshape(6, 6) * 1800
    first(deep)
    np.testing.assert_array_equal(single(), deep // 257)


def test_a_picture_is_turned_by_its_orientation_tag(first):
    half = np.zeros((6, 6), np.uint8)
    half[:3] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    first(half, suffix=".jpg", exif=exif.tobytes(), quality=100)
    np.testing.assert_allclose(single()[0], [0, 0, 0, 255, 255, 255], atol=3)


def test_other_files_are_ignored_with_a_warning(pictures, caplog):
    for name in ("notes.txt", "cat/.DS_Store", "cat/._01.png", "cat/x.gif", "dog/deep/1.png", ".git/config"):
        path = pictures / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")
    (pictures / "cat" / "circle").symlink_to("..", target_is_directory=True)
    data = load()
    assert len(data.train) + len(data.test) == 12
    (message,) = caplog.messages
    assert message.startswith("pictures: ignored, as they are not PNG or JPEG files: .git, ")
    assert message.endswith(" and 4 more")


def png(width, height, data):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_not_unpacked(pictures):
    for width, height in ((60_000, 60_000), (10_000, 10_000)):
        (pictures / "dog" / "01.png").write_bytes(png(width, height, bytes(1000)))
        with pytest.raises(FileFormatError, match=r"01\.png is too large"):
            load()


def test_a_bomb_in_a_comment_is_not_unpacked(pictures):
    comments = PngImagePlugin.PngInfo()
    comments.add_text("comment", "x" * 5_000_000, zip=True)
    save(PIXELS[0], pictures / "dog" / "01.png", pnginfo=comments)
    with pytest.raises(FileFormatError, match=r"01\.png is not an intact"):
        load()


@pytest.mark.parametrize("name", ["00.png", "00.jpg"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "headless", "empty", "text"])
def test_a_damaged_picture_is_an_error_that_names_it(pictures, name, damage):
    path = pictures / "cat" / name
    save(np.tile(PIXELS[0], (8, 8)), path)
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[8:40] = bytes(byte ^ 0x55 for byte in data[8:40])
    path.write_bytes({"cut": data[:-40], "headless": data[16:], "empty": b"", "text": b"hello"}.get(damage, data))
    with pytest.raises(FileFormatError, match=rf"{name} (is not an intact PNG or JPEG|is neither)"):
        load()


def test_any_damaged_byte_is_an_error_or_harmless(pictures):
    path = pictures / "cat" / "00.png"
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            assert load().input_shape == (6, 6)
        except FileFormatError as error:
            assert str(path) in error.message  # noqa: PT017 (both ends are right)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([], "contains no folder"),
        (["a/1.png", "a/2.png"], "contains only the folder a"),
        (["a/1.png", "a/2.png", "b/1.png"], r"b.1\.png is the only picture of class 'b'"),
        (["a/1.png", "a/2.png", "b/1.bmp"], "b has no PNG or JPEG file"),
        (["train/a/1.png", "train/b/1.png"], "train has no PNG or JPEG file\n  train and test must both exist"),
        (["train/a/1.png", "test/a/1.png"], "train contains only the folder a"),
    ],
)
def test_a_folder_of_another_structure_is_an_error(places, message):
    Path("pictures").mkdir()
    for place in places:
        save(PIXELS[0], Path("pictures") / place)
    with pytest.raises(FileFormatError, match=message):
        load()


def test_unreadable_files_are_an_error(pictures, monkeypatch):
    with pytest.raises(UsageError, match="there is no folder nowhere"):
        load("nowhere")
    with pytest.raises(UsageError, match=r"00\.png is not a folder"):
        load(pictures / "cat" / "00.png")
    (pictures / "cat" / "circle.png").symlink_to("circle.png")
    with pytest.raises(StorageError, match=r"can't read .*circle\.png"):
        load()
    monkeypatch.setattr(Path, "iterdir", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(StorageError, match="can't read pictures: Permission denied"):
        load()


def test_objects_on_any_background_are_put_on_black(clean_environment):
    for number, (paper, ink) in enumerate([(255, 0), (230, 10), (0, 255), (20, 240)]):
        image = np.full((40, 30), paper, np.uint8)
        image[10:30, 12:18] = ink
        save(image, f"things/{'dog' if number % 2 else 'cat'}/{number}.png")
    data = load("things", size=28, fit="on-black")
    assert [str(step) for step in data.features[0].steps] == ["on-black:size=28"]
    middle = [sample[:, 14].min() for sample in [*data.train.array, *data.test.array]]
    assert min(middle) > 200
    assert data.train.array[:, :, :8].max() == 0
    with pytest.raises(UsageError, match="grey"):
        load("things", size=28, fit="on-black", color="rgb")
