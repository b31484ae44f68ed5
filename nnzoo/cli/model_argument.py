"""Trained networks on the command line: the FILE argument of several commands, its data, and ``--from``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import PATH, options
from nnzoo.errors import StorageError, UnknownComponentError, UsageError, did_you_mean

if TYPE_CHECKING:
    from nnzoo.kinds import DatasetLoader
    from nnzoo.model.model_file import ModelFile
    from nnzoo.model.starting import Start
    from nnzoo.plugins.registry import Registry

DEFAULT_MODEL = "nnzoo/mnist-mlp.large"
DATA_SUFFIXES = frozenset(
    f".{end}"
    for end in (
        *("bmp", "csv", "gif", "gz", "heic", "jpeg", "jpg", "json", "npy", "npz"),
        *("parquet", "png", "tif", "tiff", "tsv", "txt", "webp", "xls", "xlsx"),
    )
)
"""Suffixes of data files. A first argument with another suffix, followed by data files, is taken for a model."""

starting_options = options(
    click.option(
        "--from",
        "source",
        type=PATH,
        metavar="MODEL",
        help="Start from a trained network: a model file, a run, or a network of the zoo.",
    ),
    click.option("--new-head", is_flag=True, help="With --from: a new last layer, for other classes."),
    click.option(
        "--freeze",
        metavar="PATTERN",
        multiple=True,
        help="Don't train the arrays with these names, such as '0.*' or '*.bias'. Repeatable.",
    ),
    click.option(
        "--learning-rate-of",
        metavar="PATTERN=FACTOR",
        multiple=True,
        help="Multiply the learning rate of the arrays with these names. Repeatable.",
    ),
)
"""``--from``, ``--new-head``, ``--freeze`` and ``--learning-rate-of``."""


def is_model(path: Path) -> bool:
    """Whether a path is a model: a directory, an address, or a file in the format of model files."""
    from nnzoo.datafiles.address import is_address

    if is_address(path) or path.suffix == ".safetensors" or path.is_dir():
        return True
    try:
        if not path.is_file():  # reading from a pipe would consume its contents
            return False
        with path.open("rb") as file:
            start, size = file.read(9), path.stat().st_size
    except OSError:
        return False
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < size


@contextmanager
def model_file(registry: Registry, named: Path) -> Iterator[Path]:
    """Find the model file of FILE, which is a file, the directory of a run, a network of the zoo, or an address.

    A path that exists has precedence over a network of the same name. A file at an address is downloaded into the
    cache.

    Raises
    ------
    StorageError
        When there is no such path, and no network of that name.
    FileFormatError
        For a directory without a model file.
    UnknownComponentError
        When several plugins have a network of that name.
    UsageError, DownloadError
        When an address has no SHA-256, or its contents are not available.
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
        files: list[str] = []
        with suppress(OSError):
            files = [path.as_posix() for path in named.parent.iterdir()]
        near = way_to_network(registry, named.name) or did_you_mean(named.as_posix(), [*zoo_names(registry), *files])
        raise StorageError(
            f"there is no model {named}: no such file, run or installed network of the zoo",
            hint=f"{near}`nnzoo runs list` and `nnzoo zoo list` list runs and networks",
        )


def is_in_zoo(registry: Registry, named: Path) -> bool:
    """Whether a path that does not exist is the name of a network of the zoo."""
    from nnzoo.datafiles.address import is_address
    from nnzoo.plugins.zoo_index import zoo_names

    return not is_address(named) and not named.exists() and named.as_posix().rpartition("/")[2] in zoo_names(registry)


def is_meant_as_model(named: Path, *, alone: bool) -> bool:
    """Whether a path that does not exist looks like a model: a known network's name, or a name before data files."""
    from nnzoo.plugins.catalogue import networks_like

    if named.exists() or named.name == "-":
        return False
    return bool(networks_like(named.name)) or not (alone or named.suffix.lower() in DATA_SUFFIXES)


def data_of_model(registry: Registry, model: ModelFile, spec: str | None) -> DatasetLoader:
    """Return the data set of a spec; without one, the data set that the model was trained on.

    Another file of the same format is read with the options of the training data, such as the target, unless the spec
    sets them.

    Raises
    ------
    UsageError
        When there is no spec, and the model file does not name its data.
    PluginError, FileFormatError
        When the data set can't be built.
    """
    from nnzoo.data import find_dataset
    from nnzoo.hyperparameters import values_of

    trained = _trained_on(registry, model) if spec is None else None
    if trained is not None:
        return trained
    if spec is None:
        raise UsageError(f"{model.path} does not say what it was trained on", hint="name the data with --dataset")
    loader = find_dataset(registry, spec)
    if not reads_own_files(loader) or not _has_type_of_training(registry, loader, model):
        return loader
    trained = _trained_on(registry, model)
    assert trained is not None
    defaults = {h.name: h.default for h in type(loader).hyperparameters()}
    given = {name: value for name, value in values_of(loader).items() if value != defaults[name]}
    if model.description.data.target and "target" in defaults:  # the column's name, whatever its place
        given = {"target": model.description.data.target, **given}
    inherited = {name: value for name, value in values_of(trained).items() if name != "test_path"}
    return type(loader).from_options({**inherited, **given})


def reads_own_files(loader: DatasetLoader) -> bool:
    """Whether a data set is one of the user's files or folders."""
    return any(h.name == "path" for h in type(loader).hyperparameters())


def short_name(loader: DatasetLoader) -> str:
    """The name of a data set in text: its file or folder, or its name and options."""
    return str(loader.to_options()["path"]) if reads_own_files(loader) else str(loader)


def is_trained_on(registry: Registry, model: ModelFile, loader: DatasetLoader) -> bool:
    """Whether a data set is the one that a model was trained on, or reads the same file."""
    from nnzoo.data.files import expanded

    if not _has_type_of_training(registry, loader, model):
        return False
    trained = _trained_on(registry, model)
    if not reads_own_files(loader):
        return trained == loader
    paths = [os.path.realpath(expanded(each.to_options()["path"])) for each in (trained, loader) if each]
    return paths[0] == paths[1]


def _trained_on(registry: Registry, model: ModelFile) -> DatasetLoader | None:
    """The data set that a model was trained on; None if its file does not name it."""
    from nnzoo.model.model_file import find_component

    named = "dataset" in model.description.components
    loader: DatasetLoader | None = find_component(model, "dataset", registry) if named else None
    return loader


def _has_type_of_training(registry: Registry, loader: DatasetLoader, model: ModelFile) -> bool:
    """Whether a data set has the type of the one that a model was trained on."""
    stored = model.description.components.get("dataset")
    try:
        return stored is not None and registry.get("dataset", stored.name).component is type(loader)
    except UnknownComponentError:
        return False


def find_start(registry: Registry, named: Path, *, new_head: bool) -> Start:
    """Return the trained network of ``--from``.

    Raises
    ------
    StorageError, FileFormatError, PluginError, UnknownComponentError
        When it does not exist, or can't be used.
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
