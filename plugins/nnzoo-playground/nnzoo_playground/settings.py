"""`Settings`: the settings that the page sends, as components, and as a command line or Python code."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from nnzoo.api import Component, DatasetLoader, NnzooError, Registry, UsageError
from pydantic import BaseModel, ConfigDict, ValidationError

from nnzoo_playground.terms import Term

MOST_LAYERS = 8
MOST_UNITS = 512
_PATHS = ("path", "file", "folder", "directory")

Spec = Annotated[str, MaxLen(2000)]


class Message(BaseModel):
    """Base of the page's messages: unknown keys and other types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Hidden(Message):
    """A hidden layer: its units, activation and dropout."""

    units: Annotated[int, Ge(1), Le(MOST_UNITS)] = 8
    activation: Spec = "relu"
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0


class Settings(Message):
    """Everything that determines a training run, except weights that were changed by hand.

    ``dataset`` is the spec of a data set, or ``uploaded``, the table that was dropped on the page. ``model``,
    if it is not empty, is an architecture that replaces the ``layers``.
    """

    dataset: Annotated[str, MaxLen(400_000)] = "painted"
    layers: Annotated[list[Hidden], MaxLen(MOST_LAYERS)] = [Hidden(), Hidden()]
    model: Spec = ""
    activation: Spec = "relu"
    optimizer: Spec = "momentum"
    schedule: Spec = "constant"
    loss: Spec = ""
    learning_rate: Annotated[float, Gt(0), Le(1e6)] | None = None
    weight_decay: Annotated[float, Ge(0), Le(1e3)] | None = None
    epochs: Annotated[int, Ge(1), Le(1_000_000)] = 1000
    batch_size: Annotated[int, Ge(1), Le(100_000)] = 32
    seed: Annotated[int, Ge(0), Le(2**31)] = 0
    columns: Annotated[list[Annotated[str, MaxLen(500)]], MaxLen(1000)] = []
    target: Annotated[str, MaxLen(500)] = ""
    terms: Annotated[list[Term], MaxLen(7)] = []
    l1: Annotated[float, Ge(0), Le(10)] = 0.0

    @property
    def model_spec(self) -> str:
        """The spec of the architecture."""
        if self.model:
            return self.model
        if not self.terms and all(
            not layer.dropout and layer.activation == self.first_activation for layer in self.layers
        ):
            return f"mlp:hidden={','.join(str(layer.units) for layer in self.layers)}"
        return f"stack:hidden={','.join(self._layer_specs())}"

    @property
    def first_activation(self) -> str:
        """The activation that determines default rates."""
        return self.layers[0].activation if self.layers and not self.model else self.activation

    def _layer_specs(self) -> list[str]:
        specs = [f"(terms:terms={','.join(self.terms)})"] if self.terms else []
        for layer in self.layers:
            specs.append(f"(dense:units={layer.units},initialization={{{layer.activation}}})")
            specs.append(f"(activate:activation=({layer.activation}))")
            if layer.dropout:
                specs.append(f"(dropout:rate={layer.dropout:g})")
        return specs


def read_settings(values: Any) -> Settings:
    """Settings from parsed JSON.

    Raises
    ------
    UsageError
        When a key is unknown or a value is not allowed; the message names it.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{place or 'the settings'}: {first['msg']}") from None


@dataclass(frozen=True)
class Choices:
    """The components of some settings."""

    loader: DatasetLoader
    given: dict[str, Any]

    def command(self) -> list[str]:
        """The command line of the training."""
        words = ["nnzoo", "train", "--dataset", str(self.loader)]
        for name, value in self.given.items():
            if name == "observers":
                words += [word for each in value for word in ("--observe", str(each))]
                continue
            words += [f"--{name.replace('_', '-')}", f"{value:.17g}" if isinstance(value, float) else str(value)]
        return words

    def in_shell(self) -> str:
        """The command line with shell quoting."""
        return shlex.join(self.command())

    def python(self) -> str:
        """Equivalent Python code."""
        given = {name: _in_python(value) for name, value in self.given.items()}
        split = ("model", "activation", "loss", "seed")
        made = "".join(f"    {name}={given[name]!r},\n" for name in split if name in given)
        trained = "".join(f"    {name}={value!r},\n" for name, value in given.items() if name not in split)
        return (
            "from nnzoo import DeepNeuralNetwork, load_dataset\n\n"
            f"dataset = load_dataset({str(self.loader)!r})\n"
            f"network = DeepNeuralNetwork.for_dataset(\n    dataset,\n{made})\n"
            f"network.train(\n    dataset,\n{trained})\n"
            'network.save("model.safetensors")\n'
        )


def _in_python(value: Any) -> Any:
    """A value as Python code writes it: a number, a text, or a list of texts."""
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return value if isinstance(value, int | float) else str(value)


def find_choices(registry: Registry, settings: Settings, loader: DatasetLoader | None = None) -> Choices:
    """The components that settings name.

    Parameters
    ----------
    registry : Registry
        The source of components.
    settings : Settings
        From the page.
    loader : DatasetLoader, optional
        A loader from the server, instead of the one that the settings name.

    Raises
    ------
    UsageError, UnknownComponentError, HyperparameterError
        Also if one would read a file: a page has no access to the file system.
    """
    if loader is None:
        loader = registry.build("dataset", settings.dataset)
        require_no_files(loader)
    activations = {layer.activation for layer in settings.layers} | {settings.activation}
    ways = {spec: registry.build("activation", spec).initialization for spec in activations}
    model = settings.model_spec
    for spec, way in ways.items():
        model = model.replace(f"{{{spec}}}", way)
    built: dict[str, Any] = {
        "model": registry.build("model", model),
        "activation": registry.build("activation", settings.first_activation),
        "optimizer": registry.build("optimizer", settings.optimizer),
        "schedule": registry.build("schedule", settings.schedule),
    }
    if settings.loss:
        built["loss"] = registry.build("loss", settings.loss)
    if settings.l1:
        built["observers"] = (registry.build("observer", "l1", {"rate": settings.l1}),)
    for component in built.values():
        if isinstance(component, Component):
            require_no_files(component)
    for name in ("learning_rate", "weight_decay", "epochs", "batch_size", "seed"):
        value = getattr(settings, name)
        if value is not None:
            built[name] = value
    return Choices(loader, built)


def require_no_files(component: Component) -> None:
    """Refuse a component that reads files, or has one inside it that does.

    Raises
    ------
    UsageError
    """
    fields = {h.name: getattr(component, h.name) for h in type(component).hyperparameters()}
    reads = component.kind == "dataset" and (component.suffixes or component.takes_folders)  # type: ignore[attr-defined]
    if reads or any(word in name.split("_") for name in fields for word in _PATHS):
        raise UsageError(
            f"{component.label} reads files, which the page can't name",
            hint="give the file to the command: nnzoo playground --dataset FILE",
        )
    for value in fields.values():
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Component):
                require_no_files(inner)


def described(error: NnzooError) -> str:
    """An error in one text."""
    return f"{error.message}; {error.hint}" if error.hint else error.message
