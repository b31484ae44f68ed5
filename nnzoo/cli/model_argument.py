"""The argument FILE of several commands, a model file or the directory of a run, and the data that go with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nnzoo.errors import UsageError

if TYPE_CHECKING:
    from nnzoo.kinds import DatasetLoader
    from nnzoo.plugins.registry import Registry
    from nnzoo.runs.model_file import ModelFile

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
def default_model(registry: Registry) -> Iterator[Path]:
    """The model file that is used where none is named: one of the zoo, which comes with nnzoo."""
    from importlib.resources import as_file

    from nnzoo.plugins.zoo_index import find_zoo_entry

    with as_file(find_zoo_entry(registry, DEFAULT_MODEL).model.model_file) as path:
        yield path


def data_of_model(registry: Registry, model: ModelFile, spec: str | None) -> DatasetLoader:
    """The data set that was named, or else the one that a model was trained on.

    Raises
    ------
    UsageError
        When the file does not tell what that was.
    PluginError, FileFormatError
        When it can't be built.
    """
    from nnzoo.runs.model_file import find_component

    if spec is not None:
        loader: DatasetLoader = registry.build("dataset", spec)
    elif "dataset" in model.description.components:
        loader = find_component(model, "dataset", registry)
    else:
        raise UsageError(f"{model.path} does not say what it was trained on", hint="name the data with --dataset")
    return loader
