"""What several tests share."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from nnzoo.api import LayerMemory

hypothesis.settings.register_profile("nnzoo", deadline=None)  # a busy machine is not a bug
hypothesis.settings.load_profile("nnzoo")

collect_ignore = ["make_golden.py"]  # it imports PyTorch, which the tests do without

MNIST_FILES = tuple(f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))


@pytest.fixture(scope="session")
def bind():
    """``bind(layer, input_shape, n)``: its plan, and its memory; what the layer must fill in is NaN at first."""

    def bind(layer, input_shape, n, dtype=np.float64, training=True):
        rng, plan = np.random.default_rng(1), layer.plan(input_shape)
        memory = LayerMemory(
            parameters={name: rng.standard_normal(p.shape).astype(dtype) for name, p in plan.parameters.items()},
            gradients={name: np.full(p.shape, np.nan, dtype) for name, p in plan.parameters.items()},
            state={name: np.full(p.shape, p.initialization == "ones", dtype) for name, p in plan.state.items()},
            workspace={name: np.full((n, *b.shape), b.fill, b.dtype or dtype) for name, b in plan.workspace.items()},
            training=training,
            rng=np.random.default_rng(0),
        )
        return plan, memory

    return bind


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder of the real MNIST files; tests that ask for it are skipped where there is none."""
    named = os.environ.get("NNZOO_DATA_DIR")
    for folder in [Path(named).resolve() / "mnist", Path(named).resolve()] if named else []:
        if all((folder / name).is_file() for name in MNIST_FILES):
            return folder
    if os.environ.get("NNZOO_REQUIRE_MNIST"):
        pytest.fail("NNZOO_REQUIRE_MNIST is set, but NNZOO_DATA_DIR does not hold the four MNIST files")
    pytest.skip("NNZOO_DATA_DIR does not hold the four MNIST files")
