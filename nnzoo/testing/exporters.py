"""Checks of exporters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import Exporter, Floats, NamedComponent, Shape, TrainedLayer, TrainedNetwork
from nnzoo.testing.check import CheckFailed, require
from nnzoo.testing.numerics import random

SOFTMAX, SQUARES = NamedComponent("nnzoo/softmax-cross-entropy"), NamedComponent("nnzoo/mse")
UNHEARD_OF = NamedComponent("somebody-else/unheard-of", {"strength": 2.0})
AWKWARD_NAMES = ("0", "it's", 'a "quote"', "a\nline", "\\", "$", "{}", "ß漢🙂", "\ud800")
"""Class names that a file may well have, and that must not end a string, a line or the program."""


def exercise(exporter: Exporter) -> list[Any]:
    """Use it once."""
    return [exporter.export(_networks(exporter)[0])]


def check_suffixes(exporter: Exporter) -> None:
    """The class variable `suffixes` lists how its files' names end, each differently, as in `(".py", ".npz")`."""
    suffixes = exporter.suffixes
    require(isinstance(suffixes, tuple) and suffixes, f"suffixes = {suffixes!r}", hint='write suffixes = (".onnx",)')
    for suffix in suffixes:
        require(re.fullmatch(r"(\.[A-Za-z0-9]+)+", suffix), f"{suffix!r} is no suffix", hint="such as .onnx")
    require(len(set(suffixes)) == len(suffixes), f"suffixes lists one twice: {suffixes}")


def check_files(exporter: Exporter) -> None:
    """`export` returns the bytes of every file, by its suffix."""
    for trained in _networks(exporter):
        files = exporter.export(trained)
        require(isinstance(files, dict), f"export returns {with_article(files)}, not a dictionary")
        require(
            files.keys() == set(exporter.suffixes),
            f"export makes {sorted(files)}, and suffixes are {exporter.suffixes}",
        )
        for suffix, data in files.items():
            require(isinstance(data, bytes), f"the file {suffix} is {with_article(data)}, not bytes")
            require(data, f"the file {suffix} is empty")


def check_same_network(exporter: Exporter) -> None:
    """A network that is the same in everything, but not the same object, gives the same bytes."""
    for one, other in zip(_networks(exporter), _networks(exporter), strict=True):
        require(
            exporter.export(one) == exporter.export(other),
            "the same network gives other bytes the second time",
            hint="leave out the time, and anything that depends on a memory address or the order of a set",
        )


def check_weights(exporter: Exporter) -> None:
    """Each parameter shows in the files: another weight or bias gives other bytes."""
    trained = _networks(exporter)[0]
    before = exporter.export(trained)
    for place, layer in enumerate(trained.layers):
        for name, array in layer.parameters.items():
            changed = replace(layer, parameters={**layer.parameters, name: _read_only(array + np.float32(0.5))})
            others = replace(trained, layers=(*trained.layers[:place], changed, *trained.layers[place + 1 :]))
            require(exporter.export(others) != before, f"{name} of layer {place} is in none of the files")


def check_leaves_it_alone(exporter: Exporter) -> None:
    """The network is afterwards what it was before."""
    for trained in _networks(exporter):
        arrays = [a for layer in trained.layers for a in layer.parameters.values()]
        before, data = [array.copy() for array in arrays], repr(trained)
        exporter.export(trained)
        require(
            all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True)) and repr(trained) == data,
            "export changes the network",
        )


def check_class_names(exporter: Exporter) -> None:
    """Class names may be any text: quotes, line ends, and half a surrogate pair."""
    trained = next((t for t in _networks(exporter) if t.loss == SOFTMAX), None)
    if trained is None:
        raise CheckFailed("it takes no network that classifies")
    names = AWKWARD_NAMES[: trained.outputs]
    exporter.export(replace(trained, class_names=names, facts={name: name for name in names}))


def check_unknown_parts(exporter: Exporter) -> None:
    """A layer, an activation or a loss that it does not know is refused, with a UsageError that names it."""
    trained = _networks(exporter)[0]
    width = trained.layers[-1].output_shape
    layers = [UNHEARD_OF, NamedComponent("nnzoo/activate", {"activation": UNHEARD_OF})]
    unknown = [
        *(replace(trained, layers=(*trained.layers, TrainedLayer(layer, width, width))) for layer in layers),
        replace(trained, loss=UNHEARD_OF),
    ]
    for what, network in zip(("a layer", "an activation", "a loss"), unknown, strict=True):
        try:
            exporter.export(network)
        except UsageError as error:
            require(UNHEARD_OF.name in error.message, f"the error for {what} it does not know does not name it")
        else:
            raise CheckFailed(f"{what} it does not know is left out without a word", hint="raise a UsageError")


def _networks(exporter: Exporter) -> list[TrainedNetwork]:
    """Those that it takes, of the networks that are tried; made anew, whatever it has done to them."""
    taken, refused = [], ""
    for trained, fresh in zip(_tried(), _tried(), strict=True):
        try:
            exporter.export(trained)
        except UsageError as error:
            refused = error.message
        else:
            taken.append(fresh)
    if not taken:
        raise CheckFailed(f"it takes none of the networks that are tried, not even a linear one: {refused}")
    return taken


def _tried() -> Iterator[TrainedNetwork]:
    """A linear model, multilayer perceptrons for classification and regression, and samples of other shapes."""
    relu, sigmoid = NamedComponent("nnzoo/relu"), NamedComponent("nnzoo/sigmoid")
    names = tuple(f"class {number}" for number in range(len(AWKWARD_NAMES)))
    facts = {"model": "mlp:hidden=5", "test_accuracy": "0.5"}
    yield TrainedNetwork(_layers((4,), (len(names),)), SOFTMAX, 1 / 255, names, facts)
    yield TrainedNetwork(_layers((4,), (5, len(names)), relu), SOFTMAX, 1 / 255, names, facts)
    yield TrainedNetwork(_layers((3, 4), (6, 5, 3), sigmoid), SOFTMAX, 0.1)
    yield TrainedNetwork(_layers((4,), (5, 1), relu), SQUARES)


def _layers(
    shape: Shape, widths: tuple[int, ...], activation: NamedComponent | None = None
) -> tuple[TrainedLayer, ...]:
    layers: list[TrainedLayer] = []
    rng = random(13)
    for units in widths:
        if layers and activation:
            layers.append(TrainedLayer(NamedComponent("nnzoo/activate", {"activation": activation}), shape, shape))
        dense = NamedComponent("nnzoo/dense", {"units": units, "initialization": "glorot"})
        weight, bias = (rng.standard_normal(of).astype(np.float32) for of in ((int(np.prod(shape)), units), (units,)))
        arrays = {"weight": _read_only(weight), "bias": _read_only(bias)}
        layers.append(TrainedLayer(dense, shape, (units,), arrays))
        shape = (units,)
    return tuple(layers)


def _read_only(array: Floats) -> Floats:
    array.flags.writeable = False
    return array


CHECKS = (
    check_files,
    check_suffixes,
    check_same_network,
    check_weights,
    check_leaves_it_alone,
    check_class_names,
    check_unknown_parts,
)
