"""Checks of exporters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.losses import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy
from nnzoo.builtin.merging import Add, Concatenate, Multiply, Slice
from nnzoo.component import Component, with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import (
    Activation,
    AnyLayer,
    Exporter,
    NamedComponent,
    Problem,
    Shape,
    TrainedFeature,
    TrainedLayer,
    TrainedNetwork,
    TrainedStep,
)
from nnzoo.model.exporting import named_component
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import random
from nnzoo.testing.observation import same
from nnzoo.testing.workbench import plan_for

T = TypeVar("T")


def _built_in(component: Component, *shapes: Shape) -> NamedComponent:
    """A built-in component in the form that exporters receive; a layer for samples of these shapes."""
    plan = plan_for(component, shapes) if isinstance(component, AnyLayer) else None
    return named_component(component, lambda part: f"nnzoo/{part.name}", plan, shapes[0] if shapes else ())


SOFTMAX, SQUARES = _built_in(SoftmaxCrossEntropy()), _built_in(MeanSquaredError())
LABELS = _built_in(BinaryCrossEntropy())
CLASSIFICATION, REGRESSION = NamedComponent("nnzoo/classification"), NamedComponent("nnzoo/regression")
UNKNOWN = NamedComponent("another-package/unknown", {"strength": 2.0})
AWKWARD_NAMES = ("0", "it's", 'a "quote"', "a\nline", "\\", "$", "{}", "ß漢🙂", "\ud800")
"""Possible names of classes or columns, which must not end a string, a line or the program in an exported file."""


def exercise(exporter: Exporter) -> list[Any]:
    """Use the exporter once."""
    return [exporter.export(_networks(exporter)[0])]


def check_files(exporter: Exporter) -> None:
    """`export` returns the bytes of every file, by its suffix."""
    for trained in _networks(exporter):
        files = exporter.export(trained)
        require(isinstance(files, dict), f"export returns {with_article(files)}, not a dictionary")
        matches = files.keys() == set(exporter.suffixes)
        require(matches, f"export returns {sorted(files)}, but suffixes is {exporter.suffixes}")
        for suffix, data in files.items():
            require(isinstance(data, bytes), f"the file {suffix} is {with_article(data)}, not bytes")
            require(data, f"the file {suffix} is empty")


def check_suffixes(exporter: Exporter) -> None:
    """The class variable `suffixes` lists the distinct suffixes of its files, such as `(".py", ".npz")`."""
    suffixes = exporter.suffixes
    require(isinstance(suffixes, tuple) and suffixes, f"suffixes = {suffixes!r}", hint='write suffixes = (".onnx",)')
    for suffix in suffixes:
        fine = re.fullmatch(r"(\.[A-Za-z0-9]+)+", suffix)
        require(fine, f"{suffix!r} is not a suffix", hint="write one such as .onnx")
    require(len(set(suffixes)) == len(suffixes), f"suffixes has duplicates: {suffixes}")


def check_same_network(exporter: Exporter) -> None:
    """Equal networks give equal bytes."""
    for one, other in zip(_networks(exporter), _networks(exporter), strict=True):
        require(
            exporter.export(one) == exporter.export(other),
            "the same network gives other bytes the second time",
            hint="omit the time and anything that depends on a memory address or the order of a set",
        )


def check_weights(exporter: Exporter) -> None:
    """The files contain every parameter: changing a weight or bias changes the bytes."""
    trained = _networks(exporter)[0]
    before = exporter.export(trained)
    for place, layer in enumerate(trained.layers):
        for name, array in layer.parameters.items():
            changed = replace(layer, parameters={**layer.parameters, name: _read_only(array + np.float32(0.5))})
            others = replace(trained, layers=_with(trained.layers, place, changed))
            require(exporter.export(others) != before, f"none of the files contains {name} of layer {place}")


def check_graphs(exporter: Exporter) -> None:
    """With `takes_graphs = True`, it exports layers that branch and share weights, with the inputs of each layer."""
    if not exporter.takes_graphs:
        raise CheckSkipped("it exports sequences of layers: takes_graphs is False")
    for trained in _graphs():
        before = exporter.export(trained)
        for place, layer in enumerate(trained.layers):
            *others, last = trained.inputs_of(place)
            for source in range(-1, place):
                if source == last or _output_shape(trained, source) != _output_shape(trained, last):
                    continue
                changed = replace(layer, inputs=(*others, source))
                require(
                    exporter.export(replace(trained, layers=_with(trained.layers, place, changed))) != before,
                    f"the files are the same whether layer {place} reads the output of {last} or of {source}",
                    hint="TrainedNetwork.inputs_of(place) lists the layers whose outputs a layer reads",
                )


def check_preprocessing(exporter: Exporter) -> None:
    """With `preprocesses = True`, the files contain everything that preprocessors have learnt."""
    if not exporter.preprocesses:
        raise CheckSkipped("it exports no preprocessing: preprocesses is False")
    prepared = [trained for trained in _networks(exporter) if trained.columns or trained.target_steps]
    require(
        prepared,
        "preprocesses is True, but it accepts none of the networks that have preprocessing",
        hint="with preprocesses = False, nnzoo refuses such networks for you",
    )
    for trained in prepared:
        before = exporter.export(trained)
        for what, others in _with_other_preprocessing(trained):
            require(exporter.export(others) != before, f"none of the files contains {what}")


def check_leaves_it_alone(exporter: Exporter) -> None:
    """It leaves the network unchanged."""
    for trained in _networks(exporter):
        steps = [*(step for feature in trained.features for step in feature.steps), *trained.target_steps]
        arrays = [a for layer in trained.layers for a in layer.parameters.values()]
        arrays += [array for step in steps for array in step.fitted.values()]
        before, data = [array.copy() for array in arrays], repr(trained)
        exporter.export(trained)
        require(same(arrays, before) and repr(trained) == data, "export changes the network")


def check_class_names(exporter: Exporter) -> None:
    """Class names may be any text: quotes, line breaks, and half a surrogate pair."""
    trained = next((t for t in _networks(exporter) if t.loss == SOFTMAX), None)
    if trained is None:
        raise CheckFailed("it accepts no network for classification")
    names = AWKWARD_NAMES[: trained.outputs]
    exporter.export(
        replace(trained, problem=replace(trained.problem, names=names), facts={name: name for name in names})
    )


def check_column_names(exporter: Exporter) -> None:
    """Column names may be any text, or are refused with a UsageError."""
    for trained in _networks(exporter):
        for name in AWKWARD_NAMES if trained.columns else ():
            first, *others = trained.features
            try:
                exporter.export(replace(trained, features=(replace(first, column=name), *others)))
            except UsageError as error:
                require(repr(name) in error.message, f"the error for a column named {name!r} does not name it")


def check_unknown_parts(exporter: Exporter) -> None:
    """Unknown layers, activations, losses and preprocessors are refused with a UsageError that names them."""
    trained = _networks(exporter)[0]
    width = trained.layers[-1].output_shape
    layers = [UNKNOWN, NamedComponent("nnzoo/activate", {"activation": UNKNOWN})]
    unknown = [
        *(replace(trained, layers=(*trained.layers, TrainedLayer(layer, width, width))) for layer in layers),
        replace(trained, loss=UNKNOWN),
    ]
    names = ["layer", "activation", "loss"]
    if exporter.preprocesses:
        step = (TrainedStep(UNKNOWN),)
        names += ["preprocessor", "preprocessor of targets"]
        unknown += [replace(trained, features=(TrainedFeature(step),)), replace(trained, target_steps=step)]
    for what, network in zip(names, unknown, strict=True):
        try:
            exporter.export(network)
        except UsageError as error:
            require(UNKNOWN.name in error.message, f"the error for an unknown {what} does not name it")
        else:
            raise CheckFailed(f"an unknown {what} is left out silently", hint="raise a UsageError")


def _networks(exporter: Exporter) -> list[TrainedNetwork]:
    """The test networks that it accepts, newly made in case it has changed them."""
    accepted, reason = [], ""
    for trained, fresh in zip(_candidates(exporter), _candidates(exporter), strict=True):
        try:
            exporter.export(trained)
        except UsageError as error:
            reason = error.message
        else:
            accepted.append(fresh)
    require(accepted, f"it accepts none of the test networks, not even a linear one: {reason}")
    return accepted


def _candidates(exporter: Exporter) -> Iterator[TrainedNetwork]:
    """A linear model, multilayer perceptrons for classification and regression, and samples of other shapes.

    An exporter of graphs gets some. One that preprocesses also gets networks for tables: for classes, for labels, and
    for values in their own units.
    """
    names = tuple(f"class {number}" for number in range(len(AWKWARD_NAMES)))
    facts = {"model": "mlp:hidden=5", "test_accuracy": "0.5"}
    classes = Problem((4,), (len(names),), (), names)
    pixels = (TrainedFeature((_step("pixels", multiplier=1 / 255, largest=1.0, all=0.0),)),)
    linear, deep = _layers((4,), (len(names),)), _layers((4,), (5, len(names)), Relu())
    by_255: dict[str, Any] = {"scale": 1 / 255, "facts": facts}
    yield TrainedNetwork(linear, SOFTMAX, CLASSIFICATION, classes, **by_255)
    yield TrainedNetwork(deep, SOFTMAX, CLASSIFICATION, classes, pixels, **by_255, gives_probabilities=True)
    deeper, rows = _layers((3, 4), (6, 5, 3), Sigmoid()), Problem((3, 4), (3,), ())
    yield TrainedNetwork(deeper, SOFTMAX, CLASSIFICATION, rows, scale=0.1)
    values = Problem((4,), (1,), (1,))
    yield TrainedNetwork(_layers((4,), (5, 1), Relu()), SQUARES, REGRESSION, values)
    if exporter.takes_graphs:
        yield from _graphs()
    if not exporter.preprocesses:
        return
    columns, width = _columns()
    units = (_step("standardize", mean=[3.0], deviation=[200.0]),)
    yield TrainedNetwork(_layers((4,), (5, 1), Relu()), SQUARES, REGRESSION, values, (), units)
    layers = _layers((width,), (5, 3), Relu())
    yield TrainedNetwork(layers, SOFTMAX, CLASSIFICATION, Problem((width,), (3,), (), names[:3]), columns)
    labels = Problem((width,), (3,), (3,), names[:3])
    yield TrainedNetwork(layers, LABELS, NamedComponent("nnzoo/multi-label"), labels, columns)
    one = Problem((width,), (1,), (1,), ("price",))
    yield TrainedNetwork(_layers((width,), (5, 1), Relu()), SQUARES, REGRESSION, one, columns, units)


def _graphs() -> Iterator[TrainedNetwork]:
    """A residual network, and one with two towers that share their weights; both for regression."""
    first, second, last = _layers((4,), (4, 4, 4))
    hidden = TrainedLayer(_built_in(Activate(Relu()), (4,)), (4,), (4,))
    add = TrainedLayer(_built_in(Add(), (4,), (4,)), (4,), (4,), inputs=(2, -1), input_shapes=((4,), (4,)))
    problem = Problem((4,), (4,), (4,))
    yield TrainedNetwork((first, hidden, second, add, hidden, last), SQUARES, REGRESSION, problem)

    halves = [_built_in(Slice(start, (4,)), (8,)) for start in (0, 4)]
    left, right = (TrainedLayer(half, (8,), (4,), inputs=(-1,)) for half in halves)
    towers = (replace(first, inputs=(0,)), replace(first, inputs=(1,), shared_with=2))
    product = replace(add, component=_built_in(Multiply(), (4,), (4,)), inputs=(2, 3))
    both = _built_in(Concatenate(), (4,), (4,), (4,))
    joined = TrainedLayer(both, (4,), (12,), inputs=(2, 4, 3), input_shapes=((4,), (4,), (4,)))
    layers = (left, right, *towers, product, joined, *_layers((12,), (4,)))
    yield TrainedNetwork(layers, SQUARES, REGRESSION, replace(problem, input_shape=(8,)))


def _output_shape(trained: TrainedNetwork, place: int) -> Shape:
    return trained.layers[place].output_shape if place >= 0 else trained.input_shape


def _columns() -> tuple[tuple[TrainedFeature, ...], int]:
    """A column of each type with its usual preprocessing, and the number of resulting values."""
    number = (_step("fill", {"missing": "fill"}, median=38.0), _step("standardize", mean=40.0, deviation=12.0))
    table = [[1.0, 0.0], [0.0, 1.0], [0.25, 0.75], [0.25, 0.75]]
    texts = (_step("one-hot", {"missing": "fill"}, categories=["Bern", "it's"], table=table),)
    mean, deviation = [2020.5, *[0.1] * 6], [1.5, *[0.7] * 6]
    dates = (
        _step("date-parts", parts=["year", "season", "day", "weekday"]),
        _step("standardize", mean=mean, deviation=deviation),
    )
    features = (
        TrainedFeature(number, "age", "number"),
        TrainedFeature(texts, "town", "category"),
        TrainedFeature(dates, "day", "date"),
    )
    return features, 1 + 2 + 7


def _step(name: str, options: dict[str, Any] | None = None, **fitted: Any) -> TrainedStep:
    arrays = {key: _read_only(np.array(value)) for key, value in fitted.items()}
    return TrainedStep(NamedComponent(f"nnzoo/{name}", options or {}), arrays)


def _with_other_preprocessing(trained: TrainedNetwork) -> Iterator[tuple[str, TrainedNetwork]]:
    """For each fitted array, its description and the network with that array changed."""
    for place, feature in enumerate(trained.features if trained.columns else ()):
        for what, steps in _with_other_steps(feature.steps):
            features = _with(trained.features, place, replace(feature, steps=steps))
            yield f"{what} of column {feature.column!r}", replace(trained, features=features)
    for what, steps in _with_other_steps(trained.target_steps):
        yield f"{what} of the target", replace(trained, target_steps=steps)


def _with_other_steps(steps: tuple[TrainedStep, ...]) -> Iterator[tuple[str, tuple[TrainedStep, ...]]]:
    for place, step in enumerate(steps):
        for name, array in step.fitted.items():
            other = array[::-1].copy() if array.dtype.kind == "U" else array + 0.5
            changed = replace(step, fitted={**step.fitted, name: other})
            what = f"{name} of the preprocessor {step.component.name.rpartition('/')[2]}"
            yield what, _with(steps, place, changed)


def _with(items: tuple[T, ...], place: int, changed: T) -> tuple[T, ...]:
    """The items with one replaced."""
    return (*items[:place], changed, *items[place + 1 :])


def _layers(shape: Shape, widths: tuple[int, ...], activation: Activation | None = None) -> tuple[TrainedLayer, ...]:
    layers: list[TrainedLayer] = []
    rng = random(13)
    for units in widths:
        if layers and activation:
            layers.append(TrainedLayer(_built_in(Activate(activation), shape), shape, shape))
        dense = _built_in(Dense(units), shape)
        sizes = {"weight": (math.prod(shape), units), "bias": (units,)}
        arrays = {name: _read_only(rng.standard_normal(size).astype(np.float32)) for name, size in sizes.items()}
        layers.append(TrainedLayer(dense, shape, (units,), arrays))
        shape = (units,)
    return tuple(layers)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
