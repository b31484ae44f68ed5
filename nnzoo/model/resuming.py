"""`Unfinished`: where a training in memory stands, so that another call can go on with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

from nnzoo.errors import UsageError
from nnzoo.kinds import Floats
from nnzoo.training.recipe import Recipe
from nnzoo.training.state import TrainingState
from nnzoo.training.trainer import Trainer


def _checksum(trainer: Trainer) -> int:
    """Of the first samples and their targets; 0 of a stream, which would go on by being read."""
    if trainer.state.stream:
        return 0
    batch = next(trainer.train.in_order())
    return crc32(batch.targets.tobytes(), crc32(batch.inputs.tobytes()))


@dataclass(frozen=True)
class Unfinished:
    """A training that can go on: its recipe and its state, without the data.

    Attributes
    ----------
    recipe : Recipe
    state : TrainingState
        What optimizer, schedule and observers remember.
    first_epoch : int
        How many epochs the network had been trained before it.
    batches : int
        Steps of an epoch.
    first_batch : int
        Checksum of the first samples and their targets.
    parameters, layers_state : ndarray or None
        What the last step left, where the network was given other weights then: the best epoch's, or an average.
    """

    recipe: Recipe
    state: TrainingState
    first_epoch: int
    batches: int
    first_batch: int
    parameters: Floats | None = None
    layers_state: Floats | None = None

    @classmethod
    def kept(cls, trainer: Trainer) -> Unfinished:
        """Where a trainer stands; then the weights that are kept are put into the network."""
        network = trainer.network
        last, state = network.parameters.vector.copy(), network.state.vector.copy()
        trainer.keep_best()
        unfinished = cls(trainer.recipe, trainer.state, trainer.first_epoch, len(trainer.train), _checksum(trainer))
        if (last == network.parameters.vector).all() and (state == network.state.vector).all():
            return unfinished
        return replace(unfinished, parameters=last, layers_state=state)

    def go_on(self, trainer: Trainer) -> None:
        """Put a trainer of the same recipe, for as many epochs or more, where this one stood.

        Raises
        ------
        UsageError
            When it is of another recipe or of other data, its schedule would have had other rates, or nothing is left.
        """
        recipe, steps = trainer.recipe, self.state.steps
        if (same := replace(recipe, epochs=self.recipe.epochs)) != self.recipe:
            before, after = ({**one.settings(), **one.components(), **one.lists()} for one in (self.recipe, same))
            differing = [f"{name} = {after[name]}, was {before[name]}" for name in after if after[name] != before[name]]
            raise UsageError(
                f"resume goes on with the same training, and this is another: {'; '.join(map(str, differing))}",
                hint="give the same arguments, or leave resume out",
            )
        if len(trainer.train) != self.batches:
            raise UsageError(
                f"resume needs the same data: there were {self.batches} steps an epoch, not {len(trainer.train)}"
            )
        if _checksum(trainer) != self.first_batch:
            raise UsageError("resume needs the same data, and the first samples are others", hint="leave resume out")
        factor, planned = recipe.schedule.factor, max(self.recipe.epochs * self.batches, 1)
        if any(factor(step, planned) != factor(step, max(trainer.total_steps, 1)) for step in range(steps)):
            raise UsageError(
                f"{recipe.schedule.label} plans for all epochs: with {recipe.epochs} instead of {self.recipe.epochs} "
                "the steps so far would have had other rates",
                hint="plan all epochs at first and end early, with stop_after; or use schedule='constant'",
            )
        trainer.state = self.state
        if trainer.finished():
            raise UsageError(
                f"the training is at its end, after {self.state.epoch} epochs", hint="epochs counts from its beginning"
            )
        if self.parameters is not None and self.layers_state is not None:
            trainer.network.parameters.vector[...] = self.parameters
            trainer.network.state.vector[...] = self.layers_state
