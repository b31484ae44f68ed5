"""Initial values of parameters."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np

from nnzoo.errors import PluginError, did_you_mean
from nnzoo.kinds import Floats, Initialization, Parameter


def initialize(parameter: Parameter, out: Floats, rng: np.random.Generator) -> None:
    """Fill ``out`` with a parameter's initial values.

    They are normally distributed with mean 0 and variance

    * ``he``: 2 / fan_in (He et al. 2015, eq. 10), which keeps the mean square through ReLU layers;
    * ``glorot``: 2 / (fan_in + fan_out) (Glorot & Bengio 2010, eq. 12), for functions that are linear around 0;
    * ``lecun``: 1 / fan_in (LeCun et al. 1998, eq. 16);

    or all ``zeros`` or ``ones``; or the values that a function returns. Values are drawn in float64 and rounded, so
    that both precisions start alike.

    Raises
    ------
    PluginError
        When the name is unknown, or the function does not return finite values of the parameter's shape.
    """
    start = parameter.initialization
    if callable(start):
        values = np.asarray(start(parameter.shape, rng))
        if values.shape != parameter.shape or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise PluginError(
                f"initial values of shape {parameter.shape} were returned as {values.dtype} of shape {values.shape}",
                hint="the function must return finite numbers in an array of its first argument's shape",
            )
        out[...] = values
        return
    variance = {
        "he": 2 / parameter.fan_in,
        "glorot": 2 / (parameter.fan_in + parameter.fan_out),
        "lecun": 1 / parameter.fan_in,
    }
    if start in variance:
        out[...] = rng.standard_normal(out.shape) * math.sqrt(variance[start])
    elif start in ("zeros", "ones"):
        out.fill(float(start == "ones"))
    else:
        names = get_args(Initialization)
        raise PluginError(
            f"there is no initialization {start!r}",
            hint=f"{did_you_mean(str(start), names)}use {', '.join(names)}, or a function (shape, rng) -> array",
        )
