"""A card as Markdown, for people."""

from __future__ import annotations

from collections.abc import Sequence

from nnzoo.terminal import one_line
from nnzoo.training.measures import number
from nnzoo.zoo.contents import Card, CardOutput

SHARES = ("precision", "recall", "f1")
TITLES = {"f1": "F1", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}


def markdown(card: Card) -> str:
    """The text of a card below its front matter."""
    skipped = {"use", "limits", "command"}
    parts = [
        f"# {card.name}",
        _plain(card.summary),
        f"**Use.** {_plain(card.intended_use)}",
        f"**Limits.** {_plain(card.limits)}",
        f"```sh\n{one_line(card.command, len(card.command))}\n```",
        "## Measured on test samples",
        _table(
            ("figure", "value", "95 % interval", "method"),
            [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures],
        ),
    ]
    parts += [_table(titles, rows) for titles, rows in output_tables(card)]
    parts += ["## Facts", _table(("what", "value"), [fact for fact in card.facts if fact[0] not in skipped])]
    return "\n\n".join(parts) + "\n"


def output_tables(card: Card) -> list[tuple[list[str], list[list[str]]]]:
    """Titles and rows of tables of what came of each class, label or value; two where a network has both."""
    parts: dict[tuple[str, ...], list[CardOutput]] = {}
    for output in card.outputs:
        parts.setdefault(tuple(output.figures), []).append(output)
    return [
        (
            ["value" if "mae" in names else card.kind, *(TITLES.get(name, name) for name in names)],
            [[output.name, *(_shown(name, output.figures[name]) for name in names)] for output in outputs],
        )
        for names, outputs in parts.items()
    ]


def _shown(name: str, value: int | float | None) -> str:
    if value is None:
        return "–"
    if name in SHARES:
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else number(value)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text on one line, in which HTML is text, too."""
    return one_line(text, 4000).replace("<", "&lt;")
