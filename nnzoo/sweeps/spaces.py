"""Read search spaces: values for options of ``nnzoo train``, with commas between alternatives, and with ranges."""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types

from nnzoo.errors import FileFormatError, UsageError, did_you_mean, storage_errors
from nnzoo.files.reading import read_regular
from nnzoo.hyperparameters import allows
from nnzoo.kinds import Choice, Dimension, Range, Space, Text
from nnzoo.plugins.registry import Registry
from nnzoo.spelling import Written, pieces, unbalanced
from nnzoo.training.recipe import Recipe

COMPONENTS = ("model", "activation", "optimizer", "loss", "schedule")
NUMBERS = ("learning_rate", "weight_decay", "epochs", "batch_size")
OPTIONS = ("model", "hidden", *COMPONENTS[1:], *NUMBERS)
"""The options that may vary, in the order in which a search sees them."""

FORM = "write values a,b,c, or a range lin:a..b, log:a..b (in the logarithm) or int:a..b (whole numbers)"
_SCALES: dict[str, Literal["linear", "log", "integer"]] = {"lin": "linear", "log": "log", "int": "integer"}
_RANGE = re.compile(r"(lin|log|int):([^,()\s]+?)\.\.([^,()\s]+)")
_INSIDE = re.compile(rf"([\w-]+)\s*=\s*{_RANGE.pattern}(?=\s*[,)]|\s*\Z)")
_FILE_LIMIT = 1 << 20
BETWEEN = 0.382
"""A position in a range that is unlikely to be a whole number."""


def read_space(registry: Registry, given: Mapping[str, str]) -> Space:
    """The space that texts describe, by the names of `OPTIONS`.

    Every component is built at both ends of each range and in between, so that mistakes are found now.

    Raises
    ------
    UsageError, UnknownComponentError, HyperparameterError
    """
    for name in given:
        if name not in OPTIONS:
            raise UsageError(
                f"a sweep has no option {name!r}", hint=f"{did_you_mean(name, OPTIONS)}it has {', '.join(OPTIONS)}"
            )
    space = Space(tuple((name, _read(registry, name, given[name])) for name in OPTIONS if name in given))
    twice = [name for name, times in Counter(one.name for one in space.dimensions()).items() if times > 1]
    if twice:
        raise UsageError(f"{twice[0]} varies in two places", hint="write its values in one place, as a range")
    return space


def read_file(path: Path) -> dict[str, str]:
    """Read the text of each option from a TOML file; a list has alternatives, and a list within it layers.

    Raises
    ------
    StorageError, FileFormatError, UsageError
    """
    with storage_errors(f"read {path}"):
        contents = read_regular(path, _FILE_LIMIT)
    try:
        values = tomllib.loads(contents.decode())
    except ValueError as error:
        raise FileFormatError(f"{path} is not TOML: {error}") from None
    return {name.replace("-", "_"): text_of(name, value) for name, value in values.items()}


def text_of(name: str, value: Any) -> str:
    """A value from Python or TOML in the form of the command line.

    >>> text_of("hidden", [32, [64, 32]]), text_of("optimizer", ["sgd", "adam:beta1=0.8,beta2=0.9"])
    ('32,(64,32)', 'sgd,(adam:beta1=0.8,beta2=0.9)')

    Raises
    ------
    UsageError
    """
    if isinstance(value, list | tuple) and value:
        return ",".join(_item(name, item) for item in value)
    return _plain(name, value)


def _item(name: str, value: Any) -> str:
    text = ",".join(_plain(name, each) for each in value) if isinstance(value, list | tuple) else _plain(name, value)
    return f"({text})" if len(pieces(text)) > 1 else text


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise UsageError(f"{name} = {value!r} is not a space", hint=FORM)
    return str(value)


def _read(registry: Registry, option: str, text: str) -> Text:
    """Read the text of one option."""
    if wrong := unbalanced(text):
        raise UsageError(f"{option} {text!r} is not a space", hint=wrong)
    written = [*_alternatives(option, text)]
    names = [option if len(written) == 1 else f"{option}.{number}" for number in range(1, len(written) + 1)]
    found = tuple(_alternative(registry, option, *each) for each in zip(written, names, strict=True))
    for alternative in found:
        _check(registry, option, alternative)
    return found[0] if len(found) == 1 else Text((Choice(option, found),))


def _alternatives(option: str, text: str) -> Iterator[str]:
    """Split a text at the commas between alternatives; ``key=value`` belongs to the component before it."""
    found: list[str] = []
    for piece in map(str.strip, pieces(text)):
        before, equals, _ = piece.partition("=")
        if not piece:
            raise UsageError(f"{option} {text!r} has an empty alternative", hint=FORM)
        if option in COMPONENTS and found and equals and ":" not in before and not piece.startswith("("):
            found[-1] += f",{piece}"
        else:
            found.append(piece)
    if len({*found}) < len(found):
        raise UsageError(f"{option} {text!r} has an alternative twice")
    return (piece if (within := Written(piece).within) is None else within for piece in found)


def _alternative(registry: Registry, option: str, text: str, name_of_range: str) -> Text:
    if option in COMPONENTS:
        name, _, rest = text.partition(":")
        given = [piece.strip() for piece in pieces(rest)]
        if "*" in given:
            return _declared(registry, option, name.strip(), [piece for piece in given if piece != "*"])
        return Text((*_with_ranges(text, f"{option}.{name}"),))
    whole = _RANGE.fullmatch(text)
    if whole:
        return Text((_range(name_of_range, *whole.groups()),))
    return Text((text,))


def _with_ranges(text: str, prefix: str) -> Iterator[str | Dimension]:
    """A component's text, in which ranges are replaced by dimensions."""
    end = 0
    for found in _INSIDE.finditer(text):
        key, scale, low, high = found.groups()
        yield f"{text[end : found.start()]}{key}="
        yield _range(f"{prefix}.{key}", scale, low, high)
        end = found.end()
    if end < len(text):
        yield text[end:]


def _range(name: str, scale: str, low: str, high: str) -> Range:
    try:
        ends = (int(low), int(high)) if scale == "int" else (float(low), float(high))
    except ValueError:
        what = "whole numbers" if scale == "int" else "numbers"
        raise UsageError(f"{name}: {scale}:{low}..{high} is not a range of {what}", hint=FORM) from None
    if not all(map(math.isfinite, ends)) or ends[0] >= ends[1] or (scale == "log" and ends[0] <= 0):
        why = "the lower end must be above 0" if scale == "log" and ends[0] <= 0 else "write the lower end first"
        raise UsageError(f"{name}: {scale}:{low}..{high} is not a range", hint=why)
    return Range(name, ends[0], ends[1], _SCALES[scale])


def _declared(registry: Registry, kind: str, name: str, given: list[str]) -> Text:
    """``name:*``: a component that varies in all hyperparameters that declare both ends, or words to choose from."""
    component = registry.get(kind, name).component
    keys = {piece.partition("=")[0].strip().replace("-", "_") for piece in given}
    parts: list[str | Dimension] = []
    for key, (bare, constraints) in component.declarations().items():
        dimension = None if key in keys else _open(f"{kind}.{name}.{key}", bare, constraints)
        if dimension is not None:
            parts += ["," if parts else f"{name}:", f"{key}=", dimension]
    if not parts:
        raise UsageError(
            f"{kind} {name}:* varies nothing: no hyperparameter of {name} declares both ends of its range",
            hint=f"give a range, as in {name}:key=lin:a..b; nnzoo show {kind} {name} lists the hyperparameters",
        )
    fixed = [*_with_ranges(",".join(given), f"{kind}.{name}")] if given else []
    return Text((*parts, *([","] if fixed else []), *fixed))


def _open(name: str, bare: Any, constraints: tuple[Any, ...]) -> Dimension | None:
    """The dimension that a hyperparameter's declaration implies; None if it is not bounded."""
    words = get_args(bare) if get_origin(bare) is Literal else (True, False) if bare is bool else ()
    if words:
        return Choice(name, tuple(Text((str(word),)) for word in words))
    ends: dict[str, float] = {}
    for one in constraints:
        match one:
            case annotated_types.Ge(ge=low):
                ends["low"] = low  # type: ignore[assignment] # of a number it is one
            case annotated_types.Gt(gt=low):
                ends["low"] = low + 1 if bare is int else math.nextafter(low, math.inf)  # type: ignore[operator, arg-type]
            case annotated_types.Le(le=high):
                ends["high"] = high  # type: ignore[assignment]
            case annotated_types.Lt(lt=high):
                ends["high"] = high - 1 if bare is int else math.nextafter(high, -math.inf)  # type: ignore[operator, arg-type]
    if bare not in (int, float) or len(ends) < 2 or ends["low"] >= ends["high"]:
        return None
    return Range(name, ends["low"], ends["high"], "integer" if bare is int else "linear")


def _check(registry: Registry, option: str, text: Text) -> None:
    """Refuse an alternative that can't be trained."""
    for share in (0.0, BETWEEN, 1.0):
        value = text.filled(lambda one, share=share: 0 if isinstance(one, Choice) else one.at(share))  # type: ignore[misc]
        if option in COMPONENTS:
            registry.build(option, value)
        elif option == "hidden":
            if not all(piece.strip().isdecimal() and int(piece) for piece in value.split(",")):
                hint = "write several layers in brackets, as in 32,(64,32)"
                raise UsageError(f"hidden {value!r} is not a number of units", hint=hint)
        elif not allows(Recipe, option, value):
            known = next(one for one in Recipe.hyperparameters() if one.name == option)
            raise UsageError(f"{option} {value!r} is not allowed", hint=f"{known.explained()}; {FORM}")
