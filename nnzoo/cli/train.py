"""``nnzoo train``."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from nnzoo.cli.model_argument import data_of_model, find_start, starting_options
from nnzoo.cli.options import component_option, data_dir_option, make_registry, plugin_options, recipe_options
from nnzoo.cli.progress import Progress, training_shown
from nnzoo.cli.train_many import Many, go_on_with_many, many_options, train_many
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
@component_option("--dataset", metavar="NAME", help=f"What to learn.  [default: {DEFAULT_DATASET}]")
@recipe_options
@many_options
@click.option("--beta", metavar="X", help="Short for the optimizer's hyperparameter beta.")
@component_option("--schedule", metavar="NAME", help="How the learning rate changes.  [default: one-cycle]")
@click.option("--epochs", type=int, metavar="N", help="Passes over the training data.  [default: 10]")
@click.option("--batch-size", type=int, metavar="N", help="Samples in a step.  [default: 128]")
@click.option(
    "--validation", type=float, metavar="X", help="Share of the training data to hold out and report.  [default: 0]"
)
@component_option("--metric", metavar="NAME", multiple=True, help="What to measure. Repeatable.  [default: the task's]")
@click.option(
    "--class-weight",
    metavar="balanced|NAME=W[,NAME=W…]",
    help="How much classes count in the training loss.  [default: each sample counts 1]",
)
@component_option(
    "--transform", metavar="NAME", multiple=True, help="What is done to training batches, such as noise. Repeatable."
)
@component_option(
    "--observe",
    kind="observer",
    metavar="NAME",
    multiple=True,
    help="What watches the training: clip, average, stop-at, log. Repeatable.",
)
@starting_options
@click.option(
    "--threads",
    type=_count_or_auto,
    metavar="N|auto",
    help="Threads that a step may use; auto: all processors where layers are large, to the same bits.  [default: 1]",
)
@data_dir_option
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where record and model go.  [default: runs/<time>-<data set>-<model>]",
)
@click.option(
    "--early-stopping",
    type=int,
    metavar="N",
    help="Stop after N epochs without a better validation figure; keep the best.",
)
@click.option("--monitor", metavar="FIGURE", help="The validation figure that selects the best epoch.  [default: loss]")
@click.option("--keep", metavar="best|last", help="The epoch to keep.  [default: last; best with --early-stopping]")
@click.option(
    "--checkpoint-every", type=float, default=1.0, metavar="X", help="Epochs between checkpoints.  [default: 1]"
)
@click.option(
    "--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a run that was stopped or killed."
)
@click.option("--allow-mismatch", is_flag=True, help="With --resume: go on though data, arguments or versions differ.")
@click.option("--plot", is_flag=True, help="Draw the run's figures into its folder figs/ when it has finished.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing while training.")
def train(
    words: tuple[str, ...],
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    dataset: str | None,
    hidden: str | None,
    seeds: str | None,
    folds: int | None,
    executor: str | None,
    workers: int | None,
    beta: str | None,
    metric: tuple[str, ...],
    transform: tuple[str, ...],
    observe: tuple[str, ...],
    source: Path | None,
    new_head: bool,
    freeze: tuple[str, ...],
    learning_rate_of: tuple[str, ...],
    data_dir: Path | None,
    run_dir: Path | None,
    checkpoint_every: float,
    resume: Path | None,
    allow_mismatch: bool,
    plot: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Train a network, and keep record, metrics and model in a run directory.

    A component is written NAME or NAME:key=value,key=value, as in --optimizer momentum:beta=0.8; `nnzoo show` says
    what each takes.

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
        raise UsageError("--resume goes on in the run's own directory: leave --run-dir out")
    if allow_mismatch and resume is None:
        raise UsageError("--allow-mismatch goes with --resume")
    if resume is not None and (source is not None or new_head):
        raise UsageError("a run that is resumed has started already: leave --from and --new-head out")
    if new_head and source is None:
        raise UsageError("--new-head goes with --from", hint="a network that is not trained yet has no other head")
    given: dict[str, Any] = {name: value for name, value in choices.items() if value is not None}
    lists = {"metrics": metric, "transforms": transform, "observers": observe}
    lists |= {"freeze": freeze, "learning_rate_of": learning_rate_of}
    given |= {name: specs for name, specs in lists.items() if specs}
    given |= {"monitor": given["monitor"].replace("-", "_")} if "monitor" in given else {}
    short: dict[str, dict[str, Any]] = {} if hidden is None else {"model": {"hidden": hidden.split(",")}}
    short |= {} if beta is None else {"optimizer": {"beta": beta}}
    arguments: dict[str, Any] = {"given": given, "short": short, "dataset": dataset, "new_head": new_head}
    arguments |= {"source": None if source is None else str(source), "checkpoint_every": checkpoint_every}
    many = Many(plugin_files, disabled, data_dir, executor, workers, as_json=as_json, quiet=quiet)
    if seeds is not None or folds is not None or (resume is not None and is_group(resume)):
        if plot:
            raise UsageError("--plot draws one run", hint="nnzoo plot DIR draws all of them, once they are there")
        if resume is not None:
            go_on_with_many(many, resume, given, dataset)
        else:
            train_many(many, arguments, seeds, folds, run_dir)
        return
    if executor is not None or workers is not None:
        raise UsageError("--executor and --workers go with --seeds or --folds")
    with training_shown(as_json=as_json, quiet=quiet) as progress:
        from nnzoo.datafiles.cache import FileCache
        from nnzoo.runs.directory import require_free

        if run_dir is not None:
            require_free(run_dir)
        registry, cache = make_registry(plugin_files, disabled), FileCache(data_dir)
        options: dict[str, Any] = {
            "checkpoint_every": checkpoint_every,
            "listener": progress.listener(),
        }
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
        click.echo(json.dumps(results, allow_nan=False))


def _no_argument(words: tuple[str, ...], hidden: str | None) -> UsageError:
    """The error for words that belong to no option; the likeliest reasons are given."""
    hint = f"a data set is named with --dataset {quoted(words[0])}"
    if hidden is not None and all(word.strip(",").isdecimal() for word in words):
        hint = f"several layers are one word: --hidden {','.join(word.strip(',') for word in (hidden, *words))}"
    elif words[0].startswith("-") or "=" in words[0]:
        hint = "nnzoo train --help lists the options"
    return UsageError(f"nnzoo train takes no argument {words[0]!r}, only options", hint=hint)


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
    """Train anew; ``short`` has hyperparameters of the model and the optimizer that have options of their own."""
    from nnzoo.kinds import load_checked
    from nnzoo.runs.run import run_training
    from nnzoo.training.data import prepare_dataset
    from nnzoo.training.recipe import resolve_recipe

    start: Start | None = options["start"]
    usual = DEFAULTS if start is None else {**DEFAULTS, "model": start.parts.model}
    for kind, values in short.items():
        given[kind] = registry.build(kind, given.get(kind, usual[kind]), values)
    if start is not None:
        given = start.choices(registry, given)
    resolve_recipe(registry, **given)  # a mistake is to be found before anything is loaded
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
    """The data set, with pictures as the network knows them, where that was left open."""
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
    logger.info("pictures become samples as those that %s has learnt from did: %s", start.called, settings)
    return other


def _resumed_run(
    registry: Registry,
    given: dict[str, Any],
    short: dict[str, dict[str, Any]],
    run: Path,
    cache: DataCache,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Go on with a run; ``short`` as for a new one, of the model and the optimizer that the run has."""
    from nnzoo.runs.record import built_from_record, read_record
    from nnzoo.runs.resume import resume_training

    own = built_from_record(registry, read_record(run))[0].components() if short else {}
    for kind, values in short.items():
        given[kind] = registry.build(kind, given.get(kind, own[kind]), values)
    return resume_training(registry, run, cache, choices=given, **options)


def _draw_figures(registry: Registry, run: Path, cache: DataCache, *, say: bool) -> list[str]:
    """Draw all figures of a run that has just finished; a failure here does not change that."""
    from nnzoo.cli.plot import tell_left_out
    from nnzoo.figures.writing import write_figures
    from nnzoo.trained_run import TrainedRun

    folder = run / "figs"
    try:
        if folder.is_symlink():  # in an untrusted run it may lead anywhere
            raise StorageError(f"{folder} is a link", hint="remove it, then: nnzoo plot RUN --out DIR")
        with redirect_stdout(sys.stderr):
            outcome = write_figures([TrainedRun(run, registry, cache)], folder, prefixed=False)
    except NnzooError as error:
        click.echo(f"nnzoo: no figures: {error}", err=True)
        return []
    tell_left_out(outcome)
    if say:
        click.echo(f"figures in {folder}")
    return [str(file.path) for file in outcome.written]


def load_data(registry: Registry, spec: str | None, cache: DataCache) -> tuple[DatasetLoader, Dataset, Fallback | None]:
    """The data set that was named; else the default one, or where that is not available, the one that ships."""
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
