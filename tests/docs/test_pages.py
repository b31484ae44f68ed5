"""The commands and the Python of how-to pages run as they are printed, one after the other, in an empty folder."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnzoo import registry

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^( *)```(sh|python)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PAGES = {
    "docs/hooks/nnzoo_layers.md": "## Add a layer of your own",
    "docs/troubleshooting.md": "## The loss is NaN, or the training diverged",
    "docs/tables.md": "",
    "docs/images.md": "",
    "docs/python.md": "",
    "docs/fine-tuning.md": "",
    "docs/comparing.md": "",
    "docs/sweeps.md": "",
}
"""Pages that no other test follows, or a section of one."""


def blocks(path: str, section: str) -> Iterator[tuple[str, str]]:
    text = (ROOT / path).read_text(encoding="utf-8")
    if section:
        text = text[text.index(f"{section}\n") + len(section) :].partition("\n## ")[0]
    for indent, language, code in BLOCK.findall(text):
        yield language, "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))


@pytest.fixture
def page() -> Iterator[ModuleType]:
    """A module for a page's Python; what it registers and imports from its own folder is forgotten afterwards."""
    module, plugins = ModuleType("page"), [*registry._plugins]
    sys.modules["page"] = module
    yield module
    registry._plugins[:] = plugins
    for name in ("page", "scale"):
        sys.modules.pop(name, None)


@pytest.fixture
def follow(
    nnzoo_here: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: ModuleType
) -> Callable[..., None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    rng = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(1, 9):
            pixels = rng.integers(0, 255, (20, 24, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{number}.png")

    stroke = Image.new("L", (60, 60), 255)
    stroke.paste(0, (28, 10, 33, 50))
    stroke.save(tmp_path / "drawing.png")

    def command(line: str) -> None:
        program, *words = shlex.split(re.sub(r"\s+#.*$", "", line))
        if program == "nnzoo":
            done = nnzoo_here(tmp_path, *words)
            assert done.code == 0, f"{line}\n{done.stderr}"
        else:
            assert program == "python"
            monkeypatch.setattr(sys, "argv", words)
            runpy.run_path(words[0], run_name="__main__")

    def run(path: str, section: str) -> None:
        found = list(blocks(path, section))
        assert found
        for language, code in found:
            if language == "python":
                exec(compile(code, path, "exec"), vars(page))
            else:
                for line in filter(None, code.replace("\\\n", " ").splitlines()):
                    command(line)

    return run


@pytest.mark.thorough
@pytest.mark.parametrize(("path", "section"), PAGES.items(), ids=[Path(path).stem for path in PAGES])
def test_a_page_can_be_followed(follow: Callable[..., None], page: ModuleType, path: str, section: str) -> None:
    raw = np.hstack([np.random.default_rng(0).normal(3e4, 1e4, (9, 3)), np.ones((9, 1))])
    page.x_train = page.x_test = raw
    follow(path, section)
    if "troubleshooting" in path:
        assert page.x_train is not raw
        assert np.abs(page.x_train).max() < 5
