"""The gated recurrent unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_sequences.gates import sigmoid_in_place, times_complement
from nnzoo_sequences.initial import uniform_by_rows
from nnzoo_sequences.onnx_nodes import gru_nodes
from nnzoo_sequences.shapes import steps_and_size


def gru(x: Floats, weight: Floats, recurrent: Floats, bias: Floats, inner_bias: Floats) -> Floats:
    """Gated recurrent unit: at each step, a gate decides how far the state moves towards a candidate."""
    units = len(recurrent)
    gates = x @ weight + bias  # of all steps: reset, update, candidate
    state = np.zeros((len(x), units), x.dtype)
    y = np.empty((*x.shape[:2], units), x.dtype)
    for t in range(x.shape[1]):
        product = state @ recurrent
        reset, update = np.split(0.5 + 0.5 * np.tanh(0.5 * (gates[:, t] + product)[:, : 2 * units]), 2, axis=1)
        candidate = np.tanh(gates[:, t, 2 * units :] + reset * (product[:, 2 * units :] + inner_bias))
        state = candidate + update * (state - candidate)
        y[:, t] = state
    return y


@dataclass(frozen=True)
class Gru(Layer):
    """Gated recurrent unit: at each step, a gate decides how far the state moves towards a candidate.

    Equation, for sequences x, a state h that starts at 0 and is the output, and s(z) = 1 / (1 + e⁻ᶻ)::

        r = s(x W_r + h₋ U_r + b_r)                      the reset gate; h₋ is the state of the previous step
        z = s(x W_z + h₋ U_z + b_z)                      the update gate
        q = h₋ U_c + b_q
        c = tanh(x W_c + b_c + r q)                      the candidate
        h = c + z (h₋ − c)

    ``weight`` is [W_r W_z W_c], ``recurrent`` [U_r U_z U_c], ``bias`` [b_r b_z b_c] and ``inner_bias`` b_q. The reset
    gate comes after the product with U_c, as in PyTorch and cuDNN; PyTorch has two biases for r and z, which simply add
    up.

    Computation: x W of all steps is one large product, and each step has its own product h₋ U. In the backward pass,
    the factors that do not depend on ∂L/∂h are computed for all steps together::

        ∂L/∂c̃ = ∂L/∂h (1 − z)(1 − c²)      ∂L/∂z̃ = ∂L/∂h (h₋ − c) z (1 − z)      ∂L/∂r̃ = ∂L/∂c̃ q r (1 − r)
        ∂L/∂h₋ = ∂L/∂h z + [∂L/∂r̃  ∂L/∂z̃  r ∂L/∂c̃] Uᵀ

    with c̃, z̃, r̃ the arguments of the functions.

    References
    ----------
    Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk & Bengio (2014), "Learning phrase representations using
    RNN encoder–decoder for statistical machine translation", EMNLP, arXiv:1406.1078.
    """

    name: ClassVar[str] = "gru"
    in_numpy: ClassVar = gru
    exports: ClassVar = {"onnx": gru_nodes}

    units: Annotated[int, Ge(1), doc("length of the state")] = 64

    def plan(self, input_shape: Shape) -> LayerPlan:
        steps, d = steps_and_size(self, input_shape)
        u = self.units
        return LayerPlan(
            (steps, u),
            parameters={
                "weight": Parameter((d, 3 * u), "glorot", d, u, is_weight=True),
                "recurrent": Parameter((u, 3 * u), uniform_by_rows, u, u, is_weight=True),
                "bias": Parameter((3 * u,)),
                "inner_bias": Parameter((u,)),
            },
            workspace={
                "gates": Buffer((steps, 3 * u)),
                "inner": Buffer((steps, u)),
                "before": Buffer((steps, u)),
                "grads": Buffer((steps, 3 * u)),
                "candidates": Buffer((steps, u)),
                "product": Buffer((3 * u,)),
                "state": Buffer((u,)),
                "ones": Buffer((steps,), fill=1),
            },
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        u, parameters, arrays = self.units, memory.parameters, memory.workspace
        gates, inner, before, product = (arrays[name] for name in ("gates", "inner", "before", "product"))
        recurrent, inner_bias = parameters["recurrent"], parameters["inner_bias"]
        rows = gates.reshape(-1, 3 * u)
        np.matmul(x.reshape(len(rows), -1), parameters["weight"], out=rows)
        rows += parameters["bias"]
        before[:, 0] = 0
        for t in range(x.shape[1]):
            gate, candidate, q, last, h = (
                gates[:, t, : 2 * u],
                gates[:, t, 2 * u :],
                inner[:, t],
                before[:, t],
                out[:, t],
            )
            np.matmul(last, recurrent, out=product)
            gate += product[:, : 2 * u]
            sigmoid_in_place(gate)
            np.add(product[:, 2 * u :], inner_bias, out=q)
            np.multiply(gate[:, :u], q, out=h)
            candidate += h
            np.tanh(candidate, out=candidate)
            np.subtract(last, candidate, out=h)
            h *= gate[:, u:]
            h += candidate
            if t + 1 < x.shape[1]:
                before[:, t + 1] = h

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        u, parameters, arrays = self.units, memory.parameters, memory.workspace
        gates, inner, before, grads = (arrays[name] for name in ("gates", "inner", "before", "grads"))
        candidates, product, grad_h = arrays["candidates"], arrays["product"], arrays["state"]
        reset, update, candidate = gates[..., :u], gates[..., u : 2 * u], gates[..., 2 * u :]
        by_reset, by_update, by_candidate = grads[..., :u], grads[..., u : 2 * u], grads[..., 2 * u :]

        # The factors of ∂L/∂h, for all steps; `out` and `inner` are scratch space from here on.
        np.subtract(before, candidate, out=by_update)
        times_complement(by_update, update, scratch=out)
        times_complement(inner, reset, scratch=out)
        np.copyto(by_reset, inner)
        np.multiply(candidate, candidate, out=out)
        np.subtract(1, out, out=candidates)
        np.subtract(1, update, out=out)
        candidates *= out

        recurrent = parameters["recurrent"].T
        grad_h.fill(0)
        for t in reversed(range(x.shape[1])):
            grad_h += grad_out[:, t]
            candidates[:, t] *= grad_h
            by_update[:, t] *= grad_h
            by_reset[:, t] *= candidates[:, t]
            np.multiply(candidates[:, t], reset[:, t], out=by_candidate[:, t])
            grad_h *= update[:, t]
            if t:
                last = product[:, :u]
                np.matmul(grads[:, t], recurrent, out=last)
                grad_h += last

        ones, rows, gradients = arrays["ones"].reshape(-1), grads.reshape(-1, 3 * u), memory.gradients
        np.matmul(before.reshape(-1, u).T, rows, out=gradients["recurrent"])
        np.matmul(ones, rows[:, 2 * u :], out=gradients["inner_bias"])
        np.copyto(by_candidate, candidates)
        np.matmul(ones, rows, out=gradients["bias"])
        np.matmul(x.reshape(len(rows), -1).T, rows, out=gradients["weight"])
        if grad_in is not None:
            np.matmul(rows, parameters["weight"].T, out=grad_in.reshape(len(rows), -1))
