"""`Unfinished`: the state of a training in memory, so that another call can continue it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

from nnzoo.errors import UsageError, counted
from nnzoo.kinds import Floats
from nnzoo.training.recipe import Recipe
from nnzoo.training.state import TrainingState
from nnzoo.training.trainer import Trainer


def _checksum(trainer: Trainer) -> int:
    """Checksum of the first samples and their targets; 0 for a stream, which reading would advance."""
    if trainer.state.stream:
        return 0
    batch = next(trainer.train.in_order())
    return crc32(batch.targets.tobytes(), crc32(batch.inputs.tobytes()))


def has_same_rates(trainer: Trainer, epochs: int, steps: int) -> bool:
    """Whether the trainer's schedule gives the first steps the same learning rates as with this number of epochs."""
    factor, before = trainer.recipe.schedule.factor, epochs * len(trainer.train)
    return all(factor(step, max(before, 1)) == factor(step, max(trainer.total_steps, 1)) for step in range(steps))


@dataclass(frozen=True)
class Unfinished:
    """A training that can be continued: its recipe and its state, without the data.

    Attributes
    ----------
    recipe : Recipe
    state : TrainingState
    first_epoch : int
        The number of epochs that the network had been trained before.
    batches : int
        Steps of an epoch.
    first_batch : int
        Checksum of the first samples and their targets.
    parameters, layers_state : ndarray or None
        The network's vectors after the last step, if it was given other weights then: the best epoch's, or an average.
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
        """The state of a trainer; afterwards the network has the weights to keep."""
        network = trainer.network
        last, state = network.parameters.vector.copy(), network.state.vector.copy()
        trainer.keep_best()
        unfinished = cls(trainer.recipe, trainer.state, trainer.first_epoch, len(trainer.train), _checksum(trainer))
        if (last == network.parameters.vector).all() and (state == network.state.vector).all():
            return unfinished
        return replace(unfinished, parameters=last, layers_state=state)

    def restore(self, trainer: Trainer) -> None:
        """Restore the state into a trainer of the same recipe, for as many epochs or more.

        Raises
        ------
        UsageError
            When the recipe or the data differ, the schedule would have had other rates, or no epochs are left.
        """
        recipe = trainer.recipe
        if (same := replace(recipe, epochs=self.recipe.epochs)) != self.recipe:
            before, after = ({**one.settings(), **one.components(), **one.lists()} for one in (self.recipe, same))
            differing = [f"{name} = {after[name]}, was {before[name]}" for name in after if after[name] != before[name]]
            raise UsageError(
                f"resume continues the same training, but this is another: {'; '.join(differing)}",
                hint="give the same arguments, or leave resume out",
            )
        if len(trainer.train) != self.batches:
            raise UsageError(
                f"resume needs the same data: there were {self.batches} steps an epoch, not {len(trainer.train)}"
            )
        if _checksum(trainer) != self.first_batch:
            raise UsageError("resume needs the same data, but the first samples differ", hint="leave resume out")
        if not has_same_rates(trainer, self.recipe.epochs, self.state.steps):
            raise UsageError(
                f"{recipe.schedule.label} plans for all epochs: with {recipe.epochs} instead of {self.recipe.epochs} "
                "the steps so far would have had other rates",
                hint="plan all epochs from the start and end early with stop_after; or use schedule='constant'",
            )
        trainer.state = self.state
        if trainer.finished():
            raise UsageError(
                f"the training is at its end, after {counted(self.state.epoch, 'epoch')}",
                hint="epochs counts from its beginning",
            )
        if self.parameters is not None and self.layers_state is not None:
            trainer.network.parameters.vector[...] = self.parameters
            trainer.network.state.vector[...] = self.layers_state
