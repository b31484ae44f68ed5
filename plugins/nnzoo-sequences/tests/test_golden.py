"""Outputs and gradients are PyTorch's: golden.npz, which make_golden.py made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nnzoo.api import LayerMemory

from nnzoo_sequences import Attention, Embedding, Gru, LayerNorm, Linear, Lstm, RmsNorm

LAYERS = {
    "embedding": Embedding(7, 8),
    "layernorm": LayerNorm(),
    "rmsnorm": RmsNorm(),
    "linear": Linear(6),
    "attention": Attention(heads=4),
    "attention-both-ways": Attention(heads=4, causal=False),
    "gru": Gru(6),
    "lstm": Lstm(6),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_pytorch_computes(name):
    with np.load(Path(__file__).with_name("golden.npz")) as file:
        golden = {key.partition("/")[2]: file[key] for key in file.files if key.startswith(f"{name}/")}
    layer, x = LAYERS[name], golden["x"].astype(np.float64)
    plan, n = layer.plan(x.shape[1:]), len(x)
    memory = LayerMemory(
        {key: np.ascontiguousarray(golden[key]) for key in plan.parameters},
        {key: np.full(parameter.shape, np.nan) for key, parameter in plan.parameters.items()},
        {},
        {key: np.full((n, *b.shape), b.fill, b.dtype or np.float64) for key, b in plan.workspace.items()},
    )
    out, grad_in = np.empty((n, *plan.output_shape)), np.empty_like(x)
    layer.forward(x, out, memory)
    np.testing.assert_allclose(out, golden["y"], rtol=1e-10, atol=1e-12)
    grad_out = 0.7 * np.random.default_rng(1).standard_normal(out.shape)
    layer.backward(x, out, grad_out, grad_in, memory)
    found = {"x": grad_in, **memory.gradients}
    for key in (key for key in golden if key.startswith("grad.")):
        np.testing.assert_allclose(found[key[5:]], golden[key], rtol=1e-9, atol=1e-11, err_msg=key)
    assert set(memory.gradients) <= {key[5:] for key in golden}
