"""Print the README's commands: ``first`` and ``test`` (the two that set everything up) or ``tour`` (all others).

The tour goes on with the pages that a reader of the README is sent to first.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGES = ("docs/first-steps.md", "docs/figures.md")


def commands(readme: str) -> list[str]:
    """The commands in the README's ``sh`` blocks, in order, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#.*$", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def main() -> None:
    """Print what the argument asks for."""
    found = commands(Path("README.md").read_text(encoding="utf-8"))
    first, test, *tour = found
    for page in PAGES:
        tour += commands(Path(page).read_text(encoding="utf-8"))
    print({"first": first, "test": test, "tour": "\n".join(tour)}[sys.argv[1]])


if __name__ == "__main__":
    main()
