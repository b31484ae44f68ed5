"""Write golden.json: what PyTorch's optimizers make of a few numbers. nnzoo's tests read the file, not PyTorch.

Run it where PyTorch is, `pip install torch==2.13.0 numpy`:

    python tests/make_golden.py
"""

import json
import random
from pathlib import Path

import torch

STEPS, SIZE = 12, 4
DTYPES = (torch.float32, torch.float64)
EPSILON = 1e-8

# component:hyperparameters as nnzoo has them -> the learning rate, and PyTorch's optimizer in PyTorch's words
CASES = {
    "heavy-ball": (0.1, torch.optim.SGD, {"momentum": 0.9}),
    "heavy-ball:beta=0.5": (0.02, torch.optim.SGD, {"momentum": 0.5}),
    "nesterov": (0.1, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "nesterov:beta=0.5": (0.02, torch.optim.SGD, {"momentum": 0.5, "nesterov": True}),
    "adagrad": (0.1, torch.optim.Adagrad, {"eps": 1e-10}),
    "adagrad:epsilon=0.5": (0.3, torch.optim.Adagrad, {"eps": 0.5}),
    "rmsprop": (0.01, torch.optim.RMSprop, {"alpha": 0.99, "eps": EPSILON}),
    "rmsprop:beta=0.9,epsilon=0.01": (0.05, torch.optim.RMSprop, {"alpha": 0.9, "eps": 0.01}),
    "adam": (0.01, torch.optim.Adam, {"betas": (0.9, 0.999), "eps": EPSILON}),
    "adam:beta1=0.5,beta2=0.9,epsilon=0.1": (0.2, torch.optim.Adam, {"betas": (0.5, 0.9), "eps": 0.1}),
    "adamw": (0.01, torch.optim.AdamW, {"betas": (0.9, 0.999), "eps": EPSILON, "weight_decay": 0.01}),
    "adamw:beta1=0.8,beta2=0.95,weight_decay=0.3": (
        0.05,
        torch.optim.AdamW,
        {"betas": (0.8, 0.95), "eps": EPSILON, "weight_decay": 0.3},
    ),
}


def numbers(seed: int) -> tuple[list[float], list[list[float]]]:
    """A point, and gradients of very different sizes, some of them zero."""
    rng = random.Random(seed)
    start = [rng.gauss(0, 1) for _ in range(SIZE)]
    gradients = [[rng.gauss(0, 1) * 10 ** rng.uniform(-4, 1) for _ in range(SIZE)] for _ in range(STEPS)]
    for step in (0, 5):
        gradients[step][0] = 0.0
    return start, gradients


def trajectory(seed: int, rate: float, kind: type[torch.optim.Optimizer], options: dict, dtype: torch.dtype) -> list:
    start, gradients = numbers(seed)
    theta = torch.tensor(start, dtype=dtype, requires_grad=True)
    optimizer = kind([theta], lr=rate, **options)
    points = []
    for step, gradient in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = rate / (1 + step)  # a schedule shows where the learning rate comes in
        theta.grad = torch.tensor(gradient, dtype=dtype)
        optimizer.step()
        points.append(theta.tolist())
    return points


def main() -> None:
    """Write the file."""
    cases = []
    for seed, (spec, (rate, kind, options)) in enumerate(CASES.items()):
        start, gradients = numbers(seed)
        points = {str(t).removeprefix("torch."): trajectory(seed, rate, kind, options, t) for t in DTYPES}
        case = {"optimizer": spec, "learning_rate": rate, "start": start, "gradients": gradients, "points": points}
        cases.append({**case, "pytorch": f"{kind.__name__}({options})"})
    golden = {"made_by": "tests/make_golden.py", "pytorch": torch.__version__.split("+")[0], "cases": cases}
    text = json.dumps(golden, indent=1)
    Path(__file__).with_name("golden.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
