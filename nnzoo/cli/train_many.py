"""``nnzoo train --seeds``: the same training with several seeds, on all cores, as one result."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from functools import cache as cached
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import F, make_registry
from nnzoo.cli.progress import make_progress
from nnzoo.cli.tables import print_table
from nnzoo.errors import NnzooError, StoppedError, UsageError
from nnzoo.terminal import output_width, printable, quoted

if TYPE_CHECKING:
    from nnzoo.kinds import Executor, Outcome, Work
    from nnzoo.plugins.registry import Registry
    from nnzoo.runs.group import GroupRecord

DEFAULT_EXECUTOR = "processes"
ATTEMPTS = 3
"""How often a run is begun whose worker dies."""
MOST = 10_000
"""Seeds; more is a slip of the finger."""


def many_options(command: F) -> F:
    """``--seeds``, ``--executor`` and ``--workers``."""
    options = (
        click.option(
            "--seeds",
            metavar="N|A-B|A,B,…",
            help="Train with N seeds (from 0), or these: a run for each, and their mean with its 95 % interval.",
        ),
        click.option("--executor", metavar="NAME", help=f"With --seeds: where.  [default: {DEFAULT_EXECUTOR}]"),
        click.option("--workers", type=int, metavar="N", help="With --seeds: runs at a time.  [default: all cores]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class Many:
    """How several trainings are done, and how it is told."""

    plugin_files: tuple[Path, ...]
    disabled: tuple[str, ...]
    data_dir: Path | None
    executor: str | None
    workers: int | None
    as_json: bool
    quiet: bool

    def registry(self) -> Registry:
        """The registry as the options want it."""
        return make_registry(self.plugin_files, self.disabled)

    def say(self, line: str) -> None:
        """Tell how it goes on: on standard output, or on standard error where that belongs to ``--json``."""
        if not self.quiet:
            click.echo(printable(line), err=self.as_json)


@dataclass(frozen=True)
class Member:
    """One of the runs: its number, where it lies, and whether it has begun already."""

    number: int
    path: Path
    begun: bool


def is_many(path: Path) -> bool:
    """Whether a directory has runs that belong together."""
    from nnzoo.runs.group import is_group

    return is_group(path)


def parse_seeds(text: str) -> tuple[int, ...]:
    """The seeds that ``--seeds`` means.

    >>> parse_seeds("3"), parse_seeds("5-7"), parse_seeds("0,3,10-12")
    ((0, 1, 2), (5, 6, 7), (0, 3, 10, 11, 12))

    Raises
    ------
    UsageError
    """
    found: list[int] = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,18})(?:-(\d{1,18}))?\s*", word, re.ASCII)
        if match is None:
            raise UsageError(f"--seeds {text} is no seeds", hint="write 8, 0-7 or 0,3,5")
        first, last = int(match[1]), int(match[2] or match[1])
        if "," not in text and match[2] is None:
            first, last = 0, first - 1
        if not 0 <= last - first < MOST:
            raise UsageError(f"--seeds {text} is no seeds", hint=f"there are 1 to {MOST:,}, the smaller one first")
        found += range(first, last + 1)
    if len(set(found)) < len(found) or len(found) > MOST:
        raise UsageError(f"--seeds {text} has a seed twice, or more than {MOST:,}")
    return tuple(found)


def train_many(many: Many, arguments: dict[str, Any], seeds: str, run_dir: Path | None) -> None:
    """Train with each of these seeds, in a directory that is made, and tell what came of it."""
    from nnzoo.runs.directory import RunDirectory, require_free
    from nnzoo.runs.group import GroupRecord

    numbers = parse_seeds(seeds)
    if "seed" in arguments["given"]:
        raise UsageError("--seed and --seeds exclude each other")
    if run_dir is not None:
        require_free(run_dir)
    with redirect_stdout(sys.stderr if many.as_json else sys.stdout):
        arguments, name = _checked(many, arguments)
        record = GroupRecord("seed", numbers, arguments, ("nnzoo", *sys.argv[1:]))
        directory = RunDirectory.create(run_dir, f"{name}-seeds").path
        record.write(directory)
    _train(many, directory, record)


def go_on_with_many(many: Many, directory: Path, given: Mapping[str, Any], dataset: str | None) -> None:
    """Do what is missing of several trainings, and tell what came of all."""
    from nnzoo.runs.group import read_group

    if given or dataset is not None:
        raise UsageError(
            f"{directory} holds several runs, which go on as they began", hint="leave all but --resume out"
        )
    _train(many, directory, read_group(directory))


def prepare_member(many: Many, arguments: dict[str, Any], command: tuple[str, ...]) -> Work:
    """What a worker does with a `Member`: train it. The data are loaded once, when they are needed."""
    from nnzoo.cli.train import load_data, new_run
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.runs.resume import resume_training

    registry, cache = many.registry(), FileCache(many.data_dir)
    loaded = cached(lambda dataset: load_data(registry, dataset, cache))
    every, source = arguments["checkpoint_every"], arguments["source"]

    def work(member: Member) -> dict[str, Any]:
        if member.begun:
            return resume_training(registry, member.path, cache, checkpoint_every=every)
        from nnzoo.cli.starting import find_start

        start = None if source is None else find_start(registry, Path(source), new_head=arguments["new_head"])
        options = {
            "run_dir": member.path,
            "start": start,
            "checkpoint_every": every,
            "command": _own_command(command, member),
        }
        given = {**arguments["given"], "seed": member.number}
        silent, short, dataset = make_progress(to_stderr=True, quiet=True), arguments["short"], arguments["dataset"]
        return new_run(registry, given, short, dataset, lambda _, spec, __: loaded(spec), cache, silent, options)

    return work


def _checked(many: Many, arguments: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The arguments with the data set that is there, and a name of what is trained; mistakes are found here."""
    from nnzoo.cli.train import DEFAULTS, load_data
    from nnzoo.data import find_dataset
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.training.recipe import resolve_recipe

    registry, given = many.registry(), dict(arguments["given"])
    if arguments["source"] is not None:
        return arguments, "tuned"
    for kind, values in arguments["short"].items():
        given[kind] = registry.build(kind, given.get(kind, DEFAULTS[kind]), values)
    recipe = resolve_recipe(registry, **given)
    if arguments["dataset"] is None:  # found once, so that all runs have the same
        loader, _, fallback = load_data(registry, None, FileCache(many.data_dir))
        arguments = {**arguments, "dataset": loader.name}
        if fallback is None:
            many.say(f"data      {loader.name}")
    else:
        loader = find_dataset(registry, arguments["dataset"])
    return arguments, f"{loader.name}-{recipe.model.name}"


def _own_command(command: tuple[str, ...], member: Member) -> list[str]:
    """The command that makes one of the runs alone."""
    words, kept = iter(command), list[str]()
    for word in words:
        option, equals, _ = word.partition("=")
        if option.replace("_", "-") in ("--seeds", "--run-dir", "--executor", "--workers"):
            if not equals:
                next(words, None)
        elif word not in ("--json", "--quiet"):
            kept.append(word)
    return [*kept, "--seed", str(member.number), "--run-dir", str(member.path)]


def _train(many: Many, directory: Path, record: GroupRecord) -> None:
    """Train what is missing, each run in a worker, and tell what came of all."""
    from nnzoo.runs.claim import claim
    from nnzoo.runs.stopping import sigterm_like_ctrl_c

    with (
        _telling_how_to_go_on(directory),
        sigterm_like_ctrl_c(),
        claim(directory),
        redirect_stdout(sys.stderr if many.as_json else sys.stdout),
    ):
        registry = many.registry()
        missing = list(_missing(directory, record))
        many.say(f"runs      {directory}: {len(missing)} of {len(record.numbers)} {record.unit}s to train")
        executor: Executor = registry.build("executor", many.executor or DEFAULT_EXECUTOR)
        files = tuple(path.absolute() for path in many.plugin_files)
        work = partial(prepare_member, replace(many, plugin_files=files), record.arguments, record.command)
        failed: list[tuple[Member, NnzooError]] = []
        with executor.open(work, _workers(many, len(missing))) if missing else _nobody() as run:
            for _ in range(ATTEMPTS):
                failed, lost = [], list[int]()
                for outcome in run(missing):
                    member = missing[outcome.number]
                    many.say(f"{record.unit} {member.number:<4} {_told(registry, member, outcome)}")
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
    answer = results_of_many(registry, directory, record)
    if many.as_json:
        click.echo(json.dumps(answer, allow_nan=False))
    elif not many.quiet:
        tell_many(registry, directory, answer)


def _missing(directory: Path, record: GroupRecord) -> Iterator[Member]:
    """The runs that have not come to an end."""
    from nnzoo.runs.record import NoRunError, read_record

    for number, path in record.paths(directory).items():
        try:
            if read_record(path).status not in ("finished", "diverged"):
                yield Member(number, path, begun=True)
        except NoRunError:
            yield Member(number, path, begun=False)


def _workers(many: Many, runs: int) -> int | None:
    """No more workers than there are runs; one executor or another may have a number of its own."""
    from nnzoo.nn.threads import processors

    if many.workers is not None or many.executor is not None:
        return many.workers
    return max(1, min(runs, processors()))


@contextmanager
def _nobody() -> Iterator[Callable[[Any], Iterator[Outcome]]]:
    yield lambda items: iter(())


@contextmanager
def _telling_how_to_go_on(directory: Path) -> Iterator[None]:
    """Put into the error of an interruption what to type next."""
    hint = f"go on with: nnzoo train --resume {quoted(directory)}"
    try:
        yield
    except StoppedError as error:
        error.hint = hint
        raise
    except KeyboardInterrupt:
        raise StoppedError("stopped", signal_number=2, hint=hint) from None


def _has_diverged(member: Member) -> bool:
    """Whether a run came to an end that is a result too."""
    from nnzoo.runs.record import read_record

    try:
        return read_record(member.path).status == "diverged"
    except NnzooError:
        return False


def _told(registry: Registry, member: Member, outcome: Outcome) -> str:
    """What came of one run, on a line."""
    from nnzoo.comparing.candidates import find_candidate, find_figure

    if outcome.error is not None:
        return f"{outcome.error.message}".partition("\n")[0]
    candidate = find_candidate(member.path)
    name, measure = find_figure([candidate], None, registry)
    shown = measure.show(candidate.first.figure(name))
    return f"{name.partition('_')[0]} {measure.title} {shown}, {outcome.value['train_seconds']:.2f} s"


def results_of_many(registry: Registry, directory: Path, record: GroupRecord) -> dict[str, Any]:
    """What came of runs that belong together, as ``--json`` prints it."""
    from nnzoo.comparing.candidates import find_candidate
    from nnzoo.comparing.summary import summarize

    candidate = find_candidate(directory)
    runs = [
        {"run_dir": str(candidate.paths[number]), record.unit: number, "status": one.status, **one.results}
        for number, one in candidate.records.items()
    ]
    return {
        "run_dir": str(directory),
        f"{record.unit}s": list(record.numbers),
        "runs": runs,
        "diverged": [number for number, one in candidate.records.items() if one.status == "diverged"],
        "summary": {name: asdict(summary) for name, summary in summarize(candidate).items()},
    }


def tell_many(registry: Registry, directory: Path, answer: Mapping[str, Any]) -> None:
    """Print the mean of each figure."""
    from nnzoo.comparing.candidates import find_candidate
    from nnzoo.runs.record import measures_of_record
    from nnzoo.training.measures import measure_of

    measures = measures_of_record(registry, find_candidate(directory).first)
    rows = []
    for name, summary in answer["summary"].items():
        part, _, short = name.partition("_")
        show = measure_of(measures, short).show
        interval = "-" if summary["interval"] is None else " … ".join(map(show, summary["interval"]))
        rows.append(
            (f"{part} {measure_of(measures, short).title}", show(summary["mean"]), interval, str(summary["runs"]))
        )
    click.echo()
    if rows:
        print_table(("figure", "mean", "95 % interval (t)", "runs"), rows, numbers=3, width=output_width())
    if answer["diverged"]:
        click.echo(f"diverged: {', '.join(map(str, answer['diverged']))}; they are not in the mean")
    click.echo(printable(f"runs in {directory}"))
