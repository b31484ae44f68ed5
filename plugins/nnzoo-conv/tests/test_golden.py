"""The layers that PyTorch has as well, against numbers from PyTorch; make_golden.py makes them."""

import json
from pathlib import Path

import numpy as np
import pytest
from nnzoo.component import parse_spec

from nnzoo_conv import nnzoo_layers

CASES = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))["cases"]
CLASSES = {layer.name: layer for layer in nnzoo_layers()}
TOLERANCES = {np.float64: 1e-12, np.float32: 2e-5}

every_dtype = pytest.mark.parametrize("dtype", TOLERANCES)


def build(case):
    name, options = parse_spec(case["layer"])
    return CLASSES[name].from_options(options)


def every(*names):
    chosen = [case for case in CASES if case["layer"].split(":")[0] in names]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case["layer"])


def ours(weight):
    """PyTorch has weights of shape (filters, channels, rows, columns), we (rows, channels · columns, filters)."""
    f, c, rows, columns = weight.shape
    return weight.transpose(2, 1, 3, 0).reshape(rows, c * columns, f)


def equal(found, expected, dtype):
    tolerance = TOLERANCES[dtype]
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_each_layer_that_pytorch_has_is_compared():
    assert {case["layer"].split(":")[0] for case in CASES} == CLASSES.keys() - {"flatten", "dropout"}


@every("conv2d", "depthwise2d", "maxpool2d", "global-average-pool", "upsample2d")
@every_dtype
def test_same_output_and_gradients_as_pytorch(case, dtype, bind):
    values = {name: np.array(value, dtype) for name, value in case.items() if name != "layer"}
    layer, x = build(case), values["x"]
    plan, memory = bind(layer, x.shape[1:], len(x), dtype)
    ordered = (lambda weight: weight[:, 0]) if layer.name == "depthwise2d" else ours
    if "weight" in values:
        memory.parameters["weight"][...] = ordered(values["weight"])
        memory.parameters["bias"][...] = values["bias"]
    out, grad_in = np.empty((len(x), *plan.output_shape), dtype), np.empty_like(x)
    layer.forward(x, out, memory)
    equal(out, values["y"], dtype)
    layer.backward(x, out, values["grad_y"], grad_in, memory)
    equal(grad_in, values["grad_x"], dtype)
    if "weight" in values:
        equal(memory.gradients["weight"], ordered(values["grad_weight"]), dtype)
        equal(memory.gradients["bias"], values["grad_bias"], dtype)


@every("batchnorm")
@every_dtype
def test_same_two_steps_and_prediction_as_pytorch(case, dtype, bind):
    layer, x = build(case), np.array(case["passes"][0]["x"], dtype)
    _, memory = bind(layer, x.shape[1:], len(x), dtype)
    for name in ("scale", "shift"):
        memory.parameters[name][...] = case[name]
    for one in case["passes"]:
        values = {name: np.array(value, dtype) for name, value in one.items() if name != "training"}
        memory.training = one["training"]
        out, grad_in = np.empty_like(x), np.empty_like(x)
        layer.forward(values["x"], out, memory)
        equal(out, values["y"], dtype)
        layer.backward(values["x"], out, values["grad_y"], grad_in, memory)
        equal(grad_in, values["grad_x"], dtype)
        for name in ("scale", "shift"):
            equal(memory.gradients[name], values[f"grad_{name}"], dtype)
        for name in ("mean", "variance"):
            equal(memory.state[name], values[name], dtype)
