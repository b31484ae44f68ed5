"""Write the table of networks in docs/zoo.md from the cards in this checkout.

python docs/update_zoo.py
"""

from __future__ import annotations

import re
from pathlib import Path

from nnzoo.zoo.card import read_card

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "zoo.md"
BEGIN, END = "<!-- networks: docs/update_zoo.py -->\n", "<!-- end -->"


def rows(root: Path) -> list[str]:
    """A line for each network, those of nnzoo first."""
    folders = [root / "nnzoo" / "builtin" / "trained", *sorted((root / "plugins").glob("*/*/trained"))]
    lines = ["| network | comes with | task | data | parameters | on test samples |", "|---|---|---|---|--:|---|"]
    for folder in folders:
        package = folder.relative_to(root).parts[1] if folder.is_relative_to(root / "plugins") else "nnzoo"
        for path in sorted(folder.glob("*.md")):
            card = read_card(path)
            figure = next((each for each in card.figures if each.higher_is_better), card.figures[-1])
            value = f"{figure.value:.2%}" if figure.is_share else f"{figure.value:.4g}"
            cells = (
                f"`{card.name}`",
                package,
                card.task,
                card.data.name,
                f"{card.parameters:,}",
                f"{figure.title} {value}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Replace what is between the two marks."""
    text = PAGE.read_text(encoding="utf-8")
    table = "\n".join(rows(ROOT))
    PAGE.write_text(re.sub(f"{BEGIN}.*?{END}", f"{BEGIN}{table}\n{END}", text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
