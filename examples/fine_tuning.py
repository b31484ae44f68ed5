"""Train a network on one data set, fine-tune it with a few samples of another, and compare with training from scratch.

python examples/fine_tuning.py mnist fashion-mnist --samples 500
python examples/fine_tuning.py mnist mnist --first 0,1,2,3,4 --second 5,6,7,8,9 --samples 500
python examples/fine_tuning.py digits digits --first 0,1,2,3,4 --second 5,6,7,8,9 --model mlp --samples 50

lenet5 comes with the package nnzoo-conv, fashion-mnist with nnzoo-datasets.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import Dataset, Split


def only(dataset: Dataset, classes: list[str]) -> Dataset:
    """The samples of some classes; without names, all samples."""
    names = tuple(classes) or dataset.class_names
    number = np.array([names.index(name) if name in names else -1 for name in dataset.class_names])

    def chosen(split: Split) -> Split:
        taken = split.take(np.flatnonzero(number[split.targets] >= 0))
        return replace(taken, targets=number[taken.targets])

    return replace(dataset, train=chosen(dataset.train), test=chosen(dataset.test), class_names=names)


def few(dataset: Dataset, samples: int, seed: int) -> Dataset:
    """A number of training samples, drawn at random."""
    drawn = np.random.default_rng(seed).permutation(len(dataset.train))[:samples]
    part = dataset.train.take(np.sort(drawn))
    return replace(dataset, train=part, test=part)


def accuracy(network: DeepNeuralNetwork, dataset: Dataset) -> float:
    return network.score(dataset.test.inputs, dataset.test.targets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="the data set to learn first")
    parser.add_argument("target", help="the data set of which there are few samples")
    parser.add_argument("--first", default="", help="classes of the first, such as 0,1,2")
    parser.add_argument("--second", default="", help="classes of the second")
    parser.add_argument("--model", default="lenet5")
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=20, help="on the few samples")
    parser.add_argument("--rate", type=float, help="learning rate of the fine-tuning")
    parser.add_argument("--freeze", action="append", default=[], help="arrays to leave as they are, such as '0.*'")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    source, target = (
        only(load_dataset(name), [each for each in classes.split(",") if each])
        for name, classes in ((given.source, given.first), (given.target, given.second))
    )
    trained = DeepNeuralNetwork.for_dataset(source, model=given.model)
    trained.train(source, epochs=3, batch_size=128, verbose=False)
    trained.save("first.safetensors")
    print(f"{given.model} on {given.source}: test accuracy {accuracy(trained, source):.2%}")
    fresh, tuned = [], []
    for seed in range(given.seeds):
        data, training = few(target, given.samples, seed), {"epochs": given.epochs, "batch_size": 32, "verbose": False}
        network = DeepNeuralNetwork.for_dataset(data, model=given.model, seed=seed)
        network.train(data, **training)
        fresh.append(accuracy(network, target))
        network = DeepNeuralNetwork.load("first.safetensors")
        network.fine_tune(data, new_head=True, seed=seed, freeze=given.freeze, l_rate=given.rate, **training)
        tuned.append(accuracy(network, target))
        print(f"seed {seed}: from scratch {fresh[-1]:.2%}, fine-tuned {tuned[-1]:.2%}")
    print(f"mean of {given.seeds}: from scratch {np.mean(fresh):.2%}, fine-tuned {np.mean(tuned):.2%}")


if __name__ == "__main__":
    main()
