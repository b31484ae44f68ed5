"""The parts of the documentation that come from the code, as a Sphinx extension.

Before Sphinx reads the pages, `write_pages` fills the folder ``reference/``, which is not in git, with every component,
command, public name, package and trained network, and runs every example. Pages outside of ``docs/`` (the README, the
changelog, …) are copied with their links changed to the places on the site. ``-D run_examples=0`` keeps the examples as
an earlier build ran them.
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
"""The modules whose ``__all__`` is public."""
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
"""Members of public classes that are on no page: names in messages, and methods that scikit-learn adds."""
ARRAY = re.compile(
    r"~?(numpy\.)?ndarray\[tuple\[~?(typing\.)?Any, \.\.\.\], ~?(numpy\.)?dtype\[~?((?:[^][]|\[[^][]*\])*)\]\]"
)
LINK = re.compile(r"""(\]\(|src=")(?!https?:|mailto:|#)([^)"\s#]+)(#[^)"\s]*)?(\)|")""")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the configuration value and the event handlers."""
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
    """Write ``reference/``; a file whose text stays the same keeps its time, so that it is not read again."""
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
    """Write a page, if it has changed."""
    path = OUT / name
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Change the links of a page of this folder; the start page begins with the README."""
    if not name.startswith("reference/"):
        page = DOCS / f"{name}.md"
        source[0] = relinked(source[0], page, page)
    if name == "hooks/README":
        source[0] += toctree(path.stem for path in sorted(page.parent.glob("nnzoo_*.md")))
    if name == "index":
        source[0] = relinked((ROOT / "README.md").read_text(encoding="utf-8"), ROOT / "README.md", page) + source[0]


def relinked(text: str, source: Path, page: Path) -> str:
    """A text with its relative links changed for a page of the site."""

    def changed(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(source.parent / found[2]))
        home = MOVED.get(str(target.relative_to(ROOT))) if target.is_relative_to(ROOT) else None
        target = DOCS / home if home else target
        return f"{found[1]}{os.path.relpath(target, page.parent)}{found[3] or ''}{found[4]}"

    return LINK.sub(changed, text)


def moved_pages() -> Iterator[tuple[str, str]]:
    """The pages outside of this folder, and the list of packages."""
    for source, home in MOVED.items():
        if source.endswith(".md") and home != "index.md":
            text = relinked((ROOT / source).read_text(encoding="utf-8"), ROOT / source, DOCS / home)
            if source == "plugins/README.md":
                text += toctree(path.parent.name for path in sorted(ROOT.glob("plugins/*/README.md")))
            yield home.removeprefix("reference/"), text


def toctree(names: Iterable[str]) -> str:
    """The pages below a page in the sidebar, in Markdown."""
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
        text += f"To write one, subclass `{base.__name__.removeprefix('Any')}`: "
        text += f":doc:`{HOOKS[kind]} </hooks/{HOOKS[kind]}>` shows how.\n\n"
        known = [registry.describe(kind, name) for name in names]
        rows = [(f":ref:`{one.name} <{kind}-{one.name}>`", package_of(one), one.summary) for one in known]
        text += table(("name", "package", "description"), rows)
        yield f"components/{kind}.rst", text + "".join(section(registry, one, anew) for one in known)
    links = ""
    for kind in KINDS:
        names = ", ".join(f"{{ref}}`{name} <{kind}-{name}>`" for name in registry.names(kind))
        links += f"- [{plural(kind).capitalize()}]({kind}.rst): {names}\n"
    text = "# Components\n\nEvery component of nnzoo and of the packages in its repository, by kind. "
    text += "`nnzoo show KIND NAME` prints the same description.\n\n"
    yield "components/index.md", text + links + toctree(KINDS)


def section(registry: Registry, known: Description, anew: bool) -> str:
    """One component: its docstring, hyperparameters, drawing, the command to try, and references."""
    about, mark, references = known.text.partition("\nReferences\n")
    text = f"\n.. _{known.kind}-{known.name}:\n\n{title(known.name, '-')}{numpydoc(about)}\n\n"
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
    text += f"Package: :doc:`{package} </{'index' if package == 'nnzoo' else f'reference/packages/{package}'}>`\n\n"
    return text + (f"{numpydoc(mark.lstrip() + references)}\n" if mark else "")


def package_of(known: Description) -> str:
    """The distribution that contains a component."""
    return known.full_name.partition("/")[0]


def plural(kind: str) -> str:
    """``activations``, ``losses``, ``searches``."""
    return HOOKS[kind].removeprefix("nnzoo_").replace("datasets", "data sets")


def literal(cell: str) -> str:
    """A cell of a table with stars, underscores and bars escaped."""
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
    """A page for each command: first the built-in ones, then those of plugins."""
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
    """All public names; those of `nnzoo.api` on a page for each module that they come from."""
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
    head = "# Python\n\nThe names in these modules are public and [stay stable](../../compatibility.md). "
    head += "Everything else may change.\n\n"
    yield "api/index.md", head + "".join(listed) + toctree(names)


def about(page: str) -> str:
    """The description of a module or a part of `nnzoo.api`, in a line."""
    for module in (page, f"nnzoo.kinds.{page}", f"nnzoo.{page}"):
        if importlib.util.find_spec(module if module.startswith("nnzoo") else "_"):
            return (inspect.getdoc(importlib.import_module(module)) or "").splitlines()[0].partition(": ")[2]
    return ""


def topic(module: str) -> str:
    """The topic of a module of nnzoo: a kind, or its room."""
    _, room, *rest = module.split(".")
    return rest[0] if room == "kinds" else {"runs": "training", "nn": "training", "datafiles": "data"}.get(room, room)


def origin(module: str, name: str) -> str:
    """The module that defines a public name, however often it is re-exported."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and name in (alias.name for alias in node.names):
            return origin(node.module or "", name) if (node.module or "").startswith("nnzoo") else module
    return module


def directive(module: str, name: str, home: str) -> str:
    """The directive that documents one name."""
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
    """The public name that a name or type in a docstring refers to; without one, it is prose."""
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
    """A signature and its return type, with short names for the types of arrays."""

    def short(found: re.Match[str]) -> str:
        return "Floats" if "floating" in found[4] else f"NDArray[{found[4]}]"

    return tuple(text and ARRAY.sub(short, text) for text in texts)


def escape_stars(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Escape the star of a shape (n, *shape) and the last underscore of scikit-learn's names."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            line = re.sub(r"(?<=, )\*(?=[a-z_.]+(, [\w.]+)*\))", r"\\*", line)
            lines[place] = re.sub(r"(\((?:\w+, )*\w+)_(?=,?\))", r"\1\\_", line)


def escape_command(app: Sphinx, context: Any, lines: list[str]) -> None:
    """Escape stars in a help text, make its unwrapped lines code, and drop unnamed arguments."""
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
    found = [(model, plugin.source.distribution) for plugin in registry.plugins() for model in plugin.zoo]
    listed = ""
    for model, package in found:
        text = model.card_file.read_text(encoding="utf-8").split("\n---\n", 1)[1].strip()
        home = "../../index.md" if package == "nnzoo" else f"../packages/{package}.md"
        yield f"zoo/{model.name}.md", f"{breakable(text)}\n\nPackage: [{package}]({home})\n"
        listed += f"- [{model.name}]({model.name}.md): {read_card(model.card_file).summary}\n"
    text = "# Trained networks\n\n[The zoo](../../zoo.md) explains what is on a card, and how to use a network.\n\n"
    yield "zoo/index.md", text + listed + toctree(model.name for model, _ in found)


def breakable(text: str) -> str:
    """A card whose hashes in tables may be broken into lines."""
    return re.sub(r"(?<=\| )[0-9a-f]{64}(?= \|)", lambda found: "<wbr>".join(re.findall(".{16}", found[0])), text)


def gallery_pages(run: bool) -> Iterator[tuple[str, str]]:
    """A page for each example, and an overview."""
    pages = dict(gallery.example_pages(run))
    text = "# Gallery\n\nEach example is one short file. Its command was run when this site was built.\n\n"
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
