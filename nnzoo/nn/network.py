"""`Network`: a graph of layers, bound to one vector of parameters and to preallocated arrays."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnzoo.errors import UsageError
from nnzoo.kinds import AnyLayer, Floats, Graph, Shape
from nnzoo.nn.binding import Arrays, BoundGraph, BoundLayer, allocate, bind
from nnzoo.nn.initialization import initialize
from nnzoo.nn.parameters import FlatParameters
from nnzoo.nn.plans import plan_layers, planned_arrays
from nnzoo.nn.randomness import generator
from nnzoo.nn.threads import Threads, available, blas_threads, work_threads

EVALUATION_BATCH = 512
"""Samples per batch in predictions and evaluations; the arrays then stay in the processor's cache."""

_NONE: frozenset[int] = frozenset()


@final
class Network:
    """A network: forward, backward, and the memory for both.

    All arrays are allocated at the first use of a batch size and reused after that.

    Parameters
    ----------
    layers : sequence of Layer, or Graph
        In order, from the input to the logits.
    input_shape : tuple of int
        Shape of one sample.
    seed : int
        Random seed of the initial weights, and of layers that draw random numbers.
    dtype : dtype, default float32
        float64 is for gradient checks.

    Attributes
    ----------
    graph : Graph
        The layers and their connections; `layers` are the layers alone.
    parameters, gradients : FlatParameters
        The trained arrays, and the gradient of the loss with respect to them, in one layout. Names are
        ``<place>.<layer>.<array>``: ``0.dense.weight``.
    state : FlatParameters
        Arrays that are not trained (running statistics).
    output_shape : tuple of int
        Shape of the logits of one sample.
    penalty : float
        The penalties of the last `forward`, which add to the mean loss of the batch.
    learning : frozenset of int
        The places of layers that learn in training steps. All others are frozen, and work as in predictions.
    """

    def __init__(
        self,
        layers: Sequence[AnyLayer] | Graph,
        input_shape: Shape,
        *,
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.graph = Graph([*layers.nodes]) if isinstance(layers, Graph) else Graph.of(layers)
        if not self.graph.nodes:
            raise UsageError("a network needs at least one layer")
        self.layers = [node.layer for node in self.graph.nodes]
        self.input_shape = tuple(input_shape)
        self.seed = seed
        self.dtype = np.dtype(dtype)
        self.plans = plan_layers(self.graph, self.input_shape)
        self.output_shape = self.plans[-1].output_shape
        self.parameters = FlatParameters(planned_arrays(self.graph, self.plans, "parameters"), self.dtype)
        self.gradients = FlatParameters(self.parameters.layout, self.dtype)
        self.state = FlatParameters(planned_arrays(self.graph, self.plans, "state"), self.dtype)
        for flat in (self.parameters, self.state):
            for index, (name, parameter) in enumerate(flat.layout.items()):
                initialize(parameter, flat[name], generator(seed, "initialization", index))
        self._random = [i for i, plan in enumerate(self.plans) if plan.random]
        self._penalized = [i for i, plan in enumerate(self.plans) if plan.penalized]
        self._shares_work = any(plan.shares_work for plan in self.plans)
        self.penalty = 0.0
        self.learning = frozenset(range(len(self.layers)))
        self._capacity = 0
        self._arrays: Arrays = {}
        self._bound: dict[int, BoundGraph] = {}
        self._reader: Network | None = None
        self._predicting = Lock()

    def on_threads(self, threads: Threads) -> AbstractContextManager[None]:
        """Within this context the network uses this number of threads, in its layers or in matrix products."""
        return (work_threads if self._shares_work else blas_threads)(self.thread_count(threads))

    def thread_count(self, threads: Threads) -> int:
        """The number of threads for this network; resolves ``auto``."""
        return threads if threads != "auto" else available() if self._shares_work else 1

    def forward(self, x: Floats, *, step: int | None = None) -> Floats:
        """The logits of a batch.

        Parameters
        ----------
        x : ndarray of shape (n, *input_shape)
            Read again by `backward`, so it must not be changed in between.
        step : int, optional
            The number of the training step; None for a prediction.

        Returns
        -------
        ndarray of shape (n, *output_shape)
            Overwritten by the next call with the same number of samples or more.
        """
        bound = self._bound.get(len(x)) or self._bind(len(x))
        learning = _NONE if step is None else self.learning
        if bound.learning is not learning:
            bound.learn_at(learning)
        if step is not None:
            for place in self._random:
                if place in learning:
                    bound.steps[place].memory.rng = generator(self.seed, "layer", place, step)
        bound.take_input(x)
        for b in bound.steps:
            b.layer.forward(b.x, b.out, b.memory)
        if self._penalized:
            self.penalty = sum(bound.steps[place].memory.penalty for place in self._penalized)
        return bound.steps[-1].out

    def predict(self, inputs: NDArray[Any], *, scale: float = 1.0) -> Floats:
        """The logits of any number of samples, computed in batches that stay in the processor's cache.

        Any number of threads may call this, also while another one trains; they take turns.

        Parameters
        ----------
        inputs : ndarray of shape (n, *input_shape)
            Of any numeric type; not changed.
        scale : float
            A factor on the inputs.

        Returns
        -------
        ndarray of shape (n, *output_shape)
        """
        outputs: Floats = np.empty((len(inputs), *self.output_shape), self.dtype)
        with self._predicting:
            for start in range(0, len(inputs), EVALUATION_BATCH):
                some = slice(start, start + EVALUATION_BATCH)
                outputs[some] = self._read(inputs[some], scale)[-1].out
        return outputs

    def outputs(self, inputs: NDArray[Any], *, scale: float = 1.0) -> list[Floats]:
        """The output of every layer, by its place; the last equals that of `predict`, up to the last bits.

        The arguments are those of `predict`, but all samples are one batch, so that every layer needs memory for all of
        them.

        Returns
        -------
        list of ndarray of shape (n, *output_shape of the layer)
            Copies.
        """
        with self._predicting:
            return [b.out.copy() for b in self._read(inputs, scale)]

    def _read(self, inputs: NDArray[Any], scale: float) -> list[BoundLayer]:
        """All layers after the forward pass of a batch, in arrays that training does not use."""
        if self._reader is None:
            self._reader = copy.copy(self)
            self._reader._forget_arrays()
        batch = inputs.astype(self.dtype, order="C")
        batch *= scale
        self._reader.forward(batch)
        return self._reader._bound[len(batch)].steps

    def backward(self, grad: Floats) -> None:
        """Fill `gradients` from ∂L/∂logits of the last `forward`.

        The gradient of a layer's input is computed only if a layer before it has parameters.

        Parameters
        ----------
        grad : ndarray of shape (n, *output_shape)
            May be overwritten.
        """
        bound = self._bound.get(len(grad)) or self._bind(len(grad))
        bound.take_gradient(grad)
        for b in bound.backward_steps:
            b.layer.backward(b.x, b.out, b.grad_out, b.grad_in, b.memory)
            for write, target, source in b.then:  # where the graph forks or layers share, gradients add up
                write(target, b.grad_out if source is None else source)

    def _forget_arrays(self) -> None:
        self._capacity, self._arrays, self._bound = 0, {}, {}
        self._reader, self._predicting = None, Lock()

    def __getstate__(self) -> dict[str, Any]:
        transient = ("_capacity", "_arrays", "_bound", "_reader", "_predicting")
        return {name: value for name, value in vars(self).items() if name not in transient}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget_arrays()

    def _bind(self, n: int) -> BoundGraph:
        """Every layer with its arrays for batches of n samples: views of those for the largest batch."""
        if n not in self._bound:
            if n > self._capacity:
                self._capacity, self._bound = n, {}
                self._arrays = allocate(self.graph, self.plans, self.input_shape, n, self.dtype)
            flat = (self.parameters, self.gradients, self.state)
            self._bound[n] = bind(self.graph, self.plans, *flat, self._arrays, n)
        return self._bound[n]
