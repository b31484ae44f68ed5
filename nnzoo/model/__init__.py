"""Networks to build, train and use, and their files."""

from nnzoo.model.network import DeepNeuralNetwork

__all__ = ["DeepNeuralNetwork"]
