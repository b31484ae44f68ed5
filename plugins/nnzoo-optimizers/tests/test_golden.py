"""The optimizers that PyTorch has as well, against numbers from PyTorch; make_golden.py makes them."""

import json
from pathlib import Path

import numpy as np
import pytest
from nnzoo.component import parse_spec

from nnzoo_optimizers import nnzoo_optimizers

CASES = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))["cases"]
CLASSES = {optimizer.name: optimizer for optimizer in nnzoo_optimizers()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["optimizer"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
def test_same_points_as_pytorch(case, dtype, tolerance):
    name, options = parse_spec(case["optimizer"])
    optimizer = CLASSES[name].from_options(options)
    params = np.array(case["start"], dtype)
    state = optimizer.init(params)
    for step, (gradient, point) in enumerate(zip(case["gradients"], case["points"][dtype], strict=True)):
        optimizer.update(params, np.array(gradient, dtype), state, case["learning_rate"] / (1 + step), step)
        np.testing.assert_allclose(params, point, rtol=tolerance, atol=tolerance, err_msg=f"step {step}")


def test_every_optimizer_that_pytorch_has_is_compared():
    others = {
        "lion",
        "lars",
        "lamb",
        "muon",
        "sam",
    }  # PyTorch has muon in its latest versions alone
    assert {case["optimizer"].split(":")[0] for case in CASES} == CLASSES.keys() - others
