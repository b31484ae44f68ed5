"""Options of a training that starts from a trained network, or leaves a part of its network as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.model_argument import is_in_zoo, model_file
from nnzoo.cli.options import F

if TYPE_CHECKING:
    from nnzoo.model.starting import Start
    from nnzoo.plugins.registry import Registry


def starting_options(command: F) -> F:
    """``--from``, ``--new-head``, ``--freeze`` and ``--learning-rate-of``."""
    options = (
        click.option(
            "--from",
            "source",
            type=click.Path(path_type=Path),
            metavar="MODEL",
            help="Start from a trained network: a model file, a run, or a network of the zoo.",
        ),
        click.option("--new-head", is_flag=True, help="With --from: start the last layer anew, for other classes."),
        click.option(
            "--freeze",
            metavar="PATTERN",
            multiple=True,
            help="Leave the arrays of these names as they are, such as '0.*' or '*.bias'. Repeatable.",
        ),
        click.option(
            "--learning-rate-of",
            metavar="PATTERN=FACTOR",
            multiple=True,
            help="Multiply the learning rate of the arrays of these names. Repeatable.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def find_start(registry: Registry, named: Path, *, new_head: bool) -> Start:
    """The trained network that ``--from`` names.

    Raises
    ------
    StorageError, FileFormatError, PluginError, UnknownComponentError
        When there is none, or it can't be used.
    """
    from nnzoo.datafiles.address import is_address, parse_address
    from nnzoo.model.starting import read_start
    from nnzoo.plugins.zoo_index import find_zoo_entry

    if is_address(named):
        source = str(parse_address(named))
    elif is_in_zoo(registry, named):
        source = find_zoo_entry(registry, named.as_posix()).full_name
    else:
        source = named.absolute().name
    with model_file(registry, named) as path:
        return read_start(registry, path, source, new_head=new_head)
