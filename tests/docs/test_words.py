"""The pages are in the plain English that `CONTRIBUTING.md` asks for, as far as a list of words can tell."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "benchmarks/README.md", "data/README.md")),
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("docs/hooks/*.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
]
QUOTED = re.compile(r"^```.*?^```|<!-- begin .*?<!-- end -->|`[^`\n]*`", re.MULTILINE | re.DOTALL)
TRANSLATED = re.compile(
    r"\bmend(s|ed)?\b|\bnobody\b|\bstrangers?\b|\b(is|are) told\b|\btells? (how|what|which|where|whether|why|who)\b"
    r"|(?<!there )\b(is|are) no (image|picture|plugin|table|number|file|folder)s?\b|\bwhat is made small\b"
)


def test_no_word_reads_translated():
    prose = {path: QUOTED.sub("", path.read_text(encoding="utf-8")) for path in PAGES}
    assert [(str(path), found[0]) for path, text in prose.items() for found in TRANSLATED.finditer(text)] == []
