"""``nnzoo explain``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import data_of_model, model_file, short_name
from nnzoo.cli.options import (
    PATH,
    component_option,
    data_dir_option,
    given_data_dir,
    given_plugins,
    make_cache,
    make_registry,
    plugin_options,
    recipe_options,
)
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.errors import UsageError
from nnzoo.terminal import make_console, quoted

if TYPE_CHECKING:
    from nnzoo.explanation.subject import Subject
    from nnzoo.kinds import DataCache
    from nnzoo.plugins.registry import Registry

DEFAULT_DATASET = "digits"
DEFAULT_PART = "train"
NOT_A_TERMINAL_WIDTH = 100
FIXED = {
    "--tiny": ("dataset", "part", "index", "data_dir", "task", "model", "hidden", "seed", "from_"),
    "--from": ("task", "model", "hidden", "activation", "loss", "seed"),
}
"""The choices that each of these options excludes, because it determines the sample or the network."""


@click.command()
@click.option("--tiny", is_flag=True, help="Two inputs, two hidden units, two outputs, and every number.")
@component_option("--dataset", metavar="NAME", help=f"The data set of the sample.  [default: {DEFAULT_DATASET}]")
@click.option("--sample", "--index", "index", type=int, metavar="N", help="Its index, from 0.  [default: 0]")
@click.option(
    "--part", type=click.Choice(["train", "test"]), help=f"The part of the data set.  [default: {DEFAULT_PART}]"
)
@click.option(
    "--from",
    "from_",
    type=PATH,
    metavar="FILE",
    help="A trained network (a model file, a run, or one of the zoo) instead of one with initial weights.",
)
@recipe_options
@data_dir_option
@click.option("--html", type=PATH, metavar="FILE", help="Write a page with images instead.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print all numbers as one JSON object.")
def explain(tiny: bool, html: Path | None, as_json: bool, **choices: Any) -> None:
    """Show one step of gradient descent on one sample, number by number.

    Forward pass, loss, backward pass and update: the equation of each component with its inputs and outputs, and next
    to each gradient the finite difference that confirms it. The step is the first one that `nnzoo train` would take
    with a batch of this one sample and a constant schedule.

    With --tiny, every number can be recomputed with a calculator. The default learning rate is then 0.5, the default
    weight decay 0.01.

    For a row of a table, the preprocessing of each column comes first; with --from, also the importance of each column:
    how much worse the network gets when the column is shuffled.

    \b
    nnzoo explain --tiny
    nnzoo explain --tiny --activation sigmoid --optimizer sgd
    nnzoo explain --dataset digits --sample 7 --hidden 16 --html step.html
    nnzoo explain --from runs/mine --part test --sample 3
    """
    from nnzoo.explanation.story import story
    from nnzoo.explanation.walk import walk

    choices["data_dir"] = given_data_dir()
    given = {name: value for name, value in choices.items() if value is not None}
    refuse_fixed("--tiny" if tiny else "--from" if "from_" in given else "", given)
    registry = make_registry()
    with prints_to_stderr():
        subject = _tiny(registry, given) if tiny else _sample(registry, given)
        taken = walk(subject.network, subject.recipe, subject.problem, subject.batch)
        sections = story(subject, taken)
    if html is not None:
        from nnzoo.files.writing import write_whole
        from nnzoo.pages.explanation import explanation_page

        write_whole(html, explanation_page(subject, taken, sections).encode())
    if as_json:
        from nnzoo.explanation.as_json import to_json

        answer = to_json(subject, taken) | ({} if html is None else {"page": str(html)})
        print_json(answer)
    elif html is not None:
        click.echo(f"wrote {html}")
    else:
        from nnzoo.explanation.text import print_story

        width = None if sys.stdout.isatty() else NOT_A_TERMINAL_WIDTH
        print_story(make_console(width=width), subject, sections)
    culprit = taken.culprit()
    if culprit is not None:
        files = "".join(f" --plugin {quoted(file)}" for file in given_plugins()[0])
        click.echo(f"nnzoo: a gradient is wrong; look closer: nnzoo check {culprit.kind} {culprit}{files}", err=True)


def refuse_fixed(option: str, given: Mapping[str, Any]) -> None:
    """Raise a UsageError for a choice that ``--tiny`` or ``--from`` excludes."""
    for name in FIXED.get(option, ()):
        if name in given:
            other = f"--{name.strip('_').replace('_', '-')}"
            fixed = "its sample and its network are" if option == "--tiny" else "the network is"
            raise UsageError(f"{option} and {other} contradict each other: {fixed} given")


def _tiny(registry: Registry, given: Mapping[str, Any]) -> Subject:
    from nnzoo.explanation.subject import TINY_LEARNING_RATE, TINY_WEIGHT_DECAY, tiny_subject
    from nnzoo.training.recipe import resolve_recipe

    rates = {"learning_rate": TINY_LEARNING_RATE, "weight_decay": TINY_WEIGHT_DECAY}
    return tiny_subject(resolve_recipe(registry, model="mlp:hidden=2", schedule="constant", **{**rates, **given}))


def _sample(registry: Registry, given: dict[str, Any]) -> Subject:
    """A sample of a data set, and a trained network or one with initial weights."""
    index, part = given.pop("index", 0), given.pop("part", DEFAULT_PART)
    dataset, file = given.pop("dataset", None), given.pop("from_", None)
    given.pop("data_dir", None)
    cache = make_cache()
    if file is not None:
        return _trained(registry, file, dataset, part, index, cache, given)
    return _untrained(registry, dataset or DEFAULT_DATASET, part, index, cache, given)


def _untrained(
    registry: Registry, dataset: str, part: str, index: int, cache: DataCache, given: dict[str, Any]
) -> Subject:
    import numpy as np

    from nnzoo.data import find_dataset
    from nnzoo.explanation.subject import DataPart, sample_subject
    from nnzoo.kinds import load_checked
    from nnzoo.training.data import prepare_dataset
    from nnzoo.training.prepare import build_network
    from nnzoo.training.recipe import resolve_recipe

    hidden = given.pop("hidden", None)
    if hidden is not None:
        given["model"] = registry.build("model", given.get("model", "mlp"), {"hidden": hidden.split(",")})
    loader = find_dataset(registry, dataset)
    resolve_recipe(registry, **given)  # report mistakes before anything is loaded
    data = load_checked(loader, cache)
    given.setdefault("task", data.task)
    prepared = prepare_dataset(data, registry.build("task", given["task"]), registry=registry)
    recipe = resolve_recipe(
        registry, outputs=prepared.problem.width, problem=prepared.problem, schedule="constant", **given
    )
    network = build_network(recipe, prepared.problem, np.float64)
    raw, split = (data.test, prepared.test) if part == "test" and prepared.test else (data.train, prepared.train)
    chosen = DataPart(f"{short_name(loader)} ({part})", raw, split)
    return sample_subject(chosen, index, prepared.problem, recipe, network, prepared.preprocessing)


def _trained(
    registry: Registry, file: Path, dataset: str | None, part: str, index: int, cache: DataCache, given: dict[str, Any]
) -> Subject:
    from nnzoo.explanation.subject import DataPart, sample_subject, trained_recipe
    from nnzoo.kinds import load_checked
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.importance import column_importance
    from nnzoo.model.model_file import read_model

    with model_file(registry, file) as path:
        model = read_model(path)
    dnn = DeepNeuralNetwork.load(model, registry=registry)
    recipe = trained_recipe(model, dnn, registry, given)
    loader = data_of_model(registry, model, dataset)
    data = load_checked(loader, cache, dnn.preprocessing.types if dataset else None)
    predictor, name, importance = dnn.predictor, short_name(loader), None
    raw, prepared = data.train if part == "train" else data.test, predictor.part(data, part, name)
    chosen = DataPart(f"{name} ({part})", raw, prepared)
    if predictor.preprocessing.columns:
        test = prepared if part == "test" else predictor.part(data, "test", name)
        importance = column_importance(predictor, test, recipe.metrics)
    return sample_subject(chosen, index, dnn.problem, recipe, dnn.network, dnn.preprocessing, importance)
