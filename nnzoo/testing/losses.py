"""Checks of losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.kinds import Buffer, Loss
from nnzoo.kinds.layer import scratch
from nnzoo.testing.check import CheckFailed, CheckSkipped, require, results_of
from nnzoo.testing.numerics import far_off, floating_point_errors, peak_memory, random, require_gradient
from nnzoo.testing.observation import same_objects
from nnzoo.testing.plain import plain, require_same

SHAPES = ((1, 2), (5, 3), (3, 10), (1, 1), (7, 1))
"""(rows, outputs); a single output has no class numbers."""

FORMS = ("class numbers", "values")
LARGE = (20_000, 10)


@dataclass(frozen=True)
class Batch:
    """Outputs, targets, and the arrays that the loss writes to."""

    loss: Loss
    outputs: NDArray[Any]
    targets: NDArray[Any]
    losses: NDArray[Any]
    grad: NDArray[Any]
    workspace: dict[str, NDArray[Any]]

    def run(self) -> NDArray[Any]:
        """Compute and return the loss of each row; the gradient is in ``grad``."""
        self.loss.losses(self.outputs, self.targets, self.losses, self.grad, self.workspace)
        return self.losses

    def sum(self) -> float:
        """Compute the sum of the losses of all rows."""
        return float(self.run().sum())


def exercise(loss: Loss) -> list[Any]:
    """Use the loss once."""
    results: list[Any] = []
    for form in _forms(loss):
        batch = _batch(loss, form, 5, 3, np.float32)
        results += [batch.run().copy(), batch.grad]
        loss.predict(batch.outputs)
        results.append(batch.outputs)
    return results


def check_targets(loss: Loss) -> None:
    """It takes class numbers, values (labels, shares of classes) or both, and raises a UsageError for others."""
    for form in _forms(loss):
        _batch(loss, form, 4, 3, np.float32).run()


def check_plan(loss: Loss) -> None:
    """`plan` returns a Buffer for each scratch array, by name, the same at each call."""
    for _, k in SHAPES:
        planned = loss.plan(k)
        require(isinstance(planned, dict), f"plan returns {with_article(planned)}, not a dict of buffers")
        for name, buffer in planned.items():
            require(isinstance(buffer, Buffer), f"plan's {name!r} is {with_article(buffer)}, not a Buffer")
        require(loss.plan(k) == planned, "plan returns other buffers the second time")


def check_in_place(loss: Loss) -> None:
    """`losses` fills ``losses`` and ``grad`` and changes no outputs or targets; `predict` changes the outputs."""
    for form, n, k in _cases(loss):
        batch = _batch(loss, form, n, k, np.float32)
        before, arrays = (batch.outputs.copy(), batch.targets.copy()), dict(batch.workspace)
        returned = loss.losses(batch.outputs, batch.targets, batch.losses, batch.grad, batch.workspace)
        require(returned is None, f"losses returns {with_article(returned)}", hint="write into losses and grad")
        for name, array in (("losses", batch.losses), ("grad", batch.grad)):
            require(not np.isnan(array).any(), f"(part of) {name} is left unwritten", hint=f"write {name}[...] = …")
        require(np.array_equal(batch.outputs, before[0]), "losses changes the outputs")
        require(np.array_equal(batch.targets, before[1]), "losses changes the targets")
        same = same_objects(batch.workspace, arrays)
        require(same, "it puts a new array into the workspace", hint="plan it, and write into it")
        require(loss.predict(batch.outputs) is None, "predict returns something", hint="it changes outputs in place")


def check_gradient(loss: Loss) -> None:
    """A row of ``grad`` is the derivative of that row's loss by its outputs (central differences, float64)."""
    for form, n, k in _cases(loss):
        batch = _batch(loss, form, n, k, np.float64)
        batch.run()
        what = f"gradient of an output, with {form}, in a batch of shape {(n, k)},"
        require_gradient(what, batch.grad.copy(), batch.sum, batch.outputs, np.arange(batch.outputs.size))


def check_each_row_by_itself(loss: Loss) -> None:
    """Loss and gradient of a row do not depend on other rows: nothing is averaged over the batch."""
    for form, n, k in _cases(loss):
        together = _batch(loss, form, n, k, np.float64)
        together.run()
        for row in range(n):
            alone = _bound(loss, together.outputs[row : row + 1].copy(), together.targets[row : row + 1].copy())
            alone.run()
            for what, whole, part in (
                ("loss", together.losses, alone.losses),
                ("gradient", together.grad, alone.grad),
            ):
                require(
                    far_off(whole[row], part[0], 1e-9) is None,
                    f"the {what} of a row is {whole[row]} in a batch of {n}, but {part[0]} alone",
                    hint="a loss treats each row separately; the trainer weights the rows and averages them",
                )


def check_workspace(loss: Loss) -> None:
    """Values that an earlier, perhaps longer, batch leaves in the workspace have no effect."""
    for form in _forms(loss):
        fresh, used = (_batch(loss, form, 5, 3, np.float64) for _ in range(2))
        fresh.run()
        longer = _batch(loss, form, 8, 3, np.float64, seed=1)
        longer.run()
        used.workspace.update({name: array[:5] for name, array in longer.workspace.items()})
        used.run()
        same = np.array_equal(fresh.losses, used.losses) and np.array_equal(fresh.grad, used.grad)
        require(same, "after another batch its results differ", hint="write a scratch array before reading it")


def check_no_allocation(loss: Loss) -> None:
    """`losses` allocates no more than a fifth of the size of the outputs."""
    for form in _forms(loss):
        batch = _batch(loss, form, *LARGE, np.float32)
        peak = peak_memory(batch.run)
        require(
            peak <= batch.outputs.nbytes // 5,
            f"losses allocates {peak:,} bytes for {batch.outputs.nbytes:,} of outputs, with {form}",
            hint="work in grad and losses (out=…), or request scratch arrays in plan",
        )


def check_dtype(loss: Loss) -> None:
    """float32 gives the values of float64, to the precision of float32."""
    for form in _forms(loss):
        single = _batch(loss, form, 6, 4, np.float32)
        targets = single.targets.astype(np.float64) if single.targets.dtype.kind == "f" else single.targets
        double = _bound(loss, single.outputs.astype(np.float64), targets)
        single.run(), double.run()
        for what, one, other in (("loss", single.losses, double.losses), ("gradient", single.grad, double.grad)):
            place = far_off(one.astype(np.float64), other, 1e-4)
            require(place is None, f"with {form} the {what} in float32 differs from that in float64")


def check_extremes(loss: Loss) -> None:
    """Outputs of ±10,000 in float32 give a finite loss, gradient and prediction, without overflow or warning."""
    rows = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [0, 0, 0], [-1e4, -1e4, -1e4], [88.8, -88.8, 1]], np.float32)
    for form in _forms(loss):
        for wanted in range(3):
            classes = np.full(len(rows), wanted)
            batch = _bound(loss, rows.copy(), classes if form == FORMS[0] else np.eye(3, dtype=np.float32)[classes])
            try:
                with floating_point_errors():
                    batch.run()
                    loss.predict(batch.outputs)
            except FloatingPointError as error:
                hint = "subtract each row's maximum before exp"
                raise CheckFailed(f"{error} for outputs within ±10,000", hint=hint) from None
            for what, result in (("loss", batch.losses), ("gradient", batch.grad), ("prediction", batch.outputs)):
                require(np.isfinite(result).all(), f"the {what} is not finite for outputs within ±10,000")


def check_descends(loss: Loss) -> None:
    """Steps against the gradient reduce the loss."""
    for form in _forms(loss):
        batch = _batch(loss, form, 8, 2, np.float64)
        first = batch.sum()
        for _ in range(300):
            batch.run()
            batch.outputs[...] -= batch.grad / 8
        last = batch.sum()
        fine = last < 0.9 * first
        require(fine, f"300 steps against the gradient only bring the sum from {first:.4g} to {last:.4g}")


def check_probabilities(loss: Loss) -> None:
    """If it gives probabilities, `predict` keeps the order of outputs; probabilities of classes add up to 1."""
    if not loss.gives_probabilities:
        raise CheckSkipped("it declares gives_probabilities = False")
    outputs = 4 * random(6).standard_normal((50, 10)).astype(np.float32)
    probabilities = outputs.copy()
    loss.predict(probabilities)
    require(((probabilities >= 0) & (probabilities <= 1)).all(), "predict gives values that are not probabilities")
    if FORMS[0] in _forms(loss):
        require(
            np.allclose(probabilities.sum(axis=1), 1, atol=1e-5), "rows of predicted probabilities do not add up to 1"
        )
    same = np.array_equal(probabilities.argmax(axis=1), outputs.argmax(axis=1))
    require(same, "the most probable class after predict is not the one with the largest output")


def check_curvature(loss: Loss) -> None:
    """The class variable `curvature` is positive and finite."""
    require(0 < loss.curvature < np.inf, f"curvature = {loss.curvature!r}")


def _forms(loss: Loss) -> list[str]:
    """The forms of targets that it accepts."""
    return [*results_of(lambda form: _batch(loss, form, 3, 2, np.float32).run(), {form: form for form in FORMS})]


def _cases(loss: Loss) -> list[tuple[str, int, int]]:
    return [(form, n, k) for form in _forms(loss) for n, k in SHAPES if k > 1 or form != FORMS[0]]


def _batch(loss: Loss, form: str, n: int, k: int, dtype: type[np.floating[Any]], *, seed: int = 0) -> Batch:
    """Random outputs and targets: class numbers, one-hot rows for a loss with probabilities, or any values."""
    rng = random(7, n, k, seed)
    outputs, classes = 2 * rng.standard_normal((n, k)), rng.integers(k, size=n)
    values = np.eye(k)[classes] if loss.gives_probabilities else rng.standard_normal((n, k))
    return _bound(loss, outputs.astype(dtype), classes.astype(np.intp) if form == FORMS[0] else values.astype(dtype))


def _bound(loss: Loss, outputs: NDArray[Any], targets: NDArray[Any]) -> Batch:
    """The batch with newly allocated arrays."""
    n, k = outputs.shape
    losses, workspace = np.full(n, np.nan, outputs.dtype), scratch(loss.plan(k), n, outputs.dtype)
    return Batch(loss, outputs, targets, losses, np.full_like(outputs, np.nan), workspace)


def check_export(loss: Loss) -> None:
    """Its function in exported scripts makes the same predictions, at each position of a sample."""
    outputs = 3 * random(7).standard_normal((20, 2, 3)).astype(np.float32)
    predictions = outputs.copy()
    loss.predict(predictions.reshape(-1, 3))
    require_same(plain(loss), predictions, [outputs])
