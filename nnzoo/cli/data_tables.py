"""What is in a data set, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from nnzoo.cli.tables import print_table
from nnzoo.terminal import visible

if TYPE_CHECKING:
    from nnzoo.data.summary import PartSummary, Spread
    from nnzoo.kinds import Dataset, DatasetLoader, Finding

MOST = 30
"""Classes, columns or features that are printed; ``--json`` has all."""
_LAST = 5
"""Of many columns, so many of the last: the target often is one of them."""


def print_dataset(loader: DatasetLoader, dataset: Dataset, parts: dict[str, PartSummary]) -> None:
    """Print how many samples each class has, or what is to be predicted, and how the inputs are distributed."""
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
        _print_first("class", ("train", "share", "test", "share"), _classes(dataset.class_names, train, test))
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
    """Print what was found in each column of a table, and how it is used."""
    from nnzoo.data.tables import describe_table

    rows = describe_table(findings)
    shown = rows if len(rows) <= MOST else rows[: MOST - _LAST] + rows[-_LAST:]
    print_table(("column", "type", "missing", "values", "use"), shown)
    if len(rows) > MOST:
        click.echo(f"and {len(rows) - MOST:,} more between the last {_LAST} and those above, which --json lists\n")


def _classes(names: Sequence[str], train: PartSummary, test: PartSummary) -> Iterator[tuple[str, ...]]:
    for name, *counts in zip(names, train.classes, test.classes, strict=True):
        shares = zip(counts, (train.steps, test.steps), strict=True)
        yield visible(name), *(text for count, of in shares for text in (f"{count:,}", f"{count / of:.1%}"))


def _print_field(name: str, parts: dict[str, dict[str, int] | tuple[Spread, ...]]) -> None:
    """One of several targets: a table of its classes, or of its values."""
    counts = {part: found for part, found in parts.items() if isinstance(found, dict)}
    if not counts:
        _print_spreads(name, _targets({part: found for part, found in parts.items() if isinstance(found, tuple)}))
        return
    totals = {part: sum(found.values()) for part, found in counts.items()}
    rows = []
    for label in sorted(set().union(*counts.values())):
        pairs = ((found.get(label, 0), totals[part]) for part, found in counts.items())
        rows.append((visible(label), *(text for count, of in pairs for text in (f"{count:,}", f"{count / of:.1%}"))))
    _print_first(name, [title for part in counts for title in (part, "share")], rows)


def _targets(parts: Mapping[str, tuple[Spread, ...]]) -> list[tuple[str, Spread]]:
    several = len(parts["train"]) > 1
    return [
        (f"{part} {number}" if several else part, spread)
        for part, spreads in parts.items()
        for number, spread in enumerate(spreads, 1)
    ]


def _inputs(parts: dict[str, PartSummary], scale: float) -> Iterator[tuple[str, Spread]]:
    """As they are stored, and where they are scaled, as a network sees them."""
    for part, summary in parts.items():
        if summary.inputs is None:
            continue
        yield part, summary.inputs
        if scale != 1:
            yield f"{part} {_scaling(scale)}", summary.inputs.times(scale)


def _scaling(scale: float) -> str:
    """A factor as people write it: 1/255 is a division."""
    divisor = round(1 / scale)
    return f"÷ {divisor}" if divisor > 1 and abs(divisor * scale - 1) < 1e-6 else f"× {scale:.4g}"


def _print_spreads(title: str, spreads: Iterable[tuple[str, Spread]]) -> None:
    rows = list(spreads)
    titles = ("min", "mean", "max", "std. deviation", "zeros")
    odd = any(spread.not_finite for _, spread in rows)
    _print_first(
        title, (*titles, "not finite") if odd else titles, (_cells(name, spread, odd) for name, spread in rows)
    )


def _cells(name: str, spread: Spread, odd: bool) -> tuple[str, ...]:
    values = (spread.minimum, spread.mean, spread.maximum, spread.deviation)
    zeros = "–" if spread.zeros is None else f"{spread.zeros:.1%}"
    cells = (name, *("–" if value is None else f"{value:.4g}" for value in values), zeros)
    return (*cells, f"{spread.not_finite:,}") if odd else cells


def _print_first(title: str, titles: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    """A table of the first rows, and how many more there are."""
    everything = list(rows)
    print_table((title, *titles), everything[:MOST], numbers=len(titles))
    if len(everything) > MOST:
        click.echo(f"and {len(everything) - MOST:,} more, which --json lists\n")
