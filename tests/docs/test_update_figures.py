"""The README's figures are there, small, and come from the command that it names."""

import importlib.util
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("update_figures", ROOT / "docs/update_figures.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "FIGS", tmp_path / "figs")
    (tmp_path / "figs").mkdir()
    return script


def test_every_figure_of_the_readme_is_there_and_no_other_and_none_is_large():
    shown = re.findall(r'src="figs/(.*?)"', (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.name for path in (ROOT / "figs").glob("readme-*"))
    assert len(shown) == 3
    assert all((ROOT / "figs" / name).stat().st_size <= 100_000 for name in shown)


@pytest.mark.usefixtures("clean_environment")
def test_the_command_draws_what_it_has_data_for(script, capsys):
    script.main()
    (path,) = script.FIGS.iterdir()
    assert path.name == "readme-loss.png"
    with Image.open(path) as drawn, Image.open(ROOT / "figs" / path.name) as committed:
        assert drawn.size == committed.size
    assert "the figures of MNIST stay as they are" in capsys.readouterr().out
