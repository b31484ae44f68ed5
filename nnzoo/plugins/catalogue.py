"""The components of nnzoo's own packages, and how to install these, for hints if they are not installed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nnzoo.plugins.discovery import BUILTIN
from nnzoo.plugins.known_networks import KNOWN_NETWORKS
from nnzoo.terminal import quoted

_COMPONENTS = {
    "nnzoo-activations": {"activation": "tanh leaky-relu elu gelu silu softplus"},
    "nnzoo-augment": {"transform": "shift flip rotate scale elastic cutout mixup cutmix label-smoothing mask-columns"},
    "nnzoo-autoencoders": {
        "task": "reconstruction",
        "layer": "corrupt sample-code",
        "model": "autoencoder denoising vae",
        "figure": "reconstructions code-plane code-grid",
    },
    "nnzoo-conv": {
        "layer": "conv2d depthwise2d maxpool2d global-average-pool upsample2d flatten dropout batchnorm",
        "model": "lenet5 resnet-small conv-small tiny-conv",
    },
    "nnzoo-dask": {"executor": "dask"},
    "nnzoo-datasets": {"dataset": "fashion-mnist kmnist"},
    "nnzoo-optimizers": {"optimizer": "heavy-ball nesterov adagrad rmsprop adam adamw lion lars lamb muon sam"},
    "nnzoo-optuna": {"search": "optuna"},
    "nnzoo-playground": {"model": "stack", "layer": "terms", "dataset": "painted drawn", "observer": "l1 halt"},
    "nnzoo-schedules": {"schedule": "step exponential cosine reduce-on-plateau"},
    "nnzoo-sequences": {
        "layer": "embedding position linear layernorm rmsnorm attention gru lstm",
        "model": "char-gru char-gpt",
        "task": "next-token",
        "metric": "bits-per-character perplexity",
        "dataset": "kjv-poetry text",
    },
    "nnzoo-tables": {"dataset": "iris wine breast-cancer diabetes penguins"},
    "nnzoo-toys": {
        "dataset": "moons circles spirals xor blobs checkerboard sines mnist-1d digit-traits shapes",
        "figure": "decision",
        "layer": "conv1d",
        "model": "conv-1d",
    },
    "nnzoo-trackers": {"observer": "mlflow tensorboard"},
    "nnzoo-onnx": {"exporter": "onnx"},
}
KNOWN_PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    package: {kind: tuple(names.split()) for kind, names in kinds.items()} for package, kinds in _COMPONENTS.items()
}
"""The components of each package, by kind."""


def package_with(kind: str, name: str) -> str | None:
    """The known package that provides a component; None if there is none."""
    return next((package for package, kinds in KNOWN_PACKAGES.items() if name in kinds.get(kind, ())), None)


def networks_like(name: str) -> dict[str, str]:
    """The trained networks of known packages with this ``architecture.tag`` or ``architecture``, each with its package.

    >>> networks_like("mnist-vae")
    {'mnist-vae.plane': 'nnzoo-autoencoders'}
    """
    return {
        network: package
        for package, networks in KNOWN_NETWORKS.items()
        for network in networks
        if name in (network, network.partition(".")[0])
    }


def known_package(name: str) -> str | None:
    """The known package of a name, with or without ``nnzoo-``; None if there is none.

    >>> known_package("optimizers")
    'nnzoo-optimizers'
    """
    return next((package for package in KNOWN_PACKAGES if name in (package, _short(package))), None)


def what_to_install(package: str) -> str | None:
    """The argument for pip that installs a known package; None if nnzoo can't vouch for any.

    It is the folder in the checkout that nnzoo was installed from, if that still exists, or an extra of this release of
    nnzoo, which only releases on an index have. It is never the name alone, as the owner of a name on a public index
    decides what is installed.
    """
    checkout = _checkout()
    folder = None if checkout is None else checkout / "plugins" / package
    if folder is not None and (folder / "pyproject.toml").is_file():
        return str(folder)
    return f"{BUILTIN}[{_short(package)}]" if _short(package) in _extras() else None


def way_to_install(package: str) -> str:
    """How to install a known package, in words; see `what_to_install`."""
    found = what_to_install(package)
    if found is None:
        return f"it is in the folder plugins/{package} of nnzoo's repository; install that"
    return f"pip install {quoted(found)}"


def way_to_install_all(packages: Iterable[str]) -> str:
    """How to install several known packages, in words: one command if nnzoo knows the source of all of them.

    >>> way_to_install_all([])
    ''
    """
    names = list(dict.fromkeys(packages))
    if names and all(what_to_install(name) for name in names):
        return f"nnzoo install {' '.join(_short(name) for name in names)}"
    return f"in nnzoo's repository: {', '.join(f'plugins/{name}' for name in names)}" if names else ""


def _short(package: str) -> str:
    return package.removeprefix(f"{BUILTIN}-")


def _extras() -> list[str]:
    try:
        return distribution(BUILTIN).metadata.get_all("Provides-Extra") or []
    except (PackageNotFoundError, AttributeError, OSError):
        return []


def _checkout() -> Path | None:
    """The folder that nnzoo was installed from, as recorded by pip; None if it has another source."""
    try:
        source = json.loads(distribution(BUILTIN).read_text("direct_url.json") or "{}")
        address = urlsplit(source["url"])
        return Path(unquote(address.path)) if address.scheme == "file" and "dir_info" in source else None
    except (PackageNotFoundError, ValueError, KeyError, TypeError, OSError):
        return None
