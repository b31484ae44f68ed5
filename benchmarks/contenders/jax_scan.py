"""JAX: the whole epoch is one compiled function, a scan over its batches; compiling happens before any measurement.

The images are on the device as float32 in [0, 1]; buffers of parameters are donated, so that they are updated in place.
The order is drawn outside. The short last batch, which a scan can't process, is a separate compiled step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.task import LEARNING_RATE, MOMENTUM, Task, initial_weights

Carry = tuple[Any, Any]


def mean_loss(parameters: Any, x: Any, labels: Any) -> Any:
    *hidden, (weight, bias) = parameters
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    log_p = jax.nn.log_softmax(x @ weight + bias)
    return -jnp.take_along_axis(log_p, labels[:, None], axis=1).mean()


def step(images: Any, labels: Any, carry: Carry, chosen: Any) -> tuple[Carry, Any]:
    parameters, velocity = carry
    loss, gradient = jax.value_and_grad(mean_loss)(parameters, images[chosen], labels[chosen])
    velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, gradient)
    parameters = jax.tree.map(lambda p, v: p - LEARNING_RATE * v, parameters, velocity)
    return (parameters, velocity), loss


@partial(jax.jit, donate_argnums=2)
def epoch_of(images: Any, labels: Any, carry: Carry, batches: Any, rest: Any) -> tuple[Carry, Any]:
    carry, losses = jax.lax.scan(partial(step, images, labels), carry, batches)
    if len(rest):
        carry, loss = step(images, labels, carry, rest)
        losses = jnp.append(losses, loss)
    return carry, losses.mean()


def prepare(task: Task, threads: int) -> Callable[[], object]:
    images, labels = (jax.device_put(array) for array in task.scaled_data())
    parameters = [(jnp.asarray(w), jnp.zeros(w.shape[1])) for w in initial_weights(task.sizes)]
    carry = (parameters, jax.tree.map(jnp.zeros_like, parameters))
    rng = np.random.default_rng(2)

    def epoch() -> None:
        nonlocal carry
        order = rng.permutation(task.samples).astype(np.int32)
        whole = task.samples - task.samples % task.batch_size
        carry, loss = epoch_of(images, labels, carry, order[:whole].reshape(-1, task.batch_size), order[whole:])
        loss.block_until_ready()

    return epoch
