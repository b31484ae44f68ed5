"""The observers of one training, with their arrays; one that fails is switched off, and the training goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, final

import numpy as np

from nnzoo.component import require_returned, with_article
from nnzoo.errors import DivergedError, PluginError, StoppedError, UsageError
from nnzoo.kinds import (
    Ending,
    EpochObserver,
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
from nnzoo.nn import Network
from nnzoo.training.measures import Measure

if TYPE_CHECKING:
    from nnzoo.training.recipe import Recipe
    from nnzoo.training.state import TrainingState

logger = logging.getLogger("nnzoo")
T = TypeVar("T")


@final
class Observing:
    """Calls observers, each with its own arrays, which are kept in the training's state.

    Parameters
    ----------
    observers : sequence of Observer
        In the order in which they see a step.
    moment : Moment
        Where the training stands; brought up to date by each call.
    network : Network
        What is trained.

    Raises
    ------
    UsageError
        When one of them can't watch this training, or two have weights of their own.
    PluginError
        When a plan is none.
    """

    def __init__(self, observers: Sequence[Observer], moment: Moment, network: Network) -> None:
        self.observers, self.moment, self._network = tuple(observers), moment, network
        self._plans = [_plan(observer, moment) for observer in self.observers]
        if sum(isinstance(observer, WeightsObserver) for observer in self.observers) > 1:
            raise UsageError("two observers have weights of their own, and only one can be saved", hint="keep one")
        self._kept: Floats = np.empty(0, network.dtype)
        self._bound_to: dict[str, Floats] | None = None
        self._memories: list[ObserverMemory] = []

    def arrays(self) -> dict[str, Floats]:
        """What all of them remember before the first step: arrays of zeros by ``<place>.<name>.<array>``."""
        return {
            f"{place}.{observer.name}.{name}": np.zeros(shape, self._network.dtype)
            for place, (observer, plan) in enumerate(zip(self.observers, self._plans, strict=True))
            for name, shape in plan.state.items()
        }

    def gradient(self, state: TrainingState, loss: float, learning_rate: float) -> None:
        """Show the gradient of a step that has not been taken yet."""
        moment = self.moment
        moment.epoch, moment.step, moment.loss, moment.learning_rate = state.epoch + 1, state.steps, loss, learning_rate
        for place, observer in enumerate(self.observers):
            if isinstance(observer, GradientObserver):
                self._call(state, place, observer.gradient, moment)

    def after_step(self, state: TrainingState) -> None:
        """Show the parameters after a step."""
        for place, observer in enumerate(self.observers):
            if isinstance(observer, StepObserver):
                self._call(state, place, observer.after_step, self.moment)

    def after_epoch(self, state: TrainingState, epoch: int, figures: Mapping[str, float | None]) -> None:
        """Show an epoch's figures; the first reason to stop is kept in the state."""
        self.moment.epoch, self.moment.step = epoch, state.steps
        for place, observer in enumerate(self.observers):
            if isinstance(observer, EpochObserver):
                reason = self._call(state, place, observer.after_epoch, self.moment, dict(figures), returns=str)
                if reason is not None and not state.stopped:
                    state.stopped = f"{observer}: {reason}"

    @contextmanager
    def own_weights(self, state: TrainingState) -> Iterator[None]:
        """Within this context the network has an observer's weights, where one has its own."""
        vector = self._network.parameters.vector
        self._kept = vector.copy()
        self.take_weights(state)
        try:
            yield
        finally:
            vector[...] = self._kept

    def take_weights(self, state: TrainingState) -> None:
        """Put an observer's own weights into the network, for good."""
        for place, observer in enumerate(self.observers):
            if isinstance(observer, WeightsObserver) and state.steps:
                found = self._call(state, place, observer.weights, returns=np.ndarray)
                if found is not None:
                    self._network.parameters.vector[...] = found

    @contextmanager
    def watching(self, state: TrainingState, recipe: Recipe, run_dir: Path | None = None) -> Iterator[None]:
        """Within this context the training goes on; observers hear that it begins, and how it ends."""
        self.moment.run_dir = run_dir
        said = {kind: str(component) for kind, component in recipe.components().items()}
        said |= {name: str(value) for name, value in recipe.settings().items() if value not in (None, "")}
        self._tell(state, lambda observer, memory: observer.started(self.moment, said, memory))
        ending: Ending = "failed"
        try:
            yield
            ending = "finished"
        except BaseException as error:
            ending = ending_of(error)
            raise
        finally:
            self._tell(state, lambda observer, memory: observer.ended(self.moment, ending, memory))

    def _tell(self, state: TrainingState, call: Callable[[RunObserver, ObserverMemory], None]) -> None:
        for place, observer in enumerate(self.observers):
            if isinstance(observer, RunObserver):
                self._call(state, place, lambda memory, observer=observer: call(observer, memory))

    def _call(
        self,
        state: TrainingState,
        place: int,
        method: Callable[..., Any],
        *arguments: Any,
        returns: type[T] | None = None,
    ) -> T | None:
        """Call an observer that has not been switched off; if it fails, it is from now on."""
        observer = self.observers[place]
        if state.observers_off and str(place) in state.observers_off:
            return None
        try:
            found = method(*arguments, self._memory(state, place))
            if found is not None and (returns is None or not isinstance(found, returns)):
                raise PluginError(f"{method.__name__} returned {with_article(found)}")
            return found
        except (Exception, SystemExit) as error:
            told = f"{type(error).__name__}: {error}" if not isinstance(error, PluginError) else error.message
            state.observers_off[str(place)] = f"{observer}, in step {state.steps}: {told}"
            logger.warning("%s failed and is switched off: %s", observer.label, told)
            return None

    def _memory(self, state: TrainingState, place: int) -> ObserverMemory:
        if self._bound_to is not state.observers:
            self._bound_to, self._memories = state.observers, []
            for at, (observer, plan) in enumerate(zip(self.observers, self._plans, strict=True)):
                prefix = f"{at}.{observer.name}."
                kept = {name: state.observers[prefix + name] for name in plan.state}
                scratch = {name: np.empty(shape, self._network.dtype) for name, shape in plan.workspace.items()}
                self._memories.append(ObserverMemory(kept, scratch))
        return self._memories[place]


def observing_of(
    recipe: Recipe, network: Network, measures: Mapping[str, Measure], total_steps: int, has_validation: bool
) -> Observing | None:
    """The observers of a training, if it has any; see `Observing`."""
    if not recipe.observers:
        return None
    parameters, gradients = network.parameters, network.gradients
    moment = Moment(
        total_steps=total_steps,
        parameters=parameters.vector,
        gradient=gradients.vector,
        arrays=parameters.views(),
        gradients=gradients.views(),
        figures={name: measure.higher_is_better for name, measure in measures.items()},
        has_validation=has_validation,
    )
    return Observing(recipe.observers, moment, network)


def ending_of(error: BaseException) -> Ending:
    """How a training ends that an error ends."""
    if isinstance(error, KeyboardInterrupt | StoppedError):
        return "interrupted"
    return "diverged" if isinstance(error, DivergedError) else "failed"


def _plan(observer: Observer, moment: Moment) -> ObserverPlan:
    plan = observer.plan(moment)
    require_returned(observer, "plan", plan, ObserverPlan, "an ObserverPlan")
    return plan
