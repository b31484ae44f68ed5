"""The reference pages of the hooks against the code."""

import importlib.util
import re
from pathlib import Path

import pytest

from nnzoo.kinds import KINDS
from nnzoo.plugins.hookspecs import ALL_HOOKS, HOOKS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted((DOCS / "hooks").glob("*.md"))


@pytest.fixture(scope="module")
def update_hooks():
    """The script that fills the pages."""
    spec = importlib.util.spec_from_file_location("update_hooks", DOCS / "update_hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_hook_has_a_page():
    assert HOOKS.keys() == KINDS.keys()
    assert {path.stem for path in PAGES} == {"README", *ALL_HOOKS}
    index = (DOCS / "hooks/README.md").read_text(encoding="utf-8")
    for hook in ALL_HOOKS:
        assert f"[`{hook}`]({hook}.md)" in index


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_takes_from_the_code_is_up_to_date(path, update_hooks):
    page = path.read_text(encoding="utf-8")
    assert update_hooks.filled(page) == page, "run: python docs/update_hooks.py"


@pytest.mark.parametrize(("kind", "hook"), HOOKS.items())
def test_a_page_has_signature_class_example_and_checks(kind, hook):
    page = (DOCS / f"hooks/{hook}.md").read_text(encoding="utf-8")
    for text in (
        f"# `{hook}()`",
        f"def {hook}() -> list[type[",
        f"class {KINDS[kind].__name__.removeprefix('Any')}(",
        f"nnzoo new {kind} ",
    ):
        assert text in page
    for method in KINDS[kind].__abstractmethods__:
        assert re.search(rf"def {method}\(\s*self", page)
    assert "| check | claim |" in page
