"""``nnzoo train --seeds`` and ``--folds``: several runs of one configuration, in parallel, with one result."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from nnzoo.cli.many_results import print_means, result_of_run, results_of_many
from nnzoo.cli.model_argument import data_of_model
from nnzoo.cli.options import given_data_dir, given_plugins, options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.progress import make_many_display, make_progress
from nnzoo.errors import NnzooError, StoppedError, UsageError
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    from nnzoo.kinds import Dataset, DatasetLoader, Executor, Work
    from nnzoo.plugins.registry import Registry
    from nnzoo.runs.group import GroupRecord

DEFAULT_EXECUTOR = "processes"
FOLD = "fold"
"""The name of the data set that is a fold of another."""
ATTEMPTS = 3
"""How often a run is tried whose worker dies."""
DEFAULT_SEEDS = "8"
"""The seeds of ``nnzoo compare``."""
MOST = 10_000
"""The most seeds; more are probably a typing error."""


many_options = options(
    click.option(
        "--seeds",
        metavar="N|A-B|A,B,…",
        help="Train a run with each of N seeds (from 0) or of these; report the mean with its 95 % interval.",
    ),
    click.option(
        "--folds",
        type=int,
        metavar="K",
        help="K-fold cross-validation: divide the training data into K parts; test on each, train on the others.",
    ),
    click.option(
        "--executor", metavar="NAME", help=f"With --seeds or --folds: the executor.  [default: {DEFAULT_EXECUTOR}]"
    ),
    click.option(
        "--workers", type=int, metavar="N", help="With --seeds or --folds: runs at a time.  [default: all cores]"
    ),
)
"""``--seeds``, ``--folds``, ``--executor`` and ``--workers``."""


@dataclass(frozen=True)
class Many:
    """Options of several training runs: plugins, data, executor, and output."""

    plugin_files: tuple[Path, ...]
    disabled: tuple[str, ...]
    data_dir: Path | None
    executor: str | None
    workers: int | None
    as_json: bool
    quiet: bool

    @classmethod
    def given(cls, executor: str | None, workers: int | None, *, as_json: bool, quiet: bool) -> Many:
        """Take plugins and data from the options of the current command."""
        return cls(*given_plugins(), given_data_dir(), executor, workers, as_json, quiet)

    def registry(self) -> Registry:
        """Return the registry with these plugins."""
        from nnzoo.plugins.registry import Registry

        return Registry(self.plugin_files, self.disabled)

    def load(self, dataset: str) -> Dataset:
        """Load a data set by its spec."""
        from nnzoo.data import find_dataset
        from nnzoo.datafiles.cache import FileCache
        from nnzoo.kinds import load_checked

        return load_checked(find_dataset(self.registry(), dataset), FileCache(self.data_dir))

    def say(self, line: str) -> None:
        """Print progress to standard output, or with ``--json`` to standard error."""
        if not self.quiet:
            click.echo(line, err=self.as_json)


@dataclass(frozen=True)
class Member:
    """One of the runs: its seed or fold, its directory, and whether it has begun already."""

    number: int
    path: Path
    begun: bool


def parse_seeds(text: str) -> tuple[int, ...]:
    """Parse the value of ``--seeds``; an invalid one raises a UsageError.

    >>> parse_seeds("3"), parse_seeds("5-7"), parse_seeds("0,3,10-12")
    ((0, 1, 2), (5, 6, 7), (0, 3, 10, 11, 12))
    """
    seeds: list[int] = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,18})(?:-(\d{1,18}))?\s*", word, re.ASCII)
        if match is None:
            raise UsageError(f"--seeds {text} names no seeds", hint="write 8, 0-7 or 0,3,5")
        first, last = int(match[1]), int(match[2] or match[1])
        if "," not in text and match[2] is None:
            first, last = 0, first - 1
        if not 0 <= last - first < MOST:
            hint = f"give 1 to {MOST:,} seeds; a range starts with the smaller one"
            raise UsageError(f"--seeds {text} names no seeds", hint=hint)
        seeds += range(first, last + 1)
    if len(set(seeds)) < len(seeds) or len(seeds) > MOST:
        raise UsageError(f"--seeds {text} has a seed twice, or more than {MOST:,}")
    return tuple(seeds)


def train_many(
    many: Many, arguments: dict[str, Any], seeds: str | None, folds: int | None, run_dir: Path | None
) -> None:
    """Train with each of these seeds or on each fold, in a new directory, and report the results."""
    from nnzoo.data.parting import MOST as MOST_FOLDS
    from nnzoo.data.parting import fold_numbers
    from nnzoo.runs.directory import RunDirectory, require_free
    from nnzoo.runs.group import GroupRecord

    if seeds is not None and folds is not None:
        raise UsageError("--seeds and --folds cannot be combined")
    if seeds is not None and "seed" in arguments["given"]:
        raise UsageError("--seed and --seeds cannot be combined")
    if folds is not None and not 2 <= folds <= MOST_FOLDS:
        raise UsageError(f"--folds {folds} is not a number of folds", hint=f"give 2 to {MOST_FOLDS:,}")
    unit: Literal["seed", "fold"] = "seed" if folds is None else "fold"
    data: Dataset | None = None
    numbers = parse_seeds(str(seeds)) if folds is None else tuple(range(folds))
    if run_dir is not None:
        require_free(run_dir)
    with prints_to_stderr(many.as_json):
        arguments, name = _checked(many, arguments, of_folds=folds is not None)
        record = GroupRecord(unit, numbers, arguments, ("nnzoo", *sys.argv[1:]))
        if folds is not None:
            data = many.load(arguments["dataset"])
            fold_numbers(data.train, folds)  # too many folds are an error before anything is trained
        directory = RunDirectory.create(run_dir, f"{name}-{unit}s").path
        record.write(directory)
    _train(many, directory, record, data)


def continue_many(many: Many, directory: Path, given: Mapping[str, Any], dataset: str | None) -> None:
    """Train the missing runs of a directory, and report the results of all."""
    from nnzoo.runs.group import read_group

    if given or dataset is not None:
        raise UsageError(f"{directory} holds several runs, which continue unchanged", hint="omit all but --resume")
    _train(many, directory, read_group(directory))


def prepare_member(many: Many, record: GroupRecord) -> Work:
    """Return a worker's function that trains a `Member`. The data are loaded once, when they are needed."""
    from nnzoo.cli.train import load_data, new_run
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.runs.resume import resume_training

    registry, cache, arguments = many.registry(), FileCache(many.data_dir), record.arguments
    loaded = lru_cache(maxsize=1)(lambda dataset: load_data(registry, dataset, cache))
    every, source = arguments["checkpoint_every"], arguments["source"]

    def work(member: Member) -> dict[str, Any]:
        if member.begun:
            return resume_training(registry, member.path, cache, checkpoint_every=every)
        from nnzoo.cli.model_argument import find_start

        start = None if source is None else find_start(registry, Path(source), new_head=arguments["new_head"])
        options = {"run_dir": member.path, "start": start, "checkpoint_every": every}
        options["command"] = _command_of_member(record, member)
        given = {**arguments["given"], **({"seed": member.number} if record.unit == "seed" else {})}
        silent, short, dataset = make_progress(to_stderr=True, quiet=True), arguments["short"], _data(record, member)
        return new_run(registry, given, short, dataset, lambda _, spec, __: loaded(spec), cache, silent, options)

    return work


def _data(record: GroupRecord, member: Member) -> str | None:
    """The spec of the data set of one of the runs."""
    from nnzoo.spelling import in_brackets

    dataset: str | None = record.arguments["dataset"]
    if record.unit == "seed":
        return dataset
    folds, seed = len(record.numbers), record.fold_seed
    return f"{FOLD}:of={in_brackets(str(dataset))},folds={folds},number={member.number},seed={seed}"


def _checked(many: Many, arguments: dict[str, Any], *, of_folds: bool) -> tuple[dict[str, Any], str]:
    """Check the arguments; return them with the data set that is available, and a name for the directory."""
    from nnzoo.cli.model_argument import find_start
    from nnzoo.cli.train import DEFAULTS, load_data
    from nnzoo.data import find_dataset
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.training.recipe import resolve_recipe

    registry, given = many.registry(), dict(arguments["given"])
    loader: DatasetLoader
    if arguments["source"] is not None:
        if of_folds:
            start = find_start(registry, Path(arguments["source"]), new_head=arguments["new_head"])
            assert start.file is not None
            loader = data_of_model(registry, start.file, arguments["dataset"])
            arguments = {**arguments, "dataset": written_dataset(registry, loader)}
        return arguments, "tuned"
    for kind, values in arguments["short"].items():
        given[kind] = registry.build(kind, given.get(kind, DEFAULTS[kind]), values)
    recipe = resolve_recipe(registry, **given)
    if arguments["dataset"] is None:  # determined once, so that all runs have the same
        loader, _, fallback = load_data(registry, None, FileCache(many.data_dir))
        arguments = {**arguments, "dataset": loader.name}
        if fallback is None:
            many.say(f"data      {loader.name}")
    else:
        loader = find_dataset(registry, arguments["dataset"])
    if of_folds:
        arguments = {**arguments, "dataset": written_dataset(registry, loader)}
    return arguments, f"{loader.name}-{recipe.model.name}"


def written_dataset(registry: Registry, loader: DatasetLoader) -> str:
    """Return the full spec of a data set, even of a file, for use as a hyperparameter."""
    from nnzoo.model.stored import component_record

    return component_record(registry, loader).spec


def _command_of_member(record: GroupRecord, member: Member) -> list[str]:
    """The command that trains one of the runs alone."""
    dropped = {"--seeds", "--folds", "--run-dir", "--executor", "--workers"}
    dropped |= {"--dataset"} if record.unit == "fold" else set()
    words, command = iter(record.command), list[str]()
    for word in words:
        option, equals, _ = word.partition("=")
        if option.replace("_", "-") in dropped:
            if not equals:
                next(words, None)
        elif word not in ("--json", "--quiet"):
            command.append(word)
    number = ["--seed", str(member.number)] if record.unit == "seed" else ["--dataset", str(_data(record, member))]
    return [*command, *number, "--run-dir", str(member.path)]


def _train(many: Many, directory: Path, record: GroupRecord, data: Dataset | None = None) -> None:
    """Train the missing runs, and report the results of all."""
    train_missing(many, directory, record)
    registry = many.registry()
    answer = results_of_many(directory, record)
    if record.unit == "fold":
        from nnzoo.comparing.out_of_fold import write_out_of_fold

        with prints_to_stderr():
            data = data or many.load(record.arguments["dataset"])
            written = write_out_of_fold(directory, record, data, registry)
        answer["predictions"] = written and str(written)
    if many.as_json:
        print_json(answer)
    elif not many.quiet:
        print_means(registry, directory, answer)


def train_missing(many: Many, directory: Path, record: GroupRecord) -> None:
    """Train the missing runs, each in a worker.

    Raises
    ------
    NnzooError
        The error of the first failed run. A diverged run has not failed.
    StoppedError
        When interrupted; the hint has the command to continue.
    """
    from nnzoo.runs.claim import claim
    from nnzoo.runs.stopping import sigterm_like_ctrl_c

    display = make_many_display(many.say, to_stderr=many.as_json, quiet=many.quiet)
    with (
        _hint_to_resume(directory),
        sigterm_like_ctrl_c(),
        claim(directory),
        prints_to_stderr(many.as_json),
        ExitStack() as at_the_end,
    ):
        at_the_end.callback(display.end)
        registry = many.registry()
        missing = list(_missing(directory, record))
        many.say(f"runs      {directory}: {len(missing)} of {len(record.numbers)} {record.unit}s to train")
        executor: Executor = registry.build("executor", many.executor or DEFAULT_EXECUTOR)
        files = tuple(path.absolute() for path in many.plugin_files)
        work = partial(prepare_member, replace(many, plugin_files=files), record)
        failed: list[tuple[Member, NnzooError]] = []
        display.begin(record.unit, {member.number: member.path for member in missing})
        with executor.open(work, _workers(many, len(missing))) if missing else nullcontext(lambda _: ()) as run:
            for _ in range(ATTEMPTS):
                failed, lost = [], list[int]()
                for outcome in run(missing):
                    member = missing[outcome.number]
                    display.ended(member.number, result_of_run(registry, member.path, outcome))
                    if outcome.error is not None and not _has_diverged(member):
                        failed.append((member, outcome.error))
                        lost += [member.number] if outcome.lost else []
                missing = [member for member in _missing(directory, record) if member.number in lost]
                if not missing:
                    break
        if failed:
            (member, error), rest = failed[0], len(failed) - 1
            error.message = f"{record.unit} {member.number}{f' (and {rest} more)' if rest else ''}: {error.message}"
            error.hint = f"{error.hint or ''}\n  then: nnzoo train --resume {quoted(directory)}".strip()
            raise error


def _missing(directory: Path, record: GroupRecord) -> Iterator[Member]:
    """The runs that have neither finished nor diverged."""
    from nnzoo.runs.record import NoRunError, read_record

    for number, path in record.paths(directory).items():
        try:
            if read_record(path).status not in ("finished", "diverged"):
                yield Member(number, path, begun=True)
        except NoRunError:
            yield Member(number, path, begun=False)


def _workers(many: Many, runs: int) -> int | None:
    """The number of workers: by default one per processor, but not more than runs; other executors may choose it."""
    from nnzoo.nn.threads import processors

    if many.workers is not None or many.executor is not None:
        return many.workers
    return max(1, min(runs, processors()))


@contextmanager
def _hint_to_resume(directory: Path) -> Iterator[None]:
    """Add the command to continue to the error of an interruption."""
    hint = f"continue with: nnzoo train --resume {quoted(directory)}"
    try:
        yield
    except StoppedError as error:
        error.hint = hint
        raise
    except KeyboardInterrupt:
        raise StoppedError("stopped", signal_number=2, hint=hint) from None


def _has_diverged(member: Member) -> bool:
    """Whether a run has diverged, which counts as a result."""
    from nnzoo.runs.record import read_record

    try:
        return read_record(member.path).status == "diverged"
    except NnzooError:
        return False
