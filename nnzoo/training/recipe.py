"""`Recipe`: everything that determines a training run, with defaults for what the user leaves open."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, doc

from nnzoo.component import Component
from nnzoo.errors import UsageError
from nnzoo.hyperparameters import Validated
from nnzoo.kinds import (
    Activation,
    AnyModel,
    CompositeTask,
    Loss,
    Metric,
    Observer,
    Optimizer,
    Problem,
    Schedule,
    Task,
    Transform,
)
from nnzoo.nn.threads import Threads, processors
from nnzoo.plugins.registry import Registry
from nnzoo.training.data import PreparedData
from nnzoo.training.defaults import table_defaults
from nnzoo.training.freezing import pattern_texts, rate_texts

logger = logging.getLogger("nnzoo")

LISTS = {"metrics": "metric", "transforms": "transform", "observers": "observer"}
"""The fields with several components, and their kind."""
MANY_OUTPUTS = 5
"""The number of outputs from which on the stated curvature of a loss, a mean over them, holds."""

MOST = 1_000_000_000
"""Most epochs, or samples in a step; more is a typing error."""


@dataclass(frozen=True)
class Recipe(Validated):
    """All settings of a training run. With the data and the environment, it determines the weights to the bit."""

    task: Task
    model: AnyModel
    activation: Activation
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    learning_rate: Annotated[float, Gt(0), doc("size of a step, before the schedule's factor")]
    weight_decay: Annotated[float, Ge(0), doc("share of each weight, times the learning rate, lost at each step")]
    epochs: Annotated[int, Ge(0), Le(MOST), doc("passes over the training data")] = 10
    batch_size: Annotated[int, Ge(1), Le(MOST), doc("samples in a step")] = 128
    seed: Annotated[int, Ge(0), doc("random seed")] = 0
    validation: Annotated[float, Ge(0), Lt(1), doc("share of the training data held out and measured")] = 0.0
    early_stopping: Annotated[
        int | None, Ge(1), Le(MOST), doc("epochs without a better validation loss after which training stops")
    ] = None
    keep: Annotated[Literal["best", "last"], doc("the epoch whose weights are kept")] = "last"
    monitor: Annotated[str, doc("the validation figure that selects the best epoch: loss, or a metric's")] = "loss"
    class_weight: Annotated[str, doc("weights of classes in the loss: balanced, or name=weight,…")] = ""
    metrics: tuple[Metric, ...] = ()
    transforms: tuple[Transform, ...] = ()
    observers: tuple[Observer, ...] = ()
    freeze: Annotated[tuple[str, ...], doc("patterns of the names of arrays that stay unchanged")] = ()
    learning_rate_of: Annotated[tuple[str, ...], doc("PATTERN=FACTOR: arrays whose learning rate is multiplied")] = ()
    threads: Annotated[
        Threads, doc("threads that a step may use, 1 or more; auto for all processors if layers are large")
    ] = 1

    def components(self) -> dict[str, Component]:
        """Its single components by kind, without those of `LISTS`."""
        values = (getattr(self, field.name) for field in fields(self))
        return {value.kind: value for value in values if isinstance(value, Component)}

    def lists(self) -> dict[str, tuple[Component, ...]]:
        """Its several components, by the names of `LISTS`."""
        return {name: getattr(self, name) for name in LISTS}

    def settings(self) -> dict[str, Any]:
        """The settings that are not components, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in LISTS}
        return {name: value for name, value in values.items() if not isinstance(value, Component)}


def resolve_recipe(
    registry: Registry,
    *,
    task: str | Task = "classification",
    outputs: int | None = None,
    data: PreparedData | None = None,
    problem: Problem | None = None,
    model: str | AnyModel = "mlp",
    activation: str | Activation = "relu",
    loss: str | Loss | None = None,
    optimizer: str | Optimizer = "momentum",
    schedule: str | Schedule = "one-cycle",
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    keep: str | None = None,
    metrics: str | Metric | Sequence[str | Metric] | None = None,
    transforms: str | Transform | Sequence[str | Transform] | None = None,
    observers: str | Observer | Sequence[str | Observer] | None = None,
    class_weight: str | Mapping[str, float] | None = None,
    freeze: str | Sequence[str] | None = None,
    learning_rate_of: str | Mapping[str, float] | Sequence[str] | None = None,
    **settings: Any,
) -> Recipe:
    """Make a recipe from the user's choices, with defaults for the rest.

    The default loss and metrics depend on ``task``, and on the ``problem`` if it is known; the default rates on the
    components, and on the number of ``outputs`` or the ``data`` if they are known; for ``data`` from a table, so do
    epochs and batch size. Raises UnknownComponentError, HyperparameterError or UsageError for an invalid choice.
    """
    built_optimizer: Optimizer = registry.build("optimizer", optimizer)
    built_activation: Activation = registry.build("activation", activation)
    built_task: Task = registry.build("task", task)
    problem = problem if data is None else data.problem
    default_loss: str | Component = built_task.default_loss
    if isinstance(built_task, CompositeTask) and problem is not None:
        default_loss = built_task.loss_for(problem)
        metrics = built_task.metrics_for(problem) if metrics is None else metrics
    built_loss: Loss = registry.build("loss", loss or default_loss)
    if isinstance(built_task, CompositeTask) and problem is not None and built_loss != default_loss:
        raise UsageError(
            f"{built_task.label} chooses its loss: {default_loss}",
            hint=f"leave the loss out; for more, see nnzoo show task {built_task.name}",
        )
    built_schedule: Schedule = registry.build("schedule", schedule)
    built_model: AnyModel = registry.build("model", model)
    outputs = outputs if data is None else data.problem.width
    parts = (built_optimizer, built_model, built_activation, built_loss, built_schedule)
    default_rate, default_decay = default_rates(*parts, outputs)
    if data is not None and data.preprocessing.columns:
        targets = data.train.array if built_task.target_is_input else data.train.targets
        fitting = table_defaults(data.train.array, targets)
        settings = {"epochs": fitting.epochs, "batch_size": fitting.batch_size, **settings}
        default_rate, default_decay = fitting.rates(
            default_rate,
            default_decay,
            curvature=loss_curvature(built_loss, outputs) if built_optimizer.gradient_scaled else 1.0,
            gradient_scaled=built_optimizer.gradient_scaled,
        )
    return Recipe(
        task=built_task,
        metrics=build_all(registry, "metrics", built_task.default_metrics if metrics is None else metrics),
        transforms=build_all(registry, "transforms", transforms or ()),
        observers=build_all(registry, "observers", observers or ()),
        class_weight=class_weight_text(class_weight),
        freeze=pattern_texts(freeze),
        learning_rate_of=rate_texts(learning_rate_of),
        model=built_model,
        activation=built_activation,
        loss=built_loss,
        optimizer=built_optimizer,
        schedule=built_schedule,
        learning_rate=default_rate if learning_rate is None else learning_rate,
        weight_decay=default_decay if weight_decay is None else weight_decay,
        keep=keep or ("last" if settings.get("early_stopping") is None else "best"),  # type: ignore[arg-type] # checked
        **settings,
    )


def build_all(registry: Registry, name: str, given: Any) -> tuple[Any, ...]:
    """Build the components of one of the `LISTS` from one or several, each an object or a text.

    Raises UnknownComponentError, HyperparameterError or UsageError for an invalid one.
    """
    kind = LISTS[name]
    if isinstance(given, str | Component):
        given = (given,)
    if not isinstance(given, Iterable):
        raise UsageError(f"{name} = {given!r} is not a list of {name}", hint=f"name them: {registry.names(kind)[:2]}")
    return tuple(registry.build(kind, each) for each in given)


def fitting_threads(recipe: Recipe) -> Recipe:
    """The recipe with at most one thread per processor: more would wait for each other, and take far longer."""
    available = processors()
    if recipe.threads == "auto" or recipe.threads <= available:
        return recipe
    logger.warning("%d threads are more than there are processors: using %d", recipe.threads, available)
    return replace(recipe, threads=available)


def class_weight_text(weights: str | Mapping[Any, float] | None) -> str:
    """Class weights as on the command line, or as JSON if a name would be misread there.

    >>> class_weight_text({"cat": 2, "dog": 1.5}), class_weight_text("balanced"), class_weight_text(None)
    ('cat=2,dog=1.5', 'balanced', '')
    >>> class_weight_text({"cat, large": 2})
    '{"cat, large": 2.0}'

    Raises
    ------
    UsageError
        When they are neither a text nor numbers by name.
    """
    if weights is None or isinstance(weights, str):
        return weights or ""
    try:
        weights = {str(name): float(weight) for name, weight in weights.items()}
    except (AttributeError, TypeError, ValueError):
        raise UsageError(
            f"class_weight = {weights!r} is neither 'balanced' nor a mapping of classes to weights"
        ) from None
    if any(set(name) & set(",={") or name != name.strip() for name in weights):
        return json.dumps(weights)
    return ",".join(f"{name}={weight:.17g}" for name, weight in weights.items())


def default_rates(
    optimizer: Optimizer,
    model: AnyModel,
    activation: Activation,
    loss: Loss,
    schedule: Schedule,
    outputs: int | None = None,
) -> tuple[float, float]:
    """The default learning rate and weight decay for these components.

    They are the optimizer's. If its steps grow with the gradient, they are adapted to the steepness s, the product of
    the activation's slope, the loss's curvature and the model's depth: the learning rate is divided by s and the weight
    decay multiplied by it, which keeps their product, the rate at which weights shrink. The learning rate is multiplied
    by the schedule's ``rate_share``. ``docs/architecture.md`` has the measurements behind the numbers.
    """
    steepness = 1.0
    if optimizer.gradient_scaled:
        steepness = activation.slope * loss_curvature(loss, outputs) * model.depth()
    rate, decay = optimizer.default_learning_rate, optimizer.default_weight_decay
    return rate / steepness * schedule.rate_share, decay * steepness


def rates_by_default(recipes: Sequence[Recipe | None], outputs: Sequence[int]) -> set[str]:
    """The rates that have the default value in every recipe; none if a recipe is unknown."""
    rates = {"learning_rate", "weight_decay"}
    for recipe, width in zip(recipes, outputs, strict=True):
        if recipe is None:
            return set()
        parts = (recipe.optimizer, recipe.model, recipe.activation, recipe.loss, recipe.schedule)
        rate, decay = default_rates(*parts, width)
        rates -= {"learning_rate"} if recipe.learning_rate != rate else set()
        rates -= {"weight_decay"} if recipe.weight_decay != decay else set()
    return rates


def loss_curvature(loss: Loss, outputs: int | None) -> float:
    """The curvature of a loss for a number of outputs.

    A loss that is a mean over the values of a sample is more curved for fewer values than `MANY_OUTPUTS`.
    """
    few = 1.0 if loss.gives_probabilities or outputs is None else max(1.0, MANY_OUTPUTS / outputs)
    return loss.curvature * few
