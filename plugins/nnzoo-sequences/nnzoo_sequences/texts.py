"""Texts as sequences of characters: your own, and the poetry of the King James Bible."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt, MinLen, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader, FileFormatError, Split, own_file, unreadable

Context = Annotated[int, Ge(1), doc("characters of a sample, and so the longest context of a network")]
Share = Annotated[float, Gt(0), Lt(1), doc("share of the text, at its end, for testing")]


@dataclass(frozen=True)
class Text(DatasetLoader):
    """A text of your own, in a file, as sequences of characters.

    The file is UTF-8; line ends of any kind become newlines. The characters in it, sorted, are the classes. Samples are
    pieces of ``context`` characters, one behind the other, and the target of each character is the one that follows
    it. The text is parted by place and not at random: the last part is for testing, and what is held out for
    validation is what comes right before it. No two pieces share a character.
    """

    name: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    path: Annotated[str, MinLen(1), doc("the file")]
    context: Context = 64
    test_share: Share = 0.1

    def load(self, cache: DataCache) -> Dataset:
        path = own_file(self.path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise unreadable(path, error) from error
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"{path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}",
                hint="save it as UTF-8",
            ) from None
        return dataset_of(text, self.context, self.test_share, str(path))


@dataclass(frozen=True)
class KjvPoetry(DatasetLoader):
    """Psalms, Proverbs, Ecclesiastes and the Song of Solomon in the King James Version, 345,954 characters.

    A verse is a line, and a chapter ends with an empty line. It is parted as `text` does it. Comes with this package.

    References
    ----------
    The Holy Bible, Authorized (King James) Version (1611), in the public domain; the text is that of Chip Chapin's
    Bible Retrieval System (1989), as Debian's package bible-kjv-text has it.
    """

    name: ClassVar[str] = "kjv-poetry"
    license: ClassVar[str] = "public domain"

    context: Context = 64
    test_share: Share = 0.1

    def load(self, cache: DataCache) -> Dataset:
        text = (files("nnzoo_sequences") / "text" / "kjv-poetry.txt").read_bytes().decode()
        return dataset_of(text, self.context, self.test_share, "kjv-poetry")


def dataset_of(text: str, context: int, test_share: float, named: str) -> Dataset:
    """A text divided into pieces, the last ones for testing.

    Parameters
    ----------
    text : str
        At least two pieces of ``context + 1`` characters.
    context : int
        Characters of a sample. Its targets use one more, which belongs to no other sample.
    test_share : float
        Share of the pieces for testing.
    named : str
        The name of the text in messages.

    Raises
    ------
    FileFormatError
        When it is too short, or has a single distinct character.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    samples = len(text) // (context + 1)
    if samples < 2:
        raise FileFormatError(
            f"{named} has {len(text):,} characters; a context of {context} needs at least {2 * (context + 1):,}",
            hint="use a longer text or a smaller context",
        )
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    known, numbers = np.unique(codes, return_inverse=True)
    if len(known) < 2:
        raise FileFormatError(f"{named} has a single distinct character, so there is nothing to learn")
    kind = np.uint8 if len(known) <= 256 else np.uint16 if len(known) <= 65536 else np.uint32
    pieces = numbers[: samples * (context + 1)].astype(kind).reshape(samples, context + 1)
    inputs, targets = np.ascontiguousarray(pieces[:, :-1]), np.ascontiguousarray(pieces[:, 1:])
    test = min(max(round(samples * test_share), 1), samples - 1)
    train, tested = (Split(inputs[part], targets[part], ordered=True) for part in (slice(-test), slice(-test, None)))
    return Dataset(train, tested, tuple(map(chr, known.tolist())), task="next-token")
