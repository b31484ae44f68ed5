"""``nnzoo data``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.data_tables import print_dataset
from nnzoo.cli.options import PATH, data_dir_option, make_cache, make_registry, plugin_options, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.tables import print_table

if TYPE_CHECKING:
    from nnzoo.data.summary import PartSummary
    from nnzoo.kinds import DataCache, Dataset, DatasetLoader
    from nnzoo.plugins.registry import Registry


@click.group()
def data() -> None:
    """List and describe data sets.

    \b
    nnzoo data list
    nnzoo data show digits
    """


@data.command("list", short_help="List data sets.")
@click.argument("pattern", default="*")
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_datasets(pattern: str, as_json: bool) -> None:
    """List the data sets whose names match PATTERN, with their sizes and whether they are available.

    Nothing is downloaded: `nnzoo data show` and `nnzoo train` do that.
    """
    registry, cache = make_registry(), make_cache(offline=True)
    with prints_to_stderr():
        rows = [_row(registry, name, cache) for name in registry.names("dataset", pattern)]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("name", "samples", "each", "classes", "state", "what it is"),
        [
            (
                row["name"],
                "–" if row["samples"] is None else f"{sum(row['samples'].values()):,}",
                "×".join(map(str, row["input_shape"] or "–")),
                "–" if row["classes"] is None else str(row["classes"]),
                row["state"],
                row["summary"],
            )
            for row in rows
        ],
    )
    click.echo("`nnzoo data show NAME` describes one.")


@data.command(short_help="Describe a data set.")
@click.argument("dataset")
@click.option(
    "--out",
    type=PATH,
    metavar="FILE",
    help="Draw samples, or the distributions of features, into a .png, .svg or .pdf file.",
)
@data_dir_option
@usual_options
def show(dataset: str, out: Path | None, as_json: bool) -> None:
    """Describe a data set: its parts, the number of samples of each class, and the distribution of its values.

    DATASET is written as for `nnzoo train`. For images, the distribution is that of all pixels together; for a table,
    each column is described; for other data, each feature.

    \b
    nnzoo data show mnist --out mnist.png
    nnzoo data show flowers.csv
    nnzoo data show houses.csv:target=price,ignore=address
    """
    from nnzoo.data import find_dataset
    from nnzoo.data.summary import summarize_dataset
    from nnzoo.kinds import load_checked

    registry = make_registry()
    loader = find_dataset(registry, dataset)
    with prints_to_stderr():
        found = load_checked(loader, make_cache())
    parts = summarize_dataset(found)
    if out is not None:
        from nnzoo.figures.samples import dataset_figure
        from nnzoo.figures.style import save_figure

        save_figure(dataset_figure(found, dataset), out)
    if as_json:
        print_json(_answer(registry, loader, found, parts, out))
    else:
        click.echo(f"{dataset}, from {registry.provider(loader)}\n\n{loader.summary() or '(no description)'}\n")
        print_dataset(loader, found, parts)
        if out is not None:
            click.echo(f"wrote {out}")


def _answer(
    registry: Registry, loader: DatasetLoader, dataset: Dataset, parts: dict[str, PartSummary], out: Path | None
) -> dict[str, Any]:
    """Everything as JSON, except the statistics of each pixel of images."""
    from nnzoo.figures.pictures import is_picture
    from nnzoo.kinds import Columns

    inputs = dataset.train.examples().inputs
    summaries = {name: part.to_dict() for name, part in parts.items()}
    if is_picture(dataset.input_shape):
        summaries = {name: {**part, "features": []} for name, part in summaries.items()}
    return {
        "dataset": str(loader),
        "plugin": str(registry.provider(loader)),
        "license": loader.license,
        "sha256": dataset.sha256(),
        "input_shape": list(dataset.input_shape),
        "dtype": "table" if isinstance(inputs, Columns) else inputs.dtype.name,
        "scale": dataset.train.scale,
        "task": dataset.task,
        "outputs": len(dataset.names) or math.prod(dataset.train.targets.shape[1:]),
        "class_names": list(dataset.class_names),
        "value_names": list(dataset.value_names),
        "columns": [finding.to_dict() for finding in dataset.findings],
        "parts": summaries,
        "sheet": None if out is None else str(out),
    }


def _row(registry: Registry, name: str, cache: DataCache) -> dict[str, Any]:
    """A row of the list; values that only a download or the user's files would show are None."""
    from nnzoo.errors import DownloadError, NnzooError
    from nnzoo.kinds import load_checked

    registration = registry.get("dataset", name)
    row = {"name": name, "plugin": registration.source.distribution, "samples": None, "input_shape": None}
    row |= {"classes": None, "summary": registration.component.summary()}
    needed = [h.name for h in registration.component.hyperparameters() if h.required]
    if needed:
        return row | {"state": f"needs {', '.join(needed)}"}
    try:
        dataset = load_checked(registry.build("dataset", name), cache)
    except DownloadError:
        return row | {"state": "to download"}
    except NnzooError as error:
        return row | {"state": f"not usable: {error.message.splitlines()[0]}"}
    return row | {
        "samples": {"train": len(dataset.train), "test": len(dataset.test)},
        "input_shape": list(dataset.input_shape),
        "classes": len(dataset.class_names),
        "state": "at hand",
    }
