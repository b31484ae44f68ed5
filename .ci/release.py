"""Build a release of nnzoo and of every package in plugins/, all of one version, into a folder.

    python .ci/release.py --version 0.2.0 dist      check, then build a wheel and an sdist of each
    python .ci/release.py --version 0.2.0 --repository https://… dist      with links to the repository in the metadata
    python .ci/release.py --notes 0.2.0             print what CHANGELOG.md says of a version

It works in a copy. There nnzoo gets an extra for each package, which pins that package's version: `nnzoo[conv]`. A
checkout has none of them, as whoever holds such a name on an index would decide what is installed; a release is made
only of names that the project holds. Needs the package `build`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILT_FROM = ("nnzoo", "plugins", "pyproject.toml", "setup.cfg", "README.md", "LICENSE", "CHANGELOG.md")
EXTRAS = "[project.optional-dependencies]\n"


def packages(root: Path) -> list[Path]:
    """The folders of all distributions, nnzoo's own first."""
    return [root, *sorted(path.parent for path in (root / "plugins").glob("*/pyproject.toml"))]


def require_version(root: Path, version: str) -> None:
    """Every package and the citation have this version, and every package asks for an nnzoo that this version is."""
    for folder in packages(root):
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if project["version"] != version:
            sys.exit(f"{project['name']} has version {project['version']}, not {version}")
    if f"\nversion: {version}\n" not in (root / "CITATION.cff").read_text(encoding="utf-8"):
        sys.exit(f"CITATION.cff does not have version {version}")
    notes(root, version)


def notes(root: Path, version: str) -> str:
    """What the changelog says of a version."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        sys.exit(f"CHANGELOG.md has no section {version}")
    return found.group(1).strip()


def add_extras(root: Path, version: str) -> None:
    """Let nnzoo have an extra for each package: ``conv = ["nnzoo-conv==0.2.0"]``."""
    path = root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    taken = tomllib.loads(text)["project"]["optional-dependencies"]
    lines = []
    for folder in packages(root)[1:]:
        short = folder.name.removeprefix("nnzoo-")
        if short in taken:
            sys.exit(f"nnzoo has an extra {short} already")
        lines.append(f'{short} = ["{folder.name}=={version}"]\n')
    path.write_text(text.replace(EXTRAS, EXTRAS + "".join(lines), 1), encoding="utf-8")


def add_urls(root: Path, repository: str, version: str) -> None:
    """Let every package link to the repository that it is released from, which a checkout does not know."""
    for folder in packages(root):
        path = folder / "pyproject.toml"
        home = repository if folder == root else f"{repository}/tree/v{version}/plugins/{folder.name}"
        urls = {
            "Homepage": home,
            "Source": repository,
            "Changelog": f"{repository}/blob/v{version}/CHANGELOG.md",
            "Issues": f"{repository}/issues",
        }
        lines = "".join(f'{name} = "{url}"\n' for name, url in urls.items())
        path.write_text(f"{path.read_text(encoding='utf-8')}\n[project.urls]\n{lines}", encoding="utf-8")


def build(version: str, out: Path, repository: str, options: list[str]) -> None:
    """A wheel and an sdist of each package, in ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        leave = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__", ".*")
        for name in BUILT_FROM:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=leave)
            else:
                shutil.copy(source, copy)
        add_extras(copy, version)
        if repository:
            add_urls(copy, repository, version)
        for folder in packages(copy):
            if folder != copy:
                shutil.copy(copy / "LICENSE", folder)
            subprocess.run([sys.executable, "-m", "build", *options, "--outdir", out.resolve(), folder], check=True)


def main() -> None:
    """Build, or print notes, as the command says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", help="where files go")
    parser.add_argument("--version", help="of every package")
    parser.add_argument("--repository", metavar="URL", default="", help="where it is released from")
    parser.add_argument("--notes", metavar="VERSION", help="print the changelog's section and build nothing")
    parser.add_argument("--no-isolation", action="store_true", help="build with what is installed here")
    given = parser.parse_args()
    if given.notes:
        print(notes(ROOT, given.notes))
    elif given.out and given.version:
        require_version(ROOT, given.version)
        build(given.version, given.out, given.repository, ["--no-isolation"] if given.no_isolation else [])
    else:
        parser.error("give --version VERSION and a folder, or --notes VERSION")


if __name__ == "__main__":
    main()
