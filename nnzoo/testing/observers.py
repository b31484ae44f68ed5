"""Checks of observers."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.kinds import (
    EpochObserver,
    FilesObserver,
    Floats,
    GradientObserver,
    Moment,
    Observer,
    ObserverMemory,
    ObserverPlan,
    RunObserver,
    StepObserver,
    WeightsObserver,
)
from nnzoo.runs.directory import kept_files
from nnzoo.testing.check import CheckSkipped, require
from nnzoo.testing.numerics import peak_memory, random
from nnzoo.testing.observation import same_objects

STEPS, STEPS_OF_AN_EPOCH = 12, 4
SHAPES = {"0.dense.weight": (6, 4), "2.dense.weight": (4, 3), "0.dense.bias": (4,), "2.dense.bias": (3,)}
FIGURES = {"loss": False, "accuracy": True}
SETTINGS = {"model": "mlp:hidden=4", "optimizer": "sgd", "epochs": "3"}


@dataclass
class Rehearsal:
    """An observer in a training run of a few steps with random gradients."""

    observer: Observer
    folder: Path
    factor: int = 1
    dtype: type[np.floating[Any]] = np.float32
    moment: Moment = field(init=False)
    plan: ObserverPlan = field(init=False)
    memory: ObserverMemory = field(init=False)

    def __post_init__(self) -> None:
        sizes = {name: (shape[0] * self.factor, *shape[1:]) for name, shape in SHAPES.items()}
        total = sum(int(np.prod(shape)) for shape in sizes.values())
        parameters, gradient = (random(40, i).standard_normal(total).astype(self.dtype) for i in (0, 1))
        views: list[dict[str, Floats]] = [{}, {}]
        for vector, named in zip((parameters, gradient), views, strict=True):
            start = 0
            for name, shape in sizes.items():
                stop = start + int(np.prod(shape))
                named[name] = vector[start:stop].reshape(shape)
                start = stop
        self.moment = Moment(STEPS, parameters, gradient, views[0], views[1], FIGURES, True, self.folder)
        self.plan = self.observer.plan(self.moment)
        require(isinstance(self.plan, ObserverPlan), f"plan returns {with_article(self.plan)}, not an ObserverPlan")
        self.memory = ObserverMemory(
            {name: np.zeros(shape, self.dtype) for name, shape in self.plan.state.items()},
            {name: np.full(shape, np.nan, self.dtype) for name, shape in self.plan.workspace.items()},
        )
        if isinstance(self.observer, RunObserver):
            self.observer.started(self.moment, SETTINGS, self.memory)

    def end(self) -> None:
        """End the training run."""
        if isinstance(self.observer, RunObserver):
            self.observer.ended(self.moment, "finished", self.memory)

    def step(self, number: int) -> list[Any]:
        """Take a step as a trainer would; return the gradient and the parameters after it."""
        moment, observer = self.moment, self.observer
        moment.step, moment.epoch = number, number // STEPS_OF_AN_EPOCH + 1
        moment.loss, moment.learning_rate = 2 / (1 + number), 0.1
        moment.gradient[...] = random(41, number).standard_normal(moment.gradient.size)
        returned: list[Any] = []
        if isinstance(observer, GradientObserver):
            returned.append(observer.gradient(moment, self.memory))
        gradient = moment.gradient.copy()
        with np.errstate(all="ignore"):  # check_finite finds values that are not finite
            moment.parameters -= (0.1 * moment.gradient).astype(self.dtype)
        if isinstance(observer, StepObserver):
            returned.append(observer.after_step(moment, self.memory))
        require(not any(value is not None for value in returned), "a method called at a step returns something")
        return [gradient, moment.parameters.copy()]

    def epoch(self, number: int) -> str | None:
        """End an epoch."""
        if not isinstance(self.observer, EpochObserver):
            return None
        figures: dict[str, float | None] = {"epoch": number, "learning_rate": 0.1, "seconds": 0.01}
        for part in ("train", "validation"):
            figures |= {f"{part}_loss": 1 / number, f"{part}_accuracy": 1 - 0.5 / number}
        figures |= {"test_loss": None, "test_accuracy": None}
        self.moment.epoch = number
        return self.observer.after_epoch(self.moment, figures, self.memory)

    def train(self, start: int = 0, stop: int = STEPS) -> list[Any]:
        """Take all steps and epochs; return their results, the parameters and the observer's state."""
        results: list[Any] = []
        for number in range(start, stop):
            results += self.step(number)
            if (number + 1) % STEPS_OF_AN_EPOCH == 0:
                results.append(self.epoch(number // STEPS_OF_AN_EPOCH + 1))
        if isinstance(self.observer, WeightsObserver):
            results.append(np.array(self.observer.weights(self.memory)))
        return [*results, self.moment.parameters.copy(), *(array.copy() for array in self.memory.state.values())]


@contextmanager
def _rehearsal(observer: Observer, **options: Any) -> Iterator[Rehearsal]:
    """A rehearsal in an empty folder, which contains a run's directory."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        run_dir = Path(folder, "run")
        run_dir.mkdir()
        rehearsal = Rehearsal(observer, run_dir, **options)
        yield rehearsal
        rehearsal.end()


def exercise(observer: Observer) -> list[Any]:
    """Use the observer once."""
    with _rehearsal(observer) as rehearsal:
        return rehearsal.train()


def check_plan(observer: Observer) -> None:
    """`plan` returns an ObserverPlan of names and shapes, the same at each call, and it observes something."""
    with _rehearsal(observer) as rehearsal:
        for part in ("state", "workspace"):
            for name, shape in getattr(rehearsal.plan, part).items():
                require(isinstance(shape, tuple), f"{part}[{name!r}] is {with_article(shape)}, not a shape")
        require(observer.plan(rehearsal.moment) == rehearsal.plan, "plan returns another plan the second time")
    bases = (GradientObserver, StepObserver, EpochObserver, RunObserver)
    hint = f"inherit from {', '.join(base.__name__ for base in bases[:-1])} or {bases[-1].__name__}"
    require(isinstance(observer, bases), "it observes nothing", hint=hint)


def check_leaves_parameters(observer: Observer) -> None:
    """It changes no parameters, and puts no new array into its memory."""
    with _rehearsal(observer) as rehearsal:
        moment, memory = rehearsal.moment, rehearsal.memory
        state, workspace = dict(memory.state), dict(memory.workspace)
        for number in range(STEPS):
            expected = moment.parameters.copy()
            gradient, _ = rehearsal.step(number)
            expected -= (0.1 * gradient).astype(expected.dtype)
            require(np.array_equal(moment.parameters, expected), "it changes the parameters")
            rehearsal.epoch(number + 1)
            require(np.array_equal(moment.parameters, expected), "it changes the parameters after an epoch")
        same = same_objects(memory.state, state) and same_objects(memory.workspace, workspace)
        require(same, "it puts a new array into its memory", hint="plan it, and write array[...] = …")


def check_finite(observer: Observer) -> None:
    """With finite gradients, its gradients, state and weights are finite."""
    with _rehearsal(observer) as rehearsal:
        arrays = [value for value in rehearsal.train() if isinstance(value, np.ndarray)]
        fine = all(np.isfinite(array).all() for array in arrays)
        require(fine, "a gradient, its state or its weights are not finite")


def check_epoch(observer: Observer) -> None:
    """`after_epoch` returns None or a reason to stop, and does not change the figures."""
    if not isinstance(observer, EpochObserver):
        raise CheckSkipped("it does not observe epochs")
    with _rehearsal(observer) as rehearsal:
        for number in range(1, 4):
            reason = rehearsal.epoch(number)
            fine = reason is None or (isinstance(reason, str) and reason.strip() != "")
            require(fine, f"after_epoch returns {reason!r}", hint="return None, or the reason as a text")
        figures: dict[str, float | None] = {"epoch": 4, "learning_rate": 0.1, "seconds": 0.01}
        figures |= {f"{part}_{name}": None for part in ("train", "validation", "test") for name in FIGURES}
        before = dict(figures)
        observer.after_epoch(rehearsal.moment, figures, rehearsal.memory)
        require(figures == before, "after_epoch changes the figures")


def check_weights(observer: Observer) -> None:
    """`weights` returns an array like the parameters that the next step does not overwrite."""
    if not isinstance(observer, WeightsObserver):
        raise CheckSkipped("it provides no weights")
    with _rehearsal(observer) as rehearsal:
        rehearsal.step(0)
        weights, parameters = observer.weights(rehearsal.memory), rehearsal.moment.parameters
        fine = isinstance(weights, np.ndarray) and weights.shape == parameters.shape
        require(fine, f"weights returns {with_article(weights)}, not an array like the parameters")
        require(not np.shares_memory(weights, parameters), "its weights are the parameters themselves")


def check_only_watches(observer: Observer) -> None:
    """With `only_watches = True`, it changes no gradient, provides no weights and never stops training."""
    if not observer.only_watches:
        raise CheckSkipped("it may change the training run: only_watches is False")
    require(not isinstance(observer, WeightsObserver), "it provides weights, so it does not only watch")
    with _rehearsal(observer) as rehearsal:
        for number in range(STEPS):
            gradient, _ = rehearsal.step(number)
            drawn = random(41, number).standard_normal(gradient.size).astype(gradient.dtype)
            require(np.array_equal(gradient, drawn), "it changes the gradient, so it does not only watch")
            require(rehearsal.epoch(number + 1) is None, "it stops training, so it does not only watch")


def check_files(observer: Observer) -> None:
    """It declares the files that it writes to the run's directory, so that `nnzoo runs remove` deletes them."""
    with _rehearsal(observer) as rehearsal:
        rehearsal.train()
        known = kept_files(observer) if isinstance(observer, FilesObserver) else []
        folder = rehearsal.folder
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    unknown = ", ".join(sorted(name for name in names if not any(re.fullmatch(pattern, name) for pattern in known)))
    require(
        not unknown,
        f"it writes undeclared files: {unknown}",
        hint="inherit from FilesObserver, and name them in files()",
    )


def check_resumes(observer: Observer) -> None:
    """A new observer continues from a saved state to bit-identical results."""
    with _rehearsal(observer) as whole:
        expected = whole.train()[-1 - len(whole.plan.state) :]
    with _rehearsal(observer) as first:
        first.train(stop=STEPS // 2)
        first_state = {name: array.copy() for name, array in first.memory.state.items()}
        with _rehearsal(replace(observer)) as second:
            second.moment.parameters[...] = first.moment.parameters
            for name, array in first_state.items():
                second.memory.state[name][...] = array
            found = second.train(start=STEPS // 2)[-1 - len(whole.plan.state) :]
    hint = "keep everything that it remembers in the arrays of memory.state"
    for one, other in zip(found, expected, strict=True):
        require(np.array_equal(one, other), "resumed from its state, it ends with different results", hint=hint)


def check_no_allocation(observer: Observer) -> None:
    """A step allocates no array of the network's size."""
    with _rehearsal(observer, factor=2000) as rehearsal:
        moment, memory = rehearsal.moment, rehearsal.memory

        def observe() -> None:
            if isinstance(observer, GradientObserver):
                observer.gradient(moment, memory)
            if isinstance(observer, StepObserver):
                observer.after_step(moment, memory)

        peak = peak_memory(observe)
        require(
            peak <= moment.parameters.size,
            f"a step allocates {peak:,} bytes for {moment.parameters.size:,} parameters",
            hint="plan arrays in the workspace, and write into them with out=…",
        )
