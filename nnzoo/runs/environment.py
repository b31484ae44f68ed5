"""What a result depends on beside the recipe and the data: software, processor, threads."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import numpy as np
import threadpoolctl

from nnzoo.plugins.discovery import PluginSource


def describe_environment(plugins: Iterable[PluginSource]) -> dict[str, Any]:
    """Versions of nnzoo, the plugins that took part, Python and NumPy; the BLAS libraries with their threads."""
    keys = ("internal_api", "version", "num_threads", "architecture")
    return {
        "nnzoo": version("nnzoo"),
        "plugins": {source.distribution: source.version for source in sorted(set(plugins))},
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "numpy": np.__version__,
        "blas": [
            {key: library.get(key) for key in keys}
            for library in threadpoolctl.threadpool_info()
            if library["user_api"] == "blas"
        ],
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
    }
