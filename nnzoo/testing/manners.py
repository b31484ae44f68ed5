"""Checks of components of all kinds."""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from nnzoo.component import Component, parse_spec
from nnzoo.errors import HyperparameterError, PluginError
from nnzoo.hyperparameters import values_of
from nnzoo.plugins.host import check_component
from nnzoo.spelling import Written
from nnzoo.testing import cheap_import
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.observation import Observation, same
from nnzoo.testing.values import allowed, has_range, refused


def check_class(component: Component) -> None:
    """Its class is a frozen dataclass with every method of its kind and a name of a-z, 0-9 and '-'."""
    try:
        check_component(type(component))
    except PluginError as error:
        raise CheckFailed(error.message) from None
    require("__dataclass_params__" in vars(type(component)), "it is not marked @dataclass(frozen=True)")


def check_documented(component: Component) -> None:
    """The first line of its docstring describes it and ends with a full stop."""
    summary = component.summary()
    require(summary, f"{type(component).__name__} has no docstring", hint="`nnzoo show` prints it")
    require(summary.endswith("."), f"the docstring's first line is not a sentence: {summary!r}")


def check_defaults(component: Component) -> None:
    """It can be built from its defaults."""
    required = [h.name for h in component.hyperparameters() if h.required]
    if required:
        raise CheckSkipped(f"{', '.join(required)} must be given")
    try:
        type(component)()
    except HyperparameterError as error:
        raise CheckFailed(str(error).replace("\n ", ":")) from None


def check_hyperparameters_declared(component: Component) -> None:
    """Every hyperparameter has a type, a range and a description."""
    for name, value in vars(type(component)).items():
        known = name.startswith("_") or hasattr(Component, name) or name in inspect.get_annotations(type(component))
        if not (known or callable(value) or hasattr(value, "__get__") or hasattr(type(component).__mro__[1], name)):
            raise CheckFailed(
                f"{name} = {value!r} has no type, so it can't be set",
                hint=f"write {name}: Annotated[…] for a hyperparameter, {name}: ClassVar[…] for a constant",
            )
    declarations = component.declarations()
    for h in component.hyperparameters():
        require(
            has_range(*declarations[h.name]),
            f"{h.name} has the type {h.type} and no range",
            hint=f"write {h.name}: Annotated[float, Ge(0), doc('…')] or the like",
        )
        require(h.description, f"{h.name} has no description", hint="put doc('…') of annotated_types in its annotation")


def check_hyperparameters_refused(component: Component) -> None:
    """Values of the wrong type or out of range are refused, with an error that names the hyperparameter."""
    options = values_of(component)
    for name, (bare, constraints) in component.declarations().items():
        for value in refused(bare, constraints):
            try:
                type(component)(**{**options, name: value})
            except HyperparameterError as error:
                require(name in str(error), f"the error for {name} = {value!r} does not name it")
            else:
                hint = "a __post_init__ method must call super().__post_init__()"
                raise CheckFailed(f"{name} = {value!r} is accepted", hint=hint)


def check_round_trip(component: Component) -> None:
    """Writing it as JSON or as NAME:key=value and reading it back gives an equal component."""
    for variant in _variants(component):
        _, options = parse_spec(str(variant))
        saved = json.loads(json.dumps(variant.to_options(), allow_nan=False))
        for source, written in (("JSON", saved), ("the command line", options)):
            restored = _restored(variant, written)
            require(restored == variant, f"{variant} comes back from {source} as {restored}")


def check_frozen(component: Component) -> None:
    """It is immutable, equals any component with the same hyperparameters, and is hashable."""
    for field in dataclasses.fields(component):
        try:
            setattr(component, field.name, getattr(component, field.name))
        except dataclasses.FrozenInstanceError:
            continue
        raise CheckFailed(f"{field.name} can be set", hint="mark the class @dataclass(frozen=True)")
    twin = _restored(component, component.to_options())
    require(twin == component, "two components with the same hyperparameters are not equal")
    require(hash(twin) == hash(component), "two components that are equal have different hashes")


def check_cheap_import(component: Component) -> None:
    """Importing its module loads no plotting, data-frame or learning library, and touches neither network nor files."""
    module = sys.modules.get(type(component).__module__)
    path = getattr(module, "__file__", None)
    if module is None or path is None or module.__name__ == "__main__":
        raise CheckSkipped("it was not defined in a file")
    found = _imported(module.__name__, path)
    heavy, effects = ", ".join(found["heavy"]), ", ".join(found["effects"])
    require(not heavy, f"importing it imports {heavy}", hint="import that in the method that needs it")
    require(found["modules"] <= cheap_import.MODULES, f"importing it imports {found['modules']} modules")
    require(not effects, f"importing it has side effects: {effects}")


def check_silent(observed: Observation) -> None:
    """It prints nothing when it is used."""
    for use in observed.uses:
        require(not use.printed, f"it prints {use.printed[:60]!r}", hint="raise an error, or log to the logger 'nnzoo'")


def check_random_state(observed: Observation) -> None:
    """It neither uses nor changes the global random generators."""
    for use in observed.uses:
        require(
            not use.random_state_changed,
            "it draws from a global random generator",
            hint="use memory.rng in a layer, or a numpy.random.Generator with its own seed",
        )


def check_process_untouched(observed: Observation) -> None:
    """It leaves NumPy's error handling and the working directory unchanged."""
    for use in observed.uses:
        require(not use.numpy_errors_changed, "it changes np.seterr globally", hint="use `with np.errstate(…):`")
        require(not use.moved, "it changes the working directory")


def check_repeatable(observed: Observation) -> None:
    """Two identical uses give bit-identical results: it remembers nothing."""
    first, second = observed.uses
    require(
        same(first.results, second.results),
        "a second, identical use gives another result",
        hint="a component holds hyperparameters only; keep what must be remembered in the arrays that it receives",
    )


@cache
def _imported(module: str, path: str) -> dict[str, Any]:
    """What an import of the module brings along, measured in a separate process.

    Raises
    ------
    CheckFailed
        When the import fails.
    """
    done = subprocess.run(
        [sys.executable, "-B", cheap_import.__file__, module, path, json.dumps(sys.path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise CheckFailed(f"its module can't be imported by itself: {done.stderr.strip().rpartition(chr(10))[2]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _restored(component: Component, options: dict[str, Any]) -> Component:
    """A component of the same class from options of JSON or the command line, with the components inside it."""
    originals, nested = values_of(component), component.nested()
    return type(component).from_options(
        {name: _inner(originals[name], value) if name in nested else value for name, value in options.items()}
    )


def _inner(original: Any, value: Any) -> Any:
    """A nested component, or several, of the classes that the original has."""
    if isinstance(original, tuple) and original:
        return tuple(map(_inner, original, value if isinstance(value, list | tuple) else [value]))
    if not isinstance(original, Component):
        return value
    if isinstance(value, str):
        within = Written(value).within
        name, options = parse_spec(value if within is None else within)
    else:
        name, options = value["name"], value["options"]
    return _restored(original, options) if name == original.name else value


def _variants(component: Component) -> Iterator[Component]:
    """The component, and others with one hyperparameter changed within its range."""
    options = values_of(component)
    yield component
    for name, (bare, constraints) in component.declarations().items():
        for value in allowed(bare, constraints, options[name]):
            try:
                yield type(component)(**{**options, name: value})
            except HyperparameterError:  # two values may exclude each other
                continue


COMPONENT_CHECKS = (
    check_class,
    check_documented,
    check_defaults,
    check_hyperparameters_declared,
    check_hyperparameters_refused,
    check_round_trip,
    check_frozen,
    check_cheap_import,
)
OBSERVED_CHECKS = (check_silent, check_random_state, check_process_untouched, check_repeatable)
