"""Check a built site: it loads nothing from elsewhere, and every link within it leads somewhere.

python .ci/check_site.py site
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}


class Page(HTMLParser):
    """What a page loads, where it links to, and the places in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what a tag names."""
        found = {name: value or "" for name, value in attributes}
        self.places |= {found[name] for name in ("id", "name") if name in found}
        if tag in LOADING and LOADING[tag] in found:
            self.loads.append(found[LOADING[tag]])
        if tag == "link" and {*found.get("rel", "").split()} & {"stylesheet", "icon", "preload", "modulepreload"}:
            self.loads.append(found["href"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


def problems(site: Path) -> list[str]:
    """What is wrong, in sentences."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        here = path.relative_to(site.resolve())
        found += [f"{here} loads {what}" for what in page.loads if urlsplit(what).netloc]
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            place = unquote(parts.fragment)
            if not target.is_file() or (place and target in pages and place not in pages[target].places):
                found.append(f"{here} links to {link}, which is not there")
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(site)} loads from elsewhere" for mark in ("url(http", "@import") if mark in text]
    return found


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]))
    sys.exit("\n".join(wrong) if wrong else 0)
