"""`compare`: which of several candidates is better, or that the data cannot decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from nnzoo.comparing.candidates import Candidate, is_surrounding
from nnzoo.comparing.statistics import (
    ALPHA,
    bca_interval,
    corrected_t_test,
    holm,
    least_pairs,
    pairs_wanted,
    sign_flip_test,
    t_interval,
)
from nnzoo.errors import UsageError
from nnzoo.runs.conditions import differing_conditions
from nnzoo.training.measures import Measure

Verdict: TypeAlias = Literal["better", "worse", "same", "undecided", "too few"]


@dataclass(frozen=True)
class Summary:
    """A candidate's figure: of each run by seed or fold, their mean, and its 95 % t-interval (of seeds alone)."""

    name: str
    values: dict[int, float]
    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Difference:
    """A candidate held against the first one.

    Attributes
    ----------
    name, against : str
    differences : dict of int to float
        The candidate's figure less that of the first, by seed or fold that both have.
    mean : float
    interval : tuple of float, or None
        95 %; None for a single pair.
    p, p_corrected : float
        Of no difference, on two sides; and by Holm's correction where several are held against the first.
    verdict : str
        ``better`` or ``worse`` where interval and corrected probability agree; ``same`` where no pair differs;
        ``too few`` where no outcome of so many pairs could be called one; else ``undecided``.
    least_pairs : int
        With how many a difference could be called one at all.
    pairs_wanted : int or None
        About how many would show a difference such as this four times in five.
    sentence : str
    """

    name: str
    against: str
    differences: dict[int, float]
    mean: float
    interval: tuple[float, float] | None
    p: float
    p_corrected: float
    verdict: Verdict
    least_pairs: int
    pairs_wanted: int | None
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """What came of comparing.

    Attributes
    ----------
    figure : str
        Such as ``test_accuracy``.
    higher_is_better : bool
    unit : str
        What pairs are made by: ``seed`` or ``fold``.
    candidates : list of Summary
    differences : list of Difference
        Each candidate but the first against the first.
    settings : dict of str to list of str
        What the candidates' conditions differ in, with the value of each.
    warnings : list of str
        Why the answer may mean less than it seems.
    """

    figure: str
    higher_is_better: bool
    unit: str
    candidates: list[Summary]
    differences: list[Difference]
    settings: dict[str, list[str]]
    warnings: list[str]

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return asdict(self)


def compare(
    candidates: Sequence[Candidate],
    figure: str,
    measure: Measure,
    *,
    meant: Collection[str] = (),
    follow: Collection[str] = (),
) -> Comparison:
    """Hold candidates against the first one, in pairs of runs with the same seed, or on the same fold.

    Parameters
    ----------
    candidates : sequence of Candidate
        At least two.
    figure : str
        Its full name, such as ``test_accuracy``.
    measure : Measure
        Which direction is better, and how it is shown.
    meant : collection of str
        Conditions that are meant to differ; without any, one may.
    follow : collection of str
        Conditions that were not chosen, as they follow from the others.

    Raises
    ------
    UsageError
        When there are no pairs.
    """
    if len(candidates) < 2:
        raise UsageError("a single candidate cannot be compared", hint="name at least two runs or directories of runs")
    if len({candidate.folds for candidate in candidates}) > 1:
        raise UsageError(
            "runs by seed can't be held against runs by fold, nor numbers of folds that differ: there are no pairs"
        )
    first, *others = candidates
    values = {place: candidate.figures(figure) for place, candidate in enumerate(candidates)}
    pairs = [_pairs(first, other, values[0], values[place], figure) for place, other in enumerate(others, 1)]
    tested = [_tested(first, each) for each in pairs]
    corrected = holm([p for p, _ in tested])
    differences = [
        _difference(first, other, each, p, interval, sure, measure, len(others))
        for other, each, (p, interval), sure in zip(others, pairs, tested, corrected, strict=True)
    ]
    settings = differing_conditions([candidate.first for candidate in candidates])
    return Comparison(
        figure,
        measure.higher_is_better,
        first.unit,
        [_summary(candidate, values[place]) for place, candidate in enumerate(candidates)],
        differences,
        settings,
        list(_warnings(candidates, figure, settings, meant, follow)),
    )


def _pairs(
    first: Candidate, other: Candidate, before: dict[int, float], after: dict[int, float], figure: str
) -> dict[int, float]:
    pairs = {number: value - before[number] for number, value in after.items() if number in before}
    if not pairs:
        mine, yours = (", ".join(map(str, found)) or "none" for found in (before, after))
        raise UsageError(
            f"{first.name} and {other.name} have no {first.unit} in common of which {figure} is known: "
            f"{first.unit}s {mine} against {yours}",
            hint="train both with the same seeds: nnzoo train --seeds 8",
        )
    return pairs


def _tested(first: Candidate, pairs: dict[int, float]) -> tuple[float, tuple[float, float] | None]:
    """The probability that there is no difference, and the interval of the mean."""
    found = list(pairs.values())
    if first.unit == "seed":
        return sign_flip_test(found), bca_interval(found)
    return corrected_t_test(found, 1 / max(first.folds - 1, 1)) or (1.0, None)


def _difference(
    first: Candidate,
    other: Candidate,
    pairs: dict[int, float],
    p: float,
    interval: tuple[float, float] | None,
    corrected: float,
    measure: Measure,
    comparisons: int,
) -> Difference:
    found = list(pairs.values())
    mean = float(np.mean(found))
    by_seed = first.unit == "seed"
    verdict: Verdict = "undecided"
    if not any(found):
        verdict = "same"
    elif by_seed and len(found) < least_pairs(comparisons):
        verdict = "too few"
    elif corrected < ALPHA and interval and (interval[0] > 0 or interval[1] < 0):
        verdict = "better" if (mean > 0) == measure.higher_is_better else "worse"
    least = least_pairs(comparisons) if by_seed else 2
    wanted = pairs_wanted(found, comparisons) if by_seed and verdict in ("undecided", "too few") else None
    sentence = _sentence(first, other, verdict, measure, mean, interval, corrected, len(found), least, wanted)
    return Difference(other.name, first.name, pairs, mean, interval, p, corrected, verdict, least, wanted, sentence)


def _sentence(
    first: Candidate,
    other: Candidate,
    verdict: Verdict,
    measure: Measure,
    mean: float,
    interval: tuple[float, float] | None,
    p: float,
    pairs: int,
    least: int,
    wanted: int | None,
) -> str:
    """The answer in plain words."""
    a, b, unit = first.name, other.name, first.unit
    count = f"{pairs} {unit}{'' if pairs == 1 else 's'}"
    known = f"95 % interval {measure.change(interval[0])} to {measure.change(interval[1])}, " if interval else ""
    size = f"{measure.title} {measure.change(mean)} ({known}p = {p:.2g}, {count})"
    if verdict in ("better", "worse"):
        return f"{b} is {verdict} than {a}: {size}."
    if verdict == "same":
        return f"{b} and {a} have the same {measure.title} with every {unit} ({count})."
    more = f"; a difference like this one would take about {wanted:,} to show" if wanted and wanted > least else ""
    if verdict == "too few":
        return f"{count} can't decide between {b} and {a}, whatever they show; {least} could{more}. So far: {size}."
    return f"{count} don't tell {b} from {a}: {size}{more}."


def _summary(candidate: Candidate, values: dict[int, float]) -> Summary:
    found = list(values.values())
    interval = t_interval(found) if candidate.unit == "seed" else None
    return Summary(candidate.name, values, float(np.mean(found)), interval)


def _warnings(
    candidates: Sequence[Candidate],
    figure: str,
    settings: dict[str, list[str]],
    meant: Collection[str],
    follow: Collection[str],
) -> list[str]:
    """Why the answer may mean less than it seems."""
    found = []
    for candidate in candidates:
        without = [number for number in candidate.records if number not in candidate.figures(figure)]
        if without:
            told = ", ".join(f"{number} ({candidate.records[number].status})" for number in without)
            found.append(f"{candidate.name}: no {figure} of {candidate.unit} {told}: left out, which may flatter it")
    numbers = [set(each.records) for each in candidates]
    alone = set[int]().union(*numbers) - numbers[0].intersection(*numbers)
    if alone:
        found.append(f"not every candidate has {candidates[0].unit} {', '.join(map(str, sorted(alone)))}: not paired")
    part = figure.partition("_")[0]
    chose = [each.name for each in candidates if part == "validation" and _chose_an_epoch(each)]
    if chose:
        found.append(
            f"{figure} comes from the data that also chose the epoch to keep in {', '.join(chose)}, and flatters it: "
            "compare a test figure"
        )
    if part == "train":
        found.append(f"{figure} comes from the data that were learnt, and says little about new ones")
    if part == "test" and len(candidates) > 2:
        found.append(
            "test data that choose the best of several flatter it: choose by validation data, and measure the one "
            "chosen on the test data once"
        )
    if "data" in settings:
        found.append("the data are not the same: the figures say little about which candidate is better")
    chosen = [name for name in settings if not is_surrounding(name) and name not in ("data", "seed")]
    unmeant = [name for name in chosen if name not in meant and name not in follow]
    if len(unmeant) > (0 if meant else 1):
        found.append(
            f"settings differ by more than {_meant(meant)}: {', '.join(unmeant)}; any of them may be the cause"
        )
    surroundings = [name for name in settings if is_surrounding(name)]
    if surroundings:
        found.append(f"versions or machines differ, which changes results too: {', '.join(surroundings)}")
    if not chosen and "data" not in settings and "seed" not in settings:
        found.append("no setting differs: these candidates are the same configuration")
    if candidates[0].unit == "fold":
        found.append(
            "folds were varied, not seeds: their training parts overlap, which the corrected t-test of Nadeau and "
            "Bengio allows for; what another seed would have given is not known"
        )
    return found


def _meant(meant: Collection[str]) -> str:
    return " and ".join(sorted(meant)) if meant else "one"


def _chose_an_epoch(candidate: Candidate) -> bool:
    settings = candidate.first.settings
    return settings.get("keep") == "best" or settings.get("early_stopping") is not None
