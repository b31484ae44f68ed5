"""The leaderboard: a function of the trials that have ended, and of nothing else."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nnzoo.runs.commands import train_options
from nnzoo.sweeps.journal import Log, collecting_later
from nnzoo.sweeps.plan import Plan, Trial, digest


@dataclass(frozen=True)
class Row:
    """A configuration that all seeds have been tried with.

    Attributes
    ----------
    rank : int
        From 1.
    id : str
        The hash of the configuration.
    configuration : mapping of str to str
    share : float
        The share of the epochs that its trials had.
    status : str
        ``finished``; or ``diverged`` or ``failed``, where one of its trials did.
    value : float or None
        The mean of the watched figure over the seeds.
    low, high : float or None
        The figure's smallest and largest value.
    message : str
        Why it failed, where it did.
    trials : list of str
        The ids of its trials, by seed.
    """

    rank: int
    id: str
    configuration: Mapping[str, str]
    share: float
    status: str
    value: float | None
    low: float | None
    high: float | None
    message: str
    trials: list[str]


def cost(plan: Plan, log: Log, configuration: Mapping[str, str], share: float) -> float:
    """How a configuration did, less being better: the mean over its seeds; infinite where one gave no figure."""
    return _mean(log.ended[Trial(configuration, seed, share).id]["cost"] for seed in range(plan.seeds))


def leaderboard(plan: Plan, log: Log) -> list[Row]:
    """The configurations whose trials have ended, the best first; ties by the hash.

    Those that had more of the epochs come first, and each stands there once, with the most that it had.
    """
    seeds = range(plan.seeds)
    wanted, found = {*seeds}, []
    for name, by_share in by_configuration(log).items():
        whole = [share for share, lines in by_share.items() if wanted <= lines.keys()]
        if whole:
            lines = [by_share[max(whole)][seed] for seed in seeds]
            found.append((-max(whole), _mean(line["cost"] for line in lines), name, lines))
    found.sort(key=lambda one: one[:3])
    figure = f"validation_{plan.monitor}"
    return [_row(figure, rank, name, -share, lines) for rank, (share, _, name, lines) in enumerate(found, 1)]


def by_configuration(log: Log) -> dict[str, dict[float, dict[int, dict[str, Any]]]]:
    """The lines of the trials that have ended: by the hash of their configuration, by share, by seed."""
    found: dict[str, dict[float, dict[int, dict[str, Any]]]] = {}
    for line in log.ended.values():
        found.setdefault(digest(line["configuration"]), {}).setdefault(line["share"], {})[line["seed"]] = line
    return found


def _mean(costs: Iterable[float | None]) -> float:
    """The mean, which is infinite where one is missing."""
    known = [math.inf if one is None else one for one in costs]
    return math.fsum(known) / len(known)


def _row(figure: str, rank: int, name: str, share: float, lines: list[dict[str, Any]]) -> Row:
    values = [line["figures"].get(figure) for line in lines]
    bad = next((line for line in lines if line["cost"] is None), None)
    return Row(
        rank=rank,
        id=name,
        configuration=lines[0]["configuration"],
        share=share,
        status="finished" if bad is None else bad["status"],
        value=_mean(values) if bad is None else None,
        low=min(values) if bad is None else None,
        high=max(values) if bad is None else None,
        message="" if bad is None else bad["message"],
        trials=[line["trial"] for line in lines],
    )


def board_bytes(plan: Plan, log: Log) -> bytes:
    """The leaderboard as a JSON file has it: the same bytes for the same trials."""
    return json.dumps([asdict(row) for row in leaderboard(plan, log)], indent=1, ensure_ascii=False).encode() + b"\n"


def winner(plan: Plan, log: Log) -> Row | None:
    """The best configuration that had all epochs, if one finished."""
    return _winner(leaderboard(plan, log))


def _winner(rows: list[Row]) -> Row | None:
    return next((row for row in rows if row.status == "finished" and row.share == 1), None)


def train_command(plan: Plan, row: Row) -> str:
    """The command that trains a configuration with the first seed."""
    values = {"dataset": plan.dataset, **row.configuration, **plan.settings, "seed": 0, "plugin": plan.plugins}
    return shlex.join(["nnzoo", "train", *train_options(values)])


@dataclass(frozen=True)
class Sweep:
    """A sweep that has ended.

    Attributes
    ----------
    directory : Path
    leaderboard : list of Row
        The best first.
    winner : Row or None
        The best that had all epochs; None where none finished.
    run : dict or None
        The results of the winner's run, test figures included, as ``nnzoo train --json`` prints them.
    command : str
        What to type to train the winner.
    trials : dict of str to int
        How many trainings finished, diverged and failed.
    figure : str
        What ranks: ``validation_loss``.
    """

    directory: Path
    leaderboard: list[Row]
    winner: Row | None
    run: dict[str, Any] | None
    command: str
    trials: dict[str, int]
    figure: str

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """All of it as JSON can hold it, with no more than so many rows."""
        few = replace(self, leaderboard=self.leaderboard[:top])
        return asdict(few) | {"directory": str(self.directory)}


def summary_of(directory: Path, plan: Plan, log: Log) -> Sweep:
    """The summary of a sweep, from its journal."""
    with collecting_later():
        rows = leaderboard(plan, log)
    best = _winner(rows)
    line = log.winners.get(best.trials[0]) if best else None
    counts = {"finished": 0, "diverged": 0, "failed": 0}
    for ended in log.ended.values():
        counts[ended["status"]] += 1
    command = train_command(plan, best) if best else ""
    return Sweep(directory, rows, best, line and line["results"], command, counts, f"validation_{plan.monitor}")
