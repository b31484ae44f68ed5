"""The leaderboard: a function of nothing but the trials that have ended."""

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
    """A configuration that was tried with all seeds.

    Attributes
    ----------
    rank : int
        From 1.
    id : str
        The hash of the configuration.
    share : float
        The share of the epochs that its trials had.
    status : str
        ``finished``; or ``diverged`` or ``failed`` if one of its trials did.
    value, low, high : float or None
        Mean, smallest and largest value of the monitored figure over the seeds.
    message : str
        Why it failed, if it did.
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
    """The mean cost of a configuration over its seeds (lower is better); infinite if one has no figure."""
    return mean_cost(log.ended[Trial(configuration, seed, share).id]["cost"] for seed in range(plan.seeds))


def leaderboard(plan: Plan, log: Log) -> list[Row]:
    """The configurations whose trials have ended, the best first, with ties broken by the hash.

    Each is listed once, with the largest share of the epochs that all its seeds had; larger shares come first.
    """
    seeds = range(plan.seeds)
    ranked = []
    for name, by_share in by_configuration(log).items():
        complete = [share for share, lines in by_share.items() if lines.keys() >= {*seeds}]
        if complete:
            lines = [by_share[max(complete)][seed] for seed in seeds]
            ranked.append((-max(complete), mean_cost(line["cost"] for line in lines), name, lines))
    ranked.sort(key=lambda one: one[:3])
    figure = f"validation_{plan.monitor}"
    return [_row(figure, rank, name, -share, lines) for rank, (share, _, name, lines) in enumerate(ranked, 1)]


def by_configuration(log: Log) -> dict[str, dict[float, dict[int, dict[str, Any]]]]:
    """The lines of the trials that have ended: by the hash of their configuration, by share, by seed."""
    found: dict[str, dict[float, dict[int, dict[str, Any]]]] = {}
    for line in log.ended.values():
        found.setdefault(digest(line["configuration"]), {}).setdefault(line["share"], {})[line["seed"]] = line
    return found


def mean_cost(costs: Iterable[float | None]) -> float:
    """The mean of costs; infinite if one is missing."""
    known = [math.inf if one is None else one for one in costs]
    return math.fsum(known) / len(known)


def _row(figure: str, rank: int, name: str, share: float, lines: list[dict[str, Any]]) -> Row:
    values = [line["figures"].get(figure) for line in lines]
    first = next((line for line in lines if line["cost"] is None), None)
    if first is None:
        status, message, value, low, high = "finished", "", mean_cost(values), min(values), max(values)
    else:
        status, message, value, low, high = first["status"], first["message"], None, None, None
    trials = [line["trial"] for line in lines]
    return Row(rank, name, lines[0]["configuration"], share, status, value, low, high, message, trials)


def board_bytes(rows: list[Row]) -> bytes:
    """A leaderboard as JSON: the same bytes for the same trials."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False).encode() + b"\n"


def winner(rows: list[Row]) -> Row | None:
    """The best row of a leaderboard that finished with all epochs, if any."""
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
        The command that trains the winner.
    trials : dict of str to int
        The numbers of trials that finished, diverged and failed.
    figure : str
        The figure that ranks, such as ``validation_loss``.
    """

    directory: Path
    leaderboard: list[Row]
    winner: Row | None
    run: dict[str, Any] | None
    command: str
    trials: dict[str, int]
    figure: str

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """All of it, ready for JSON, with at most ``top`` rows."""
        few = replace(self, leaderboard=self.leaderboard[:top])
        return asdict(few) | {"directory": str(self.directory)}


def summary_of(directory: Path, plan: Plan, log: Log) -> Sweep:
    """The summary of a sweep, from its journal."""
    with collecting_later():
        rows = leaderboard(plan, log)
    best = winner(rows)
    line = log.winners.get(best.trials[0]) if best else None
    counts = {"finished": 0, "diverged": 0, "failed": 0}
    for ended in log.ended.values():
        counts[ended["status"]] += 1
    command = train_command(plan, best) if best else ""
    return Sweep(directory, rows, best, line and line["results"], command, counts, f"validation_{plan.monitor}")
