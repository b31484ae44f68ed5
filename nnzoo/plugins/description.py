"""`Description`: a component described for readers."""

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
"""The kinds that ``nnzoo train`` has an option for, each with the option's name."""


@dataclass(frozen=True)
class Description:
    """The description of a component, as printed by ``nnzoo show``.

    Attributes
    ----------
    full_name : str
        ``distribution/name``.
    plugin : str
        The plugin that provides it, with its version.
    summary : str
        One sentence.
    text : str
        The whole docstring, with equation and references.
    example : str
        A command that uses it; empty for layers and preprocessors, which no command uses directly, and for classes of
        this session.
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
        """All of it, ready for JSON."""
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
        The class to describe.
    asked : str
        The name that the user asked for, which the example uses, too.
    full_name, plugin : str
        As in `Description`.
    files : iterable of Path
        The single-file plugins that a command needs to find it; None if no command finds it.
    inner : mapping of str to str
        By hyperparameter, an example component for those that require one.
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
    """A valid value for an example: the default, or if there is none, some value that is allowed."""
    if not known.required:
        return format_value(known.default)
    if known.name in inner:
        return inner[known.name]
    words = ("1", "0.5", "2", *known.type.split(" or "))
    return next((word for word in words if "str" not in known.type and allows(component, known.name, word)), "…")
