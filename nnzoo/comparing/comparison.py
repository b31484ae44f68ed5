"""`compare`: which of several candidates is better, if the data can decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
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
    """A candidate's figure by seed or fold, its mean, and over seeds the 95 % t-interval of the mean."""

    name: str
    values: dict[int, float]
    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Difference:
    """A candidate compared with the first one.

    Attributes
    ----------
    differences : dict of int to float
        The candidate's figure minus that of the first, by seed or fold that both have.
    interval : tuple of float, or None
        95 % interval of the mean; None for a single pair.
    p, p_corrected : float
        Two-sided p-value, and with Holm's correction if there are several comparisons.
    verdict : str
        ``better`` or ``worse`` if the interval and the corrected p-value agree; ``same`` if no pair differs;
        ``too few`` if no outcome could be significant with this number of pairs; else ``undecided``.
    least_pairs : int
        The smallest number of pairs for which a difference can be significant.
    pairs_wanted : int or None
        Roughly the number of pairs that would show this difference four times in five.
    sentence : str
        The answer in plain words.
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
    """The candidates compared with the first one.

    Attributes
    ----------
    figure : str
        Its full name, such as ``test_accuracy``.
    unit : str
        Pairs have the same ``seed`` or ``fold``.
    differences : list of Difference
        Each other candidate compared with the first.
    settings : dict of str to list of str
        The conditions that differ between candidates, with the value of each.
    warnings : list of str
        Reasons why the answer may mean less than it seems.
    """

    figure: str
    higher_is_better: bool
    unit: str
    candidates: list[Summary]
    differences: list[Difference]
    settings: dict[str, list[str]]
    warnings: list[str]

    def to_dict(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)


def compare(
    candidates: Sequence[Candidate],
    figure: str,
    measure: Measure,
    *,
    meant: Collection[str] = (),
    follow: Collection[str] = (),
) -> Comparison:
    """Compare two or more candidates with the first one, in pairs of runs with the same seed or fold.

    Parameters
    ----------
    candidates : sequence of Candidate
        At least two.
    figure, measure : str, Measure
        From `find_figure`.
    meant : collection of str
        Conditions that are meant to differ; if empty, one may differ.
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
            "runs by seed can't be compared with runs by fold, nor different numbers of folds: there are no pairs"
        )
    first, *others = candidates
    pairs = [_pairs(first, other, figure) for other in others]
    tests = [_test(first, list(each.values())) for each in pairs]
    corrected = holm([p for p, _ in tests])
    settings = differing_conditions([candidate.first for candidate in candidates])
    return Comparison(
        figure,
        measure.higher_is_better,
        first.unit,
        [_summary(candidate, figure) for candidate in candidates],
        [
            _difference(first, other, each, *test, p_corrected, measure, len(others))
            for other, each, test, p_corrected in zip(others, pairs, tests, corrected, strict=True)
        ],
        settings,
        _warnings(candidates, figure, settings, meant, follow),
    )


def _pairs(first: Candidate, other: Candidate, figure: str) -> dict[int, float]:
    """The differences of a figure, by seed or fold."""
    before, after = first.figures(figure), other.figures(figure)
    pairs = {number: value - before[number] for number, value in after.items() if number in before}
    if not pairs:
        a, b = (", ".join(map(str, numbers)) or "none" for numbers in (before, after))
        raise UsageError(
            f"{first.name} and {other.name} have no {first.unit} in common for which {figure} is known: "
            f"{first.unit}s {a} against {b}",
            hint="train both with the same seeds: nnzoo train --seeds 8",
        )
    return pairs


def _test(first: Candidate, differences: list[float]) -> tuple[float, tuple[float, float] | None]:
    """The p-value of no difference, and the interval of the mean."""
    if first.unit == "seed":
        return sign_flip_test(differences), bca_interval(differences)
    return corrected_t_test(differences, 1 / max(first.folds - 1, 1)) or (1.0, None)


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
    values = list(pairs.values())
    mean, by_seed = float(np.mean(values)), first.unit == "seed"
    least = least_pairs(comparisons) if by_seed else 2
    verdict: Verdict = "undecided"
    if not any(values):
        verdict = "same"
    elif by_seed and len(values) < least:
        verdict = "too few"
    elif corrected < ALPHA and interval and (interval[0] > 0 or interval[1] < 0):
        verdict = "better" if (mean > 0) == measure.higher_is_better else "worse"
    wanted = pairs_wanted(values, comparisons) if by_seed and verdict in ("undecided", "too few") else None
    found = Difference(other.name, first.name, pairs, mean, interval, p, corrected, verdict, least, wanted, "")
    return replace(found, sentence=_sentence(found, first.unit, measure))


def _sentence(found: Difference, unit: str, measure: Measure) -> str:
    """The answer in plain words."""
    a, b, interval, wanted, least = found.against, found.name, found.interval, found.pairs_wanted, found.least_pairs
    count = f"{len(found.differences)} {unit}{'' if len(found.differences) == 1 else 's'}"
    known = f"95 % interval {measure.change(interval[0])} to {measure.change(interval[1])}, " if interval else ""
    size = f"{measure.title} {measure.change(found.mean)} ({known}p = {found.p_corrected:.2g}, {count})"
    more = f"; a difference like this one would take about {wanted:,} to show" if wanted and wanted > least else ""
    match found.verdict:
        case "same":
            return f"{b} and {a} have the same {measure.title} with every {unit} ({count})."
        case "too few":
            return f"{count} can't decide between {b} and {a}, whatever they show; {least} could{more}. So far: {size}."
        case "undecided":
            return f"{count} don't decide between {b} and {a}: {size}{more}."
    return f"{b} is {found.verdict} than {a}: {size}."


def _summary(candidate: Candidate, figure: str) -> Summary:
    by_number = candidate.figures(figure)
    values = list(by_number.values())
    interval = t_interval(values) if candidate.unit == "seed" else None
    return Summary(candidate.name, by_number, float(np.mean(values)), interval)


def _warnings(
    candidates: Sequence[Candidate],
    figure: str,
    settings: dict[str, list[str]],
    meant: Collection[str],
    follow: Collection[str],
) -> list[str]:
    """Reasons why the answer may mean less than it seems."""
    found = []
    for candidate in candidates:
        without = [number for number in candidate.records if number not in candidate.figures(figure)]
        if without:
            runs = ", ".join(f"{number} ({candidate.records[number].status})" for number in without)
            found.append(f"{candidate.name} has no {figure} for {candidate.unit} {runs}, which may flatter it")
    numbers = [set(each.records) for each in candidates]
    alone = set[int]().union(*numbers) - numbers[0].intersection(*numbers)
    if alone:
        found.append(f"not every candidate has {candidates[0].unit} {', '.join(map(str, sorted(alone)))}: not paired")
    part = figure.partition("_")[0]
    chose = [each.name for each in candidates if part == "validation" and _chose_an_epoch(each)]
    if chose:
        found.append(
            f"in {', '.join(chose)}, the validation data also chose the epoch to keep, which flatters {figure}: "
            "compare a test figure"
        )
    if part == "train":
        found.append(f"{figure} comes from the training data, and says little about new data")
    if part == "test" and len(candidates) > 2:
        found.append(
            "choosing the best of several by test data flatters it: choose by validation data, and measure only the "
            "chosen one on the test data"
        )
    if "data" in settings:
        found.append("the data are not the same: the figures say little about which candidate is better")
    chosen = [name for name in settings if not is_surrounding(name) and name not in ("data", "seed")]
    unmeant = [name for name in chosen if name not in meant and name not in follow]
    if len(unmeant) > (0 if meant else 1):
        allowed = " and ".join(sorted(meant)) or "one"
        found.append(f"settings differ by more than {allowed}: {', '.join(unmeant)}; any of them may be the cause")
    surroundings = [name for name in settings if is_surrounding(name)]
    if surroundings:
        found.append(f"versions or machines differ, which changes results too: {', '.join(surroundings)}")
    if not chosen and "data" not in settings and "seed" not in settings:
        found.append("no setting differs: these candidates are the same configuration")
    if candidates[0].unit == "fold":
        found.append(
            "folds were varied, not seeds: their training parts overlap, which the corrected t-test of Nadeau and "
            "Bengio accounts for; the effect of the seed is not known"
        )
    return found


def _chose_an_epoch(candidate: Candidate) -> bool:
    settings = candidate.first.settings
    return settings.get("keep") == "best" or settings.get("early_stopping") is not None
