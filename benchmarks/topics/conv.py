"""lenet5's epoch time over that of its own matrix products, and over PyTorch's (needs nnzoo-conv).

A training step computes, for each layer with weights, the product for its output, the one for the gradient of the
weights and, except in the first layer, the one for the gradient of its input. They are timed as the layers compute
them: conv2d has one for each row of its window. Everything else (strips and sums, pooling, activations, the update)
should take little time in comparison. An epoch here is a tenth of MNIST's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.contenders.nnzoo_trainer import make_trainer
from benchmarks.contenders.products import matrix
from benchmarks.measuring import Row, Settings, in_turns, ratio_row, timed
from benchmarks.task import Task
from benchmarks.topics.peers import Peer, compare
from nnzoo.errors import NnzooError
from nnzoo.kinds import Floats, LayerPlan, Shape
from nnzoo.nn import Network
from nnzoo.nn.threads import blas_threads

WHAT, BAR = "epoch over matrix products, lenet5, batch 128", 2.0
TASK = Task(samples=128 * 47)
Products = list[Callable[[], object]]


def measure(settings: Settings) -> Iterator[Row]:
    try:
        trainer = make_trainer("lenet5", (28, 28), TASK, settings.threads)
    except NnzooError as error:
        yield Row(WHAT, None, BAR, note=f"{error.message}; pip install ./plugins/nnzoo-conv brings it")
        return
    epochs, products = trainer.epochs(), step_products(trainer.network, TASK.batch_size)

    def alone() -> None:
        with blas_threads(settings.threads):
            for _ in TASK.starts:
                for product in products:
                    product()

    timings = in_turns({"nnzoo": timed(lambda: next(epochs)), "products": timed(alone)}, settings.repeat)
    yield ratio_row(WHAT, timings, "nnzoo", "products", BAR)
    peer = Peer("torch_lenet5", "PyTorch eager", 0.6, bar_on_all=0.7)
    yield from compare(TASK, (peer,), settings, ours="nnzoo_lenet5", name="lenet5, batch 128")


def step_products(network: Network, batch_size: int) -> Products:
    """All products of one step, in separate arrays."""
    products: Products = []
    shape = network.input_shape
    for layer, plan in zip(network.layers, network.plans, strict=True):
        if layer.name in ("conv2d", "dense"):
            conv2d = partial(conv2d_products, plan, shape)
            own, of_input = (conv2d if layer.name == "conv2d" else partial(dense_products, plan))(batch_size)
            products += own + of_input if products else own
        shape = plan.output_shape
    return products


def conv2d_products(plan: LayerPlan, input_shape: Shape, n: int) -> tuple[Products, Products]:
    """A convolution's products of output and of the weights, and those of the input's gradient, at a stride of 1."""
    rows, values, filters = plan.parameters["weight"].shape
    c, (_, height, width) = (1, *input_shape)[-3], plan.output_shape
    across = values // c
    weight, each = matrix(rows, values, filters), matrix(n, rows, values, filters)
    y, seen = matrix(n, filters, height * width), strips_seen(n, values, rows, height, width)
    own: Products = [partial(np.matmul, weight[i].T, seen[i], out=y) for i in range(rows)]
    own += [partial(np.matmul, seen[i], y.transpose(0, 2, 1), out=each[:, i]) for i in range(rows)]
    height, width = input_shape[-2:]
    turned, of_y = matrix(rows, filters * across, c), strips_seen(n, filters * across, rows, height, width)
    grad_x = matrix(n, c, height * width)
    return own, [partial(np.matmul, turned[i].T, of_y[i], out=grad_x) for i in range(rows)]


def strips_seen(n: int, values: int, rows: int, height: int, width: int) -> list[Floats]:
    """What each row of a window sees of the same strips, one row of the image further down each."""
    strips = matrix(n, values, (height + rows - 1) * width)
    return [strips[:, :, i * width : (i + height) * width] for i in range(rows)]


def dense_products(plan: LayerPlan, n: int) -> tuple[Products, Products]:
    """The same of a fully connected layer."""
    features, units = plan.parameters["weight"].shape
    weight, x, y = matrix(features, units), matrix(n, features), matrix(n, units)
    own: Products = [partial(np.matmul, x, weight, out=y), partial(np.matmul, x.T, y, out=matrix(features, units))]
    return own, [partial(np.matmul, y, weight.T, out=matrix(n, features))]
