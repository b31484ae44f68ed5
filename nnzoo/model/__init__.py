"""A trained network as people use it."""

from nnzoo.model.network import DeepNeuralNetwork

__all__ = ["DeepNeuralNetwork"]
