"""The files of a new plugin: made from the templates in this folder, and written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from packaging.version import Version

from nnzoo.errors import UsageError, storage_errors
from nnzoo.files.writing import write_all
from nnzoo.kinds import KINDS
from nnzoo.plugins.discovery import BUILTIN, running_version
from nnzoo.plugins.hookspecs import HOOKS
from nnzoo.scaffold.names import Names

INIT = "__init__.py"


def package_files(names: Names) -> dict[str, str]:
    """The contents of every file of an installable package, by its path in the package's folder."""
    values = _values(names) | {"and_hookimpl": "", "hookimpl_line": ""}
    return {
        "pyproject.toml": filled("package/pyproject.toml", values),
        "README.md": filled("package/README.md", values),
        ".gitignore": filled("package/gitignore", values),
        f"{names.package}/{INIT}": filled(f"package/{INIT}", values),
        f"{names.package}/{names.module}.py": filled(f"{names.kind}.py", values),
        f"{names.package}/py.typed": "",
        f"tests/test_{names.module}.py": filled(f"{names.kind}_test.py", values),
    }


def single_file(names: Names) -> str:
    """The source of the component as a single-file plugin, with its hook."""
    values = _values(names) | {"and_hookimpl": ", hookimpl", "hookimpl_line": "\n    hookimpl,"}
    return f"{filled(f'{names.kind}.py', values)}\n\n{values['hooks']}\n"


def next_commands(names: Names, file: str | None = None) -> list[str]:
    """Commands that install, test, check and use a new package or single file."""
    plugin = f" --plugin {file}" if file else ""
    install = [] if file else ["pip install -e '.[test]'", "pytest"]
    return [*install, f"nnzoo check {names.kind} {names.name}{plugin}", *_use(names, plugin)]


def _use(names: Names, plugin: str) -> list[str]:
    """Commands that train with the component, or use it on a trained network."""
    kind, name = list(names.components.items())[-1]
    match kind:
        case "exporter" | "figure":
            run = "runs/digits"
            use = f"export {run} --format" if kind == "exporter" else f"plot {run} --what"
            return [f"nnzoo train --dataset digits --run-dir {run}", f"nnzoo {use} {name}{plugin}"]
        case "executor" | "search":
            options = "--learning-rate log:0.3..3 --trials 4"
            return [f"nnzoo sweep --dataset digits {options} --{kind} {name}{plugin}"]
        case "dataset":
            return [f"nnzoo train --dataset {name}{plugin}"]
        case "metric":
            return [f"nnzoo train --dataset digits --metric accuracy --metric {name}{plugin}"]
        case "observer":
            return [f"nnzoo train --dataset digits --observe {name}{plugin}"]
    return [f"nnzoo train --dataset digits --{kind} {name}{plugin}"]


def requirement(running: str) -> str:
    """The versions of nnzoo that a new plugin requires: this one or later, below the next major version.

    >>> requirement("0.3.1"), requirement("2.0.0")
    ('nnzoo>=0.3,<1', 'nnzoo>=2.0,<3')
    >>> requirement("1.4.0rc1")
    'nnzoo>=1.4.0rc1,<2'
    """
    this = Version(running)
    lowest = this.public if this.is_prerelease else f"{this.major}.{this.minor}"
    return f"{BUILTIN}>={lowest},<{this.major + 1}"


def _values(names: Names) -> dict[str, str]:
    """The values of the templates' placeholders."""
    classes = names.classes
    hooks = [
        filled(
            "hook.py",
            {"hook": HOOKS[kind], "base": _base(kind), "kind_name": _words(kind), "class_name": class_name},
        )
        for kind, class_name in classes.items()
    ]
    kind_name = _words(names.kind)
    return {
        "name": names.name,
        "kind": names.kind,
        "kind_name": kind_name,
        "title": f"The {kind_name} {names.name}",
        "distribution": names.distribution,
        "package": names.package,
        "module": names.module,
        "class_name": names.class_name,
        "model_name": names.components.get("model", ""),
        "model_class": classes.get("model", ""),
        "data_name": names.components.get("dataset", ""),
        "data_class": classes.get("dataset", ""),
        "bases": ", ".join(sorted(map(_base, classes))),
        "classes": ", ".join(classes.values()),
        "quoted_classes": ", ".join(f'"{class_name}"' for class_name in classes.values()),
        "hooks": "\n\n\n".join(hook.rstrip("\n") for hook in hooks),
        "requirement": requirement(running_version()),
        "commands": "\n".join(next_commands(names)),
    }


def _base(kind: str) -> str:
    """The base class in the template of a kind."""
    simplest = {"observer": "GradientObserver", "layer": "Layer", "model": "Model"}
    return simplest.get(kind) or KINDS[kind].__name__


def _words(kind: str) -> str:
    return "data set" if kind == "dataset" else kind


def filled(template: str, values: dict[str, str]) -> str:
    """A template with its placeholders filled in."""
    return _template(template).substitute(values)


@cache
def _template(name: str) -> Template:
    return Template((files("nnzoo.scaffold") / "templates" / f"{name}.txt").read_text(encoding="utf-8"))


def write_new(target: Path, contents: str | Mapping[str, str] | Mapping[str, str | bytes]) -> None:
    """Write a file, or a folder of files by their paths in it.

    A folder is first written under another name in the same directory, and renamed when it is complete.

    Raises
    ------
    UsageError
        When the target exists already, or its directory does not.
    StorageError
        When it can't be written; nothing is left behind then.
    """
    with storage_errors(f"write {target}"):
        _require_free(target)
        if isinstance(contents, str):
            write_all({target: contents.encode()}, replace=False)
            return
        with TemporaryDirectory(prefix=".nnzoo-", dir=target.parent) as temporary:
            draft = Path(temporary) / target.name
            for path, text in contents.items():
                (draft / path).parent.mkdir(parents=True, exist_ok=True)
                (draft / path).write_bytes(text.encode() if isinstance(text, str) else text)
            _require_free(target)
            draft.rename(target)


def _require_free(target: Path) -> None:
    if os.path.lexists(target):
        raise UsageError(f"{target} already exists", hint="nothing is ever overwritten: use another name or directory")
    if not target.parent.is_dir():
        raise UsageError(f"there is no directory {target.parent}", hint="make it first, or use another")
