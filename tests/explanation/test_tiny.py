"""``nnzoo explain --tiny``: every printed number is what plain Python computes, and what its own line says it is."""

import math
import re

import numpy as np
import pytest

X, TARGET = (1.0, 0.5), (0.0, 1.0)
W1, B1 = ((0.2, -0.4), (0.6, 0.3)), (0.1, 0.1)
W2, B2 = ((0.5, -0.3), (0.7, 0.4)), (0.0, 0.2)
RATE, DECAY, BETA = 0.5, 0.01, 0.9
BOTH = range(2)

ACTIVATIONS = {
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "sigmoid": (
        lambda z: 1 / (1 + math.exp(-z)),
        lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    ),
}


def number(text):
    return float(text.replace("−", "-"))


def dense(x, w, b):
    return tuple(sum(x[i] * w[i][j] for i in BOTH) + b[j] for j in BOTH)


def outer(x, d):
    return tuple(tuple(x[i] * d[j] for j in BOTH) for i in BOTH)


def softmax(z):
    total = sum(map(math.exp, z))
    return tuple(math.exp(v) / total for v in z)


def loss_of(f, w1, b1, w2, b2):
    a = tuple(map(f, dense(X, w1, b1)))
    p = softmax(dense(a, w2, b2))
    return -sum(t * math.log(q) for t, q in zip(TARGET, p, strict=True))


def calculated(activation, share):
    """The whole step with nothing but Python's own numbers; ``share`` of the gradient is what the step takes of it."""
    f, slope = ACTIVATIONS[activation]
    z = dense(X, W1, B1)
    a = tuple(map(f, z))
    logits = dense(a, W2, B2)
    p = softmax(logits)
    d2 = tuple(q - t for q, t in zip(p, TARGET, strict=True))
    da = tuple(sum(d2[j] * W2[i][j] for j in BOTH) for i in BOTH)
    dz = tuple(da[i] * slope(z[i]) for i in BOTH)
    gradients = {"0.dense.weight": outer(X, dz), "0.dense.bias": dz, "2.dense.weight": outer(a, d2), "2.dense.bias": d2}
    kept, after = 1 - RATE * DECAY, {}
    for name, before in {"0.dense": W1, "2.dense": W2}.items():
        g = gradients[f"{name}.weight"]
        after[f"{name}.weight"] = tuple(tuple(kept * before[i][j] - RATE * share * g[i][j] for j in BOTH) for i in BOTH)
    for name, before in {"0.dense": B1, "2.dense": B2}.items():
        after[f"{name}.bias"] = tuple(before[j] - RATE * share * gradients[f"{name}.bias"][j] for j in BOTH)
    parameters = [after[name] for name in ("0.dense.weight", "0.dense.bias", "2.dense.weight", "2.dense.bias")]
    return {
        "z": z,
        "a": a,
        "logits": logits,
        "p": p,
        "loss": -math.log(p[1]),
        "da": da,
        "dz": dz,
        "slope": tuple(map(slope, z)),
        "gradients": gradients,
        "after": after,
        "loss_after": loss_of(f, *parameters),
    }


@pytest.fixture(scope="module")
def steps():
    """What has been told, by activation and optimizer."""
    return {}


@pytest.fixture(params=[("relu", "sgd"), ("sigmoid", "momentum")], ids="-".join)
def step(request, explain, steps):
    """What was told, and what it should be."""
    activation, optimizer = request.param
    if request.param not in steps:
        told = steps[request.param] = explain("--tiny", "--activation", activation, "--optimizer", optimizer)
        assert (told.code, told.errors) == (0, "")
    return steps[request.param], calculated(activation, 1 - BETA if optimizer == "momentum" else 1.0), optimizer


def shown(lines, symbol):
    """The rows of numbers that are shown for an array."""
    start = next(place for place, line in enumerate(lines) if re.match(rf"{re.escape(symbol)} \([\d×]+\) += \[", line))
    rows = []
    for line in lines[start:]:
        if rows and not line.startswith("["):
            break
        rows.append(tuple(map(number, re.search(r"\[(.*?)\]", line)[1].split(","))))
    return rows


def close(found, expected):
    return np.asarray(found) == pytest.approx(np.asarray(expected), rel=1e-7, abs=1e-12)


def test_the_forward_pass(step):
    told, right, _ = step
    first, middle, last = (told.section(f"Forward · {place}") for place in ("0.dense", "1.activate", "2.dense"))
    assert close(shown(first, "x"), [X])
    assert close(shown(first, "W"), list(W1))
    assert close(shown(first, "b"), [B1])
    assert close(shown(first, "y"), [right["z"]])
    assert close(shown(middle, "z"), [right["z"]])
    assert close(shown(middle, "a"), [right["a"]])
    assert close(shown(last, "x"), [right["a"]])
    assert close(shown(last, "W"), list(W2))
    assert close(shown(last, "y"), [right["logits"]])
    assert "y = x W + b" in first


def test_the_loss(step):
    told, right, _ = step
    (line,) = (line for line in told.section("Loss") if line.startswith("L = ") and "Σ" not in line)
    assert close(number(line.removeprefix("L = ")), right["loss"])
    for label, cells in told.rows("Loss").items():
        j = int(label)
        z, p, t, gradient, difference, mark = cells
        d = right["gradients"]["2.dense.bias"][j]
        expected = (right["logits"][j], right["p"][j], TARGET[j], d, d)
        assert close(tuple(map(number, (z, p, t, gradient, difference))), expected)
        assert mark == "✓"


def test_the_backward_pass_and_its_finite_differences(step):
    told, right, _ = step
    expected = {"1.activate": {f"∂L/∂z[{i}]": right["dz"][i] for i in BOTH}}
    for name in ("0.dense", "2.dense"):
        weight, bias = (right["gradients"][f"{name}.{array}"] for array in ("weight", "bias"))
        expected[name] = {f"∂L/∂W[{i},{j}]": weight[i][j] for i in BOTH for j in BOTH}
        expected[name] |= {f"∂L/∂b[{j}]": bias[j] for j in BOTH}
    expected["2.dense"] |= {f"∂L/∂x[{i}]": right["da"][i] for i in BOTH}
    for name, gradients in expected.items():
        rows = told.rows(f"Backward · {name}")
        assert rows.keys() == gradients.keys()
        for entry, (_, gradient, difference, mark) in rows.items():
            assert close(number(gradient), gradients[entry])
            assert number(difference) == pytest.approx(gradients[entry], abs=1e-8)
            assert mark == "✓"
    assert close(shown(told.section("Backward · 1.activate"), "f′(z)"), [right["slope"]])


def test_the_update(step):
    told, right, optimizer = step
    rows = told.rows("Update")
    for name, before in {"0.dense.weight": W1, "2.dense.weight": W2, "0.dense.bias": B1, "2.dense.bias": B2}.items():
        is_weight = name.endswith("weight")
        for place in [f"[{i},{j}]" for i in BOTH for j in BOTH] if is_weight else ["[0]", "[1]"]:
            indices = tuple(map(int, place.strip("[]").split(",")))
            then, gradient, now = before, right["gradients"][name], right["after"][name]
            for i in indices:
                then, gradient, now = then[i], gradient[i], now[i]
            decayed = [0.995 * then] if is_weight else []
            state = [0.1 * gradient] if optimizer == "momentum" else []
            assert close([number(cell) for cell in rows[name + place]], [then, *decayed, gradient, *state, now])
    assert "1 − ηλ = 1 − 0.5·0.01 = 0.995" in told.section("Update")
    (line,) = (line for line in told.section("Update") if line.startswith("The loss of this sample was"))
    losses = re.fullmatch(r"The loss of this sample was (.*); now it is (.*)\.", line).groups()
    assert close(tuple(map(number, losses)), (right["loss"], right["loss_after"]))


def test_each_line_can_be_recomputed_from_the_numbers_in_it(step):
    told, *_ = step
    lines = [
        line for title in ("0", "2") for line in told.section(f"Forward · {title}") if re.match(r"y\[\d\] = ", line)
    ]
    worked = [line.split(" = ")[1:] for line in lines]
    for name in ("0.dense", "1.activate", "2.dense"):
        worked += [cells[:2] for cells in told.rows(f"Backward · {name}").values()]
    assert len(worked) == 4 + 6 + 2 + 8
    for written, result in worked:
        assert re.fullmatch(r"[\d.e()·+− ]+", written)
        value = eval(written.replace("−", "-").replace("·", "*"), {"__builtins__": {}})
        assert value == pytest.approx(number(result), rel=2e-7, abs=1e-12)


def test_all_gradients_are_confirmed(step):
    told, *_ = step
    assert "18 of 18 gradients are confirmed by finite differences." in " ".join(told.section("Checked"))
    assert "NOT CONFIRMED" not in told.text
