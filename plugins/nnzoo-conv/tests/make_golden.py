"""Write golden.json: what PyTorch's layers make of a few numbers. nnzoo's tests read the file, not PyTorch.

Run it where PyTorch is, `pip install torch==2.13.0 numpy`:

    python tests/make_golden.py
"""

import json
import random
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

# component:hyperparameters as nnzoo has them -> the shape of the images, and PyTorch's name for the same
CONVOLUTIONS = {
    "conv2d:filters=3": ((2, 2, 5, 4), {}),
    "conv2d:filters=2,kernel_size=2,stride=2": ((1, 3, 5, 6), {"stride": 2}),
    "conv2d:filters=2,kernel_size=3,stride=2,padding=1": ((2, 2, 6, 5), {"stride": 2, "padding": 1}),
    "conv2d:filters=2,kernel_size=4,stride=3,padding=2": ((2, 1, 7, 6), {"stride": 3, "padding": 2}),
    "conv2d:filters=1,kernel_size=5,padding=same": ((1, 2, 4, 6), {"padding": "same"}),
    "conv2d:filters=2,kernel_size=4,padding=same": ((1, 1, 5, 4), {"padding": "same"}),
    "conv2d:filters=3,kernel_size=1": ((2, 2, 3, 2), {}),
}
POOLINGS = {
    "maxpool2d": ((2, 2, 4, 6), {"kernel_size": 2}),
    "maxpool2d:size=3": ((1, 2, 7, 8), {"kernel_size": 3}),
    "maxpool2d:size=3,stride=2": ((2, 1, 7, 6), {"kernel_size": 3, "stride": 2}),
    "maxpool2d:size=2,stride=3": ((1, 2, 5, 7), {"kernel_size": 2, "stride": 3}),
    "maxpool2d:size=3,stride=1": ((1, 1, 4, 5), {"kernel_size": 3, "stride": 1}),
}
NORMALIZATIONS = {
    "batchnorm": ((3, 2, 2, 3), {"momentum": 0.1, "eps": 1e-5}),
    "batchnorm:momentum=0.25,epsilon=0.5": ((4, 3), {"momentum": 0.75, "eps": 0.5}),
}
ROWS = {
    "conv2d:filters=2,kernel_size=5,stride=2,padding=same,kernel_height=1": (
        (2, 3, 1, 9),
        {"stride": 2, "padding": (0, 2)},
    ),
    "conv2d:filters=2,kernel_size=2,kernel_height=3": ((2, 2, 4, 5), {}),
}
DEPTHWISE = {
    "depthwise2d": ((2, 3, 4, 5), {"padding": "same"}),
    "depthwise2d:padding=valid": ((1, 2, 5, 4), {}),
    "depthwise2d:kernel_size=2,stride=2,padding=1": ((2, 2, 5, 6), {"stride": 2, "padding": 1}),
    "depthwise2d:kernel_size=3,stride=2,padding=2": ((2, 1, 6, 5), {"stride": 2, "padding": 2}),
}
RESIZING = {
    "global-average-pool": ((2, 3, 4, 3), {}),
    "upsample2d": ((2, 2, 2, 3), {"scale_factor": 2}),
    "upsample2d:size=3": ((1, 2, 3, 1), {"scale_factor": 3}),
}


def numbers(rng: random.Random, *shape: int, whole: bool = False) -> torch.Tensor:
    """Numbers of a few digits, in float64; whole ones have many ties."""
    count = int(torch.tensor(shape).prod())
    values = [float(rng.randint(-2, 2)) if whole else round(rng.gauss(0, 1), 3) for _ in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def convolution(rng: random.Random, spec: str) -> dict:
    """One pass forward and backward through conv2d."""
    shape, options = (CONVOLUTIONS | ROWS)[spec]
    chosen = dict(pair.split("=") for pair in spec.partition(":")[2].split(","))
    size, filters = int(chosen.get("kernel_size", 3)), int(chosen["filters"])
    height = int(chosen.get("kernel_height", size))
    weights = numbers(rng, *shape), numbers(rng, filters, shape[1], height, size), numbers(rng, filters)
    return convolved(rng, *weights, options)


def depthwise(rng: random.Random, spec: str) -> dict:
    """The same through depthwise2d, whose channels are so many groups of one."""
    shape, options = DEPTHWISE[spec]
    chosen = dict(pair.split("=") for pair in spec.partition(":")[2].split(",") if pair)
    c, size = shape[1], int(chosen.get("kernel_size", 3))
    return convolved(
        rng, numbers(rng, *shape), numbers(rng, c, 1, size, size), numbers(rng, c), options | {"groups": c}
    )


def convolved(rng: random.Random, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, options: dict) -> dict:
    """Output and gradients of a convolution."""
    for tensor in (x, weight, bias):
        tensor.requires_grad_()
    y = functional.conv2d(x, weight, bias, **options)
    upstream = numbers(rng, *y.shape)
    y.backward(upstream)
    tensors = {"x": x, "weight": weight, "bias": bias, "y": y, "grad_y": upstream}
    return tensors | {"grad_x": x.grad, "grad_weight": weight.grad, "grad_bias": bias.grad}


def pooling(rng: random.Random, spec: str) -> dict:
    """The same through max pooling, of images with many equal pixels."""
    shape, options = POOLINGS[spec]
    x = numbers(rng, *shape, whole=True).requires_grad_()
    y = functional.max_pool2d(x, **options)
    upstream = numbers(rng, *y.shape)
    y.backward(upstream)
    return {"x": x, "y": y, "grad_y": upstream, "grad_x": x.grad}


def resizing(rng: random.Random, spec: str) -> dict:
    """The same through global average pooling or upsampling."""
    shape, options = RESIZING[spec]
    x = numbers(rng, *shape).requires_grad_()
    y = functional.interpolate(x, **options) if options else functional.adaptive_avg_pool2d(x, 1).flatten(1)
    upstream = numbers(rng, *y.shape)
    y.backward(upstream)
    return {"x": x, "y": y, "grad_y": upstream, "grad_x": x.grad}


def normalization(rng: random.Random, spec: str) -> dict:
    """Two training steps and a prediction, on the same parameters; the running estimates after each."""
    shape, options = NORMALIZATIONS[spec]
    layer = (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(shape[1], dtype=torch.float64, **options)
    with torch.no_grad():
        layer.weight.copy_(numbers(rng, shape[1]))
        layer.bias.copy_(numbers(rng, shape[1]))
    passes = []
    for training in (True, True, False):
        layer.train(training)
        layer.zero_grad()
        x = (3 * numbers(rng, *shape) + 1).detach().requires_grad_()
        y = layer(x)
        upstream = numbers(rng, *shape)
        y.backward(upstream)
        tensors = {"x": x, "y": y, "grad_y": upstream, "grad_x": x.grad}
        tensors |= {"grad_scale": layer.weight.grad, "grad_shift": layer.bias.grad}
        tensors |= {"mean": layer.running_mean, "variance": layer.running_var}
        passes.append({"training": training, **{name: tensor.tolist() for name, tensor in tensors.items()}})
    return {"scale": layer.weight, "shift": layer.bias, "passes": passes}


def main() -> None:
    """Write the file."""
    rng, cases = random.Random(0), []
    known = (convolution, CONVOLUTIONS), (pooling, POOLINGS), (normalization, NORMALIZATIONS)
    for make, specs in (*known, (convolution, ROWS), (depthwise, DEPTHWISE), (resizing, RESIZING)):
        for spec in specs:
            made = make(rng, spec)
            values = {name: v.tolist() if isinstance(v, torch.Tensor) else v for name, v in made.items()}
            cases.append({"layer": spec, **values})
    golden = {"made_by": "tests/make_golden.py", "pytorch": torch.__version__.split("+")[0], "cases": cases}
    text = json.dumps(golden).replace('{"layer"', '\n{"layer"')  # a line for each case
    Path(__file__).with_name("golden.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
