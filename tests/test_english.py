"""Words that read translated: CONTRIBUTING.md has the list, and what to write instead."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXTS = [
    *(ROOT / "nnzoo").rglob("*.py"),
    *ROOT.glob("plugins/*/nnzoo_*/**/*.py"),
    *ROOT.glob("plugins/*/README.md"),
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("*.md"),
]
QUANTITIES = (
    "better bigger darker deeper difference fewer further greater higher history larger less limit longer lower"
)
QUANTITIES += " matter more need one other room smaller such thinner two use way wider worse"
PHRASES = {
    rf"(?<!there )\b(is|are) no (?!({'|'.join(QUANTITIES.split())})\b)`*\w": "is not a",
    r"\b(nobody|anybody|somebody)\b": "no one, anyone, someone; or say what it is: the caller, the reader",
    r"\bstrangers?\b": "untrusted",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bmade small\b": "minimised; the training loss",
    r"\bto be had\b": "available",
    r"\bas one (writes|types)\b": "as it is written",
    r"\bfrom elsewhere\b": "untrusted, or foreign",
}


def test_no_text_reads_translated():
    found = []
    for path in TEXTS:
        if path.name in ("CHANGELOG.md", "CONTRIBUTING.md"):
            continue
        text = path.read_text("utf-8")
        for phrase, instead in PHRASES.items():
            for match in re.finditer(phrase, text, re.IGNORECASE):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {match[0]!r}: write {instead}")
    assert not found, "\n".join(found)


def test_the_list_is_in_the_guide_for_contributors():
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert all(instead in guide for instead in PHRASES.values())
