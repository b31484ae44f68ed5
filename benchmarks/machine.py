"""The machine, libraries and threads of a measurement."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import numpy as np  # noqa: F401 (its BLAS has to be loaded to be told of)
import threadpoolctl

PACKAGES = ("nnzoo", "numpy", "jax", "scikit-learn", "torch")


def describe_machine(threads: int) -> dict[str, str]:
    """The machine, its load and the versions of libraries, as text."""
    described = {
        "processor": f"{processor()}, {available_cores()} cores",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "BLAS": ", ".join(
            f"{library['internal_api']} {library['version']} ({library.get('architecture', 'generic')})"
            for library in threadpoolctl.threadpool_info()
            if library["user_api"] == "blas"
        ),
        "packages": ", ".join(f"{name} {version}" for name in PACKAGES if (version := installed(name))),
        "threads": f"nnzoo and the products alone: {threads}, where a row names no other; peers: their own default",
    }
    if hasattr(os, "getloadavg"):
        described["load"] = f"{os.getloadavg()[0]:.1f} in the minute before (ratios of a busy machine tell little)"
    return described


def processor() -> str:
    """The processor's name, if the system has it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def installed(package: str) -> str:
    """The version of a package; empty if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
