"""Whether a new plugin may be called what its author wants."""

from __future__ import annotations

import io
import sys
import tokenize
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from nnzoo.errors import UsageError
from nnzoo.kinds import KINDS
from nnzoo.plugins.catalogue import KNOWN_PACKAGES, package_with
from nnzoo.plugins.registry import Registry
from nnzoo.scaffold.names import Names, check_spelling, derive_names
from nnzoo.scaffold.sources import INIT, package_files


def choose_names(registry: Registry, kind: str, name: str) -> Names:
    """Check the name of a new component, and derive from it what else is to be named.

    Parameters
    ----------
    registry : Registry
        Knows the components that there are.
    kind, name : str
        What is to be written.

    Raises
    ------
    UsageError
        When there is no such kind, the name is not spelt as names are, or a component of the kind has it.
    """
    if kind not in KINDS and name in KINDS:
        raise UsageError(f"there is no kind {kind!r}", hint=f"the kind comes first: nnzoo new {name} {kind}")
    registry.check_kind(kind)
    check_spelling(kind, name)
    module_taken, class_taken = _words_in_use(kind)
    names = derive_names(kind, name, module_taken | sys.stdlib_module_names, class_taken)
    for each_kind, each_name in names.components.items():
        _require_free(registry, each_kind, each_name)
    return names


def require_new_distribution(names: Names) -> None:
    """Refuse a distribution that is known or installed: pip would replace the one by the other.

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
    """What a module in the package must not be called, nor a class: words that the sources around them need."""
    sources = {path: text for path, text in package_files(Names(kind, "_", "_", "_")).items() if path.endswith(".py")}
    init = {path for path in sources if path.endswith(INIT)}
    words = {path: set(_words(text)) for path, text in sources.items()}
    return set().union(*(words[path] for path in init)), set().union(*(words[path] for path in words.keys() - init))


def _words(source: str) -> Iterator[str]:
    """The names and keywords in a source; not what is in its comments and strings."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string


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
    return f"take another name, such as my-{name}"
