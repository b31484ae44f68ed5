"""nnzoo's own components pass every check of the kit."""

import numpy as np
import pytest
from PIL import Image

from nnzoo.builtin.activations import Relu, Sigmoid, nnzoo_activations
from nnzoo.builtin.array_files import Npy
from nnzoo.builtin.arrays import Npz
from nnzoo.builtin.datasets import Digits, Mnist, nnzoo_datasets
from nnzoo.builtin.executors import Processes
from nnzoo.builtin.exporters import nnzoo_exporters
from nnzoo.builtin.folds import Fold
from nnzoo.builtin.image_folder import ImageFolder
from nnzoo.builtin.layers import Activate, Dense, nnzoo_layers
from nnzoo.builtin.losses import nnzoo_losses
from nnzoo.builtin.metrics import F1, Precision, TopK, nnzoo_metrics
from nnzoo.builtin.models import Mlp, nnzoo_models
from nnzoo.builtin.optimizers import Momentum, nnzoo_optimizers
from nnzoo.builtin.pixels import Pixels
from nnzoo.builtin.preprocessors import Fill, OneHot, Ordinal
from nnzoo.builtin.schedules import OneCycle, nnzoo_schedules
from nnzoo.builtin.tables import Csv
from nnzoo.errors import UsageError
from nnzoo.kinds import KINDS
from nnzoo.plugins.registry import Registry
from nnzoo.testing import checks_for

BUILT_INS = Registry(disabled=["all"])
FOUND_BY_NAME = ("task", "preprocessor", "transform", "observer", "executor", "search")
DEFAULTS = [
    *nnzoo_activations(),
    *nnzoo_optimizers(),
    *nnzoo_schedules(),
    *nnzoo_losses(),
    *nnzoo_layers(),
    *nnzoo_models(),
    *nnzoo_exporters(),
    *nnzoo_metrics(),
    *(BUILT_INS.get(kind, name).component for kind in FOUND_BY_NAME for name in BUILT_INS.names(kind)),
    Digits,
]
OTHERS = [
    Momentum(beta=0.0),
    Momentum(beta=0.99),
    OneCycle(warmup=0.0),
    Dense(1),
    Dense(3, "he"),
    *(Activate(function) for function in (Relu(), Sigmoid())),
    Mlp(hidden=()),
    Mlp(hidden=(16, 8, 8)),
    TopK(k=1),
    F1(average="micro"),
    Precision(average="none"),
    Pixels(multiplier=0.5),
    Fill(missing="error"),
    OneHot(missing="error"),
    Ordinal(order="low|mid|high"),
]


COMPONENTS = [one() if isinstance(one, type) else one for one in (*DEFAULTS, *OTHERS)]


@pytest.mark.parametrize(
    "component",
    [
        pytest.param(one, marks=[pytest.mark.thorough] * isinstance(one, Processes), id=f"{one.kind}-{one}")
        for one in COMPONENTS
    ],
)
def test_built_in_components_pass(component, failures_of):
    assert failures_of(check for check in checks_for(component) if check.name != "cheap-import") == {}


def test_processes_report_errors_and_end(failures_of):
    """Every check of this executor starts new processes."""
    own = {"errors", "prepare", "lost", "ends"}
    checks = [check for check in checks_for(Processes()) if check.name in own]
    assert len(checks) == len(own)
    assert failures_of(checks) == {}
    with pytest.raises(UsageError, match="workers = 0"), Processes().open(list, 0):
        pass


def test_importing_all_their_modules_is_cheap(tmp_path, activation_source):
    modules = sorted({type(component).__module__ for component in COMPONENTS})
    assert len(modules) > 12
    path = tmp_path / "everything.py"
    path.write_text("".join(f"import {module}\n" for module in modules) + activation_source("everything"))
    everything = Registry(files=[path], disabled=["all"]).get("activation", "everything").component
    (check,) = [check for check in checks_for(everything) if check.name == "cheap-import"]
    check()


def test_every_built_in_component_is_checked():
    assert set(nnzoo_datasets()) == {Digits, ImageFolder, Mnist, Csv, Npz, Npy, Fold}
    assert {component.kind for component in DEFAULTS} == KINDS.keys() - {"figure"}  # `nnzoo plot` has its own


@pytest.mark.thorough  # daily, that of digits does
@pytest.mark.mnist
def test_mnist_passes(mnist_dir, monkeypatch, failures_of):
    monkeypatch.setenv("NNZOO_DATA_DIR", str(mnist_dir))
    assert failures_of(checks_for(Mnist)) == {}


def test_tables_arrays_and_pictures_pass(tmp_path, verdicts_of):
    rng = np.random.default_rng(0)
    table = [f"{x:.3f},{rng.choice(['Bern', 'Basel', ''])},{2 * x:.3f}" for x in rng.normal(20, 3, 100)]
    (tmp_path / "table.csv").write_text("\n".join(["length,town,price", *table]))
    x, y = rng.normal(size=(100, 4)).astype(np.float32), rng.integers(3, size=100)
    np.savez(tmp_path / "arrays.npz", x=x, y=y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    for shade, name in enumerate(("dark", "light")):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(128 * shade, 128 * (shade + 1), (30, 20 + number), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{number}.png")
    loaders = (
        Csv(path=str(tmp_path / "table.csv")),
        Npz(path=str(tmp_path / "arrays.npz")),
        Npy(path=str(tmp_path / "x.npy"), targets=str(tmp_path / "y.npy")),
        ImageFolder(path=str(tmp_path / "pictures")),
        ImageFolder(path=str(tmp_path / "pictures"), keep=False),
    )
    for loader in loaders:
        skipped = {"defaults": "path must be given"}
        verdicts = {name: verdict for name, verdict in verdicts_of(loader).items() if verdict}
        assert verdicts == skipped
    fold = Fold(of=loaders[0], number=1)
    assert {name: verdict for name, verdict in verdicts_of(fold).items() if verdict} == {"defaults": "of must be given"}
