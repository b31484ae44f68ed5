"""The parts of the documentation that come from the code, as a Sphinx extension.

Before Sphinx reads the pages, `write_pages` fills the folder ``reference/``, which is not in git: every component,
command, public name, package and trained network has its place there, and every example is run. Pages outside of
``docs/`` (the README, the changelog, …) are taken over with their links bent to where things are on the site.
``-D run_examples=0`` leaves the examples as an earlier build has run them.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gallery
from docutils.nodes import SkipNode
from docutils.utils.math import latex2mathml
from drawings import draw
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import NumpyDocstring
from sphinx.pycode import ModuleAnalyzer

import nnzoo
from nnzoo.api import Registry
from nnzoo.cli.main import cli
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import KINDS
from nnzoo.plugins.description import Description
from nnzoo.plugins.hookspecs import HOOKS
from nnzoo.zoo.card import read_card

DOCS = Path(__file__).parent
ROOT = DOCS.parent
OUT = DOCS / "reference"
PUBLIC = ("nnzoo", "nnzoo.api", "nnzoo.testing", "nnzoo.sklearn")
"""The modules whose ``__all__`` is nnzoo's promise."""
MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "reference/changelog.md",
    "CONTRIBUTING.md": "reference/contributing.md",
    "SECURITY.md": "reference/security.md",
    "CODE_OF_CONDUCT.md": "reference/conduct.md",
    "benchmarks/README.md": "reference/benchmarks.md",
    "data/README.md": "reference/data.md",
    "plugins": "reference/packages/index.md",
    "plugins/README.md": "reference/packages/index.md",
}
"""Pages outside of ``docs/``, and where they are on the site."""
MOVED |= {
    str(path.relative_to(ROOT)): f"reference/packages/{path.parent.name}.md"
    for path in ROOT.glob("plugins/*/README.md")
}
MOVED |= {f"examples/{path.name}": f"reference/gallery/{path.stem}.md" for path in gallery.EXAMPLES}
HIDDEN = "label, set_fit_request, set_partial_fit_request, set_score_request"
"""Members of public classes that are on no page: how messages call one, and what scikit-learn adds."""
ARRAY = re.compile(
    r"~?(numpy\.)?ndarray\[tuple\[~?(typing\.)?Any, \.\.\.\], ~?(numpy\.)?dtype\[~?((?:[^][]|\[[^][]*\])*)\]\]"
)
LINK = re.compile(r"""(\]\(|src=")(?!https?:|mailto:|#)([^)"\s#]+)(#[^)"\s]*)?(\)|")""")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx what there is."""
    app.add_config_value("run_examples", True, "env", bool)
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    app.connect("builder-inited", write_pages)
    app.connect("source-read", read_page)
    app.connect("missing-reference", find_public)
    app.connect("autodoc-process-signature", shorten)
    app.connect("autodoc-process-docstring", escape_stars, priority=100)  # before napoleon
    for part in ("description", "options", "arguments"):
        app.connect(f"sphinx-click-process-{part}", escape_command)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# -- Pages


def write_pages(app: Sphinx) -> None:
    """Write ``reference/`` anew; a file whose text stays the same keeps its time, so that it is not read again."""
    registry, anew = Registry(), app.config.run_examples
    if failed := [f"{one.source.distribution}: {one.reason}" for one in registry.plugins() if one.status != "ok"]:
        raise ExtensionError("\n".join(failed))
    pages = dict(moved_pages()) | dict(component_pages(registry, anew)) | dict(command_pages(registry))
    pages |= dict(api_pages()) | dict(card_pages(registry)) | dict(gallery_pages(anew))
    for name, text in pages.items():
        write(name, text)
    for path in OUT.rglob("*"):
        if path.suffix in (".md", ".rst") and str(path.relative_to(OUT)) not in pages:
            path.unlink()


def write(name: str, text: str) -> None:
    """Write a page, if it is new."""
    path = OUT / name
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Bend the links of a page of this folder; the start page begins with the README."""
    if not name.startswith("reference/"):
        page = DOCS / f"{name}.md"
        source[0] = relinked(source[0], page, page)
    if name == "hooks/README":
        source[0] += toctree(path.stem for path in sorted(page.parent.glob("nnzoo_*.md")))
    if name == "index":
        source[0] = relinked((ROOT / "README.md").read_text(encoding="utf-8"), ROOT / "README.md", page) + source[0]


def relinked(text: str, source: Path, page: Path) -> str:
    """A text with its relative links as they are right on a page of the site."""

    def bent(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(source.parent / found[2]))
        home = MOVED.get(str(target.relative_to(ROOT))) if target.is_relative_to(ROOT) else None
        target = DOCS / home if home else target
        return f"{found[1]}{os.path.relpath(target, page.parent)}{found[3] or ''}{found[4]}"

    return LINK.sub(bent, text)


def moved_pages() -> Iterator[tuple[str, str]]:
    """The pages outside of this folder, and the list of packages."""
    for source, home in MOVED.items():
        if source.endswith(".md") and home != "index.md":
            text = relinked((ROOT / source).read_text(encoding="utf-8"), ROOT / source, DOCS / home)
            if source == "plugins/README.md":
                text += toctree(path.parent.name for path in sorted(ROOT.glob("plugins/*/README.md")))
            yield home.removeprefix("reference/"), text


def toctree(names: Iterable[str]) -> str:
    """What the sidebar shows below a page, in Markdown."""
    return "\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def title(text: str, line: str = "=") -> str:
    """A heading, in reStructuredText."""
    return f"{text}\n{line * len(text)}\n\n"


# -- Components


def component_pages(registry: Registry, anew: bool) -> Iterator[tuple[str, str]]:
    """A page for each kind, with all its components."""
    for kind, base in KINDS.items():
        names = registry.names(kind)
        text = f".. py:currentmodule:: nnzoo.api\n\n{title(plural(kind).capitalize())}"
        text += f"`{base.__name__.removeprefix('Any')}` is the class that they inherit from, and "
        text += f":doc:`{HOOKS[kind]} </hooks/{HOOKS[kind]}>` describes how to write one.\n\n"
        known = [registry.describe(kind, name) for name in names]
        rows = [(f":ref:`{one.name} <{kind}-{one.name}>`", package_of(one), one.summary) for one in known]
        text += table(("name", "package", "what it is"), rows)
        yield f"components/{kind}.rst", text + "".join(section(registry, one, anew) for one in known)
    links = "".join(
        f"- [{plural(kind).capitalize()}]({kind}.rst): {', '.join(registry.names(kind))}\n" for kind in KINDS
    )
    text = "# Components\n\nEvery component of nnzoo and of the packages in its repository, by kind.\n\n"
    yield "components/index.md", text + links + toctree(KINDS)


def section(registry: Registry, known: Description, anew: bool) -> str:
    """One component: its docstring, hyperparameters, drawing, and the command to try."""
    text = f"\n.. _{known.kind}-{known.name}:\n\n{title(known.name, '-')}{numpydoc(known.text)}\n\n"
    rows = [
        (
            f"``{h.name}``",
            *map(literal, (h.type, h.allowed, "" if h.required else format_value(h.default), h.description)),
        )
        for h in known.hyperparameters
    ]
    text += table(("hyperparameter", "type", "range", "default", "meaning"), rows) if rows else ""
    spec = shlex.split(known.example)[-1] if known.example else known.name
    component = None if "…" in spec else registry.build(known.kind, spec)
    drawing = f"{known.kind}-{known.name}.svg"
    if seen := draw(component, OUT / "components" / drawing, anew=anew):
        text += f".. figure:: {drawing}\n   :alt: {seen}\n\n   {seen}\n\n"
    text += f".. code-block:: sh\n\n   {known.example}\n\n" if known.example else ""
    package = package_of(known)
    return text + f"From :doc:`{package} </{'index' if package == 'nnzoo' else f'reference/packages/{package}'}>`.\n"


def package_of(known: Description) -> str:
    """The distribution that brings a component."""
    return known.full_name.partition("/")[0]


def plural(kind: str) -> str:
    """``activations``, ``losses``, ``searches``."""
    return HOOKS[kind].removeprefix("nnzoo_").replace("datasets", "data sets")


def literal(cell: str) -> str:
    """A cell of a table whose stars and underscores are meant."""
    return cell if "`" in cell else re.sub(r"([*_|\\])", r"\\\1", cell)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table, in reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (heads, *rows):
        lines += [
            f"   {'-' if column else '* -'} {cell}".replace("   - ", "     - ", 1) for column, cell in enumerate(row)
        ]
    return "\n".join(lines) + "\n\n"


def numpydoc(text: str) -> str:
    """A docstring in reStructuredText."""
    settings: Any = Config(napoleon_use_param=False, napoleon_use_ivar=False)
    return str(NumpyDocstring(text, settings))


# -- Commands and names


def command_pages(registry: Registry) -> Iterator[tuple[str, str]]:
    """A page for each command, those of plugins behind the built-in ones."""
    brought = {name: command for plugin in registry.plugins() for name, command in plugin.commands.items()}
    commands = {name: one for name, one in {**cli.commands, **brought}.items() if not one.hidden}
    for name, command in commands.items():
        module = sys.modules[inspect.unwrap(command.callback).__module__]  # type: ignore[arg-type]
        variable = next(key for key, value in vars(module).items() if value is command)
        text = f".. click:: {module.__name__}:{variable}\n   :prog: nnzoo {name}\n   :nested: full\n"
        yield f"commands/{name}.rst", text
    listed = [f"- [`nnzoo {name}`]({name}.rst): {one.get_short_help_str(200)}\n" for name, one in commands.items()]
    yield "commands/index.md", "# Commands\n\n" + "".join(listed) + toctree(commands)


def api_pages() -> Iterator[tuple[str, str]]:
    """All public names. Those of `nnzoo.api` are parted by the module that they come from."""
    pages: dict[str, list[str]] = {}
    for module in PUBLIC:
        for name in importlib.import_module(module).__all__:
            home = origin(module, name)
            page = topic(home) if module == "nnzoo.api" else module
            pages.setdefault(page, []).append(directive(module, name, home))
    for page, parts in pages.items():
        module = page if page in PUBLIC else "nnzoo.api"
        head = page if page in PUBLIC else f"nnzoo.api: {page}"
        yield f"api/{page}.rst", title(head) + f".. py:currentmodule:: {module}\n\n" + "".join(parts)
    names = sorted(pages, key=lambda page: (page not in PUBLIC, page))
    listed = [f"- [{page if page in PUBLIC else f'nnzoo.api: {page}'}]({page}.rst): {about(page)}\n" for page in names]
    head = "# Python\n\nThe names in these modules are nnzoo's promise; everything else may change.\n\n"
    yield "api/index.md", head + "".join(listed) + toctree(names)


def about(page: str) -> str:
    """What a module or a part of `nnzoo.api` is, in a line."""
    for module in (page, f"nnzoo.kinds.{page}", f"nnzoo.{page}"):
        if importlib.util.find_spec(module if module.startswith("nnzoo") else "_"):
            return (inspect.getdoc(importlib.import_module(module)) or "").splitlines()[0].partition(": ")[2]
    return ""


def topic(module: str) -> str:
    """What a module of nnzoo is about: a kind, or the room that it lies in."""
    _, room, *rest = module.split(".")
    return rest[0] if room == "kinds" else {"runs": "training", "nn": "training", "datafiles": "data"}.get(room, room)


def origin(module: str, name: str) -> str:
    """The module that a public name comes from, however many hand it on."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and name in (alias.name for alias in node.names):
            return origin(node.module or "", name) if (node.module or "").startswith("nnzoo") else module
    return module


def directive(module: str, name: str, home: str) -> str:
    """What documents one name."""
    value = getattr(importlib.import_module(module), name)
    if module != "nnzoo" and name in nnzoo.__all__:
        return f"`{name}` is `nnzoo.{name}`.\n\n"
    if inspect.isclass(value):
        return f".. autoclass:: {module}.{name}\n   :members:\n   :exclude-members: {HIDDEN}\n   :show-inheritance:\n\n"
    if inspect.isfunction(value):
        return f".. autofunction:: {module}.{name}\n\n"
    said = ModuleAnalyzer.for_module(home).find_attr_docs().get(("", name), [])
    otherwise = inspect.getdoc(type(value)) if isinstance(value, Registry) else f"``{value}``"
    said = said or (otherwise or "").replace("typing.", "").splitlines()[:1]
    return f".. py:data:: {module}.{name}\n\n" + "\n".join(f"   {line}" for line in said) + "\n\n"


def find_public(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """What a name or type in a docstring means: the public name that ends like it, or else it is prose."""
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].rpartition(".")[2]
    for module in PUBLIC:
        if name in importlib.import_module(module).__all__ and f"{module}.{name}" != node["reftarget"]:
            found = env.domains["py"].resolve_xref(
                env, node["refdoc"], app.builder, "obj", f"{module}.{name}", node, content
            )
            if found is not None:
                return found
    return content


def shorten(app: Sphinx, what: str, name: str, value: Any, options: Any, *texts: str | None) -> Any:
    """A signature, and what is returned, with the types of arrays as one writes them."""

    def short(found: re.Match[str]) -> str:
        return "Floats" if "floating" in found[4] else f"NDArray[{found[4]}]"

    return tuple(text and ARRAY.sub(short, text) for text in texts)


def escape_stars(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """A shape (n, *shape) has a star, and scikit-learn's names end in underscores: no emphasis or link is meant."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            line = re.sub(r"(?<=, )\*(?=[a-z_.]+(, [\w.]+)*\))", r"\\*", line)
            lines[place] = re.sub(r"(\((?:\w+, )*\w+)_(?=,?\))", r"\1\\_", line)


def escape_command(app: Sphinx, context: Any, lines: list[str]) -> None:
    """A help text has no emphasis, its lines that are not to be wrapped are code, an unnamed argument has no entry."""
    kept: list[str] = []
    for line in "\n".join(lines).replace(".. option:: \n\n    Optional argument(s)\n", "").split("\n"):
        if line.startswith("| "):
            kept += ["", "::", ""] if not kept or not kept[-1].startswith("    $") else []
            kept.append(f"    $ {line[2:]}")
        else:
            kept += ["", ""] if kept and kept[-1].startswith("    $") else []
            kept.append(re.sub(r"(?<![\\*])\*(?!\*)", r"\\*", line))
    lines[:] = kept


# -- Cards and examples


def card_pages(registry: Registry) -> Iterator[tuple[str, str]]:
    """A page for each trained network."""
    models = [model for plugin in registry.plugins() for model in plugin.zoo]
    for model in models:
        text = model.card_file.read_text(encoding="utf-8")
        yield f"zoo/{model.name}.md", text.split("\n---\n", 1)[1].lstrip()
    listed = "".join(f"- [{model.name}]({model.name}.md): {read_card(model.card_file).summary}\n" for model in models)
    text = "# Cards of the zoo\n\n[The zoo](../../zoo.md) describes what is on a card.\n\n"
    yield "zoo/index.md", text + listed + toctree(model.name for model in models)


def gallery_pages(run: bool) -> Iterator[tuple[str, str]]:
    """A page for each example, and an overview."""
    pages = dict(gallery.example_pages(run))
    text = "# Gallery\n\nEach example is one short file. Its command was run when this page was built.\n\n"
    grid = "\n".join(gallery.card(name, page) for name, page in pages.items())
    yield "gallery/index.md", f"{text}::::{{container}} gallery\n{grid}::::\n{toctree(pages)}"
    yield from ((f"gallery/{name}.md", page) for name, page in pages.items())


# -- Formulas


def _inline_math(self: Any, node: Any) -> None:
    self.body.append(latex2mathml.tex2mathml(node.astext()))
    raise SkipNode


def _block_math(self: Any, node: Any) -> None:
    self.body.append(f'<div class="math">{latex2mathml.tex2mathml(node.astext(), as_block=True)}</div>')
    raise SkipNode
