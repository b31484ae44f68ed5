"""What reaches a terminal: text made printable in one place, whatever its source, in any code page.

Names in files, headers of tables and messages of plugins are not ours, and must not steer the terminal.
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
"""Characters of a line, whatever ``COLUMNS`` says."""

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
"""How our own signs are written where a code page lacks them."""


def printable(text: str) -> str:
    r"""The text with control characters spelt out, and those that change the direction of reading.

    >>> printable("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def one_line(text: str, limit: int = 300) -> str:
    """The first line of an untrusted text, safe to print, no longer than the limit."""
    line = printable(next(iter(text.strip().splitlines()), "").rstrip())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def visible(name: str) -> str:
    """A name, in quotes where it consists of nothing that can be seen: a space or a line's end, as a character."""
    return name if name.strip() else repr(name)


def quoted(word: object) -> str:
    """A word of a command that we recommend, as a shell takes it: it may be a path, or stand in a file of others.

    >>> f"nnzoo runs show {quoted('my runs; ls')}"
    "nnzoo runs show 'my runs; ls'"
    """
    import shlex

    return shlex.quote(str(word))


def output_width() -> int:
    """How wide a line may be: as the terminal is, or ``COLUMNS`` says; else 80 characters."""
    import shutil

    return min(max(shutil.get_terminal_size((80, 24)).columns, NARROWEST), WIDEST)


def make_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console of rich's that prints what others wrote like all else; the colours and the cursor are its own.

    Parameters
    ----------
    stderr : bool
        Where it prints.
    width : int, optional
        Default as the terminal is, which may change.
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
    """A text stream that makes all that is written printable.

    It hides the bytes below, which text output does not need.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered = stream

    def write(self, text: str) -> int:
        """Write it; line ends and tabs stay."""
        self.unfiltered.write(text if text.isprintable() else "\t".join(map(printable, text.split("\t"))))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write them one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.unfiltered, name)


@contextmanager
def printable_streams(*, apart: bool = False) -> Iterator[None]:
    """Within this context standard output and standard error take any text, and print what is printable.

    A stream that was closed before the program began leads nowhere, and its descriptor is taken, so that no file opened
    later gets it.

    Parameters
    ----------
    apart : bool
        Whether standard output is for what is printed to ``sys.stdout`` alone: what code below Python writes to its
        descriptor goes to standard error.
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
    """Standard output under another descriptor, while its own is that of standard error."""
    if stream is not sys.__stdout__ or stream is None or stream.fileno() != 1:
        yield stream
        return
    stream.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(own, "w", encoding=stream.encoding, closefd=False) as moved:
            yield moved
    finally:
        os.dup2(own, 1)
        os.close(own)


def _tolerant(stream: TextIO | None) -> TextIO:
    """The stream, which from now on takes what its encoding lacks."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (it lasts as long as the process)
    codecs.register_error("nnzoo", _in_plain_signs)
    if hasattr(stream, "reconfigure"):
        with suppress(OSError, ValueError):  # a stream that can't even be flushed says so when it is written to
            stream.reconfigure(errors="nnzoo")
    return stream


def _in_plain_signs(error: UnicodeError) -> tuple[str, int]:
    r"""What stands for characters that an encoding lacks: ours in plain signs, those of others spelt out.

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
