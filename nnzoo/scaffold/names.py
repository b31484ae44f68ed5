"""`Names`: the names of a new plugin on the command line, for pip, and in Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Set
from dataclasses import dataclass

from nnzoo.errors import UsageError

LONGEST = 30
"""The most characters of a name, so that every line of the templates has at most 120."""
PREFIX = "nnzoo-"
COMPANIONS = {"layer": ("model", "mlp"), "preprocessor": ("dataset", "data")}
"""The kind and the suffix of a second component, for kinds that can't be used alone in training."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Names:
    """A component's kind and name, its module and class, and the names derived from them.

    >>> names = Names("layer", "leaky-scale", "leaky_scale", "LeakyScale")
    >>> names.distribution, names.package
    ('nnzoo-leaky-scale', 'nnzoo_leaky_scale')
    >>> names.components
    {'layer': 'leaky-scale', 'model': 'leaky-scale-mlp'}
    >>> names.classes
    {'layer': 'LeakyScale', 'model': 'LeakyScaleMlp'}
    """

    kind: str
    name: str
    module: str
    class_name: str

    @property
    def distribution(self) -> str:
        """The name for pip."""
        return PREFIX + self.name

    @property
    def package(self) -> str:
        """The name for ``import``."""
        return self.distribution.replace("-", "_")

    @property
    def components(self) -> dict[str, str]:
        """The component by kind; a layer also brings a model to train it in, and a preprocessor a data set."""
        kind, ending = COMPANIONS.get(self.kind, (self.kind, ""))
        return {self.kind: self.name} | ({kind: f"{self.name}-{ending}"} if ending else {})

    @property
    def classes(self) -> dict[str, str]:
        """The classes of the components, by kind."""
        kind, ending = COMPANIONS.get(self.kind, (self.kind, ""))
        return {self.kind: self.class_name} | ({kind: f"{self.class_name}{ending.capitalize()}"} if ending else {})


def derive_names(
    kind: str, name: str, module_taken: Set[str] = frozenset(), class_taken: Set[str] = frozenset()
) -> Names:
    """Derive names in Python from a component's name; those that are taken or not valid get a prefix.

    >>> derive_names("activation", "leaky-tanh")
    Names(kind='activation', name='leaky-tanh', module='leaky_tanh', class_name='LeakyTanh')
    >>> derive_names("activation", "lambda").module
    'my_lambda'
    >>> derive_names("dataset", "2d-rings").class_name
    'My2dRings'
    """
    module = name.replace("-", "_")
    class_name = "".join(part.capitalize() for part in name.split("-"))
    return Names(kind, name, _usable(module, "my_", module_taken), _usable(class_name, "My", class_taken))


def check_spelling(kind: str, name: str) -> None:
    """Refuse a name that is not valid for a component, and suggest a valid one.

    >>> check_spelling("activation", "LeakyTanh")
    Traceback (most recent call last):
    nnzoo.errors.UsageError: 'LeakyTanh' is not a valid name for a component: use a-z, 0-9, and '-' between them
      write: nnzoo new activation leaky-tanh

    Raises
    ------
    UsageError
    """
    suggestion = _respelt(name)
    hint = f"write: nnzoo new {kind} {suggestion}" if suggestion else "a good name is leaky-tanh"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a valid name for a component: use a-z, 0-9, and '-' between them", hint=hint)
    if name.startswith(PREFIX):
        raise UsageError(f"{name!r} begins with {PREFIX!r}, which is added to the name of the package", hint=hint)
    if len(name) > LONGEST:
        raise UsageError(f"{name!r} has {len(name)} characters", hint=f"a name has at most {LONGEST}")


def _respelt(name: str) -> str:
    """``leaky-tanh`` for LeakyTanh, leaky_tanh, nnzoo-leaky-tanh or leaky-tanh.py; empty if nothing valid is left."""
    if not name.isascii():
        return ""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.removesuffix(".py"))
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-").removeprefix(PREFIX)


def _usable(word: str, prefix: str, taken: Set[str]) -> str:
    return prefix + word if not word.isidentifier() or keyword.iskeyword(word) or word in taken else word
