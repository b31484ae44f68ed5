"""Several targets learnt together, such as a class and a value, each with its own loss and weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, doc
from numpy.typing import NDArray

from nnzoo.api import (
    Arrays,
    Buffer,
    CompositeTask,
    FileFormatError,
    Fitted,
    Floats,
    InvertiblePreprocessor,
    Loss,
    OutputPart,
    Preprocessor,
    Problem,
    Shape,
    Task,
    UsageError,
    hookimpl,
)
from nnzoo.builtin import numpy_functions
from nnzoo.builtin.losses import MeanSquaredError, SoftmaxCrossEntropy
from nnzoo.builtin.preprocessors import Standardize
from nnzoo.builtin.tasks import Classification, Regression, finite_targets


@dataclass(frozen=True)
class StandardizeFields(InvertiblePreprocessor):
    """Standardizes those of several targets that are values to mean 0 and deviation 1; classes are not changed.

    Targets without fields are standardized like in `standardize`.
    """

    name: ClassVar[str] = "standardize-fields"

    def fit(self, values: Any) -> Fitted:
        if not np.asarray(values).dtype.names:
            return Standardize().fit(values)
        names, widths, means, deviations = [], [], list[Any](), list[Any]()
        for name, field in _fields(values):
            names.append(name)
            if field.dtype.kind == "f":
                fitted = Standardize().fit(field)
                means.append(fitted["mean"])
                deviations.append(fitted["deviation"])
            else:
                classes = len(np.unique(field))
                means.append(np.zeros(classes))
                deviations.append(np.ones(classes))
            widths.append(len(means[-1]))
        mean, deviation = np.concatenate(means), np.concatenate(deviations)
        return {"names": np.array(names), "widths": np.array(widths), "mean": mean, "deviation": deviation}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        if "names" not in fitted:
            return Standardize().transform(values, fitted)
        done, start = np.asarray(values).copy(), 0
        fields = dict(_fields(done))
        for name, width in zip(fitted["names"].tolist(), fitted["widths"].tolist(), strict=True):
            if name not in fields:
                raise _no_target(name, fields)
            if fields[name].dtype.kind == "f":
                if fields[name].shape[1] != width:
                    raise FileFormatError(
                        f"the target {name!r} is {fields[name].dtype} of shape {done[name].shape}, but the training "
                        f"part has {width} classes or values",
                        hint="in each part, classes are integers or texts, and values are floating-point numbers",
                    )
                columns = {key: fitted[key][start : start + width] for key in ("mean", "deviation")}
                done[name] = Standardize().transform(fields[name], columns).reshape(done[name].shape)
            start += width
        return done

    def inverse(self, values: Floats, fitted: Fitted) -> None:
        Standardize().inverse(values, fitted)


@dataclass(frozen=True)
class Joint(CompositeTask):
    """Several targets for each sample, learnt together by one network.

    Targets are a structured array with a field for each: integers and texts are classes, floating-point numbers are
    values. The network has an output for each class of each target, and for each value. Its answer contains them all.

    ``losses`` and ``weights`` have an item for each target, in the order of the fields; the default weight is 1.
    """

    name: ClassVar[str] = "joint"
    default_loss: ClassVar[str] = "joint"
    default_metrics: ClassVar[tuple[str, ...]] = ()

    weights: Annotated[tuple[Annotated[float, Gt(0)], ...], doc("how much each target counts in the loss")] = ()
    losses: Annotated[
        tuple[Loss, ...], doc("loss of each target; default: cross-entropy for classes, squared error for values")
    ] = ()

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        return (StandardizeFields(),)

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        if not targets.dtype.names or targets.ndim != 1:
            raise FileFormatError(
                f"targets must have several fields, but are {targets.dtype} of shape {targets.shape}",
                hint="use Split.joined(inputs, {…}); for a single class, use the task classification",
            )
        if len(self.weights) not in (0, len(targets.dtype.names)):
            raise UsageError(f"{self.label} has {len(self.weights)} weights for {len(targets.dtype.names)} targets")
        outputs, start, names_of_outputs = list[OutputPart](), 0, list[str]()
        for name, field in _fields(targets):
            classes = tuple(map(str, np.unique(field).tolist())) if field.dtype.kind != "f" else ()
            outputs.append(OutputPart(name, start, len(classes) or field.shape[1], classes))
            start += outputs[-1].width
            kinds = classes or (range(field.shape[1]) if field.shape[1] > 1 else ())
            names_of_outputs += [f"{name}: {each}" for each in kinds] or [name]
        return Problem(input_shape, (start,), (start,), tuple(names_of_outputs), outputs=tuple(outputs))

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        encoded, fields = np.zeros((len(targets), problem.width), np.float32), dict(_fields(targets))
        for part in problem.outputs:
            if part.name not in fields:
                raise _no_target(part.name, fields)
            field, columns = fields[part.name], encoded[:, part.columns]
            if not part.names:
                columns[...] = _values(part, field)
                continue
            if field.dtype.kind == "f":
                raise FileFormatError(
                    f"the target {part.name!r} is {field.dtype}, but in the training part it has classes",
                    hint="use the type of the training part: integers or texts",
                )
            number = {name: place for place, name in enumerate(part.names)}
            for row, value in enumerate(field[:, 0].tolist()):
                if str(value) not in number:
                    raise FileFormatError(
                        f"target {row} has an unknown {part.name}: {value!r}",
                        hint=f"known are {', '.join(part.names[:10])}; if these are values and not classes, convert "
                        "them to floating-point numbers with astype(float)",
                    )
                columns[row, number[str(value)]] = 1
        return encoded

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        np.copyto(out, predictions)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        mean: Floats = targets.mean(axis=0, dtype=np.float64)
        return mean

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        answers = {}
        for part in problem.outputs:
            task = Classification() if part.names else Regression()
            answers[part.name] = task.answer(prediction[part.columns], problem.of_output(part))
        return {"answer": {name: one["answer"] for name, one in answers.items()}, **answers}

    def loss_for(self, problem: Problem) -> Loss:
        usual = tuple(SoftmaxCrossEntropy() if part.names else MeanSquaredError() for part in problem.outputs)
        losses = self.losses or usual
        if len(losses) != len(problem.outputs):
            raise UsageError(f"{self.label} has {len(losses)} losses for {len(problem.outputs)} targets")
        for loss, part in zip(losses, problem.outputs, strict=True):
            if loss.gives_probabilities and not part.names:
                raise UsageError(f"{loss.label} is for classes, but the target {part.name!r} has values")
        widths = tuple(part.width for part in problem.outputs)
        return JointLoss(losses, widths, self.weights or (1.0,) * len(widths))

    def metrics_for(self, problem: Problem) -> tuple[str, ...]:
        kinds = {bool(part.names) for part in problem.outputs}
        return tuple(name for kind, name in ((True, "accuracy"), (False, "r2")) if kind in kinds)


@dataclass(frozen=True)
class JointLoss(Loss):
    """The weighted sum of several losses, each for some of the outputs; by default the squared error of all.

    Equation::

        L = w₁ L₁(outputs 0 … k₁) + w₂ L₂(the k₂ that follow) + …
    """

    name: ClassVar[str] = "joint"
    in_numpy: ClassVar = numpy_functions.joint
    curvature: ClassVar[float] = MeanSquaredError.curvature

    losses_of: Annotated[tuple[Loss, ...], doc("one for each target")] = ()
    widths: Annotated[tuple[Annotated[int, Ge(1)], ...], doc("number of outputs of each")] = ()
    weights: Annotated[tuple[Annotated[float, Gt(0)], ...], doc("weight of each")] = ()

    def plan(self, outputs: int) -> Mapping[str, Buffer]:
        planned: dict[str, Buffer] = {}
        for place, (loss, _, columns) in enumerate(self._parts(outputs)):
            width = columns.stop - columns.start
            planned |= {f"{place}.{name}": Buffer((width,)) for name in ("outputs", "targets", "grad")}
            planned[f"{place}.losses"] = Buffer(())
            planned |= {f"{place}.loss.{name}": buffer for name, buffer in loss.plan(width).items()}
        return planned

    def losses(self, outputs: Floats, targets: NDArray[Any], losses: Floats, grad: Floats, workspace: Arrays) -> None:
        if targets.ndim != 2:
            raise UsageError(
                f"{self.label} is for several things learnt together, not for classes alone", hint="take the task joint"
            )
        losses.fill(0)
        for place, (loss, weight, columns) in enumerate(self._parts(outputs.shape[1])):
            own, wanted, slope, one = (
                workspace[f"{place}.{name}"] for name in ("outputs", "targets", "grad", "losses")
            )
            prefix = f"{place}.loss."
            inner = {name.removeprefix(prefix): a for name, a in workspace.items() if name.startswith(prefix)}
            np.copyto(own, outputs[:, columns])
            np.copyto(wanted, targets[:, columns], casting="same_kind")
            loss.losses(own, wanted, one, slope, inner)
            one *= weight
            losses += one
            slope *= weight
            np.copyto(grad[:, columns], slope)

    def predict(self, outputs: Floats) -> None:
        for loss, _, columns in self._parts(outputs.shape[1]):
            own = outputs[:, columns].copy()
            loss.predict(own)
            outputs[:, columns] = own

    def _parts(self, outputs: int) -> Iterator[tuple[Loss, float, slice]]:
        """Each loss with its weight and its columns.

        Raises
        ------
        UsageError
            When they do not match the number of outputs.
        """
        losses, widths = (self.losses_of, self.widths) if self.losses_of else ((MeanSquaredError(),), (outputs,))
        weights = self.weights or (1.0,) * len(losses)
        if not len(losses) == len(widths) == len(weights) or sum(widths) != outputs:
            raise UsageError(
                f"{self} does not fit {outputs} outputs",
                hint="leave the loss out, and the task joint chooses it; for weights, use the task joint:weights=1,0.5",
            )
        start = 0
        for loss, width, weight in zip(losses, widths, weights, strict=True):
            yield loss, weight, slice(start, start + width)
            start += width


def _fields(targets: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each field with its name, as an array with a column for each value."""
    for name in np.asarray(targets).dtype.names or ():
        field = targets[name]
        columns = field.reshape(len(field), -1) if len(field) else field.reshape(0, 1)
        if field.dtype.kind not in "fiubU" or (field.dtype.kind != "f" and columns.shape[1] != 1):
            raise FileFormatError(
                f"the target {name!r} is {field.dtype} of shape {field.shape}",
                hint="classes are integers or texts of shape (n,), values are floating-point numbers",
            )
        yield name, columns


def _values(part: OutputPart, field: NDArray[Any]) -> NDArray[Any]:
    if field.dtype.kind != "f" or field.shape[1] != part.width:
        raise FileFormatError(
            f"the target {part.name!r} is {field.dtype} with {field.shape[1]} values for each sample, but the training "
            f"part has {part.width} floating-point numbers for each"
        )
    return finite_targets(field, part.name)


def _no_target(name: str, fields: Mapping[str, Any]) -> FileFormatError:
    return FileFormatError(f"there is no target {name!r}", hint=f"targets are {', '.join(fields)}")


@hookimpl
def nnzoo_tasks() -> list[type[Task]]:
    return [Joint]


@hookimpl
def nnzoo_losses() -> list[type[Loss]]:
    return [JointLoss]


@hookimpl
def nnzoo_preprocessors() -> list[type[Preprocessor]]:
    return [StandardizeFields]
