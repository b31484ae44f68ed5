"""The argument FILE of several commands: a model file, a run's directory or a network of the zoo; and its data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nnzoo.errors import StorageError, UnknownComponentError, UsageError, did_you_mean

if TYPE_CHECKING:
    from nnzoo.kinds import DatasetLoader
    from nnzoo.model.model_file import ModelFile
    from nnzoo.plugins.registry import Registry

DEFAULT_MODEL = "nnzoo/mnist-mlp.large"
"""In the zoo."""


def is_model(path: Path) -> bool:
    """Whether a path is meant as a model, and not as an image: a directory, or a file of that format or name."""
    if path.suffix == ".safetensors" or path.is_dir():
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
    """The model file that FILE means: a file, what a run has left in its directory, or a network of the zoo.

    What is on disk comes before a network of the same name.

    Raises
    ------
    StorageError
        When there is nothing of that name.
    FileFormatError
        For a directory without a model file.
    UnknownComponentError
        When several plugins bring a network of that name.
    """
    from importlib.resources import as_file

    from nnzoo.model.model_file import find_model_file
    from nnzoo.plugins.zoo_index import find_zoo_entry, zoo_names

    if named.exists():
        yield find_model_file(named)
    elif is_in_zoo(registry, named):
        with as_file(find_zoo_entry(registry, named.as_posix()).model.model_file) as path:
            yield path
    else:
        near = did_you_mean(named.name, zoo_names(registry))
        raise StorageError(
            f"can't read {named}: No such file or run, nor a network of the zoo",
            hint=f"{near}`nnzoo runs list` and `nnzoo zoo list` show what is there",
        )


def is_in_zoo(registry: Registry, named: Path) -> bool:
    """Whether a path that leads nowhere is the name of a network of the zoo."""
    from nnzoo.plugins.zoo_index import zoo_names

    return not named.exists() and named.as_posix().rpartition("/")[2] in zoo_names(registry)


def data_of_model(registry: Registry, model: ModelFile, spec: str | None) -> DatasetLoader:
    """The data set that was named, or else the one that a model was trained on.

    Where no more than a file is named, it is read with the options of the training's: its target, its columns.

    Raises
    ------
    UsageError
        When the file does not tell what that was.
    PluginError, FileFormatError
        When it can't be built.
    """
    from nnzoo.data import find_dataset
    from nnzoo.model.model_file import find_component

    stored = model.description.components.get("dataset")
    if spec is not None:
        loader: DatasetLoader = find_dataset(registry, spec)
        path = _path_alone(loader)
        if path is None or stored is None or not _is_of(registry, loader, stored.name):
            return loader
        trained: DatasetLoader = find_component(model, "dataset", registry)
        usual = {h.name: h.default for h in type(trained).hyperparameters() if h.name == "test_path"}
        return type(trained).from_options({**trained.to_options(), **usual, "path": path})
    if stored is None:
        raise UsageError(f"{model.path} does not say what it was trained on", hint="name the data with --dataset")
    own: DatasetLoader = find_component(model, "dataset", registry)
    return own


def reads_own_files(loader: DatasetLoader) -> bool:
    """Whether a data set is a file or folder of the user's own."""
    return any(h.name == "path" for h in type(loader).hyperparameters())


def _path_alone(loader: DatasetLoader) -> str | None:
    """The file of a data set of which nothing else was said; None of any other."""
    options = loader.to_options() if reads_own_files(loader) else {}
    return options["path"] if options and loader == type(loader).from_options({"path": options["path"]}) else None


def _is_of(registry: Registry, loader: DatasetLoader, name: str) -> bool:
    """Whether a data set is of the kind that a file names."""
    try:
        return registry.get("dataset", name).component is type(loader)
    except UnknownComponentError:
        return False
