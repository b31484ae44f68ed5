"""`Activation`: an elementwise function and its derivative."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Initialization


@dataclass(frozen=True)
class Activation(Component):
    """An elementwise function a = f(z), computed and differentiated in place.

    An activation has two methods:

    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class Tanh(Activation):
    ...     '''Hyperbolic tangent.'''
    ...     name: ClassVar[str] = "tanh"
    ...     def forward(self, z, out):
    ...         np.tanh(z, out=out)
    ...     def backward(self, z, a, grad):
    ...         grad *= 1 - a * a

    Attributes
    ----------
    initialization : {"he", "glorot", "lecun"}
        The distribution of initial weights that suits the function.
    slope : float
        The steepest slope of f, roughly: 1 for ReLU, 1/4 for the sigmoid. Gradients shrink by this factor
        at each layer, so the default learning rate of a gradient-scaled optimizer is divided by it.
    in_numpy : callable, optional
        A function of plain NumPy that computes the same in a prediction, from z and hyperparameters by name. It is
        copied into exported scripts, so it must be self-contained. By default it is made from `forward`, if that is
        plain NumPy.
    exports : mapping of str to callable
        Functions for other formats, by the exporter's name, as in `AnyLayer.exports`.
    """

    kind: ClassVar[str] = "activation"
    initialization: ClassVar[Initialization] = "glorot"
    slope: ClassVar[float] = 1.0
    in_numpy: ClassVar[Callable[..., Any] | None] = None
    exports: ClassVar[Mapping[str, Callable[..., Any]]] = {}

    @abstractmethod
    def forward(self, z: Floats, out: Floats) -> None:
        """Write f(z) into ``out``.

        Parameters
        ----------
        z : ndarray of shape (n, ...)
            Input, float32 or float64. Must not be changed.
        out : ndarray of the same shape and dtype
            Result, never the same memory as ``z``.
        """

    @abstractmethod
    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        """Multiply ``grad`` by f′(z) in place.

        Parameters
        ----------
        z, a : ndarray of shape (n, ...)
            Input and output of `forward`. ``a`` may be used as scratch space; ``z`` must not be changed.
        grad : ndarray of the same shape and dtype
            On entry ∂L/∂a, on return ∂L/∂z.
        """
