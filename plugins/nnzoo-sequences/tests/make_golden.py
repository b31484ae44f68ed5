"""Make golden.npz: what PyTorch computes for the layers, outputs and gradients, in float64.

python tests/make_golden.py, with PyTorch 2.13 installed; neither the package nor its tests need it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

N, T, D, U, HEADS, CLASSES = 3, 5, 8, 6, 4, 7


def numbers(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """A tensor of normally distributed numbers whose gradient is wanted."""
    return torch.tensor(rng.standard_normal(shape) * 0.7, requires_grad=True)


def columns(tensor: torch.Tensor, order: tuple[int, ...]) -> torch.Tensor:
    """PyTorch's rows of the gates as columns, in our order."""
    blocks = tensor.chunk(len(order), dim=0)
    joined = torch.cat([blocks[place] for place in order])
    return joined.T if joined.ndim == 2 else joined


def recurrent(kind: str, rng: np.random.Generator, x: torch.Tensor, order: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """Output of nn.GRU or nn.LSTM whose parameters are made of ours."""
    module = getattr(torch.nn, kind)(D, U, batch_first=True).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(numbers(rng, *parameter.shape))
    y, _ = module(x)
    y.backward(numbers(np.random.default_rng(1), *y.shape))
    found = {"y": y, "x": x, "grad.x": x.grad}
    for name, part in (("weight", "weight_ih_l0"), ("recurrent", "weight_hh_l0"), ("bias", "bias_ih_l0")):
        tensor = getattr(module, part)
        found |= {name: columns(tensor, order), f"grad.{name}": columns(tensor.grad, order)}
    inner = module.bias_hh_l0
    if kind == "LSTM":
        found["bias"] = found["bias"] + columns(inner, order)
    else:  # PyTorch has two biases for each of the gates, of which only the sum counts
        found["bias"] = found["bias"] + torch.cat([inner[: 2 * U], torch.zeros(U)])
        found |= {"inner_bias": inner[2 * U :], "grad.inner_bias": inner.grad[2 * U :]}
    return found


def attention(rng: np.random.Generator, x: torch.Tensor, causal: bool) -> dict[str, torch.Tensor]:
    """Output of scaled_dot_product_attention between two products."""
    weight, output_weight = numbers(rng, D, 3 * D), numbers(rng, D, D)
    query, key, value = (part.reshape(N, T, HEADS, -1).transpose(1, 2) for part in (x @ weight).chunk(3, dim=2))
    mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
    return with_gradients(
        mixed.transpose(1, 2).reshape(N, T, D) @ output_weight, x=x, weight=weight, output_weight=output_weight
    )


def with_gradients(y: torch.Tensor, **parts: torch.Tensor) -> dict[str, torch.Tensor]:
    """An output, what it was made of, and gradients."""
    y.backward(numbers(np.random.default_rng(1), *y.shape))
    grads = {f"grad.{name}": tensor.grad for name, tensor in parts.items() if tensor.grad is not None}
    return {"y": y, **parts, **grads}


def main() -> None:
    """Write the file beside this one."""
    rng = np.random.default_rng(0)
    functional = torch.nn.functional
    found: dict[str, dict[str, torch.Tensor]] = {}
    classes, table = torch.tensor(rng.integers(CLASSES, size=(N, T))), numbers(rng, CLASSES, D)
    found["embedding"] = with_gradients(functional.embedding(classes, table), x=classes, weight=table)
    x, scale, shift = numbers(rng, N, T, D), numbers(rng, D), numbers(rng, D)
    found["layernorm"] = with_gradients(functional.layer_norm(x, (D,), scale, shift), x=x, scale=scale, shift=shift)
    x, scale = numbers(rng, N, T, D), numbers(rng, D)
    found["rmsnorm"] = with_gradients(functional.rms_norm(x, (D,), scale, 1e-5), x=x, scale=scale)
    x, weight, bias = numbers(rng, N, T, D), numbers(rng, D, U), numbers(rng, U)
    found["linear"] = with_gradients(functional.linear(x, weight.T, bias), x=x, weight=weight, bias=bias)
    found["attention"] = attention(rng, numbers(rng, N, T, D), causal=True)
    found["attention-both-ways"] = attention(rng, numbers(rng, N, T, D), causal=False)
    found["gru"] = recurrent("GRU", rng, numbers(rng, N, T, D), (0, 1, 2))
    found["lstm"] = recurrent("LSTM", rng, numbers(rng, N, T, D), (0, 1, 3, 2))
    arrays = {
        f"{layer}/{name}": tensor.detach().numpy() for layer, parts in found.items() for name, tensor in parts.items()
    }
    np.savez_compressed(Path(__file__).with_name("golden.npz"), **arrays)


if __name__ == "__main__":
    main()
