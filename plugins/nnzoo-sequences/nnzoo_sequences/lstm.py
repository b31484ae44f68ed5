"""Long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_sequences.gates import sigmoid_in_place, times_complement
from nnzoo_sequences.initial import uniform_by_rows
from nnzoo_sequences.onnx_nodes import lstm_nodes
from nnzoo_sequences.shapes import steps_and_size


def lstm(x: Floats, weight: Floats, recurrent: Floats, bias: Floats) -> Floats:
    """Long short-term memory: at each step, gates decide what the cell forgets, stores and outputs."""
    units = len(recurrent)
    gates = x @ weight + bias  # of all steps: input, forget, output, candidate
    state = cell = np.zeros((len(x), units), x.dtype)
    y = np.empty((*x.shape[:2], units), x.dtype)
    for t in range(x.shape[1]):
        z = gates[:, t] + state @ recurrent
        take, keep, show = np.split(0.5 + 0.5 * np.tanh(0.5 * z[:, : 3 * units]), 3, axis=1)
        cell = keep * cell + take * np.tanh(z[:, 3 * units :])
        state = show * np.tanh(cell)
        y[:, t] = state
    return y


@dataclass(frozen=True)
class Lstm(Layer):
    """Long short-term memory: at each step, gates decide what the cell forgets, stores and outputs.

    Equation, for sequences x, a state h that is the output, a cell c, which both start at 0, and s(z) = 1 / (1 + e⁻ᶻ)::

        i, f, o = s(x W + h₋ U + b)                      input, forget and output gate, each with its own columns
        g = tanh(x W_g + h₋ U_g + b_g)                   the candidate
        c = f c₋ + i g                                   h₋ and c₋ are those of the previous step
        h = o tanh(c)

    ``weight``, ``recurrent`` and ``bias`` have the columns of i, f, o and g, in this order; PyTorch has those of g
    before those of o, and two biases, which simply add up.

    Computation: x W of all steps is one large product, and each step has its own product h₋ U. In the backward pass,
    the factors that do not depend on ∂L/∂h and ∂L/∂c are computed for all steps together::

        ∂L/∂õ = ∂L/∂h tanh(c) o (1 − o)        ∂L/∂c += ∂L/∂h o (1 − tanh²(c))
        ∂L/∂ĩ = ∂L/∂c g i (1 − i)      ∂L/∂f̃ = ∂L/∂c c₋ f (1 − f)      ∂L/∂g̃ = ∂L/∂c i (1 − g²)
        ∂L/∂c₋ = ∂L/∂c f               ∂L/∂h₋ = [∂L/∂ĩ  ∂L/∂f̃  ∂L/∂õ  ∂L/∂g̃] Uᵀ

    with ĩ, f̃, õ, g̃ the arguments of the functions.

    References
    ----------
    Hochreiter & Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8).
    Gers, Schmidhuber & Cummins (2000), "Learning to forget: continual prediction with LSTM", Neural Computation 12(10).
    """

    name: ClassVar[str] = "lstm"
    in_numpy: ClassVar = lstm
    exports: ClassVar = {"onnx": lstm_nodes}

    units: Annotated[int, Ge(1), doc("length of the state and of the cell")] = 64

    def plan(self, input_shape: Shape) -> LayerPlan:
        steps, d = steps_and_size(self, input_shape)
        u = self.units
        return LayerPlan(
            (steps, u),
            parameters={
                "weight": Parameter((d, 4 * u), "glorot", d, u, is_weight=True),
                "recurrent": Parameter((u, 4 * u), uniform_by_rows, u, u, is_weight=True),
                "bias": Parameter((4 * u,)),
            },
            workspace={
                "gates": Buffer((steps, 4 * u)),
                "before": Buffer((steps, u)),  # the state of the previous step
                "cell_before": Buffer((steps, u)),
                "shown": Buffer((steps, u)),  # tanh(c)
                "grads": Buffer((steps, 4 * u)),
                "product": Buffer((4 * u,)),
                "state": Buffer((u,)),
                "cell": Buffer((u,)),
                "ones": Buffer((steps,), fill=1),
            },
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        u, parameters, arrays = self.units, memory.parameters, memory.workspace
        gates, before, cell_before = (arrays[name] for name in ("gates", "before", "cell_before"))
        shown, product, cell = (arrays[name] for name in ("shown", "product", "cell"))
        rows = gates.reshape(-1, 4 * u)
        np.matmul(x.reshape(len(rows), -1), parameters["weight"], out=rows)
        rows += parameters["bias"]
        before[:, 0] = 0
        cell_before[:, 0] = 0
        for t in range(x.shape[1]):
            z, gate, h, tanh_c = gates[:, t], gates[:, t, : 3 * u], out[:, t], shown[:, t]
            np.matmul(before[:, t], parameters["recurrent"], out=product)
            z += product
            sigmoid_in_place(gate)
            np.tanh(z[:, 3 * u :], out=z[:, 3 * u :])
            np.multiply(gate[:, u : 2 * u], cell_before[:, t], out=cell)
            np.multiply(gate[:, :u], z[:, 3 * u :], out=h)
            cell += h
            np.tanh(cell, out=tanh_c)
            np.multiply(gate[:, 2 * u :], tanh_c, out=h)
            if t + 1 < x.shape[1]:
                before[:, t + 1] = h
                cell_before[:, t + 1] = cell

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        u, arrays = self.units, memory.workspace
        gates, grads, shown, product = (arrays[name] for name in ("gates", "grads", "shown", "product"))
        grad_h, grad_c = arrays["state"], arrays["cell"]
        take, keep, show, candidate = (gates[..., k * u : (k + 1) * u] for k in range(4))
        by_take, by_keep, by_show, by_candidate = (grads[..., k * u : (k + 1) * u] for k in range(4))

        # The factors of ∂L/∂h and ∂L/∂c, for all steps; `out` is scratch space, and `shown` becomes a factor, too.
        for factor, of, gate in (
            (by_take, candidate, take),
            (by_keep, arrays["cell_before"], keep),
            (by_show, shown, show),
        ):
            np.copyto(factor, of)
            times_complement(factor, gate, scratch=out)
        for factor, tanh, gate in ((by_candidate, candidate, take), (shown, shown, show)):
            np.multiply(tanh, tanh, out=out)
            np.subtract(1, out, out=factor)
            factor *= gate

        recurrent = memory.parameters["recurrent"].T
        grad_h.fill(0)
        grad_c.fill(0)
        last = product[:, :u]
        for t in reversed(range(x.shape[1])):
            grad_h += grad_out[:, t]
            by_show[:, t] *= grad_h
            grad_h *= shown[:, t]
            grad_c += grad_h
            by_take[:, t] *= grad_c
            by_keep[:, t] *= grad_c
            by_candidate[:, t] *= grad_c
            grad_c *= keep[:, t]
            if t:
                np.matmul(grads[:, t], recurrent, out=last)
                np.copyto(grad_h, last)

        ones, rows, gradients = arrays["ones"].reshape(-1), grads.reshape(-1, 4 * u), memory.gradients
        np.matmul(arrays["before"].reshape(-1, u).T, rows, out=gradients["recurrent"])
        np.matmul(ones, rows, out=gradients["bias"])
        np.matmul(x.reshape(len(rows), -1).T, rows, out=gradients["weight"])
        if grad_in is not None:
            np.matmul(rows, memory.parameters["weight"].T, out=grad_in.reshape(len(rows), -1))
