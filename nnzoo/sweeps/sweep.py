"""`sweep`: try configurations, rank them by validation data, and measure the winner once on test data."""

from __future__ import annotations

import hashlib
import logging
import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nnzoo.component import require_returned
from nnzoo.errors import StoppedError, UsageError, did_you_mean, storage_errors
from nnzoo.files.writing import write_whole
from nnzoo.kinds import Choice, DatasetLoader, Executor, Outcome, Proposal, Run, Search, Tried
from nnzoo.plugins.registry import Registry
from nnzoo.runs.claim import claim
from nnzoo.runs.directory import new_directory
from nnzoo.runs.run import run_training
from nnzoo.sweeps.board import Row, Sweep, board_bytes, cost, leaderboard, summary_of, train_command, winner
from nnzoo.sweeps.journal import Journal
from nnzoo.sweeps.plan import Plan, Trial, read_plan
from nnzoo.sweeps.spaces import OPTIONS, read_space, text_of
from nnzoo.sweeps.trials import Trials, given_of, preparing, read_data
from nnzoo.terminal import quoted
from nnzoo.training.recipe import resolve_recipe

logger = logging.getLogger("nnzoo")

RETRIES = 3
"""How often a trial is repeated after its worker died."""
SETTINGS = (
    *("validation", "task", "metrics", "transforms", "observers", "monitor"),
    *("early_stopping", "keep", "class_weight"),
)
"""The settings that are the same for all trials."""
BOARD_FILE = "leaderboard.json"
VALIDATION = 0.2
"""The default share of the training data that is held out for ranking."""

Told = Callable[[Trial, dict[str, Any], int, int], None]
"""Called when a trial has ended: with it, its line, how many of the batch have ended, and the batch's size."""


def sweep(
    dataset: str = "digits",
    *,
    search: str = "random",
    trials: int | None = None,
    seeds: int = 1,
    seed: int = 0,
    validation: float = VALIDATION,
    executor: str = "processes",
    workers: int | None = None,
    directory: Path | str | None = None,
    data_dir: Path | str | None = None,
    plugins: Iterable[Path | str] = (),
    disabled: Iterable[str] = (),
    told: Told | None = None,
    began: Callable[[Path], None] | None = None,
    **options: Any,
) -> Sweep:
    """Try configurations of a training and rank them by validation data.

    Parameters
    ----------
    dataset : str
        The spec of the data set, as on the command line.
    search : str
        ``grid``, ``random``, ``halving``, or a search from a plugin.
    trials : int, optional
        The most configurations to try. Default: all of a grid, 20 of another search.
    seeds : int
        The number of seeds for each configuration.
    seed : int
        The search's own seed.
    validation : float
        The share of the training data that is held out for ranking.
    executor, workers : str, int, optional
        The executor and its number of workers. The results do not depend on them.
    directory : path, optional
        The directory for journal and leaderboard. Default: ``sweeps/<time>-<data set>``.
    data_dir, plugins, disabled
        Folder of data files, single-file plugins, and plugins not to import.
    told : callable, optional
        Called with each trial that has ended.
    began : callable, optional
        Called with the directory once it has been made.
    **options
        Options that vary or are fixed, as for ``nnzoo sweep``: ``optimizer="sgd,adam:*"``,
        ``learning_rate="log:0.03..10"``, ``hidden=[32, 64]``, ``epochs=5``; and settings of all trials: ``task``,
        ``metrics``, ``transforms``, ``observers``, ``monitor``, ``early_stopping``, ``keep``, ``class_weight``.

    Returns
    -------
    Sweep

    Raises
    ------
    UsageError
        For a space, an option or a directory that can't be used.
    """
    files, without = tuple(str(Path(one).absolute()) for one in plugins), tuple(disabled)
    registry = Registry(files, without)
    plan = Plan(
        dataset=dataset,
        space={name: text_of(name, options[name]) for name in OPTIONS if options.get(name) is not None},
        settings={"validation": validation} | {n: v for n, v in options.items() if n not in OPTIONS and v is not None},
        search=search,
        trials=trials,
        seed=seed,
        seeds=seeds,
        plugins=files,
        disabled=without,
        data_dir=None if data_dir is None else str(Path(data_dir).absolute()),
        plugin_sha256=_hashes(registry),
        nnzoo=version("nnzoo"),
    )
    return _run(registry, plan, None if directory is None else Path(directory), executor, workers, told, began=began)


def resume_sweep(
    directory: Path,
    *,
    trials: int | None = None,
    executor: str = "processes",
    workers: int | None = None,
    told: Told | None = None,
) -> Sweep:
    """Continue a sweep that was stopped or killed, or extend one that has ended; finished trials are not repeated.

    Raises
    ------
    UsageError
        When the data or a plugin's file have changed since it began.
    """
    plan = read_plan(directory)
    if trials is not None:
        plan = replace(plan, trials=trials)
    registry = Registry(plan.plugins, plan.disabled)
    for path, sha256 in _hashes(registry).items():
        if plan.plugin_sha256.get(path, sha256) != sha256:
            raise UsageError(
                f"the plugin {path} has changed since {directory} began",
                hint="restore the file, or start a new sweep",
            )
    return _run(registry, plan, directory, executor, workers, told, resumed=True)


def _hashes(registry: Registry) -> dict[str, str]:
    """The SHA-256 of each single-file plugin."""
    return {one.target: hashlib.sha256(one.code or b"").hexdigest() for one in registry.files}


def _run(
    registry: Registry,
    plan: Plan,
    directory: Path | None,
    executor: str,
    workers: int | None,
    told: Told | None,
    *,
    resumed: bool = False,
    began: Callable[[Path], None] | None = None,
) -> Sweep:
    _check(registry, plan)
    work: Executor = registry.build("executor", executor)
    loader, dataset = read_data(registry, plan)
    sha256 = dataset.sha256()
    if resumed and sha256 != plan.data_sha256:
        raise UsageError(
            f"the data of {plan.dataset} have changed since {directory} began", hint="start a new sweep with these data"
        )
    plan, ours = replace(plan, data_sha256=sha256), Trials(registry, plan, dataset)
    search: Search = registry.build("search", plan.search)
    first = _proposed(search, registry, plan, [])
    ours.trainer(_first(registry, plan, first))  # finds mistakes before anything is written
    with ExitStack() as opened:
        run = opened.enter_context(work.open(preparing(registry, plan, dataset), workers))
        place = _directory(directory, loader.name, resumed=resumed)
        opened.enter_context(claim(place))
        journal = opened.enter_context(closing(Journal(place)))
        plan.write(place)
        if began is not None:
            began(place)
        _try_all(partial(_proposed, search, registry, plan), first, plan, journal, run, told)
        journal.sync()
        rows = leaderboard(plan, journal.log)
        write_whole(place / BOARD_FILE, board_bytes(rows))
        if (best := winner(rows)) is not None:
            line = journal.log.winners.get(best.trials[0])
            if line is None or not (place / str(line["run"])).is_dir():
                _measure(ours, loader, plan, best, place, journal)
                journal.sync()
        return summary_of(place, plan, journal.log)


def _measure(ours: Trials, loader: DatasetLoader, plan: Plan, best: Row, place: Path, journal: Journal) -> None:
    """Train the winner again as an ordinary run, which is measured on the test data."""
    trial, folder = Trial(best.configuration, 0), place / f"winner-{best.id}"
    if folder.exists():  # left unfinished by a kill
        shutil.rmtree(folder)
    try:
        results = run_training(
            *(ours.registry, ours.recipe(trial), loader, ours.dataset),
            prepared=ours.prepared(0),
            run_dir=folder,
            command=shlex.split(train_command(plan, best)),
        )
    except StoppedError as error:
        raise StoppedError(
            "stopped while the winner was trained",
            hint=f"continue with: nnzoo sweep --resume {quoted(place)}",
            signal_number=error.signal_number,
        ) from None
    journal.append("winner", trial.id, run=folder.name, results=results)
    if results["weights_sha256"] != journal.log.ended[trial.id]["weights_sha256"]:
        logger.warning("%s has other weights than its trial: versions or machines differ", folder)


def _check(registry: Registry, plan: Plan) -> None:
    """Refuse a plan that can't rank anything."""
    for name in plan.settings:
        if name not in SETTINGS:
            known = (*OPTIONS, *SETTINGS)
            raise UsageError(
                f"a sweep has no option {name!r}", hint=f"{did_you_mean(name, known)}it has {', '.join(known)}"
            )
    for name, value in (("trials", plan.trials), ("seeds", plan.seeds)):
        if value is not None and value < 1:
            raise UsageError(f"{name} = {value} is not a number of {name}")
    if not 0 < plan.settings["validation"] < 1:
        raise UsageError("a sweep ranks by validation data, which must be a share of the training data above 0")
    space = read_space(registry, plan.space)
    if not space.dimensions():
        raise UsageError(
            "no option varies, so there is nothing to choose from",
            hint="give values to try, such as nnzoo sweep --learning-rate log:0.1..10 --hidden 32,64",
        )
    losses = dict(space.options).get("loss")
    if losses is not None and any(isinstance(part, Choice) for part in losses.parts) and plan.monitor == "loss":
        raise UsageError(
            "different losses can't be compared by loss",
            hint="name a metric, such as accuracy; in a command, --monitor accuracy",
        )


def _first(registry: Registry, plan: Plan, proposals: Sequence[Proposal]) -> Trial:
    """The first trial, whose recipe is checked before anything begins."""
    if not proposals:
        raise UsageError(f"search {plan.search} proposes nothing")
    resolve_recipe(registry, **given_of(registry, plan, proposals[0].configuration))
    return Trial(proposals[0].configuration, 0, proposals[0].share)


def _proposed(search: Search, registry: Registry, plan: Plan, tried: Sequence[Tried]) -> Sequence[Proposal]:
    found = search.propose(read_space(registry, plan.space), plan.trials, plan.seed, tuple(tried))
    require_returned(search, "propose", found, Sequence, "a sequence of Proposals")
    return found


def _directory(directory: Path | None, name: str, *, resumed: bool) -> Path:
    """The sweep's directory, made unless the sweep is resumed."""
    if directory is None:
        return new_directory(Path("sweeps"), name)
    if resumed:
        return directory
    with storage_errors(f"make directory {directory}"):
        if os.path.lexists(directory) and not (directory.is_dir() and not any(directory.iterdir())):
            raise UsageError(
                f"{directory} is not empty",
                hint=f"name another directory, or continue with: nnzoo sweep --resume {quoted(directory)}",
            )
        directory.mkdir(parents=True, exist_ok=True)
    return directory


def _try_all(
    propose: Callable[[Sequence[Tried]], Sequence[Proposal]],
    proposals: Sequence[Proposal],
    plan: Plan,
    journal: Journal,
    run: Run,
    told: Told | None,
) -> None:
    """Run the trials of all proposals of the search, batch by batch, beginning with the given one."""
    tried: list[Tried] = []
    while proposals:
        trials = [Trial(one.configuration, seed, one.share) for one in proposals for seed in range(plan.seeds)]
        _try(run, {trial.id: trial for trial in trials if trial.id not in journal.log.ended}, journal, told)
        tried += [Tried(one, cost(plan, journal.log, one.configuration, one.share)) for one in proposals]
        proposals = propose(tried)


def _try(run: Run, missing: dict[str, Trial], journal: Journal, told: Told | None) -> None:
    """Run trials, and repeat those whose worker dies up to `RETRIES` times."""
    ended, pending = 0, list(missing.values())
    while pending:

        def handed(trials: Sequence[Trial] = tuple(pending)) -> Iterator[Trial]:
            for trial in trials:
                journal.append("started", trial.id)
                yield trial

        again: list[int] = []
        for outcome in run(handed()):
            trial = pending[outcome.number]
            if outcome.lost:
                journal.append("lost", trial.id, message=str(outcome.error))
            if outcome.lost and journal.log.lost[trial.id] <= RETRIES:
                again.append(outcome.number)
                continue
            line = _line(trial, outcome)
            journal.append("ended", trial.id, **line)
            ended += 1
            if told is not None:
                told(trial, line, ended, len(missing))
        pending = [pending[number] for number in sorted(again)]


def _line(trial: Trial, outcome: Outcome) -> dict[str, Any]:
    """The line of the journal for a trial that has ended."""
    value = outcome.value
    if outcome.error is not None:
        value = {"status": "failed", "message": outcome.error.message, "figures": {}, "cost": None}
        if outcome.lost:
            value["message"] += f", {RETRIES + 1} times"
    return {"configuration": dict(trial.configuration), "seed": trial.seed, "share": trial.share, **value}
