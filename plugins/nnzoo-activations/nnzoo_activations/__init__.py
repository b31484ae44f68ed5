"""Activations for nnzoo: tanh, leaky ReLU, ELU, GELU, SiLU and softplus."""

from __future__ import annotations

from nnzoo.api import Activation, hookimpl

from nnzoo_activations.elu import Elu
from nnzoo_activations.gelu import Gelu
from nnzoo_activations.leaky_relu import LeakyRelu
from nnzoo_activations.silu import Silu
from nnzoo_activations.softplus import Softplus
from nnzoo_activations.tanh import Tanh

__all__ = ["Elu", "Gelu", "LeakyRelu", "Silu", "Softplus", "Tanh"]


@hookimpl
def nnzoo_activations() -> list[type[Activation]]:
    return [Tanh, LeakyRelu, Elu, Gelu, Silu, Softplus]
