"""``nnzoo export``."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from nnzoo.cli.model_argument import is_in_zoo, model_file
from nnzoo.cli.options import make_registry, plugin_options


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "spec",
    required=True,
    metavar="NAME",
    help="numpy, onnx (of nnzoo-onnx), or another that a plugin provides; NAME:key=value for its hyperparameters.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="What to call it.  [default: as FILE, and beside it; of the zoo, here]",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(
    file: Path,
    spec: str,
    out: Path | None,
    force: bool,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write a trained network in another format, for use without nnzoo.

    FILE is a model file, the directory of a run, or the name of a network of the zoo. Nothing is overwritten without
    --force.

    \b
    nnzoo export runs/mine --format numpy
    nnzoo export model.safetensors --format onnx --out digits.onnx
    """
    from nnzoo.datafiles.address import is_address, parse_address
    from nnzoo.model.exporting import export_model

    registry = make_registry(plugin_files, disabled)
    exporter = registry.build("exporter", spec)
    if out is None and is_address(file):
        out = Path(parse_address(file).name.removesuffix(".safetensors"))
    elif out is None and is_in_zoo(registry, file):
        out = Path(file.name)
    with redirect_stdout(sys.stderr), model_file(registry, file) as path:  # a plugin may print
        written = export_model(registry, path, exporter, out, overwrite=force)
    if as_json:
        click.echo(json.dumps({"format": str(exporter), "files": [str(path) for path in written]}))
        return
    for path in written:
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")
