"""`ZooModel`: a trained network that a plugin provides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources.abc import Traversable

ZOO_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*")
"""``architecture.tag``."""


@dataclass(frozen=True)
class ZooModel:
    """A trained network and its card: two files of the same name in one folder.

    Attributes
    ----------
    name : str
        ``architecture.tag``, such as ``mnist-mlp.relu``. The first tag listed for an architecture is its default.
    folder : Traversable
        Contains ``<name>.safetensors`` and ``<name>.md``: ``importlib.resources.files(package) / "trained"``.
    """

    name: str
    folder: Traversable

    @property
    def architecture(self) -> str:
        """The name without its tag."""
        return self.name.partition(".")[0]

    @property
    def model_file(self) -> Traversable:
        """The file of the network."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def card_file(self) -> Traversable:
        """The file of its card: ``<name>.md``, or else ``<name>.json`` from nnzoo 0.1."""
        card, old = (self.folder / f"{self.name}.{suffix}" for suffix in ("md", "json"))
        return old if old.is_file() and not card.is_file() else card
