"""The page's views of a lab: its structure, its samples, and a frame of the network's current state."""

from __future__ import annotations

import math
from typing import Any, TypeAlias, final

import numpy as np
from nnzoo.api import Columns, Network, Split
from numpy.typing import NDArray

from nnzoo_playground.lab import Lab

Arrays: TypeAlias = dict[str, NDArray[Any]]
Reals: TypeAlias = NDArray[np.float64]

GRID = 48
"""Points along each axis of the plane at which the network is evaluated."""
EVERY = 2
"""The picture of each unit has every second point."""
CURVE = 240
MOST_SHOWN = 1500
"""Largest number of samples to draw."""
MOST_UNITS = 64
"""Largest number of units of a layer to show individually."""
MOST_WEIGHTS = 60_000
"""Largest number of parameters to send individually: enough for 784-64-10, to draw its lines and weight images."""
MOST_VALUES = 4000
"""Numbers in a sample for histograms if not all are sent."""
NAMES = {"xx": "x²", "yy": "y²", "xy": "x y", "sin-x": "sin x", "sin-y": "sin y"}
"""The displayed names of terms."""
MARGIN = 0.12
PAINTED = 1.0
"""Extent of the painted plane in all directions."""


def dense_places(network: Network) -> list[int]:
    """The places of fully connected layers in a row of layers whose outputs are rows of values; else nothing."""
    graph = network.graph
    if not graph.is_row() or any(len(plan.output_shape) != 1 for plan in network.plans):
        return []
    places = [place for place, node in enumerate(graph.nodes) if node.layer.name == "dense"]
    rest = {node.layer.name for node in graph.nodes} - {"dense", "activate", "dropout", "terms"}
    return [] if rest or not places or places[-1] != len(graph.nodes) - 1 else places


def structure(lab: Lab) -> dict[str, Any]:
    """Layers, units, names of inputs and outputs, and what can be drawn."""
    network, problem = lab.network, lab.data.problem
    places = dense_places(network)
    columns = [
        {
            "place": place,
            "units": int(network.plans[place].output_shape[0]),
            "weight": f"{network.graph.name(place)}.weight",
            "bias": f"{network.graph.name(place)}.bias",
        }
        for place in places
    ]
    layers = [
        {"place": place, "name": str(node.layer), "shape": list(plan.output_shape)}
        for place, (node, plan) in enumerate(zip(network.graph.nodes, network.plans, strict=True))
    ]
    names = input_names(lab)
    return {
        "columns": columns,
        "layers": layers,
        "inputs": names[:MOST_UNITS],
        "input_shape": list(problem.input_shape),
        "outputs": [problem.name(k) for k in range(problem.width)][:MOST_UNITS],
        "classes": problem.has_classes and problem.positions == 1 and not problem.outputs,
        "plane": plane_kind(lab),
        "picture": picture_shape(problem.input_shape),
        "parameters": len(network.parameters),
        "samples": {"train": len(lab.data.train), "test": 0 if lab.data.test is None else len(lab.data.test)},
        "metric": lab.metric,
        "higher": bool(lab.metric and lab.trainer.scorer.measures[lab.metric].higher_is_better),
        "rate": lab.recipe.learning_rate,
        "decay": lab.recipe.weight_decay,
        "epochs": lab.recipe.epochs,
        "task": lab.recipe.task.name,
        "loss": str(lab.recipe.loss),
        "layout": _layout(network),
    }


def _layout(network: Network) -> dict[str, dict[str, Any]]:
    """The shape of each array, and its place in the flat vector."""
    flat = network.parameters
    start = flat.vector.ctypes.data
    return {
        name: {"shape": list(flat[name].shape), "at": (flat[name].ctypes.data - start) // flat.vector.itemsize}
        for name in flat.layout
    }


def picture_shape(shape: tuple[int, ...]) -> list[int] | None:
    """Height and width if a sample is an image with one channel, also a flattened one."""
    if len(shape) == 2 and min(shape) > 3:
        return [*shape]
    side = math.isqrt(math.prod(shape))
    return [side, side] if len(shape) == 1 and shape[0] == side * side and side >= 8 else None


def input_names(lab: Lab) -> list[str]:
    """The names of the values of a sample."""
    first: Any = lab.network.graph.nodes[0].layer
    if first.name == "terms":
        return [NAMES.get(term, term) for term in first.terms]
    columns = lab.data.preprocessing.columns
    size = math.prod(lab.data.problem.input_shape)
    return list(columns) if len(columns) == size else [f"input {number}" for number in range(1, size + 1)]


def plane_kind(lab: Lab) -> str:
    """``classes`` or ``values`` for a plane, ``curve``, or nothing if inputs can't be axes."""
    problem = lab.data.problem
    if len(problem.input_shape) != 1 or problem.outputs or problem.positions != 1 or problem.has_labels:
        return ""
    inputs = problem.input_shape[0]
    if problem.has_classes:
        return "classes" if inputs == 2 and problem.width <= 10 else ""
    return {1: "curve", 2: "values"}.get(inputs, "") if problem.width == 1 else ""


@final
class View:
    """What is drawn of a lab, from one change of its settings to the next.

    Attributes
    ----------
    kind : str
        As `plane_kind`.
    limits : ndarray of shape (d, 2)
        From where to where each axis goes, in the units of the data.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab, self.kind = lab, plane_kind(lab)
        self.limits: Reals = np.zeros((0, 2))
        if self.kind:
            self.limits = _limits(lab)
            self._grid = _as_seen(lab, _points(self.limits))
        self._hidden = dense_places(lab.network)[1:]

    def samples(self) -> tuple[dict[str, Any], Arrays]:
        """The samples to draw, in the units of the data, and where the plane lies."""
        lab = self._lab
        if not self.kind:
            return {"limits": []}, {}
        arrays: Arrays = {}
        for name, raw, split in (
            ("train", lab.dataset.train, lab.data.train),
            ("test", lab.dataset.test, lab.data.test),
        ):
            if split is None or raw is None:
                continue
            shown = _shown(split)
            arrays[f"{name}_x"] = _coordinates(lab, raw)[shown].astype(np.float32)
            arrays[f"{name}_y"] = split.targets[shown].astype(np.float32).reshape(len(shown), -1)[:, 0]
            arrays[f"{name}_index"] = shown.astype(np.int32)
        return {"limits": self.limits.tolist()}, arrays

    def frame(self) -> tuple[dict[str, Any], Arrays]:
        """What the network is doing now: figures, curves, numbers, and its answers over the plane."""
        lab, state = self._lab, self._lab.trainer.state
        head: dict[str, Any] = {
            "epoch": round(lab.epochs, 3),
            "steps": state.steps,
            "figures": {name: _finite(value) for name, value in lab.curves.last.items()},
            "rate": lab.trainer.learning_rate(max(state.steps - 1, 0)),
            "off": sorted(lab.off),
            "done": lab.trainer.finished(),
        }
        arrays: Arrays = {
            "curves": lab.curves.array(),
            "weights": _some(lab.network.parameters.vector, MOST_WEIGHTS),
            "gradients": _some(lab.network.gradients.vector),
        }
        return head, arrays | self._answers()

    def _answers(self) -> Arrays:
        if not self.kind:
            return {}
        outputs = self._lab.viewed().outputs(self._grid)
        arrays = self._decisions(outputs[-1].reshape(len(self._grid), -1))
        if self._lab.network.layers[0].name == "terms":
            arrays["terms"] = self._pictures(outputs[0])
        for number, place in enumerate(self._hidden):
            if outputs[place - 1].shape[1] <= MOST_UNITS:
                arrays[f"units{number}"] = self._pictures(outputs[place - 1])
        return arrays

    def _decisions(self, outputs: NDArray[Any]) -> Arrays:
        loss = self._lab.recipe.loss
        with np.errstate(all="ignore"):
            loss.predict(outputs)
        if not np.isfinite(outputs).all():
            np.nan_to_num(outputs, copy=False, posinf=0, neginf=0)
        last = f"units{len(self._hidden)}"
        if self.kind != "classes":
            return {"values": outputs[:, 0].astype(np.float32), last: self._pictures(outputs)}
        width, shares = outputs.shape[1], np.ascontiguousarray(outputs.T)
        sure = np.full(len(outputs), 0.7)
        if loss.gives_probabilities:
            sure = (shares.max(axis=0) - 1 / width) / (1 - 1 / width)
        return {
            last: self._pictures(outputs * 2 - 1),
            "best": shares.argmax(axis=0).astype(np.uint8),
            "sure": (255 * np.clip(sure, 0, 1)).astype(np.uint8),
        }

    def _pictures(self, values: NDArray[Any]) -> NDArray[Any]:
        """Each unit over the plane, as bytes with 128 for 0; of shape (units, side, side) or (units, points)."""
        shape: tuple[int, ...] = (CURVE,)
        if self.kind != "curve":
            values = values.reshape(GRID, GRID, -1)[::EVERY, ::EVERY].reshape(-1, values.shape[1])
            shape = (GRID // EVERY, GRID // EVERY)
        units = np.ascontiguousarray(values.T)
        most = np.maximum(units.max(axis=1), -units.min(axis=1))[:, None]
        if not np.isfinite(most).all():
            np.nan_to_num(units, copy=False)
            most = np.maximum(units.max(axis=1), -units.min(axis=1))[:, None]
        units *= 127 / np.where(most > 0, most, 1)
        units += 128
        pictures: NDArray[Any] = units.astype(np.uint8).reshape(-1, *shape)
        return pictures


def _points(limits: Reals) -> Reals:
    """Points on the axis or the plane, row by row, of shape (n, d)."""
    if len(limits) == 1:
        return np.linspace(limits[0, 0], limits[0, 1], CURVE)[:, None]
    x, y = (np.linspace(low, high, GRID) for low, high in limits)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _as_seen(lab: Lab, points: Reals) -> NDArray[Any]:
    """Preprocessed points."""
    names = lab.data.preprocessing.columns
    if names:
        raw: Any = Columns({name: points[:, place].copy() for place, name in enumerate(names)})
    else:
        raw = points.astype(np.float32)
    seen: NDArray[Any] = lab.data.preprocessing.apply(raw)
    return seen.astype(np.float32)


def _coordinates(lab: Lab, split: Split) -> Reals:
    inputs = split.examples().loaded
    if isinstance(inputs, Columns):
        return np.stack([inputs[name] for name in lab.data.preprocessing.columns], axis=1).astype(np.float64)
    return inputs.astype(np.float64)


def _limits(lab: Lab) -> Reals:
    """The limits of each axis in the units of the data: the samples with a margin, or the fixed painted plane."""
    if lab.choices.loader.name == "painted":
        return np.array([[-PAINTED, PAINTED]] * 2)
    values = _coordinates(lab, lab.dataset.train)
    values = values[np.isfinite(values).all(axis=1)]
    low, high = values.min(axis=0), values.max(axis=0)
    room = MARGIN * (high - low) + 1e-6
    limits: Reals = np.stack([low - room, high + room], axis=1)
    return limits


def _shown(split: Split) -> NDArray[np.intp]:
    """The samples to draw: all, or evenly spaced ones."""
    if len(split) <= MOST_SHOWN:
        return np.arange(len(split))
    return np.arange(MOST_SHOWN) * len(split) // MOST_SHOWN


def _some(values: NDArray[Any], most: int = MOST_VALUES) -> NDArray[np.float32]:
    """All numbers if there are at most ``most``, else up to `MOST_VALUES` of them, evenly spaced."""
    step = 1 if len(values) <= most else -(-len(values) // MOST_VALUES)
    few = values[::step].astype(np.float32)
    return few if np.isfinite(few).all() else np.nan_to_num(few, posinf=3e38, neginf=-3e38)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
