"""`Environment`: software, processor and threads, which a result depends on besides the recipe and the data."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import threadpoolctl

from nnzoo.nn.threads import blas_libraries
from nnzoo.plugins.discovery import PluginSource, running_version


@dataclass(frozen=True)
class Environment:
    """Versions, BLAS libraries (as ``threadpoolctl`` describes them) and machine; unknown values are empty."""

    nnzoo: str = ""
    plugins: dict[str, str] = field(default_factory=dict)
    python: str = ""
    implementation: str = ""
    numpy: str = ""
    blas: list[dict[str, str | int | None]] = field(default_factory=list)
    machine: str = ""
    system: str = ""


def describe_environment(plugins: Iterable[PluginSource]) -> Environment:
    """Versions of nnzoo, the given plugins, Python and NumPy; the BLAS libraries with their threads.

    A single-file plugin has no version: the first digits of its SHA-256 stand for it.
    """
    keys = ("internal_api", "version", "num_threads", "architecture")
    return Environment(
        nnzoo=running_version(),
        plugins={source.distribution: source.version or _fingerprint(source) for source in sorted(set(plugins))},
        python=platform.python_version(),
        implementation=sys.implementation.name,
        numpy=np.__version__,
        blas=[{key: library.get(key) for key in keys} for library in _blas_of_numpy()],
        machine=platform.machine(),
        system=f"{platform.system()} {platform.release()}",
    )


def _blas_of_numpy() -> list[dict[str, Any]]:
    """The BLAS library that comes with NumPy, or all that are loaded if NumPy brings none.

    Others, such as SciPy's, depend on what else the program imports, and compute nothing here.
    """
    package = Path(np.__file__).resolve().parent
    homes = {package, package.with_name("numpy.libs")}
    own = [library for library in blas_libraries() if homes & {*Path(library["filepath"]).resolve().parents}]
    return own or [library for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]


def _fingerprint(source: PluginSource) -> str:
    if source.target:
        with suppress(OSError):  # removed since it was imported: unknown
            return f"sha256 {hashlib.sha256(Path(source.target).read_bytes()).hexdigest()[:16]}"
    return ""
