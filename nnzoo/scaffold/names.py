"""`Names`: what a new plugin is called on the command line, by pip, and in Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Set
from dataclasses import dataclass

from nnzoo.errors import UsageError

LONGEST = 30
"""Characters of a name. Every line of the templates then stays within 120."""

PREFIX = "nnzoo-"
COMPANIONS = {"layer": ("model", "mlp"), "preprocessor": ("dataset", "data")}
"""What comes along with a component that can't be trained with by itself, and how its name ends."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Names:
    """A component's kind and name, the module and the class it is written in, and what follows from them.

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
        """What pip calls it."""
        return PREFIX + self.name

    @property
    def package(self) -> str:
        """What ``import`` calls it."""
        return self.distribution.replace("-", "_")

    @property
    def components(self) -> dict[str, str]:
        """The component by its kind; a layer brings a model as well, to be trained in, and a preprocessor data."""
        kind, ending = COMPANIONS.get(self.kind, (self.kind, ""))
        return {self.kind: self.name} | ({kind: f"{self.name}-{ending}"} if ending else {})

    @property
    def classes(self) -> dict[str, str]:
        """The same components' classes."""
        kind, ending = COMPANIONS.get(self.kind, (self.kind, ""))
        return {self.kind: self.class_name} | ({kind: f"{self.class_name}{ending.capitalize()}"} if ending else {})


def derive_names(
    kind: str, name: str, module_taken: Set[str] = frozenset(), class_taken: Set[str] = frozenset()
) -> Names:
    """Names in Python for a component's name; where one of them is taken, or is none in Python, it gets a prefix.

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
    """Refuse what is not a name for a component, and offer the one that was probably meant.

    >>> check_spelling("activation", "LeakyTanh")
    Traceback (most recent call last):
    nnzoo.errors.UsageError: 'LeakyTanh' is not a valid name for a component: use a-z, 0-9, and '-' between them
      write: nnzoo new activation leaky-tanh

    Raises
    ------
    UsageError
    """
    meant = _respelt(name)
    hint = f"write: nnzoo new {kind} {meant}" if meant else "a good name is leaky-tanh"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a valid name for a component: use a-z, 0-9, and '-' between them", hint=hint)
    if name.startswith(PREFIX):
        raise UsageError(f"{name!r} begins with {PREFIX!r}, which the package gets by itself", hint=hint)
    if len(name) > LONGEST:
        raise UsageError(f"{name!r} has {len(name)} characters", hint=f"a name has at most {LONGEST}")


def _respelt(name: str) -> str:
    """What was meant by LeakyTanh, leaky_tanh, nnzoo-leaky-tanh or leaky-tanh.py; nothing where that can't be known."""
    if not name.isascii():
        return ""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.removesuffix(".py"))
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-").removeprefix(PREFIX)


def _usable(word: str, prefix: str, taken: Set[str]) -> str:
    return prefix + word if not word.isidentifier() or keyword.iskeyword(word) or word in taken else word
