"""``nnzoo export``."""

from __future__ import annotations

from pathlib import Path

import click

from nnzoo.cli.model_argument import is_in_zoo, model_file
from nnzoo.cli.options import PATH, make_registry, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr


@click.command()
@click.argument("file", type=PATH)
@click.option(
    "--format",
    "spec",
    required=True,
    metavar="NAME",
    help="numpy, onnx (of nnzoo-onnx), or a format of another plugin; NAME:key=value sets hyperparameters.",
)
@click.option(
    "--out", type=PATH, metavar="PATH", help="The output.  [default: named like FILE and next to it; of the zoo, here]"
)
@click.option("--force", is_flag=True, help="Replace existing files.")
@usual_options
def export(file: Path, spec: str, out: Path | None, force: bool, as_json: bool) -> None:
    """Write a trained network in another format, for use without nnzoo.

    FILE is a model file, the directory of a run, or the name of a network of the zoo. Existing files are replaced only
    with --force.

    \b
    nnzoo export runs/mine --format numpy
    nnzoo export model.safetensors --format onnx --out digits.onnx
    """
    from nnzoo.datafiles.address import is_address, parse_address
    from nnzoo.model.exporting import export_model

    registry = make_registry()
    exporter = registry.build("exporter", spec)
    if out is None and is_address(file):
        out = Path(parse_address(file).name.removesuffix(".safetensors"))
    elif out is None and is_in_zoo(registry, file):
        out = Path(file.name)
    with prints_to_stderr(), model_file(registry, file) as path:
        written = export_model(registry, path, exporter, out, overwrite=force)
    if as_json:
        print_json({"format": str(exporter), "files": [str(path) for path in written]})
        return
    for path in written:
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")
