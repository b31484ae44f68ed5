"""Choose and check the names of a new plugin."""

from __future__ import annotations

import io
import sys
import tokenize
from importlib.metadata import PackageNotFoundError, version

from nnzoo.errors import UsageError
from nnzoo.kinds import KINDS
from nnzoo.plugins.catalogue import KNOWN_PACKAGES, package_with
from nnzoo.plugins.registry import Registry
from nnzoo.scaffold.names import Names, check_spelling, derive_names
from nnzoo.scaffold.sources import INIT, package_files


def choose_names(registry: Registry, kind: str, name: str) -> Names:
    """Check the name of a new component, and derive the other names of the plugin from it.

    Raises
    ------
    UsageError
        When the kind does not exist, the name is not valid, or a component of the kind has it already.
    """
    if kind not in KINDS and name in KINDS:
        raise UsageError(f"there is no kind {kind!r}", hint=f"the kind comes first: nnzoo new {name} {kind}")
    registry.check_kind(kind)
    check_spelling(kind, name)
    module_words, class_words = _words_in_use(kind)
    names = derive_names(kind, name, module_words | sys.stdlib_module_names, class_words)
    for each_kind, each_name in names.components.items():
        _require_free(registry, each_kind, each_name)
    return names


def require_new_distribution(names: Names) -> None:
    """Refuse a distribution that is known or installed, as pip would replace it.

    Raises
    ------
    UsageError
    """
    if names.distribution in KNOWN_PACKAGES:
        raise UsageError(f"{names.distribution} is the name of a known package", hint=_another(names.name))
    try:
        installed = version(names.distribution)
    except PackageNotFoundError:
        return
    raise UsageError(
        f"{names.distribution} {installed} is installed already",
        hint=f"{_another(names.name)}; or first: pip uninstall {names.distribution}",
    )


def _words_in_use(kind: str) -> tuple[set[str], set[str]]:
    """Words that can't be names of a module or of a class in the package, because other sources in it use them."""
    module_words, class_words = set[str](), set[str]()
    for path, text in package_files(Names(kind, "_", "_", "_")).items():
        if path.endswith(".py"):
            tokens = tokenize.generate_tokens(io.StringIO(text).readline)
            words = module_words if path.endswith(INIT) else class_words
            words |= {token.string for token in tokens if token.type == tokenize.NAME}
    return module_words, class_words


def _require_free(registry: Registry, kind: str, name: str) -> None:
    providers = [p.source for p in registry.plugins() if name in p.components().get(kind, ())]
    package = package_with(kind, name)
    if any(source.is_builtin for source in providers):
        reason = "is built in, and such names are reserved"
    elif providers:
        reason = f"comes with {' and '.join(map(str, providers))}"
    elif package:
        reason = f"comes with {package}"
    else:
        return
    raise UsageError(f"{kind} {name!r} is taken: it {reason}", hint=_another(name))


def _another(name: str) -> str:
    return f"use another name, such as my-{name}"
