"""Pages that need nothing but themselves: style, script and images are in the file, and nothing is ever loaded."""

from __future__ import annotations

import base64
import hashlib
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


@dataclass(frozen=True)
class Image:
    """An image as a page holds it.

    Attributes
    ----------
    url : str
        A ``data:`` URL: the image itself. An SVG is a document of its own there, so no ids clash and no script runs.
    alt : str
        What it shows, in words, for those who don't see it.
    width, height : int
        In CSS pixels; pages show it smaller where there is no room.
    """

    url: str
    alt: str
    width: int
    height: int


def figure_image(figure: Figure, alt: str, *, format: str = "svg") -> Image:
    """A figure, as large as its inches say: a CSS pixel is 1/96 of one."""
    width, height = figure.get_size_inches()
    return Image(data_url(figure_bytes(figure, format), format), alt, round(96 * width), round(96 * height))


def data_url(data: bytes, format: str) -> str:
    """A PNG or SVG file as a URL that holds it."""
    return f"data:{_MEDIA_TYPES[format]};base64,{base64.b64encode(data).decode()}"


def render_page(template: str, **values: Any) -> str:
    """A page of a template in ``templates/`` that extends ``base.html.jinja``.

    All values are text, whatever their source: they are escaped, and characters that can't be seen are spelt out.
    A name that the template wants and ``values`` lack is an error.
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
    """The hash of a script in ``templates/``, as a policy names it."""
    contents = files("nnzoo.pages").joinpath("templates", script).read_text("utf-8").encode()
    return base64.b64encode(hashlib.sha256(contents).digest()).decode()


def _visible(value: Any) -> Any:
    r"""Text with control characters, and those that change the direction of reading, spelt out.

    >>> _visible("exe.\u202egnp")
    'exe.\\u202egnp'
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return printable(value)
