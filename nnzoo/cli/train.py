"""``nnzoo train``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from nnzoo.cli.model_argument import data_of_model, find_start, starting_options
from nnzoo.cli.options import (
    PATH,
    component_option,
    data_dir_option,
    make_cache,
    make_registry,
    plugin_options,
    quiet_option,
    recipe_choices,
    recipe_options,
    training_options,
)
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.progress import Progress, training_shown
from nnzoo.cli.train_many import Many, continue_many, many_options, train_many
from nnzoo.errors import NnzooError, StorageError, UsageError
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    from nnzoo.kinds import DataCache, Dataset, DatasetLoader
    from nnzoo.model.starting import Start
    from nnzoo.plugins.registry import Registry
    from nnzoo.runs.record import Fallback

    Load: TypeAlias = Callable[[Registry, str | None, DataCache], tuple[DatasetLoader, Dataset, Fallback | None]]

logger = logging.getLogger("nnzoo")

DEFAULT_DATASET = "mnist"
FALLBACK_DATASET = "digits"
DEFAULTS = {"model": "mlp", "optimizer": "momentum"}


def _count_or_auto(text: str) -> int | str:
    try:
        return text if text == "auto" else int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a number of threads, nor auto") from None


@click.command()
@click.argument("words", nargs=-1, metavar="")
@component_option("--dataset", metavar="NAME", help=f"The training data.  [default: {DEFAULT_DATASET}]")
@recipe_options
@many_options
@click.option("--beta", metavar="X", help="Short for the optimizer's hyperparameter beta.")
@component_option("--schedule", metavar="NAME", help="The learning-rate schedule.  [default: one-cycle]")
@click.option("--epochs", type=int, metavar="N", help="Passes over the training data.  [default: 10]")
@click.option("--batch-size", type=int, metavar="N", help="Samples in a step.  [default: 128]")
@click.option(
    "--validation", type=float, metavar="X", help="Share of the training data to hold out and report.  [default: 0]"
)
@click.option("--monitor", metavar="FIGURE", help="The validation figure that selects the best epoch.  [default: loss]")
@training_options
@starting_options
@click.option(
    "--threads",
    type=_count_or_auto,
    metavar="N|auto",
    help="Threads for a step; auto: all processors if layers are large, with the same bits.  [default: 1]",
)
@data_dir_option
@click.option(
    "--run-dir",
    type=PATH,
    metavar="DIR",
    help="The folder for record and model.  [default: runs/<time>-<data set>-<model>]",
)
@click.option(
    "--checkpoint-every", type=float, default=1.0, metavar="X", help="Epochs between checkpoints.  [default: 1]"
)
@click.option("--resume", type=PATH, metavar="RUN", help="Continue a run that was stopped or killed.")
@click.option("--allow-mismatch", is_flag=True, help="With --resume: ignore differences in data, arguments, versions.")
@click.option("--plot", is_flag=True, help="Draw the run's figures into its folder figs/ when it has finished.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
@quiet_option
def train(
    words: tuple[str, ...],
    dataset: str | None,
    hidden: str | None,
    seeds: str | None,
    folds: int | None,
    executor: str | None,
    workers: int | None,
    beta: str | None,
    source: Path | None,
    new_head: bool,
    run_dir: Path | None,
    checkpoint_every: float,
    resume: Path | None,
    allow_mismatch: bool,
    plot: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Train a network, and save record, metrics and model in a run directory.

    A component is written NAME or NAME:key=value,key=value, as in --optimizer momentum:beta=0.8; `nnzoo show` lists
    the keys of each.

    \b
    nnzoo train
    nnzoo train --activation sigmoid --optimizer momentum --l_rate 4
    nnzoo train --dataset digits --hidden 32,16 --seed 3 --json
    nnzoo train --dataset digits --seeds 8
    nnzoo train --dataset table.csv --folds 5
    nnzoo train --dataset digits --validation 0.1 --metric accuracy --metric f1 --monitor f1 --early-stopping 5
    nnzoo train --transform noise:deviation=0.1 --observe clip:norm=1 --observe average
    nnzoo train --resume runs/20260102-030405-mnist-mlp
    nnzoo train --from digits-mlp --new-head --freeze '0.*' --dataset pictures/:size=8
    """
    from nnzoo.runs.group import is_group

    if words:
        raise _no_argument(words, hidden)
    if not 0 < checkpoint_every < float("inf"):
        raise UsageError(f"--checkpoint-every {checkpoint_every:g} is not a number of epochs above 0")
    if resume is not None and run_dir is not None:
        raise UsageError("--resume continues in the run's directory: omit --run-dir")
    if allow_mismatch and resume is None:
        raise UsageError("--allow-mismatch requires --resume")
    if resume is not None and (source is not None or new_head):
        raise UsageError("a run that is resumed has started already: omit --from and --new-head")
    if new_head and source is None:
        raise UsageError("--new-head requires --from", hint="a network that is not trained yet has no other head")
    given = recipe_choices(choices)
    short: dict[str, dict[str, Any]] = {} if hidden is None else {"model": {"hidden": hidden.split(",")}}
    short |= {} if beta is None else {"optimizer": {"beta": beta}}
    arguments: dict[str, Any] = {"given": given, "short": short, "dataset": dataset, "new_head": new_head}
    arguments |= {"source": None if source is None else str(source), "checkpoint_every": checkpoint_every}
    many = Many.given(executor, workers, as_json=as_json, quiet=quiet)
    if seeds is not None or folds is not None or (resume is not None and is_group(resume)):
        if plot:
            raise UsageError("--plot draws one run", hint="nnzoo plot DIR draws all of them when they have finished")
        if resume is not None:
            continue_many(many, resume, given, dataset)
        else:
            train_many(many, arguments, seeds, folds, run_dir)
        return
    if executor is not None or workers is not None:
        raise UsageError("--executor and --workers require --seeds or --folds")
    with training_shown(as_json=as_json, quiet=quiet, run_dir=run_dir) as progress:
        registry, cache = make_registry(), make_cache()
        options: dict[str, Any] = {"checkpoint_every": checkpoint_every, "listener": progress.listener()}
        if resume is None:
            start = None if source is None else find_start(registry, source, new_head=new_head)
            options |= {"run_dir": run_dir, "start": start}
            results = new_run(registry, given, short, dataset, load_data, cache, progress, options)
        else:
            given |= {} if dataset is None else {"dataset": dataset}
            results = _resumed_run(registry, given, short, resume, cache, {**options, "allow_mismatch": allow_mismatch})
    progress.finished(results)
    if plot:
        results["figures"] = _draw_figures(registry, Path(results["run_dir"]), cache, say=not (as_json or quiet))
    if as_json:
        print_json(results)


def _no_argument(words: tuple[str, ...], hidden: str | None) -> UsageError:
    """The error for words that belong to no option, with the likeliest cause."""
    hint = f"a data set is named with --dataset {quoted(words[0])}"
    if hidden is not None and all(word.strip(",").isdecimal() for word in words):
        hint = f"several layers are one word: --hidden {','.join(word.strip(',') for word in (hidden, *words))}"
    elif words[0].startswith("-") or "=" in words[0]:
        hint = "nnzoo train --help lists the options"
    return UsageError(f"nnzoo train accepts options only, not the argument {words[0]!r}", hint=hint)


def new_run(
    registry: Registry,
    given: dict[str, Any],
    short: dict[str, dict[str, Any]],
    dataset: str | None,
    load: Load,
    cache: DataCache,
    progress: Progress,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Begin a run; ``short`` has the hyperparameters of model and optimizer that have separate options."""
    from nnzoo.kinds import load_checked
    from nnzoo.runs.run import run_training
    from nnzoo.training.data import prepare_dataset
    from nnzoo.training.recipe import resolve_recipe

    start: Start | None = options["start"]
    defaults = DEFAULTS if start is None else {**DEFAULTS, "model": start.parts.model}
    for kind, values in short.items():
        given[kind] = registry.build(kind, given.get(kind, defaults[kind]), values)
    if start is not None:
        given = start.choices(registry, given)
    resolve_recipe(registry, **given)  # report mistakes before anything is loaded
    if start is None:
        loader, data, fallback = load(registry, dataset, cache)
    else:
        assert start.file is not None
        loader, fallback = _suiting(data_of_model(registry, start.file, dataset), start, dataset or ""), None
        data = load_checked(loader, cache)
    progress.loaded(data)
    given.setdefault("task", data.task)
    recipe = resolve_recipe(registry, **given)
    settings: dict[str, Any] = {"validation": recipe.validation, "seed": recipe.seed, "registry": registry}
    prepared = (start.prepare_dataset if start else prepare_dataset)(data, recipe.task, **settings)
    recipe = resolve_recipe(registry, data=prepared, **given)
    options = {"command": ["nnzoo", *sys.argv[1:]], **options}
    return run_training(registry, recipe, loader, data, prepared=prepared, fallback=fallback, **options)


def _suiting(loader: DatasetLoader, start: Start, written: str) -> DatasetLoader:
    """The data set, with the image settings of the trained network, unless ``written`` sets them."""
    from nnzoo.hyperparameters import values_of
    from nnzoo.kinds import PictureLoader

    step = start.parts.preprocessing.picture_step
    if step is None or not isinstance(loader, PictureLoader):
        return loader
    other, own = loader.suiting(step), values_of(loader)
    changed = {name: value for name, value in values_of(other).items() if value != own[name]}
    if not changed or any(f"{name}=" in written for name in changed):
        return loader
    settings = ", ".join(f"{name}={value}" for name, value in changed.items())
    logger.info("images are prepared like those that %s was trained on: %s", start.called, settings)
    return other


def _resumed_run(
    registry: Registry,
    given: dict[str, Any],
    short: dict[str, dict[str, Any]],
    run: Path,
    cache: DataCache,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Continue a run; ``short`` as in `new_run`, for the model and the optimizer of the run."""
    from nnzoo.runs.record import built_from_record, read_record
    from nnzoo.runs.resume import resume_training

    own = built_from_record(registry, read_record(run))[0].components() if short else {}
    for kind, values in short.items():
        given[kind] = registry.build(kind, given.get(kind, own[kind]), values)
    return resume_training(registry, run, cache, choices=given, **options)


def _draw_figures(registry: Registry, run: Path, cache: DataCache, *, say: bool) -> list[str]:
    """Draw all figures of a run that has just finished; errors are printed, not raised."""
    from nnzoo.cli.plot import tell_left_out
    from nnzoo.figures.writing import write_figures
    from nnzoo.trained_run import TrainedRun

    folder = run / "figs"
    try:
        if folder.is_symlink():  # an untrusted run may contain a link to any folder
            raise StorageError(f"{folder} is a link", hint="remove it, then: nnzoo plot RUN --out DIR")
        with prints_to_stderr():
            outcome = write_figures([TrainedRun(run, registry, cache)], folder, prefixed=False)
    except NnzooError as error:
        click.echo(f"nnzoo: no figures: {error}", err=True)
        return []
    tell_left_out(outcome)
    if say:
        click.echo(f"figures in {folder}")
    return [str(file.path) for file in outcome.written]


def load_data(registry: Registry, spec: str | None, cache: DataCache) -> tuple[DatasetLoader, Dataset, Fallback | None]:
    """Load a data set; without a spec the default one or, if that is not available, the one that comes with nnzoo."""
    from nnzoo.data import find_dataset
    from nnzoo.errors import DownloadError
    from nnzoo.kinds import load_checked
    from nnzoo.runs.record import Fallback

    loader = find_dataset(registry, spec or DEFAULT_DATASET)
    try:
        return loader, load_checked(loader, cache), None
    except DownloadError as error:
        if spec is not None:
            raise
        click.echo(
            f"nnzoo: {error}\nnnzoo: training on {FALLBACK_DATASET} instead, a small data set that comes with nnzoo "
            f"(with --dataset {DEFAULT_DATASET} this is an error)",
            err=True,
        )
        loader = registry.build("dataset", FALLBACK_DATASET)
        return loader, load_checked(loader, cache), Fallback(wanted=DEFAULT_DATASET, reason=error.message)
