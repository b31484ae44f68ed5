"""Networks: one flat vector of parameters, and layers bound to views of it."""

from nnzoo.nn.network import EVALUATION_BATCH, Network
from nnzoo.nn.parameters import FlatParameters
from nnzoo.nn.threads import Threads

__all__ = ["EVALUATION_BATCH", "FlatParameters", "Network", "Threads"]
