"""Components inside components, in records and model files: each keeps its origin and version."""

import json
import shlex
import shutil
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest
from annotated_types import doc

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Model, NamedComponent, Optimizer
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.optimizers import Sgd
from nnzoo.errors import FileFormatError, PluginError
from nnzoo.model.exporting import trained_network
from nnzoo.model.model_file import read_model
from nnzoo.model.stored import StoredComponent, build_stored, component_record
from nnzoo.plugins.description import TRAINED_WITH
from nnzoo.plugins.registry import Registry

HEAD = """\
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, doc
from nnzoo.api import Optimizer, OptimizerWrapper, hookimpl
"""

STEEP = """
@dataclass(frozen=True)
class Steep(Optimizer):
    '''Gradient descent with longer steps.'''

    name: ClassVar[str] = "steep"
    default_learning_rate: ClassVar[float] = {rate}
    factor: Annotated[float, Gt(0), doc("how much longer")] = 2.0

    def init(self, params):
        return {{}}

    def update(self, params, grad, state, learning_rate, step):
        grad *= learning_rate * self.factor
        params -= grad


@hookimpl
def nnzoo_optimizers():
    return [Steep]
"""

WRAPPERS = """
@dataclass(frozen=True)
class Through(OptimizerWrapper):
    '''Works through one, and has others that it does not use.'''

    name: ClassVar[str] = "through"
    others: Annotated[tuple[Optimizer, ...], doc("not used")] = ()

    def init(self, params):
        return self.inner.init(params)

    def update(self, params, grad, state, learning_rate, step):
        self.inner.update(params, grad, state, learning_rate, step)


@hookimpl
def nnzoo_optimizers():
    return [Through]
"""
SPEC = "through:inner=(through:inner=(steep-a/steep:factor=3)),others=(steep-b/steep:factor=1),sgd"


@pytest.fixture
def site(tmp_path, write_plugin, monkeypatch):
    """Two plugins with one name, ``steep``, and a third whose optimizers have others inside them."""
    site = tmp_path / "site"
    write_plugin(site, "steep-a", HEAD + STEEP.format(rate=0.5))
    write_plugin(site, "steep-b", HEAD + STEEP.format(rate=0.25), version="0.3")
    write_plugin(site, "through-others", HEAD + WRAPPERS, version="2.0")
    monkeypatch.syspath_prepend(site)
    return site


def stored(name, version, **options):
    return {"name": name, "version": version, "options": options}


@pytest.mark.usefixtures("site")
def test_a_run_s_inner_components_are_recorded_and_only_these_run_again(tmp_path, site, nnzoo_here, write_plugin):
    train = ("train", "--dataset", "digits", "--hidden", "4", "--epochs", "1", "--quiet", "--run-dir", "run")
    trained = nnzoo_here(tmp_path, *train, "--optimizer", SPEC)
    assert trained.code == 0, trained.stderr
    record = json.loads((tmp_path / "run/run.json").read_text())
    a, b = stored("steep-a/steep", "1.0", factor=3.0), stored("steep-b/steep", "0.3", factor=1.0)
    inner = stored("through-others/through", "2.0", inner=a, others=[])
    [sgd] = [component_record(Registry(), Sgd())]
    expected = stored("through-others/through", "2.0", inner=inner, others=[b, vars(sgd)])
    assert record["components"]["optimizer"] == expected
    assert record["environment"]["plugins"].items() >= {"steep-a": "1.0", "steep-b": "0.3"}.items()
    assert record["settings"]["learning_rate"] == 0.5 / 1  # that of the innermost
    in_file = read_model(tmp_path / "run/model.safetensors").description.components["optimizer"]
    assert vars(in_file) == expected

    again = nnzoo_here(tmp_path, "reproduce", "run", "--json", "--run-dir", "again")
    assert (again.code, json.loads(again.stdout)["differences"]) == (0, [])

    # another plugin's steep never takes its place
    without = nnzoo_here(tmp_path, "reproduce", "run", "--no-plugin", "steep-a")
    assert without.code == 5
    assert "through needs the optimizer 'steep-a/steep', which is not installed" in without.stderr
    assert "it comes with steep-a 1.0" in without.stderr

    shutil.rmtree(site / "steep_b-0.3.dist-info")
    write_plugin(site, "steep-b", HEAD + STEEP.format(rate=0.25), version="0.4")
    newer = nnzoo_here(tmp_path, "reproduce", "run", "--json", "--run-dir", "newer")
    assert json.loads(newer.stdout)["differences"] == ["plugin steep-b: 0.3 then, 0.4 now"]

    # as nnzoo 0.2 wrote it: names alone
    record["components"]["optimizer"]["options"]["inner"] = {"name": "steep", "options": {"factor": 3.0}}
    (tmp_path / "run/run.json").write_text(json.dumps(record))
    unclear = nnzoo_here(tmp_path, "reproduce", "run")
    assert unclear.code == 5
    assert "'steep' is provided by steep-a 1.0 and steep-b 0.4" in unclear.stderr
    record["components"]["optimizer"]["options"]["others"] = []
    (tmp_path / "run/run.json").write_text(json.dumps(record))
    clear = nnzoo_here(tmp_path, "reproduce", "run", "--json", "--run-dir", "clear", "--no-plugin", "steep-b")
    assert clear.code == 0
    assert any("inner=(steep:factor=3)" in each for each in json.loads(clear.stdout)["differences"])


@pytest.mark.usefixtures("site")
def test_a_component_s_plugin_is_known_before_it_is_asked_for():
    from steep_a import Steep
    from through_others import Through

    known = component_record(Registry(), Through(Steep(), others=(Sgd(),)))
    assert (known.name, known.options["inner"]["name"]) == ("through-others/through", "steep-a/steep")
    assert known.spec == "through-others/through:inner=(steep-a/steep:factor=2.0),others=sgd"
    assert build_stored(Registry(), "optimizer", known, "x") == Through(Steep(), others=(Sgd(),))
    assert Registry().build("optimizer", known.spec) == Through(Steep(), others=(Sgd(),))


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("inner", "error", "message"),
    [
        (3, FileFormatError, "inner = 3 is not allowed"),
        ({"name": "sgd"}, FileFormatError, "x: optimizer through: .* is not a component"),
        ([{"name": "sgd", "options": {}}], FileFormatError, "inner = sgd is not allowed"),
        (stored("nnzoo/sgd", "", beta=1), FileFormatError, "has no hyperparameter 'beta'"),
        (stored("nnzoo/relu", ""), PluginError, "needs the optimizer 'nnzoo/relu'"),
        (stored("gone/sgd", "1.0"), PluginError, "x: optimizer through needs the optimizer 'gone/sgd'"),
    ],
)
def test_a_damaged_inner_component_is_reported(inner, error, message):
    with pytest.raises(error, match=message):
        build_stored(Registry(), "optimizer", StoredComponent("through-others/through", "", {"inner": inner}), "x")


def test_components_nested_without_end_are_refused():
    options: dict = {}
    for _ in range(200):
        options = {"inner": stored("through-others/through", "", **options)}
    with pytest.raises(FileFormatError, match="too deep"):
        StoredComponent("through-others/through", "", options)


def test_an_exporter_gets_components_in_tuples_as_data(tmp_path):
    registry = Registry(disabled=["all"])

    @registry.register
    @dataclass(frozen=True)
    class Row(Activate):
        """Applies the first of several activations."""

        name: ClassVar[str] = "row"
        others: Annotated[tuple[Activate, ...], doc("not used")] = ()

    @registry.register
    @dataclass(frozen=True)
    class Rows(Model):
        """A layer with layers inside it."""

        name: ClassVar[str] = "rows"

        def depth(self):
            return 1

        def layers(self, input_shape, outputs, activation):
            return [Row(activation, (Activate(activation),)), Dense(outputs)]

    DeepNeuralNetwork(model="rows", input_shape=(3,), outputs=2, registry=registry).save(tmp_path / "model.safetensors")
    row = trained_network(registry, read_model(tmp_path / "model.safetensors")).layers[0].component
    relu = NamedComponent("nnzoo/relu")
    assert row == NamedComponent(
        "session/row", {"activation": relu, "others": (NamedComponent("nnzoo/activate", {"activation": relu}),)}
    )
    assert str(row) == "session/row (nnzoo/relu, nnzoo/activate)"


@pytest.mark.usefixtures("site")
def test_a_spec_that_show_prints_is_valid_on_the_command_line():
    registry = Registry()
    registry.plugins()
    for kind in (
        "activation",
        "optimizer",
        "schedule",
        "loss",
        "model",
        "dataset",
        "task",
        "metric",
        "transform",
        "observer",
    ):
        for name in registry.names(kind):
            full = name if name != "steep" else "steep-a/steep"
            words = shlex.split(registry.describe(kind, full).example)
            *_, wanted, spec = words
            assert wanted == f"--{TRAINED_WITH[kind]}"
            built = registry.build(kind, spec)
            assert (built.name, isinstance(built, Optimizer)) == (name, kind == "optimizer")
