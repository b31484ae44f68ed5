"""The contents of a data set, as tables in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from nnzoo.cli.tables import print_first, print_table
from nnzoo.terminal import visible

if TYPE_CHECKING:
    from nnzoo.data.summary import PartSummary, Spread
    from nnzoo.kinds import Dataset, DatasetLoader, Finding

MOST = 30
"""The most classes, columns or features that are printed; ``--json`` has all."""
_LAST = 5
"""How many of these are the last columns of a wide table: the target is often one of them."""


def print_dataset(loader: DatasetLoader, dataset: Dataset, parts: dict[str, PartSummary]) -> None:
    """Print the size of a data set, its classes or targets, and the distribution of its inputs."""
    from nnzoo.figures.pictures import is_picture
    from nnzoo.kinds import Columns, Stream
    from nnzoo.nn.summary import format_shape

    train, test, inputs = parts["train"], parts["test"], dataset.train.inputs
    if isinstance(inputs, Columns):
        each = f"{len(inputs.arrays)} columns"
    else:
        each = format_shape(dataset.input_shape) + " features" * (len(inputs.shape) == 2) + f", {inputs.dtype}"
    stream = f" in each epoch of a stream, shown for the first {train.samples:,}" if isinstance(inputs, Stream) else ""
    click.echo(f"samples   {len(dataset.train):,} to train{stream}, {test.samples:,} to test, each {each}")
    click.echo(f"license   {loader.license}")
    click.echo(f"SHA-256   {dataset.sha256()}")
    if dataset.findings:
        print_findings(dataset.findings)
    if dataset.class_names:
        counts = zip(dataset.class_names, zip(train.classes, test.classes, strict=True), strict=True)
        _print_counts("class", ("train", "test"), counts, (train.steps, test.steps))
    elif train.fields:
        for name in train.fields:
            _print_field(name, {part: summary.fields[name] for part, summary in parts.items()})
    else:
        _print_spreads("value to predict", _targets({part: summary.targets for part, summary in parts.items()}))
    if train.inputs is None:
        return
    pictures = is_picture(dataset.input_shape)
    _print_spreads("pixels" if pictures else "all features", _inputs(parts, dataset.train.scale))
    if not pictures:
        features = [(str(number), spread) for number, spread in enumerate(train.features, 1)]
        _print_spreads("feature (train)", features)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print the type and the use of each column of a table."""
    from nnzoo.data.tables import describe_table

    rows = describe_table(findings)
    shown = rows if len(rows) <= MOST else rows[: MOST - _LAST] + rows[-_LAST:]
    print_table(("column", "type", "missing", "values", "use"), shown)
    if len(rows) > MOST:
        click.echo(f"and {len(rows) - MOST:,} more between the last {_LAST} and those above, which --json lists\n")


def _print_counts(
    title: str, parts: Sequence[str], counts: Iterable[tuple[str, Sequence[int]]], totals: Sequence[int]
) -> None:
    """A table of classes, each with its count and share in each part."""
    rows = []
    for name, numbers in counts:
        shares = zip(numbers, totals, strict=True)
        rows.append((visible(name), *(text for n, total in shares for text in (f"{n:,}", f"{n / total:.1%}"))))
    print_first([title, *(t for part in parts for t in (part, "share"))], rows, MOST, numbers=2 * len(parts))


def _print_field(name: str, parts: dict[str, dict[str, int] | tuple[Spread, ...]]) -> None:
    """One of several targets: a table of its classes, or of its values."""
    counts = {part: summary for part, summary in parts.items() if isinstance(summary, dict)}
    if not counts:
        _print_spreads(name, _targets({part: each for part, each in parts.items() if isinstance(each, tuple)}))
        return
    labels = sorted(set().union(*counts.values()))
    rows = ((label, [each.get(label, 0) for each in counts.values()]) for label in labels)
    _print_counts(name, list(counts), rows, [sum(each.values()) for each in counts.values()])


def _targets(parts: Mapping[str, tuple[Spread, ...]]) -> list[tuple[str, Spread]]:
    several = len(parts["train"]) > 1
    return [
        (f"{part} {number}" if several else part, spread)
        for part, spreads in parts.items()
        for number, spread in enumerate(spreads, 1)
    ]


def _inputs(parts: dict[str, PartSummary], scale: float) -> Iterator[tuple[str, Spread]]:
    """The inputs as they are stored and, if they are scaled, as a network receives them."""
    for part, summary in parts.items():
        if summary.inputs is None:
            continue
        yield part, summary.inputs
        if scale != 1:
            yield f"{part} {_scaling(scale)}", summary.inputs.times(scale)


def _scaling(scale: float) -> str:
    """A factor as text: ``÷ 255`` or ``× 0.5``."""
    divisor = round(1 / scale)
    return f"÷ {divisor}" if divisor > 1 and abs(divisor * scale - 1) < 1e-6 else f"× {scale:.4g}"


def _print_spreads(title: str, spreads: Iterable[tuple[str, Spread]]) -> None:
    titles, rows = [title, "min", "mean", "max", "std. deviation", "zeros"], []
    for name, spread in (shown := list(spreads)):
        values = (spread.minimum, spread.mean, spread.maximum, spread.deviation)
        zeros = "–" if spread.zeros is None else f"{spread.zeros:.1%}"
        rows.append([name, *("–" if value is None else f"{value:.4g}" for value in values), zeros])
    if any(spread.not_finite for _, spread in shown):
        titles.append("not finite")
        rows = [[*row, f"{spread.not_finite:,}"] for row, (_, spread) in zip(rows, shown, strict=True)]
    print_first(titles, rows, MOST, numbers=len(titles) - 1)
