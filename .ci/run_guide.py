"""Do all that a guide says, in an empty folder: write its files, run its commands and its Python, in order.

    python .ci/run_guide.py docs/plugins.md FOLDER

Blocks are fenced: ``sh`` is run by bash, ``python title="FILE"`` is written to FILE, other ``python`` is run.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(sh|python)(?: title=\"(.*?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(guide: Path, folder: Path) -> None:
    """Do it, and stop at the first thing that fails."""
    for language, title, text in BLOCK.findall(guide.read_text(encoding="utf-8")):
        print(f"\n-- {title or text.strip().splitlines()[0]}", flush=True)
        if title:
            path = folder / title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        else:
            command = ["bash", "-euxc", text] if language == "sh" else ["python", "-W", "error", "-c", text]
            subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    follow(Path(sys.argv[1]), Path(sys.argv[2]))
