"""Transforms and observers with one mistake each: the kit finds and names it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import EpochObserver, GradientObserver, Observer, ObserverPlan, StepObserver, Transform, WeightsObserver
from nnzoo.builtin.observers import Average, Clip, Log, StopAt
from nnzoo.builtin.transforms import Noise


@dataclass(frozen=True)
class RightTransform(Transform):
    """The base of the wrong transforms: it adds noise, and passes."""

    name: ClassVar[str] = "wrong"

    def plan(self, problem):
        return {}

    def apply(self, batch, rng, workspace):
        batch.inputs += rng.standard_normal(batch.inputs.shape).astype(batch.inputs.dtype)


@dataclass(frozen=True)
class NewInputs(RightTransform):
    """Gives a name a new array."""

    def apply(self, batch, rng, workspace):
        batch.inputs = batch.inputs + 1


@dataclass(frozen=True)
class Idle(RightTransform):
    """Changes a copy."""

    def apply(self, batch, rng, workspace):
        inputs = batch.inputs + 1
        inputs *= 2


@dataclass(frozen=True)
class SeedOfItsOwn(RightTransform):
    """Draws from elsewhere."""

    def apply(self, batch, rng, workspace):
        batch.inputs += np.random.default_rng().standard_normal(batch.inputs.shape).astype(batch.inputs.dtype)


@dataclass(frozen=True)
class Divides(RightTransform):
    """Divides by 0."""

    def apply(self, batch, rng, workspace):
        with np.errstate(all="ignore"):
            batch.inputs /= np.zeros(1, batch.inputs.dtype)


@dataclass(frozen=True)
class DoubledShares(RightTransform):
    """Has more than one class."""

    soft_targets: ClassVar[bool] = True

    def apply(self, batch, rng, workspace):
        batch.targets *= 2


@dataclass(frozen=True)
class MixesClassNumbers(RightTransform):
    """Has classes that there are not."""

    def apply(self, batch, rng, workspace):
        batch.targets += 1


@dataclass(frozen=True)
class ReadsItsWorkspace(RightTransform):
    """Goes on from where the last batch ended."""

    def plan(self, problem):
        from nnzoo.api import Buffer

        return {"kept": Buffer(problem.input_shape)}

    def apply(self, batch, rng, workspace):
        workspace["kept"] += rng.standard_normal(batch.inputs.shape).astype(batch.inputs.dtype)
        batch.inputs += workspace["kept"]


@dataclass(frozen=True)
class ListOfBuffers(RightTransform):
    """Plans without names."""

    def plan(self, problem):
        return ["noise"]


@dataclass(frozen=True)
class ForThree(RightTransform):
    """Takes every batch for three samples."""

    def apply(self, batch, rng, workspace):
        batch.inputs[:3] += np.ones((3, *batch.inputs.shape[1:]), batch.inputs.dtype)


@dataclass(frozen=True)
class RightObserver(GradientObserver):
    """The base of the wrong observers: it halves the gradient, and passes."""

    name: ClassVar[str] = "wrong"

    def plan(self, moment):
        return ObserverPlan({"steps": ()})

    def gradient(self, moment, memory):
        memory.state["steps"] += 1
        moment.gradient *= 0.5


@dataclass(frozen=True)
class MovesParameters(RightObserver):
    """Takes a step of its own."""

    def gradient(self, moment, memory):
        moment.parameters *= 0.9


@dataclass(frozen=True)
class NewState(RightObserver):
    """Gives a name a new array."""

    def gradient(self, moment, memory):
        memory.state["steps"] = memory.state["steps"] + 1


_KEPT = {}


@dataclass(frozen=True)
class RemembersElsewhere(RightObserver):
    """Has its memory where no checkpoint finds it."""

    def gradient(self, moment, memory):
        steps = _KEPT[id(self)] = _KEPT.get(id(self), 0) + 1
        moment.gradient *= 1 / steps


@dataclass(frozen=True)
class AllocatesInEachStep(RightObserver):
    """Makes a copy."""

    def gradient(self, moment, memory):
        moment.gradient[...] = moment.gradient * 0.5


@dataclass(frozen=True)
class Explodes(RightObserver):
    """Divides by 0."""

    def gradient(self, moment, memory):
        with np.errstate(all="ignore"):
            moment.gradient /= np.zeros(1, moment.gradient.dtype)


@dataclass(frozen=True)
class SeesNothing(Observer):
    """Has no other base."""

    name: ClassVar[str] = "wrong"

    def plan(self, moment):
        return ObserverPlan()


@dataclass(frozen=True)
class PlansNothing(RightObserver):
    """Forgets to return."""

    def plan(self, moment):
        pass


@dataclass(frozen=True)
class ReturnsTrue(EpochObserver):
    """Ends the training without a word."""

    name: ClassVar[str] = "wrong"

    def plan(self, moment):
        return ObserverPlan()

    def after_epoch(self, moment, figures, memory):
        return True


@dataclass(frozen=True)
class WeightsOfTheNetwork(WeightsObserver):
    """Has no weights of its own."""

    name: ClassVar[str] = "wrong"
    seen: ClassVar[list] = []

    def plan(self, moment):
        return ObserverPlan()

    def after_step(self, moment, memory):
        self.seen[:] = [moment.parameters]

    def weights(self, memory):
        return self.seen[0]


@dataclass(frozen=True)
class ReturnsTheGradient(StepObserver):
    """Returns something that was not asked for."""

    name: ClassVar[str] = "wrong"

    def plan(self, moment):
        return ObserverPlan()

    def after_step(self, moment, memory):
        return moment.gradient


@dataclass(frozen=True)
class WatchesAndChanges(RightObserver):
    """Says that it only watches."""

    only_watches: ClassVar[bool] = True


@dataclass(frozen=True)
class LeavesFiles(Log):
    """Names a file, but writes another one beside it."""

    name: ClassVar[str] = "wrong"

    def files(self):
        return ("other.csv", "*")


WRONG = [
    (NewInputs, "in-place", "it replaces the array inputs"),
    (Idle, "in-place", "it changes nothing"),
    (SeedOfItsOwn, "seeded", "the same generator gives other inputs"),
    (Divides, "finite", "inputs are not finite"),
    (DoubledShares, "finite", "shares of classes sum to 2"),
    (MixesClassNumbers, "finite", "a target is no longer a class"),
    (ReadsItsWorkspace, "seeded", "the same generator gives other inputs"),
    (ListOfBuffers, "plan", "plan returns a list"),
    (ForThree, "sizes", "it raises ValueError"),
    (MovesParameters, "leaves-parameters", "it changes the parameters"),
    (NewState, "leaves-parameters", "it puts a new array into its memory"),
    (RemembersElsewhere, "resumes", "resumed from its state, it ends with different results"),
    (AllocatesInEachStep, "no-allocation", "a step allocates"),
    (Explodes, "finite", "a gradient, its state or its weights are not finite"),
    (SeesNothing, "plan", "it observes nothing"),
    (PlansNothing, "plan", "plan returns None"),
    (ReturnsTrue, "epoch", "after_epoch returns True"),
    (WeightsOfTheNetwork, "weights", "its weights are the parameters themselves"),
    (WatchesAndChanges, "only-watches", "it changes the gradient"),
    (LeavesFiles, "files", "it writes undeclared files: log.csv"),
    (ReturnsTheGradient, "finite", "a method called at a step returns something"),
]


@pytest.mark.parametrize(("cls", "check", "message"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_mistake_is_found(verdict_of, cls, check, message):
    assert message in verdict_of(cls(), check)


@pytest.mark.parametrize("cls", [cls for cls, _, _ in WRONG])
def test_every_check_ends_in_a_verdict(verdicts_of, cls):
    assert any(verdicts_of(cls()).values())


@pytest.mark.parametrize(
    "right", [RightTransform(), RightObserver(), Noise(), Clip(), Average(), StopAt(), Log("log.sqlite")], ids=str
)
def test_correct_components_pass(verdicts_of, right):
    skipped = {"it does not observe epochs", "it provides no weights"}
    skipped.add("it may change the training run: only_watches is False")
    assert set(filter(None, verdicts_of(right).values())) <= skipped
