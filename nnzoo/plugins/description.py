"""`Description`: a component in words, for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnzoo.component import Component
from nnzoo.hyperparameters import Hyperparameter, allows, format_value

_KINDS = ("activation", "optimizer", "schedule", "loss", "model", "dataset", "task", "metric", "transform")
TRAINED_WITH = {**{kind: kind for kind in _KINDS}, "observer": "observe"}
"""The kinds that are an option of ``nnzoo train``, each with the option's name."""


@dataclass(frozen=True)
class Description:
    """A component in words; printed, it is what ``nnzoo show`` prints.

    Attributes
    ----------
    kind, name : str
    full_name : str
        ``distribution/name``.
    plugin : str
        The plugin that provides it, with its version.
    summary : str
        One sentence.
    text : str
        The whole docstring, with equation and references.
    hyperparameters : tuple of Hyperparameter
        Each with type, range, default and meaning.
    example : str
        A command that uses it; empty for a layer, which only a model can use, for a preprocessor, which only a data set
        can use, and for a class of this session.
    """

    kind: str
    name: str
    full_name: str
    plugin: str
    summary: str
    text: str
    hyperparameters: tuple[Hyperparameter, ...]
    example: str

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {
            **{key: value for key, value in vars(self).items() if key != "hyperparameters"},
            "hyperparameters": [h.to_dict() for h in self.hyperparameters],
        }

    def __str__(self) -> str:
        takes = "\n".join(f"  {h.explained()}" for h in self.hyperparameters) or "  none"
        parts = [f"{self.kind} {self.name}, from {self.plugin}", self.text, f"hyperparameters:\n{takes}", self.example]
        return "\n\n".join(filter(None, parts))


def describe(
    component: type[Component],
    asked: str,
    full_name: str,
    plugin: str,
    files: Iterable[Path] | None = (),
    inner: Mapping[str, str] = MappingProxyType({}),
) -> Description:
    """Describe a component class.

    Parameters
    ----------
    component : class
        What is described.
    asked : str
        The name it was asked for by, which the example uses: the full name where the short one is another's.
    full_name, plugin : str
        As in `Description`.
    files : iterable of Path
        The single-file plugins that a command must name to find it; None where no command finds it.
    inner : mapping of str to str
        By hyperparameter, a component that may stand where one must be given.
    """
    values = {h.name: _sample(component, h, inner) for h in component.hyperparameters()}
    options = [f"{name}={value}" for name, value in values.items() if value]
    spec = f"{asked}{':' if options else ''}{','.join(options)}"
    spec = spec if shlex.quote(spec.replace("…", "")) == spec.replace("…", "") else shlex.quote(spec)
    named = "".join(f" --plugin {shlex.quote(str(path))}" for path in files or ())
    example = ""
    if files is not None and component.kind in TRAINED_WITH:
        example = f"nnzoo train{named} --{TRAINED_WITH[component.kind]} {spec}"
    elif files is not None and component.kind in ("executor", "search"):
        example = f"nnzoo sweep{named} --learning-rate log:0.3..3 --trials 4 --{component.kind} {spec}"
    elif files is not None and component.kind == "figure":
        example = f"nnzoo plot{named} RUN --what {spec}"
    elif files is not None and component.kind == "exporter":
        example = f"nnzoo export{named} model.safetensors --format {spec}"
    return Description(
        kind=component.kind,
        name=component.name,
        full_name=full_name,
        plugin=plugin,
        summary=component.summary(),
        text=component.description(),
        hyperparameters=tuple(component.hyperparameters()),
        example=example,
    )


def _sample(component: type[Component], known: Hyperparameter, inner: Mapping[str, str]) -> str:
    """A value that it takes, as it is written: the default, or what may stand where one must be given."""
    if not known.required:
        return format_value(known.default)
    if known.name in inner:
        return inner[known.name]
    words = ("1", "0.5", "2", *known.type.split(" or "))
    return next((word for word in words if "str" not in known.type and allows(component, known.name, word)), "…")
