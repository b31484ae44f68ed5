"""Pictures as the bytes of files."""

import io

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def encoded():
    """A picture as the bytes of a file."""

    def encode(picture, kind="PNG", **options):
        file = io.BytesIO()
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        image.save(file, kind, **options)
        return file.getvalue()

    return encode
