"""Update the parts of `docs/hooks/*.md` that come from the code. A test fails if they are out of date.

These parts are between ``<!-- begin PART ARGUMENT -->`` and ``<!-- end -->``:

* ``hook KIND``: the hook's signature;
* ``class NAME``: the source of a class of `nnzoo.api`;
* ``file PATH``: a file of this repository;
* ``example KIND NAME``: the file that ``nnzoo new KIND NAME --file`` writes;
* ``checks KIND``: the checks of `nnzoo.testing` for a component of that kind, without those for every component;
* ``checks-of-all``: the latter.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import nnzoo.api
from nnzoo.plugins import hookspecs
from nnzoo.scaffold.names import derive_names
from nnzoo.scaffold.sources import single_file
from nnzoo.testing import manners
from nnzoo.testing.check import named
from nnzoo.testing.kit import functions_for

PAGES = Path(__file__).parent / "hooks"
PART = re.compile(r"(<!-- begin (\S+) ?(.*?) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """The page with every part updated."""
    return PART.sub(lambda m: f"{m[1]}{part(m[2], *m[3].split())}\n{m[4]}", page)


def part(what: str, *arguments: str) -> str:
    """One part of a page, as Markdown."""
    match what, arguments:
        case "hook", (kind,):
            function = getattr(hookspecs, hookspecs.HOOKS.get(kind, kind))
            return python(f"@hookimpl\ndef {function.__name__}{inspect.signature(function)}: ...".replace("'", ""))
        case "class", (name,):
            return python(inspect.getsource(getattr(nnzoo.api, name)))
        case "file", (path,):
            return python((PAGES.parents[1] / path).read_text(encoding="utf-8"))
        case "example", (kind, name):
            return python(single_file(derive_names(kind, name)))
        case "checks", (kind,):
            return table(functions_for(kind))
        case "checks-of-all", ():
            return table([*manners.COMPONENT_CHECKS, *manners.OBSERVED_CHECKS])
    raise ValueError(f"there is no part {what!r} of {arguments}")


def python(source: str) -> str:
    """A block of code."""
    return f"```python\n{source.strip()}\n```"


def table(checks: list[object]) -> str:
    """Names and claims of checks."""
    rows = [f"| `{name}` | {claim} |" for name, claim in map(named, checks)]
    return "\n".join(["| check | claim |", "|---|---|", *rows])


def main() -> None:
    """Update all pages."""
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
