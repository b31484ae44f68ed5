"""Update the lists of trained networks from their cards: the table in docs/zoo.md, and nnzoo's list for packages that
are not installed.

python docs/update_zoo.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from nnzoo.zoo.card import read_card

ROOT = Path(__file__).parents[1]
KNOWN = ROOT / "nnzoo" / "plugins" / "known_networks.py"
LINE = 120
PAGE = ROOT / "docs" / "zoo.md"
BEGIN, END = "<!-- networks: docs/update_zoo.py -->\n", "<!-- end -->"


def rows(root: Path) -> list[str]:
    """The lines of the table, with nnzoo's own networks first."""
    folders = [root / "nnzoo" / "builtin" / "trained", *sorted((root / "plugins").glob("*/*/trained"))]
    lines = ["| network | comes with | task | data | parameters | on test samples |", "|---|---|---|---|--:|---|"]
    for folder in folders:
        package = folder.relative_to(root).parts[1] if folder.is_relative_to(root / "plugins") else "nnzoo"
        for path in sorted(folder.glob("*.md")):
            card = read_card(path)
            figure = card.headline
            cells = (
                f"`{card.name}`",
                package,
                card.task,
                card.data.name,
                f"{card.parameters:,}",
                f"{figure.title} {figure.measure.show(figure.value)}" if figure else "-",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def known(root: Path) -> str:
    """The text of `known_networks.py`, with its list made from the cards."""
    head, mark, _ = KNOWN.read_text(encoding="utf-8").partition("] = {\n")
    lines = []
    for folder in sorted((root / "plugins").glob("*/*/trained")):
        lines.append(f'    "{folder.relative_to(root).parts[1]}": {{')
        for path in sorted(folder.glob("*.md")):
            card = read_card(path)
            texts = [json.dumps(text, ensure_ascii=False) for text in (card.data.name, card.summary)]
            line = f'        "{card.name}": ({", ".join(texts)}),'
            split = [f'        "{card.name}": (', *(f"            {text}," for text in texts), "        ),"]
            lines += [line] if len(line) <= LINE else split
        lines.append("    },")
    return head + mark + "\n".join([*lines, "}", ""])


def main() -> None:
    """Replace the table and the list."""
    KNOWN.write_text(known(ROOT), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    table = "\n".join(rows(ROOT))
    PAGE.write_text(re.sub(f"{BEGIN}.*?{END}", f"{BEGIN}{table}\n{END}", text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
