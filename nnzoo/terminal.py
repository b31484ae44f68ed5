"""Make untrusted text safe to print, in any code page.

File contents, table headers and messages of plugins come from outside and must not control the terminal.
"""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast, final

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST, WIDEST = 20, 500
"""Bounds on the characters of a line, whatever ``COLUMNS`` says."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("−–—─━╸╺⁻", "-"),
        "′": "'",
        "‖": "||",
        "·": "*",
        "×": "x",
        "÷": "/",
        "√": "sqrt",
        "≈": "~",
        "≤": "<=",
        "≥": ">=",
        "∞": "inf",
        "←": "<-",
        "→": "->",
        "∂": "d",
        "Σ": "sum",
        "±": "+-",
        "½": "1/2",
        "…": "...",
        "’": "'",
        "✓": "ok",
        "█": "#",
        "▀": '"',
        "▄": "_",
        "•": "*",
    }
)
"""Substitutes for nnzoo's own signs in code pages that lack them."""


def printable(text: str) -> str:
    r"""Spell out control characters, and those that change the reading direction.

    >>> printable("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def one_line(text: str, limit: int = 300) -> str:
    """The first line of an untrusted text, safe to print and at most ``limit`` characters long."""
    line = printable(next(iter(text.strip().splitlines()), "").rstrip())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def visible(name: str) -> str:
    """A name, quoted if it consists of white space alone."""
    return name if name.strip() else repr(name)


def quoted(word: object) -> str:
    """Quote a word for the shell, in a command that a message recommends: paths and names are untrusted.

    >>> f"nnzoo runs show {quoted('my runs; ls')}"
    "nnzoo runs show 'my runs; ls'"
    """
    import shlex

    return shlex.quote(str(word))


def output_width() -> int:
    """Characters that fit on a line: the width of the terminal, or ``COLUMNS``; 80 without either."""
    import shutil

    return min(max(shutil.get_terminal_size((80, 24)).columns, NARROWEST), WIDEST)


def make_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A rich console that makes all text printable; only rich itself sets colours and moves the cursor.

    Parameters
    ----------
    stderr : bool
        Whether it prints to standard error.
    width : int, optional
        Default: the terminal's current width.
    """
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class PrintableConsole(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                plain = segment.control or segment.text.isprintable()
                yield segment if plain else Segment(printable(segment.text), segment.style)

        def on_broken_pipe(self) -> None:
            raise

    stream = sys.stderr if stderr else sys.stdout
    if width is None and "COLUMNS" in os.environ:
        width = output_width()
    return PrintableConsole(file=getattr(stream, "unfiltered", stream), width=width, highlight=False)


@final
class PrintableStream:
    """A text stream that makes everything written to it printable; it has no ``buffer`` for bytes."""

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered = stream

    def write(self, text: str) -> int:
        """Write a text; line ends and tabs stay."""
        self.unfiltered.write(text if text.isprintable() else "\t".join(map(printable, text.split("\t"))))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.unfiltered, name)


@contextmanager
def printable_streams(*, apart: bool = False) -> Iterator[None]:
    """Within this context standard output and standard error accept any text and print it safely.

    A stream that was closed before the program began discards its text. Its descriptor is occupied, so that no file
    opened later gets it.

    Parameters
    ----------
    apart : bool
        Whether standard output is reserved for ``sys.stdout``: what libraries below Python write to its descriptor
        goes to standard error.
    """
    with suppress(OSError):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(descriptor, True)
        os.close(descriptor)
    before = sys.stdout, sys.stderr
    with _own_descriptor(sys.stdout) if apart else nullcontext(sys.stdout) as stdout:
        streams = (PrintableStream(_tolerant(stream)) for stream in (stdout, sys.stderr))
        sys.stdout, sys.stderr = (cast(TextIO, stream) for stream in streams)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


@contextmanager
def _own_descriptor(stream: TextIO | None) -> Iterator[TextIO | None]:
    """Standard output on a new descriptor, while descriptor 1 leads to standard error."""
    if stream is not sys.__stdout__ or stream is None or stream.fileno() != 1:
        yield stream
        return
    stream.flush()
    copy = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(copy, "w", encoding=stream.encoding, closefd=False) as moved:
            yield moved
    finally:
        os.dup2(copy, 1)
        os.close(copy)


def _tolerant(stream: TextIO | None) -> TextIO:
    """The stream, which from now on accepts characters that its encoding lacks."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (it lasts as long as the process)
    codecs.register_error("nnzoo", _in_plain_signs)
    if hasattr(stream, "reconfigure"):
        with suppress(OSError, ValueError):  # a stream that can't even be flushed says so when it is written to
            stream.reconfigure(errors="nnzoo")
    return stream


def _in_plain_signs(error: UnicodeError) -> tuple[str, int]:
    r"""Replace characters that an encoding lacks: nnzoo's own by plain signs, all others by escapes.

    >>> codecs.register_error("nnzoo", _in_plain_signs)
    >>> "η ∂L/∂w₁ ≤ 漢".encode("ascii", "nnzoo")
    b'eta dL/dw1 <= \\u6f22'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character.translate(_PLAIN))
    name = unicodedata.name(character, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        name = name.split(" LETTER ")[1].split()[0].replace("LAMDA", "LAMBDA")
        plain = name.lower() if character.islower() else name.capitalize()
    plain = "".join(c for c in plain if c.isascii() or not unicodedata.combining(c))
    return plain if plain.isascii() else ascii(character)[1:-1]
