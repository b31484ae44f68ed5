"""Which known package brings which component, for a hint where it is not installed."""

from __future__ import annotations

KNOWN_PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "nnzoo-activations": {"activation": ("tanh", "leaky-relu", "elu", "gelu", "silu", "softplus")},
    "nnzoo-augment": {
        "transform": (
            "shift",
            "rotate",
            "scale",
            "elastic",
            "cutout",
            "mixup",
            "cutmix",
            "label-smoothing",
            "mask-columns",
        )
    },
    "nnzoo-conv": {"layer": ("conv2d", "maxpool2d", "flatten", "dropout", "batchnorm"), "model": ("lenet5",)},
    "nnzoo-datasets": {"dataset": ("fashion-mnist", "kmnist")},
    "nnzoo-optimizers": {
        "optimizer": (
            "heavy-ball",
            "nesterov",
            "adagrad",
            "rmsprop",
            "adam",
            "adamw",
            "lion",
            "lars",
            "lamb",
            "muon",
        )
    },
    "nnzoo-schedules": {"schedule": ("step", "exponential", "cosine", "reduce-on-plateau")},
    "nnzoo-onnx": {"exporter": ("onnx",)},
}


def package_with(kind: str, name: str) -> str | None:
    """The known package that provides a component; None where no such package is known."""
    return next((package for package, kinds in KNOWN_PACKAGES.items() if name in kinds.get(kind, ())), None)
