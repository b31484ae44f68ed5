"""The results of runs with several seeds or folds, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.tables import print_table
from nnzoo.terminal import output_width

if TYPE_CHECKING:
    from nnzoo.kinds import Outcome
    from nnzoo.plugins.registry import Registry
    from nnzoo.runs.group import GroupRecord


def result_of_run(registry: Registry, path: Path, outcome: Outcome) -> str:
    """Return the main figure of one run, or its error, on one line."""
    from nnzoo.comparing.candidates import find_candidate, find_figure

    if outcome.error is not None:
        return f"{outcome.error.message}".partition("\n")[0]
    candidate = find_candidate(path)
    name, measure = find_figure([candidate], None, registry)
    shown = measure.show(candidate.first.figure(name))
    return f"{name.partition('_')[0]} {measure.title} {shown}, {outcome.value['train_seconds']:.2f} s"


def results_of_many(directory: Path, record: GroupRecord) -> dict[str, Any]:
    """Return the results of all runs and their means, as ``--json`` prints them."""
    from nnzoo.comparing.candidates import find_candidate, summarize

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


def print_means(registry: Registry, directory: Path, answer: Mapping[str, Any]) -> None:
    """Print the mean of each figure, with its interval or deviation."""
    from nnzoo.comparing.candidates import find_candidate
    from nnzoo.runs.record import measures_of_record
    from nnzoo.training.measures import measure_of

    measures = measures_of_record(registry, find_candidate(directory).first)
    rows = []
    for name, summary in answer["summary"].items():
        part, _, short = name.partition("_")
        measure = measure_of(measures, short)
        spread = "-" if summary["interval"] is None else " … ".join(map(measure.show, summary["interval"]))
        if "folds" in answer:
            part = {"test": "out of fold"}.get(part, part)
            spread = measure.change(summary["deviation"]).lstrip("+")
        rows.append((f"{part} {measure.title}", measure.show(summary["mean"]), spread, str(summary["runs"])))
    click.echo()
    if rows:
        of_folds = "± deviation of folds" if "folds" in answer else "95 % interval (t)"
        print_table(("figure", "mean", of_folds, "runs"), rows, numbers=3, width=output_width())
    if answer["diverged"]:
        click.echo(f"diverged: {', '.join(map(str, answer['diverged']))}; they are not in the mean")
    if answer.get("predictions"):
        click.echo(f"predictions out of fold in {answer['predictions']}")
    click.echo(f"runs in {directory}")
