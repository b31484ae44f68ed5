"""Run the benchmarks: nnzoo compared with its matrix products, with other libraries, and with its goals.

    pip install '.[bench]'
    NNZOO_DATA_DIR=… python -m benchmarks

The two sides of a ratio are measured in turn in one run; the median over the rounds is reported. Libraries that are not
installed are skipped with a message.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.machine import describe_machine
from benchmarks.measuring import Row, Settings
from benchmarks.report import print_results, write_json

TOPICS = (
    "epoch",
    "peers",
    "accuracy",
    "memory",
    "streams",
    "startup",
    "prediction",
    "growth",
    "conv",
    "sequences",
    "unused_plugins",
    "display",
    "sweeps",
)
FIGURE = Path(__file__).parents[1] / "figs" / "growth.png"


def rows_of(topics: tuple[str, ...], settings: Settings) -> Iterator[Row]:
    """Measure the topics one after the other."""
    for name in topics:
        module = importlib.import_module(f"benchmarks.topics.{name}")
        click.echo(f"{name}: {(module.__doc__ or '').splitlines()[0]}", err=True)
        yield from module.measure(settings)


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--only", type=click.Choice(TOPICS), multiple=True, help="Measure only this topic; repeatable.")
@click.option("--repeat", type=click.IntRange(5), default=7, show_default=True, help="Rounds; medians are reported.")
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="BLAS threads of nnzoo and products."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write every measurement to this file."
)
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@click.option(
    "--figure", type=click.Path(path_type=Path), default=FIGURE, help="Where growth draws.  [default: figs/growth.png]"
)
def main(
    only: tuple[str, ...], repeat: int, threads: int, json_file: Path | None, markdown: bool, figure: Path
) -> None:
    machine = describe_machine(threads)
    rows = list(rows_of(only or TOPICS, Settings(repeat, threads, figure)))
    print_results(machine, rows, markdown=markdown)
    if json_file is not None:
        write_json(json_file, machine, rows)


if __name__ == "__main__":
    main()
