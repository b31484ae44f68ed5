"""An activation that takes its process with it, as a plugin with a compiled part may."""

import os
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import Activation, hookimpl


@dataclass(frozen=True)
class Deadly(Activation):
    """Ends the process."""

    name: ClassVar[str] = "deadly"

    def forward(self, z, out):
        os._exit(3)

    def backward(self, z, a, grad):
        os._exit(3)


@hookimpl
def nnzoo_activations():
    return [Deadly]
