"""The observers of a training run, with their arrays; one that fails is switched off, and the training continues."""

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
    """Calls observers with their arrays, which are kept in the training state.

    Parameters
    ----------
    observers : sequence of Observer
        In the order in which they see a step.
    moment : Moment
        The position of the training; each call updates it.
    network : Network
        The trained network.
    first_epoch : int
        The number of epochs that the network was trained before.

    Raises
    ------
    UsageError
        When an observer does not suit this training run, or two have weights.
    PluginError
        When an observer returns an invalid plan.
    """

    def __init__(
        self, observers: Sequence[Observer], moment: Moment, network: Network, *, first_epoch: int = 0
    ) -> None:
        self.observers, self.moment = tuple(observers), moment
        self._network, self._first_epoch = network, first_epoch
        self._plans = [
            require_returned(observer, "plan", observer.plan(moment), ObserverPlan, "an ObserverPlan")
            for observer in self.observers
        ]
        placed = list(enumerate(self.observers))
        self._of_gradients = [(place, each) for place, each in placed if isinstance(each, GradientObserver)]
        self._of_steps = [(place, each) for place, each in placed if isinstance(each, StepObserver)]
        self._of_epochs = [(place, each) for place, each in placed if isinstance(each, EpochObserver)]
        self._of_runs = [(place, each) for place, each in placed if isinstance(each, RunObserver)]
        self._with_weights = [(place, each) for place, each in placed if isinstance(each, WeightsObserver)]
        if len(self._with_weights) > 1:
            raise UsageError("two observers have weights, but only one can replace the trained ones", hint="keep one")
        self._bound_to: dict[str, Floats] | None = None
        self._memories: list[ObserverMemory] = []

    def arrays(self) -> dict[str, Floats]:
        """The state of all observers before the first step: arrays of zeros by ``<place>.<name>.<array>``."""
        return {
            f"{place}.{observer.name}.{name}": np.zeros(shape, self._network.dtype)
            for place, (observer, plan) in enumerate(zip(self.observers, self._plans, strict=True))
            for name, shape in plan.state.items()
        }

    def gradient(self, state: TrainingState, loss: float, learning_rate: float) -> None:
        """Call `GradientObserver.gradient` before a step is taken."""
        if not self.observers:
            return
        moment = self.moment
        moment.epoch, moment.step = self._first_epoch + state.epoch + 1, state.steps
        moment.loss, moment.learning_rate = loss, learning_rate
        for place, observer in self._of_gradients:
            self._call(state, place, observer.gradient, moment)

    def after_step(self, state: TrainingState) -> None:
        """Call `StepObserver.after_step`."""
        for place, observer in self._of_steps:
            self._call(state, place, observer.after_step, self.moment)

    def after_epoch(self, state: TrainingState, figures: Mapping[str, float | None]) -> None:
        """Call `EpochObserver.after_epoch`; the first reason to stop is kept in the state."""
        self.moment.epoch, self.moment.step = self._first_epoch + state.epoch, state.steps
        for place, observer in self._of_epochs:
            may_end = None if observer.only_watches else str
            reason = self._call(state, place, observer.after_epoch, self.moment, dict(figures), returns=may_end)
            if reason is not None and not state.stopped:
                state.stopped = f"{observer}: {reason}"

    @contextmanager
    def own_weights(self, state: TrainingState) -> Iterator[None]:
        """Within this context the network has the weights of a `WeightsObserver`, if there is one."""
        vector = self._network.parameters.vector
        trained = vector.copy() if self._with_weights else vector
        self.take_weights(state)
        try:
            yield
        finally:
            if trained is not vector:
                vector[...] = trained

    def take_weights(self, state: TrainingState) -> None:
        """Copy the weights of a `WeightsObserver` into the network, if there is one."""
        for place, observer in self._with_weights if state.steps else []:
            weights = self._call(state, place, observer.weights, returns=np.ndarray)
            if weights is not None:
                self._network.parameters.vector[...] = weights

    @contextmanager
    def watching(self, state: TrainingState, recipe: Recipe, run_dir: Path | None = None) -> Iterator[None]:
        """Within this context the training runs; calls `RunObserver.started` and `RunObserver.ended`."""
        self.moment.run_dir = run_dir
        self.moment.epoch, self.moment.step = self._first_epoch + state.epoch + 1, state.steps
        settings = {kind: str(component) for kind, component in recipe.components().items()}
        settings |= {name: str(value) for name, value in recipe.settings().items() if value not in (None, "", ())}
        for place, observer in self._of_runs:
            self._call(state, place, observer.started, self.moment, settings)
        ending: Ending = "finished"
        try:
            yield
        except BaseException as error:
            ending = ending_of(error)
            raise
        finally:
            for place, observer in self._of_runs:
                self._call(state, place, observer.ended, self.moment, ending)

    def _call(
        self,
        state: TrainingState,
        place: int,
        method: Callable[..., Any],
        *arguments: Any,
        returns: type[T] | None = None,
    ) -> T | None:
        """Call a method of an observer, unless it is switched off; switch it off if it fails."""
        observer = self.observers[place]
        if str(place) in state.observers_off:
            return None
        try:
            returned = method(*arguments, self._memory(state, place))
            if returned is not None and (returns is None or not isinstance(returned, returns)):
                raise PluginError(f"{method.__name__} returned {with_article(returned)}")
            return returned
        except (Exception, SystemExit) as error:
            reason = error.message if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            state.observers_off[str(place)] = f"{observer}, in step {state.steps}: {reason}"
            logger.warning("%s failed and is switched off: %s", observer.label, reason)
            return None

    def _memory(self, state: TrainingState, place: int) -> ObserverMemory:
        if self._bound_to is not state.observers:
            self._bound_to, self._memories = state.observers, []
            for at, (observer, plan) in enumerate(zip(self.observers, self._plans, strict=True)):
                prefix = f"{at}.{observer.name}."
                arrays = {name: state.observers[prefix + name] for name in plan.state}
                workspace = {name: np.empty(shape, self._network.dtype) for name, shape in plan.workspace.items()}
                self._memories.append(ObserverMemory(arrays, workspace))
        return self._memories[place]


def observing_of(
    recipe: Recipe,
    network: Network,
    measures: Mapping[str, Measure],
    total_steps: int,
    *,
    has_validation: bool,
    first_epoch: int = 0,
) -> Observing:
    """The observers of a recipe, for a network; see `Observing`."""
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
    return Observing(recipe.observers, moment, network, first_epoch=first_epoch)


def ending_of(error: BaseException) -> Ending:
    """The ending of a training run that an error stops."""
    if isinstance(error, KeyboardInterrupt | StoppedError):
        return "interrupted"
    return "diverged" if isinstance(error, DivergedError) else "failed"
