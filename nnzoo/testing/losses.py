"""Checks of losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import Buffer, Loss
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import far_off, floating_point_errors, peak_memory, random, require_gradient
from nnzoo.testing.plain import plain, require_same

SHAPES = ((1, 2), (5, 3), (3, 10), (1, 1), (7, 1))
"""(rows, outputs); there are no class numbers of one class."""

FORMS = ("class numbers", "values")
LARGE = (20_000, 10)


@dataclass(frozen=True)
class Batch:
    """Outputs and targets of one form, and the arrays that the loss writes to."""

    loss: Loss
    outputs: NDArray[Any]
    targets: NDArray[Any]
    losses: NDArray[Any]
    grad: NDArray[Any]
    workspace: dict[str, NDArray[Any]]

    def run(self) -> NDArray[Any]:
        """The loss of each row; the gradient is in ``grad``."""
        self.loss.losses(self.outputs, self.targets, self.losses, self.grad, self.workspace)
        return self.losses

    def sum(self) -> float:
        """The sum over the rows."""
        return float(self.run().sum())


def exercise(loss: Loss) -> list[Any]:
    """Use it once."""
    results: list[Any] = []
    for form in _forms(loss):
        batch = _batch(loss, form, 5, 3, np.float32)
        results += [batch.run().copy(), batch.grad]
        loss.predict(batch.outputs)
        results.append(batch.outputs)
    return results


def check_targets(loss: Loss) -> None:
    """It takes class numbers, or values (labels, shares of classes), or both; what it does not take is a UsageError."""
    for form in _forms(loss):
        _batch(loss, form, 4, 3, np.float32).run()


def check_plan(loss: Loss) -> None:
    """`plan` returns a Buffer for each scratch array, by name, and the same at each call."""
    for _, k in SHAPES:
        planned = loss.plan(k)
        require(isinstance(planned, dict), f"plan returns {with_article(planned)}, not a dict of buffers")
        for name, buffer in planned.items():
            require(isinstance(buffer, Buffer), f"plan's {name!r} is {with_article(buffer)}, not a Buffer")
        require(loss.plan(k) == planned, "plan asks for other arrays the second time")


def check_in_place(loss: Loss) -> None:
    """`losses` fills ``losses`` and ``grad`` and leaves outputs and targets alone; `predict` changes the outputs."""
    for form, n, k in _cases(loss):
        batch = _batch(loss, form, n, k, np.float32)
        before, arrays = (batch.outputs.copy(), batch.targets.copy()), dict(batch.workspace)
        returned = loss.losses(batch.outputs, batch.targets, batch.losses, batch.grad, batch.workspace)
        require(returned is None, f"losses returns {with_article(returned)}", hint="write into losses and grad")
        for name, array in (("losses", batch.losses), ("grad", batch.grad)):
            require(not np.isnan(array).any(), f"(part of) {name} is left unwritten", hint=f"write {name}[...] = …")
        require(np.array_equal(batch.outputs, before[0]), "losses changes the outputs")
        require(np.array_equal(batch.targets, before[1]), "losses changes the targets")
        same = batch.workspace.keys() == arrays.keys() and all(batch.workspace[name] is arrays[name] for name in arrays)
        require(same, "it puts an array of its own into the workspace", hint="plan it, and write into it")
        require(loss.predict(batch.outputs) is None, "predict returns something", hint="it changes outputs in place")


def check_gradient(loss: Loss) -> None:
    """A row of ``grad`` is the derivative of that row's loss by its outputs (central differences, float64)."""
    for form, n, k in _cases(loss):
        batch = _batch(loss, form, n, k, np.float64)
        batch.run()
        what = f"gradient of an output, with {form}, in a batch of shape {(n, k)},"
        require_gradient(what, batch.grad.copy(), batch.sum, batch.outputs, np.arange(batch.outputs.size))


def check_each_row_by_itself(loss: Loss) -> None:
    """Loss and gradient of a row are the same whatever other rows there are: nothing is averaged over the batch."""
    for form, n, k in _cases(loss):
        together = _batch(loss, form, n, k, np.float64)
        together.run()
        for row in range(n):
            alone = _rows(together, slice(row, row + 1))
            alone.run()
            for what, whole, part in (
                ("loss", together.losses, alone.losses),
                ("gradient", together.grad, alone.grad),
            ):
                require(
                    far_off(whole[row], part[0], 1e-9) is None,
                    f"the {what} of a row is {whole[row]} in a batch of {n}, and {part[0]} by itself",
                    hint="a loss treats each row by itself; the trainer weighs rows and takes their mean",
                )


def check_workspace(loss: Loss) -> None:
    """What an earlier batch, perhaps a longer one, has left in the workspace makes no difference."""
    for form in _forms(loss):
        fresh, used = (_batch(loss, form, 5, 3, np.float64) for _ in range(2))
        fresh.run()
        longer = _batch(loss, form, 8, 3, np.float64, seed=1)
        longer.run()
        used.workspace.update({name: array[:5] for name, array in longer.workspace.items()})
        used.run()
        same = np.array_equal(fresh.losses, used.losses) and np.array_equal(fresh.grad, used.grad)
        require(same, "after another batch it computes something else", hint="write a scratch array before reading it")


def check_no_allocation(loss: Loss) -> None:
    """`losses` makes no array as large as the outputs, nor a fifth of that."""
    for form in _forms(loss):
        batch = _batch(loss, form, *LARGE, np.float32)
        peak = peak_memory(batch.run)
        require(
            peak <= batch.outputs.nbytes // 5,
            f"losses allocates {peak:,} bytes for {batch.outputs.nbytes:,} of outputs, with {form}",
            hint="work in grad and losses (out=…); further scratch arrays are what plan is for",
        )


def check_dtype(loss: Loss) -> None:
    """float32 gives the values of float64, to the precision of float32."""
    for form in _forms(loss):
        single = _batch(loss, form, 6, 4, np.float32)
        double = _made(loss, single.outputs.astype(np.float64), _as(single.targets, np.float64))
        single.run(), double.run()
        for what, one, other in (("loss", single.losses, double.losses), ("gradient", single.grad, double.grad)):
            place = far_off(one.astype(np.float64), other, 1e-4)
            require(place is None, f"with {form} the {what} is another in float32 than in float64")


def check_extremes(loss: Loss) -> None:
    """Outputs of ±10,000 in float32 give a finite loss, gradient and prediction, without overflow or warning."""
    rows = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [0, 0, 0], [-1e4, -1e4, -1e4], [88.8, -88.8, 1]], np.float32)
    for form in _forms(loss):
        for wanted in range(3):
            classes = np.full(len(rows), wanted)
            batch = _made(loss, rows.copy(), classes if form == FORMS[0] else np.eye(3, dtype=np.float32)[classes])
            try:
                with floating_point_errors():
                    batch.run()
                    loss.predict(batch.outputs)
            except FloatingPointError as error:
                raise CheckFailed(
                    f"{error} for outputs within ±10,000", hint="subtract each row's maximum before exp"
                ) from None
            for what, result in (("loss", batch.losses), ("gradient", batch.grad), ("prediction", batch.outputs)):
                require(np.isfinite(result).all(), f"the {what} is not finite for outputs within ±10,000")


def check_descends(loss: Loss) -> None:
    """Outputs that follow the gradient down bring the loss down."""
    for form in _forms(loss):
        batch = _batch(loss, form, 8, 2, np.float64)
        first = batch.sum()
        for _ in range(300):
            batch.run()
            batch.outputs[...] -= batch.grad / 8
        last = batch.sum()
        require(last < 0.9 * first, f"300 steps against the gradient bring the sum from {first:.4g} to {last:.4g} only")


def check_probabilities(loss: Loss) -> None:
    """If it gives probabilities, `predict` keeps the outputs' order; of classes, they add up to 1 in a row."""
    if not loss.gives_probabilities:
        raise CheckSkipped("it declares gives_probabilities = False")
    outputs = 4 * random(6).standard_normal((50, 10)).astype(np.float32)
    probabilities = outputs.copy()
    loss.predict(probabilities)
    require(((probabilities >= 0) & (probabilities <= 1)).all(), "predict gives values that are not probabilities")
    if FORMS[0] in _forms(loss):
        require(np.allclose(probabilities.sum(axis=1), 1, atol=1e-5), "rows of what predict gives do not add up to 1")
    require(
        np.array_equal(probabilities.argmax(axis=1), outputs.argmax(axis=1)),
        "predict prefers another class than the outputs",
    )


def check_curvature(loss: Loss) -> None:
    """The class variable `curvature` is positive and finite."""
    require(0 < loss.curvature < np.inf, f"curvature = {loss.curvature!r}")


def _forms(loss: Loss) -> list[str]:
    """The forms of targets that it takes.

    Raises
    ------
    CheckFailed
        When it takes none.
    """
    taken, refused = [], ""
    for form in FORMS:
        try:
            _batch(loss, form, 3, 2, np.float32).run()
        except UsageError as error:
            refused = error.message
        else:
            taken.append(form)
    require(taken, f"it takes neither class numbers nor values: {refused}")
    return taken


def _cases(loss: Loss) -> list[tuple[str, int, int]]:
    return [(form, n, k) for form in _forms(loss) for n, k in SHAPES if k > 1 or form != FORMS[0]]


def _batch(loss: Loss, form: str, n: int, k: int, dtype: type[np.floating[Any]], *, seed: int = 0) -> Batch:
    """Random outputs, and targets: class numbers, rows of one 1 for a loss of probabilities, or any values."""
    rng = random(7, n, k, seed)
    outputs, classes = 2 * rng.standard_normal((n, k)), rng.integers(k, size=n)
    values = np.eye(k)[classes] if loss.gives_probabilities else rng.standard_normal((n, k))
    return _made(loss, outputs.astype(dtype), classes.astype(np.intp) if form == FORMS[0] else values.astype(dtype))


def _made(loss: Loss, outputs: NDArray[Any], targets: NDArray[Any]) -> Batch:
    n, k = outputs.shape
    workspace = {
        name: np.full((n, *buffer.shape), buffer.fill, buffer.dtype or outputs.dtype)
        for name, buffer in loss.plan(k).items()
    }
    losses = np.full(n, np.nan, outputs.dtype)
    return Batch(loss, outputs, targets, losses, np.full_like(outputs, np.nan), workspace)


def _rows(batch: Batch, rows: slice) -> Batch:
    return _made(batch.loss, batch.outputs[rows].copy(), batch.targets[rows].copy())


def _as(targets: NDArray[Any], dtype: type[np.floating[Any]]) -> NDArray[Any]:
    return targets.astype(dtype) if targets.dtype.kind == "f" else targets


def check_export(loss: Loss) -> None:
    """What stands for it in exported scripts makes the predictions that it makes, at each position of a sample."""
    outputs = 3 * random(7).standard_normal((20, 2, 3)).astype(np.float32)
    predictions = outputs.copy()
    loss.predict(predictions.reshape(-1, 3))
    require_same(plain(loss), predictions, [outputs])


CHECKS = (
    check_targets,
    check_plan,
    check_in_place,
    check_gradient,
    check_each_row_by_itself,
    check_workspace,
    check_no_allocation,
    check_dtype,
    check_extremes,
    check_descends,
    check_probabilities,
    check_curvature,
    check_export,
)
