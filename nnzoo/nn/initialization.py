"""How parameters start."""

from __future__ import annotations

import math

import numpy as np

from nnzoo.kinds import Floats, Parameter


def initialize(parameter: Parameter, out: Floats, rng: np.random.Generator) -> None:
    """Fill ``out`` with a parameter's initial values.

    They are normally distributed with mean 0 and variance

    * ``he``: 2 / fan_in (He et al. 2015, eq. 10), which keeps the mean square through ReLU layers;
    * ``glorot``: 2 / (fan_in + fan_out) (Glorot & Bengio 2010, eq. 12), for functions that are linear around 0;
    * ``lecun``: 1 / fan_in (LeCun et al. 1998, eq. 16);

    or with ``zeros`` or ``ones``. Values are drawn in float64 and rounded, so that both precisions start alike.
    """
    variance = {
        "he": 2 / parameter.fan_in,
        "glorot": 2 / (parameter.fan_in + parameter.fan_out),
        "lecun": 1 / parameter.fan_in,
    }
    if parameter.initialization in variance:
        out[...] = rng.standard_normal(out.shape) * math.sqrt(variance[parameter.initialization])
    else:
        out.fill(1.0 if parameter.initialization == "ones" else 0.0)
