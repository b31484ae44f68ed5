"""Import one module in a separate process and report what that imports; the kit runs this file as a script.

Arguments: the module's name, its file, and Python's path as JSON. Prints one JSON object.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from typing import Any

MODULES = 400
"""Modules that an import may load beside nnzoo's own. Pillow loads 40, SciPy's linear algebra 300."""

HEAVY = frozenset(
    {
        *("IPython", "bokeh", "cupy", "cv2", "dask", "jax", "keras", "matplotlib", "mxnet", "numba", "onnxruntime"),
        *("pandas", "plotly", "polars", "pyarrow", "scipy", "seaborn", "skimage", "sklearn", "statsmodels"),
        *("sympy", "tensorflow", "tkinter", "torch", "torchvision"),
    }
)
"""Libraries that are slow to import."""


def main(name: str, path: str, search_path: list[str]) -> dict[str, Any]:
    """Import the module and report the modules, slow libraries and side effects that came with it."""
    sys.path[:] = search_path
    importlib.import_module("nnzoo.api")
    before, effects = set(sys.modules), []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            effects.append(f"writes {arguments[0]}")
        elif event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"):
            effects.append(event)

    sys.addaudithook(watch)
    spec = importlib.util.find_spec(name.partition(".")[0])
    if spec is None:  # a single file, or a module that only the test runner can find
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    else:
        importlib.import_module(name)
    new = set(sys.modules) - before
    return {
        "modules": len(new),
        "heavy": sorted({module.partition(".")[0] for module in new} & HEAVY),
        "effects": list(dict.fromkeys(effects)),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))))
