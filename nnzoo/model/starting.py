"""`Start`: a trained network to start from, for fine-tuning."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import UsageError, storage_errors
from nnzoo.files.reading import read_regular
from nnzoo.kinds import (
    Columns,
    CompositeTask,
    Dataset,
    Feature,
    FittedFeature,
    FittedStep,
    Preprocessing,
    Problem,
    Raw,
    Rows,
    ScalingPreprocessor,
    Split,
    Task,
)
from nnzoo.model.model_file import (
    Architecture,
    ModelFile,
    find_architecture,
    read_model,
    require_fitting,
    vector_sha256,
)
from nnzoo.model.stored import StoredStart
from nnzoo.nn import Network
from nnzoo.nn.randomness import other_seed
from nnzoo.plugins.registry import Registry
from nnzoo.training.data import PreparedData, prepare_data
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import Recipe

logger = logging.getLogger("nnzoo")

LIMIT = 1 << 32
"""The largest model file that is copied into a run's directory, in bytes."""
NEW_HEAD = "a new head learns them: in Python, new_head=True; in a command, --new-head"
_MOST_NAMES = 10
"""The most names that a message lists."""


@dataclass(frozen=True)
class Start:
    """A trained network to start from.

    Attributes
    ----------
    source : str
        Its name in the zoo (``distribution/architecture.tag``), its file, or its run's directory.
    parts : Architecture
    tensors : mapping of str to ndarray
        Parameters and state, by name.
    new_head : bool
        Whether the last layer with parameters gets new initial values, and as many outputs as the new data need; in a
        graph, the last such layer on each path to the output.
    sha256 : str
        Fingerprint of its model file, as `nnzoo show --model-file` shows it; empty if there is none.
    file : ModelFile or None
        The model file.
    contents : bytes
        The bytes of the model file.
    """

    source: str
    parts: Architecture
    tensors: Mapping[str, NDArray[Any]]
    new_head: bool = False
    sha256: str = ""
    file: ModelFile | None = None
    contents: bytes = b""

    @property
    def called(self) -> str:
        """Its name in messages."""
        return self.source or "the network"

    def choices(self, registry: Registry, given: Mapping[str, Any]) -> dict[str, Any]:
        """The user's choices, completed by the network's own task, model, activation and loss.

        Raises
        ------
        UsageError
            When a choice contradicts the network.
        """
        own, chosen = self.parts, dict(given)
        fixed = ("model", "activation") if self.new_head else ("model", "activation", "task")
        for kind in fixed:
            actual = getattr(own, kind)
            if kind in chosen and (wanted := registry.build(kind, chosen[kind])) != actual:
                cure = "; another task needs a new head" if kind == "task" else ""
                raise UsageError(f"{self.called} has the {kind} {actual}, not {wanted}", hint=f"leave {kind} out{cure}")
            chosen[kind] = actual
        task = chosen["task"] = registry.build("task", chosen.get("task", own.task))
        if task == own.task and not isinstance(task, CompositeTask):
            chosen.setdefault("loss", own.loss)
        return chosen

    def prepare(
        self,
        task: Task,
        train: Split,
        test: Split | None,
        *,
        features: Sequence[Feature] = (),
        names: tuple[str, ...] = (),
        validation: float = 0.0,
        seed: int = 0,
        registry: Registry | None = None,
    ) -> PreparedData:
        """As `prepare_data`, but with the fitted preprocessing of the network.

        Raises
        ------
        UsageError
            When the data don't fit the network, or have other classes and there is no new head.
        FileFormatError, PluginError
            As `prepare_data`.
        """
        raw = train.inputs if isinstance(train.inputs, Columns) else train.examples().samples
        kept = partial(kept_preprocessing, self.parts.preprocessing, inputs=raw, new_targets=self.new_head)
        data = prepare_data(
            task,
            train,
            test,
            features=features,
            names=names,
            validation=validation,
            seed=seed,
            registry=registry,
            adapted=kept,
        )
        own = self.parts.problem
        if own.inputs != data.problem.inputs:
            raise UsageError(f"the data have {own.difference(data.problem)}")
        if self.new_head:
            return data
        self._require_same_outputs(data.problem)
        return replace(data, problem=replace(data.problem, names=data.problem.names or own.names))

    def prepare_dataset(self, dataset: Dataset, task: Task, **settings: Any) -> PreparedData:
        """As `prepare`, with the features and names of a data set."""
        features, names = dataset.features, dataset.names
        return self.prepare(task, dataset.train, dataset.test, features=features, names=names, **settings)

    def network(self, recipe: Recipe, problem: Problem) -> tuple[Network, StoredStart]:
        """The network to train, with the loaded arrays, and the record of which were loaded.

        Raises
        ------
        UsageError
            When an array does not fit.
        """
        network = build_network(recipe, problem)
        head = _head(network) if self.new_head else set[tuple[str, ...]]()
        # With another seed: the features were learnt together with the head that this seed gives.
        other = build_network(replace(recipe, seed=other_seed(recipe.seed)), problem) if head else network
        loaded, new = list[str](), list[str]()
        for flat, fresh in ((network.parameters, other.parameters), (network.state, other.state)):
            for name in flat.layout:
                is_new = _layer(name) in head
                flat[name][...] = fresh[name] if is_new else self._fitting(name, flat[name].shape, problem)
                (new if is_new else loaded).append(name)
        unused = sorted(name for name in self.tensors.keys() - loaded if _layer(name) not in head)
        if unused:
            raise UsageError(f"{self.called} has arrays that the network for these data lacks: {', '.join(unused)}")
        own = [self.tensors[name].ravel() for name in network.parameters.layout if name in self.tensors]
        weights = vector_sha256(np.concatenate([np.empty(0, np.float32), *own]))
        return network, StoredStart(self.source, self.sha256, weights, self.new_head, tuple(loaded), tuple(new))

    def _fitting(self, name: str, shape: tuple[int, ...], problem: Problem) -> NDArray[Any]:
        array = self.tensors.get(name)
        if array is not None and array.shape == shape:
            return array
        has = "it has none" if array is None else f"it has {array.shape}"
        own = self.parts.problem.input_shape
        shapes = "" if own == problem.input_shape else f": samples have shape {problem.input_shape}, and it takes {own}"
        raise UsageError(f"{self.called} does not fit these data: they need {name} of shape {shape}, {has}{shapes}")

    def _require_same_outputs(self, problem: Problem) -> None:
        own = self.parts.problem
        what = "classes" if own.has_classes else "labels" if own.has_labels else "values"
        if problem.output_shape != own.output_shape or problem.target_shape != own.target_shape:
            raise UsageError(
                f"the data have {problem.width} {what}, and {self.called} has {own.width}: {_named(own)}", hint=NEW_HEAD
            )
        if problem.names and own.names and problem.names != own.names:
            order = " in this order" if sorted(problem.names) == sorted(own.names) else ""
            raise UsageError(
                f"the {what} of the data are not those of {self.called}{order}: {_named(problem)} and {_named(own)}",
                hint=NEW_HEAD,
            )


def read_start(registry: Registry, path: Path, source: str, *, new_head: bool = False) -> Start:
    """Read a model file to start from.

    Raises
    ------
    FileFormatError
        When it is not a model file, or is damaged.
    PluginError
        When it needs a plugin that is not installed.
    StorageError
        When it can't be read.
    """
    file = read_model(path)
    parts = find_architecture(file, registry)
    require_fitting(file, parts)
    with storage_errors(f"read {path}"):
        contents = read_regular(path, LIMIT)
    return Start(source, parts, file.tensors, new_head, file.sha256, file, contents)


def kept_preprocessing(
    own: Preprocessing, fresh: Preprocessing, *, inputs: Raw, new_targets: bool = False
) -> Preprocessing:
    """The preprocessing for fine-tuning: the network's own, as fitted, so that raw numbers keep their meaning.

    The new data decide how pictures become samples, as theirs have been made already; and a new head learns targets on
    a new scale.

    Parameters
    ----------
    own, fresh : Preprocessing
        The network's, and the one fitted on the new data.
    inputs : ndarray, Columns or list of ndarray
        The new data, raw.
    new_targets : bool
        Whether targets are prepared as for the new data.

    Raises
    ------
    UsageError
        When the two are not for the same kind of data.
    """
    targets = fresh.targets if new_targets else own.targets
    if own.columns or fresh.columns:
        unknown = [column for column in fresh.columns if column not in own.columns]
        if unknown and own.columns:
            raise UsageError(
                f"the data have columns that the network does not know: {', '.join(unknown[:_MOST_NAMES])}",
                hint=f"leave them out (ignore=…); it knows {', '.join(own.columns)}",
            )
        return Preprocessing(own.features, targets)  # which reports missing columns
    (own_pictures, own_steps), (pictures, fresh_steps) = _parted(own), _parted(fresh)
    if own_pictures and pictures and own_pictures != pictures:
        logger.warning(
            "pictures become samples by %s, but by %s in the network's training: its features may not fit",
            *(_said([step.preprocessor for step in steps]) for steps in (pictures, own_pictures)),
        )
    theirs, ours = (
        [step.preprocessor for step in steps if not isinstance(step.preprocessor, ScalingPreprocessor)]
        for steps in (fresh_steps, own_steps)
    )
    if theirs != ours:
        raise UsageError(
            f"the data are prepared by {_said(theirs)}, and the network's by {_said(ours)}",
            hint="give them in the form of the network's own data",
        )
    integers = isinstance(inputs, np.ndarray | Rows) and inputs.dtype.kind in "uib"
    if integers and not np.isclose(own.scale, fresh.scale, rtol=1e-6, atol=0):
        raise UsageError(
            f"the data set multiplies integers by {fresh.scale:g}, and the network's preprocessing by {own.scale:g}",
            hint="give integers of the range that the network was trained on",
        )
    steps = (*pictures, *own_steps)
    return Preprocessing((FittedFeature(steps),) if steps else (), targets)


def _parted(preprocessing: Preprocessing) -> tuple[tuple[FittedStep, ...], tuple[FittedStep, ...]]:
    """The steps of an array: those that make samples of pictures, and the others."""
    steps = preprocessing.features[0].steps if preprocessing.features else ()
    of_pictures = tuple(step for step in steps if step.preprocessor.takes == "pictures")
    return of_pictures, tuple(step for step in steps if step.preprocessor.takes != "pictures")


def _said(steps: Sequence[object]) -> str:
    return ", ".join(map(str, steps)) or "nothing"


def _named(problem: Problem) -> str:
    names = [problem.name(index) for index in range(min(problem.width, _MOST_NAMES))]
    return ", ".join(names) + (", …" if problem.width > _MOST_NAMES else "")


def _layer(name: str) -> tuple[str, ...]:
    """The layer that an array belongs to: ``(place, layer)``."""
    return tuple(name.split(".", 2)[:2])


def _head(network: Network) -> set[tuple[str, ...]]:
    """The last layer with parameters on each path to the output.

    Raises
    ------
    UsageError
        When there is none.
    """
    graph, head, places = network.graph, set[tuple[str, ...]](), [len(network.layers) - 1]
    while places:
        place = places.pop()
        if place == graph.input:
            continue
        node = graph.nodes[place]
        if network.plans[place].parameters:
            head.add(_layer(graph.name(place if node.shared_with is None else node.shared_with)))
        else:
            places += node.inputs
    if not head:
        raise UsageError("the network has no parameters, and so no head to replace")
    return head
