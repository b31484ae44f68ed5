"""Write a folder of pictures as the README's third example expects it: zeros of `digits` as cats, ones as dogs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from nnzoo import load_dataset

COUNT = 40


def main(folder: Path) -> None:
    """Write so many pictures of each class."""
    images, labels, *_ = load_dataset("digits").arrays()
    pixels = np.uint8(255 * images / images.max()).reshape(-1, 8, 8)
    for digit, name in enumerate(("cat", "dog")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(pixels[labels == digit][:COUNT], 1):
            Image.fromarray(image).resize((24, 24)).save(folder / name / f"{number}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
