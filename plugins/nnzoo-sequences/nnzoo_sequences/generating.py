"""Generate text with a trained network: one character after the other, each drawn from its predictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from nnzoo.api import UsageError, blas_threads, generator

from nnzoo_sequences.next_token import NextToken


def generate(dnn: Any, prompt: str, length: int, temperature: float, seed: int) -> Iterator[str]:
    """Draw the characters that follow a prompt, one by one.

    Each is drawn with the probabilities softmax(z / temperature), where z are the logits of the next one; of
    the text so far it sees as much as its samples had in training. The same seed gives the same text.

    Parameters
    ----------
    dnn : DeepNeuralNetwork
        A network trained for the task next-token, on characters.
    prompt : str
        The start of the text; at least one character, all of which the network knows.
    length : int
        Number of characters to draw.
    temperature : float
        Below 1, probable characters become more probable; at 0, the most probable character is always chosen.
    seed : int
        Seed of the random draws.

    Raises
    ------
    UsageError
        When the network predicts something else, or does not know a character. It is raised before the first character.
    """
    names = dnn.problem.names
    if not isinstance(dnn.task, NextToken):
        raise UsageError(
            f"the network is for the task {dnn.task.name}, which does not generate text",
            hint="train one with: nnzoo train --dataset text:path=FILE --model char-gpt",
        )
    if not names or any(len(name) != 1 for name in names):
        raise UsageError("the network does not predict characters: the names of its classes are not single characters")
    if not prompt:
        raise UsageError("the prompt is empty", hint="give at least one character")
    number = {name: place for place, name in enumerate(names)}
    unknown = next((character for character in prompt if character not in number), None)
    if unknown is not None:
        known = "".join(name for name in names if name.isprintable())
        raise UsageError(f"the network does not know the character {unknown!r} of the prompt", hint=f"it knows {known}")
    return _drawn(dnn.network, [number[character] for character in prompt], names, length, temperature, seed)


def _drawn(
    network: Any, text: list[int], names: tuple[str, ...], length: int, temperature: float, seed: int
) -> Iterator[str]:
    (steps,) = network.input_shape
    rng = generator(seed, "plugin")
    seen = np.zeros((1, steps))
    for _ in range(length):
        known = text[-steps:]
        seen[0, : len(known)] = known  # the rest is ignored: no step sees a later one
        with blas_threads(1):  # the number of threads decides the last bits
            outputs = network.predict(seen)
        logits = outputs.reshape(steps, len(names))[len(known) - 1].astype(np.float64)
        if not np.isfinite(logits).all():
            raise UsageError("the network's outputs are not finite", hint="train it again with a lower learning rate")
        logits -= logits.max()
        if temperature:
            sums = np.cumsum(np.exp(logits / temperature))
            place = int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
            place = min(place, len(names) - 1)
        else:
            place = int(logits.argmax())
        text.append(place)
        yield names[place]
