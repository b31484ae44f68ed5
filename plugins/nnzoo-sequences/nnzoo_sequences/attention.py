"""Multi-head self-attention."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import (
    Buffer,
    Floats,
    Layer,
    LayerMemory,
    LayerPlan,
    Parameter,
    Shape,
    UsageError,
    in_threads,
    sample_blocks,
)

from nnzoo_sequences.onnx_nodes import attention_nodes
from nnzoo_sequences.shapes import steps_and_size


def attention(x: Floats, weight: Floats, output_weight: Floats, heads: int, causal: bool) -> Floats:
    """Self-attention: each step takes a mean of what the steps hold, weighted by how well they answer its query."""
    n, steps, d = x.shape
    query, key, value = (x @ weight).reshape(n, steps, 3, heads, d // heads).transpose(2, 0, 3, 1, 4)
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(np.float32(d // heads))
    if causal:  # no step sees a later one
        scores = np.where(np.tri(steps, dtype=bool), scores, -np.inf).astype(x.dtype)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    y: Floats = (shares @ value).transpose(0, 2, 1, 3).reshape(n, steps, d) @ output_weight
    return y


@dataclass(frozen=True)
class Attention(Layer):
    """Self-attention: each step takes a mean of what the steps hold, weighted by how well their keys fit its query.

    Equation, for sequences X of shape (t, d), for each of h heads with d/h values a step, and no biases::

        [Q K V] = X W                     of shape (t, 3d), each head with its own columns
        S = Q Kᵀ / √(d/h)                 −∞ where a step would see a later one, if causal
        A = softmax(S)                    each row by itself
        Y = [A₁V₁ … AₕVₕ] W_out

        ∂L/∂V = Aᵀ G                      with G = ∂L/∂(AV)
        ∂L/∂S = A (G Vᵀ − Σ G AV)         Σ over the values of a step
        ∂L/∂Q = ∂L/∂S K / √(d/h)          ∂L/∂K = ∂L/∂Sᵀ Q / √(d/h)

    The columns of W (``weight``) are queries, keys and values, and in each of them one head after the other, as in
    PyTorch, whose matrices are the transposed ones.

    References
    ----------
    Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin (2017), "Attention is all you need", NeurIPS,
    arXiv:1706.03762.
    """

    name: ClassVar[str] = "attention"
    in_numpy: ClassVar = attention
    exports: ClassVar = {"onnx": attention_nodes}

    heads: Annotated[int, Ge(1), doc("number of heads, which share the values of a step evenly")] = 4
    causal: Annotated[bool, doc("whether no step sees a later one")] = True

    def plan(self, input_shape: Shape) -> LayerPlan:
        steps, d = steps_and_size(self, input_shape)
        if d % self.heads:
            raise UsageError(
                f"{self.label}: {d} values a step can't be shared by {self.heads} heads",
                hint="heads must divide the number of values",
            )
        scores = Buffer((self.heads, steps, steps))
        return LayerPlan(
            (steps, d),
            parameters={
                "weight": Parameter((d, 3 * d), "glorot", d, d, is_weight=True),
                "output_weight": Parameter((d, d), "glorot", d, d, is_weight=True),
            },
            workspace={
                "projected": Buffer((steps, 3 * d)),
                "grad_projected": Buffer((steps, 3 * d)),
                "shares": scores,
                "grad_shares": scores,
                "row": Buffer((self.heads, steps)),
                "mixed": Buffer((steps, d)),
                "grad_mixed": Buffer((steps, d)),
                "ones": Buffer((steps,), fill=1),  # of these two, only the first sample's are used
                "later": Buffer((steps, steps), fill=np.nan),
            },
            shares_work=True,
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        n, steps, d = x.shape
        arrays = memory.workspace
        np.matmul(x.reshape(n * steps, d), memory.parameters["weight"], out=arrays["projected"].reshape(n * steps, -1))
        query, key, value = self._by_head(arrays["projected"], 3)
        query *= 1 / math.sqrt(d // self.heads)
        (mixed,), later = self._by_head(arrays["mixed"]), self._later(arrays["later"][0]) if self.causal else None

        def block(some: slice) -> None:
            shares, row = arrays["shares"][some], arrays["row"][some]
            np.matmul(query[some], key[some].transpose(0, 1, 3, 2), out=shares)
            if later is not None:
                shares += later
            np.maximum.reduce(shares, axis=3, out=row)
            shares -= row[..., None]
            np.exp(shares, out=shares)
            np.matmul(shares, arrays["ones"][0], out=row)
            np.divide(1, row, out=row)
            shares *= row[..., None]
            np.matmul(shares, value[some], out=mixed[some])

        in_threads(block, sample_blocks(arrays["shares"]))
        rows = arrays["mixed"].reshape(n * steps, d)
        np.matmul(rows, memory.parameters["output_weight"], out=out.reshape(n * steps, d))

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        n, steps, d = x.shape
        arrays = memory.workspace
        rows, grad_y = arrays["mixed"].reshape(n * steps, d), grad_out.reshape(n * steps, d)
        np.matmul(rows.T, grad_y, out=memory.gradients["output_weight"])
        grad_rows = arrays["grad_mixed"].reshape(n * steps, d)
        np.matmul(grad_y, memory.parameters["output_weight"].T, out=grad_rows)

        query, key, value = self._by_head(arrays["projected"], 3)
        grad_query, grad_key, grad_value = self._by_head(arrays["grad_projected"], 3)
        (mixed,), (grad_mixed,) = self._by_head(arrays["mixed"]), self._by_head(arrays["grad_mixed"])

        def block(some: slice) -> None:
            shares, grad_scores, row = (arrays[name][some] for name in ("shares", "grad_shares", "row"))
            np.matmul(shares.transpose(0, 1, 3, 2), grad_mixed[some], out=grad_value[some])
            np.matmul(grad_mixed[some], value[some].transpose(0, 1, 3, 2), out=grad_scores)
            np.einsum("nhtd,nhtd->nht", grad_mixed[some], mixed[some], out=row)
            grad_scores -= row[..., None]
            grad_scores *= shares
            np.matmul(grad_scores, key[some], out=grad_query[some])
            np.matmul(grad_scores.transpose(0, 1, 3, 2), query[some], out=grad_key[some])  # it has the factor already

        in_threads(block, sample_blocks(arrays["shares"]))
        grad_query *= 1 / math.sqrt(d // self.heads)
        grad_projected = arrays["grad_projected"].reshape(n * steps, -1)
        np.matmul(x.reshape(n * steps, d).T, grad_projected, out=memory.gradients["weight"])
        if grad_in is not None:
            np.matmul(grad_projected, memory.parameters["weight"].T, out=grad_in.reshape(n * steps, d))

    def _by_head(self, array: Floats, parts: int = 1) -> Floats:
        """A view of shape (parts, n, heads, t, d/h) of an array of shape (n, t, parts × d)."""
        n, steps, width = array.shape
        return array.reshape(n, steps, parts, self.heads, width // parts // self.heads).transpose(2, 0, 3, 1, 4)

    @staticmethod
    def _later(mask: Floats) -> Floats:
        """−∞ above the diagonal of an array of shape (t, t), which is filled at its first use, and 0 elsewhere."""
        if np.isnan(mask[0, 0]):
            mask[...] = np.where(np.tri(len(mask), dtype=bool), 0, -np.inf)
        return mask
