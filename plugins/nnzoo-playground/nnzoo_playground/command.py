"""The command `nnzoo playground`."""

from __future__ import annotations

from pathlib import Path

import click
from nnzoo.api import Registry, UsageError


@click.command(name="playground")
@click.argument("run", required=False, metavar="[RUN]", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="Port to listen on; 0: any."
)
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option("--dataset", metavar="NAME", help="The first data: a data set's name, a file or a folder.")
@click.option("--from", "source", metavar="MODEL", help="A trained network: a model file, a run, or a name in the zoo.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="The first folder to look for data files in."
)
@click.pass_obj
def playground(
    registry: Registry,
    run: Path | None,
    port: int,
    no_browser: bool,
    dataset: str | None,
    source: str | None,
    data_dir: Path | None,
) -> None:
    """Watch a network learn, in the browser.

    With RUN, the directory of a run in training, it follows that run. The page is served to this
    machine alone, under an address that is valid until the command ends (Ctrl-C).

    \b
    nnzoo playground
    nnzoo playground --dataset digits
    nnzoo playground --from spirals-mlp
    nnzoo playground runs/mine
    """
    if run is not None and (dataset or source):
        raise UsageError("a run that is followed has its own data and network: leave --dataset and --from out")
    from nnzoo_playground.launch import launch

    launch(registry, run, port, dataset, source, data_dir, browser=not no_browser)


playground.shows_broken_plugins = True  # type: ignore[attr-defined] # they are on the page, with the reason
