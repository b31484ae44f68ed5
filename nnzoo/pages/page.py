"""Self-contained pages: style, script and images are in the file, and nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from nnzoo.figures.style import figure_bytes
from nnzoo.terminal import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml"}
_UNFOLDED = 15
"""The most rows of a table that is not folded."""


@dataclass(frozen=True)
class Image:
    """An image in a page, as a ``data:`` URL, with a description in words; ``width`` and ``height`` are in CSS pixels.

    An SVG in a URL is a separate document: ids do not clash, and scripts do not run. Pages reduce images to fit.
    """

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Table:
    """A table in a page: titles, and rows of text. The first ``words`` columns are text, the others numbers."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    caption: str = ""

    @property
    def folded(self) -> bool:
        """Whether a page folds the table, because it is long."""
        return len(self.rows) > _UNFOLDED


def figure_image(figure: Figure, alt: str) -> Image:
    """Return a figure as an image of its size: a CSS pixel is 1/96 inch."""
    width, height = figure.get_size_inches()
    return Image(data_url(figure_bytes(figure, "svg"), "svg"), alt, round(96 * width), round(96 * height))


def data_url(data: bytes, format: str) -> str:
    """Return a ``data:`` URL with the contents of a PNG or SVG file."""
    return f"data:{_MEDIA_TYPES[format]};base64,{base64.b64encode(data).decode()}"


def render_page(template: str, **values: Any) -> str:
    """Render a template in ``templates/`` that extends ``base.html.jinja``.

    All values are untrusted text: they are escaped, and invisible characters are spelt out. It is an error if
    ``values`` lack a name of the template.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("nnzoo.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["sha256_of"] = _sha256_of
    return environment


def _sha256_of(script: str) -> str:
    """The hash of a script in ``templates/``, as in a content security policy."""
    contents = files("nnzoo.pages").joinpath("templates", script).read_text("utf-8").encode()
    return base64.b64encode(hashlib.sha256(contents).digest()).decode()


def _visible(value: Any) -> Any:
    r"""Spell out control characters, and characters that change the direction of text.

    >>> _visible("exe.\u202egnp")
    'exe.\\u202egnp'
    """
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
