"""Trained networks on the command line: FILE of several commands, its data, and ``--from`` of a training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import options
from nnzoo.errors import StorageError, UnknownComponentError, UsageError, did_you_mean

if TYPE_CHECKING:
    from nnzoo.kinds import DatasetLoader
    from nnzoo.model.model_file import ModelFile
    from nnzoo.model.starting import Start
    from nnzoo.plugins.registry import Registry

DEFAULT_MODEL = "nnzoo/mnist-mlp.large"
"""In the zoo."""


OF_DATA = frozenset(
    f".{end}"
    for end in (
        *("bmp", "csv", "gif", "gz", "heic", "jpeg", "jpg", "json", "npy", "npz"),
        *("parquet", "png", "tif", "tiff", "tsv", "txt", "webp", "xls", "xlsx"),
    )
)
"""How names of files end that hold data; what has another end, before files of data, is meant as a model."""

starting_options = options(
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
"""``--from``, ``--new-head``, ``--freeze`` and ``--learning-rate-of``."""


def is_model(path: Path) -> bool:
    """Whether a path is meant as a model, and not as an image: a directory, an address, a file of that format."""
    from nnzoo.datafiles.address import is_address

    if is_address(path) or path.suffix == ".safetensors" or path.is_dir():
        return True
    try:
        if not path.is_file():  # what is read from a pipe is gone
            return False
        with path.open("rb") as file:
            start, size = file.read(9), path.stat().st_size
    except OSError:
        return False
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < size


@contextmanager
def model_file(registry: Registry, named: Path) -> Iterator[Path]:
    """The model file that FILE means: a file, what a run has left in its directory, a network of the zoo, an address.

    What is on disk comes before a network of the same name. A file at an address is downloaded into the cache.

    Raises
    ------
    StorageError
        When there is nothing of that name.
    FileFormatError
        For a directory without a model file.
    UnknownComponentError
        When several plugins bring a network of that name.
    UsageError, DownloadError
        When an address does not pin its contents, or they are not available.
    """
    from importlib.resources import as_file

    from nnzoo.datafiles.address import fetch, is_address, parse_address
    from nnzoo.model.model_file import find_model_file
    from nnzoo.plugins.zoo_index import find_zoo_entry, way_to_network, zoo_names

    if is_address(named):
        yield fetch(parse_address(named))
    elif named.exists():
        yield find_model_file(named)
    elif is_in_zoo(registry, named):
        with as_file(find_zoo_entry(registry, named.as_posix()).model.model_file) as path:
            yield path
    else:
        beside: list[str] = []
        with suppress(OSError):
            beside = [(named.parent / name).as_posix() for name in os.listdir(named.parent)]  # noqa: PTH208
        near = way_to_network(registry, named.name) or did_you_mean(named.as_posix(), [*zoo_names(registry), *beside])
        raise StorageError(
            f"there is no model {named}: no such file, run or installed network of the zoo",
            hint=f"{near}`nnzoo runs list` and `nnzoo zoo list` show what is there",
        )


def is_in_zoo(registry: Registry, named: Path) -> bool:
    """Whether a path that leads nowhere is the name of a network of the zoo."""
    from nnzoo.datafiles.address import is_address
    from nnzoo.plugins.zoo_index import zoo_names

    return not is_address(named) and not named.exists() and named.as_posix().rpartition("/")[2] in zoo_names(registry)


def is_meant_as_model(named: Path, *, alone: bool) -> bool:
    """Whether a path that leads nowhere is a known network's name, or stands before others as no file of data does."""
    from nnzoo.plugins.catalogue import networks_like

    if named.exists() or named.name == "-":
        return False
    return bool(networks_like(named.name)) or not (alone or named.suffix.lower() in OF_DATA)


def data_of_model(registry: Registry, model: ModelFile, spec: str | None) -> DatasetLoader:
    """The data set that was named, or else the one that a model was trained on.

    A file of the same kind as the training's is read with the options of that one, such as its target, but for those
    that were given with it.

    Raises
    ------
    UsageError
        When the file does not say what that was.
    PluginError, FileFormatError
        When it can't be built.
    """
    from nnzoo.data import find_dataset
    from nnzoo.hyperparameters import values_of

    trained = _trained_on(registry, model) if spec is None else None
    if trained is not None:
        return trained
    if spec is None:
        raise UsageError(f"{model.path} does not say what it was trained on", hint="name the data with --dataset")
    loader = find_dataset(registry, spec)
    stored = model.description.components.get("dataset")
    if not reads_own_files(loader) or stored is None or not _is_of(registry, loader, stored.name):
        return loader
    trained = _trained_on(registry, model)
    assert trained is not None
    usual = {h.name: h.default for h in type(loader).hyperparameters()}
    given = {name: value for name, value in values_of(loader).items() if value != usual[name]}
    if model.description.data.target and "target" in usual:  # the column's name, whatever its place
        given = {"target": model.description.data.target, **given}
    own = {name: value for name, value in values_of(trained).items() if name != "test_path"}
    return type(loader).from_options({**own, **given})


def reads_own_files(loader: DatasetLoader) -> bool:
    """Whether a data set is a file or folder of the user's own."""
    return any(h.name == "path" for h in type(loader).hyperparameters())


def short_name(loader: DatasetLoader) -> str:
    """What a data set is called in text: its file or folder, or its name and options."""
    return str(loader.to_options()["path"]) if reads_own_files(loader) else str(loader)


def is_trained_on(registry: Registry, model: ModelFile, loader: DatasetLoader) -> bool:
    """Whether a data set is the one that a model was trained on, or its file."""
    from nnzoo.data.files import expanded

    stored = model.description.components.get("dataset")
    if stored is None or not _is_of(registry, loader, stored.name):
        return False
    trained = _trained_on(registry, model)
    if not reads_own_files(loader):
        return trained == loader
    theirs, own = (os.path.realpath(expanded(each.to_options()["path"])) for each in (trained, loader) if each)
    return theirs == own


def _trained_on(registry: Registry, model: ModelFile) -> DatasetLoader | None:
    """The data set that a model was trained on; None where its file does not say."""
    from nnzoo.model.model_file import find_component

    named = "dataset" in model.description.components
    found: DatasetLoader | None = find_component(model, "dataset", registry) if named else None
    return found


def _is_of(registry: Registry, loader: DatasetLoader, name: str) -> bool:
    """Whether a data set is of the kind that a file names."""
    try:
        return registry.get("dataset", name).component is type(loader)
    except UnknownComponentError:
        return False


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
