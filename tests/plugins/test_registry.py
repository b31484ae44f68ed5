"""The registry: names, clashes, disabled plugins, and components built from text."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from nnzoo.api import Schedule
from nnzoo.builtin.activations import Relu
from nnzoo.builtin.optimizers import Momentum, Sgd
from nnzoo.errors import HyperparameterError, PluginError, UnknownComponentError, UsageError
from nnzoo.plugins.registry import Registry

TRAIN = ("train", "--dataset", "digits", "--epochs", "1", "--quiet", "--run-dir", "run")


@pytest.fixture
def builtins():
    """A registry that nothing on this machine can change."""
    return Registry(disabled=["all"])


@pytest.fixture
def record(tmp_path):
    return lambda: json.loads((tmp_path / "run" / "run.json").read_text())


@pytest.fixture
def two_tanhs(tmp_path, write_plugin, activation_source):
    """Two plugins with one name."""
    write_plugin(tmp_path / "site", "nnzoo-a", activation_source(), version="1.0")
    write_plugin(tmp_path / "site", "nnzoo-b", activation_source(), version="0.2")
    return {"PYTHONPATH": tmp_path / "site"}


def test_names_match_wildcards_and_come_sorted(builtins):
    assert builtins.names("optimizer") == ["momentum", "sgd"]
    assert builtins.names("optimizer", "m*") == ["momentum"]
    assert builtins.names("activation", "*i*") == ["identity", "sigmoid"]
    assert builtins.names("activation", "RELU") == []
    with pytest.raises(UsageError, match="no kind"):
        builtins.names("colour")


def test_components_are_built_from_text_options_and_instances(builtins):
    assert builtins.build("optimizer", "momentum") == Momentum()
    assert builtins.build("optimizer", "momentum:beta=0.5") == Momentum(beta=0.5)
    assert builtins.build("optimizer", "momentum", {"beta": 0.25}) == Momentum(beta=0.25)
    assert builtins.build("optimizer", "nnzoo/sgd") == Sgd()
    assert builtins.build("optimizer", Momentum(beta=0.5)) == Momentum(beta=0.5)
    assert builtins.build("optimizer", Momentum(beta=0.5), {"beta": "0.1"}) == Momentum(beta=0.1)
    assert builtins.build("model", "mlp:hidden=128,64").hidden == (128, 64)
    assert builtins.build("model", "mlp", {"hidden": []}).hidden == ()


def test_components_survive_a_round_trip_through_a_spec(builtins):
    for kind, names in {"optimizer": ["momentum", "sgd"], "schedule": ["one-cycle"], "model": ["mlp"]}.items():
        for name in names:
            component = builtins.build(kind, name)
            assert builtins.build(kind, str(component)) == component
            assert builtins.build(kind, name, component.to_options()) == component


@pytest.mark.parametrize(
    ("spec", "options", "error", "message"),
    [
        ("momentun", {}, UnknownComponentError, "did you mean momentum"),
        ("relu", {}, UnknownComponentError, "no optimizer 'relu'"),
        ("momentum", {"bta": 0.5}, HyperparameterError, "did you mean beta"),
        ("momentum:beta=0.5", {"beta": 0.5}, UsageError, "given twice"),
        ("momentum", {"beta": True}, HyperparameterError, "beta = True"),
        ("momentum", {"beta": None}, HyperparameterError, "beta = None"),
        (Relu(), {}, UsageError, "not a component of kind optimizer"),
        (3, {}, UsageError, "not a component of kind optimizer"),
    ],
)
def test_an_invalid_spec_is_an_error(builtins, spec, options, error, message):
    with pytest.raises(error, match=message):
        builtins.build("optimizer", spec, options)


def test_the_provider_is_known_of_registered_components_only(builtins):
    source = builtins.provider(builtins.build("activation", "relu"))
    assert (source.distribution, source.entry) == ("nnzoo", "activations")

    class Other(Relu):
        pass

    assert builtins.provider(Other()) is None


def test_a_good_plugin_trains_and_the_record_names_it(run_nnzoo, tmp_path, record, write_plugin, activation_source):
    site = write_plugin(tmp_path / "site", "nnzoo-tanh", activation_source(), version="2.5")
    outcome = run_nnzoo(*TRAIN, "--activation", "tanh", environment={"PYTHONPATH": site})
    assert outcome.code == 0, outcome.stderr
    assert record()["components"]["activation"] == {"name": "nnzoo-tanh/tanh", "version": "2.5", "options": {}}
    assert record()["environment"]["plugins"]["nnzoo-tanh"] == "2.5"
    assert record()["results"]["test_accuracy"] > 0.5


def test_a_name_that_two_plugins_have_is_an_error_that_lists_both(run_nnzoo, tmp_path, two_tanhs):
    outcome = run_nnzoo(*TRAIN, "--activation", "tanh", environment=two_tanhs)
    assert outcome.code == 2
    assert "'tanh' is provided by nnzoo-a 1.0 and nnzoo-b 0.2" in outcome.stderr
    assert "nnzoo-a/tanh" in outcome.stderr
    assert "nnzoo-b/tanh" in outcome.stderr
    assert not (tmp_path / "run").exists()


def test_the_full_name_always_works(run_nnzoo, two_tanhs, record):
    outcome = run_nnzoo(*TRAIN, "--activation", "nnzoo-b/tanh", environment=two_tanhs)
    assert outcome.code == 0, outcome.stderr
    assert record()["components"]["activation"]["name"] == "nnzoo-b/tanh"


def test_disabling_one_plugin_resolves_a_clash(run_nnzoo, two_tanhs, record):
    outcome = run_nnzoo(*TRAIN, "--activation", "tanh", "--no-plugin", "nnzoo-a", environment=two_tanhs)
    assert outcome.code == 0, outcome.stderr
    assert record()["components"]["activation"]["name"] == "nnzoo-b/tanh"


def test_the_name_of_a_built_in_is_reserved(run_nnzoo, tmp_path, record, write_plugin, activation_source):
    site = write_plugin(tmp_path / "site", "usurper", activation_source("relu"))
    environment = {"PYTHONPATH": site}
    assert run_nnzoo(*TRAIN, "--activation", "relu", environment=environment).code == 0
    assert record()["components"]["activation"]["name"] == "nnzoo/relu"
    outcome = run_nnzoo("show", "activation", "usurper/relu", environment=environment)
    assert outcome.code == 0, outcome.stderr
    assert "Hyperbolic tangent" in outcome.stdout
    rows = json.loads(run_nnzoo("list-plugins", "--json", environment=environment).stdout)
    (row,) = [row for row in rows if row["plugin"] == "usurper"]
    assert row["status"] == "clash"
    assert "activation relu" in row["reason"]
    assert "usurper/relu" in row["reason"]
    assert {row["status"] for row in rows if row["plugin"] == "nnzoo"} == {"ok"}


def test_two_components_of_one_plugin_with_one_name_are_refused(tmp_path, activation_source):
    another = "class Other(Tanh):\n    pass\n\n\n@hookimpl"
    source = activation_source().replace("@hookimpl", another).replace("return [Tanh]", "return [Tanh, Other]")
    (tmp_path / "twice.py").write_text(source)
    with pytest.raises(PluginError, match=r"twice\.py failed: .*tanh"):
        Registry(files=[tmp_path / "twice.py"], disabled=["all"])


def test_a_component_that_two_entry_points_of_one_plugin_list_has_a_name_that_works(
    tmp_path, monkeypatch, write_plugin, activation_source
):
    entries = {"one": "double_entry", "two": "double_entry"}
    monkeypatch.syspath_prepend(write_plugin(tmp_path, "double-entry", activation_source("twice"), entries=entries))
    assert Registry().build("activation", "double-entry/twice").name == "twice"


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("--no-plugin", "left-out"), {}),
        (("--no-plugin", "Left_Out"), {}),
        (("--no-plugin", "left-out:main"), {}),
        (("--no-plugin", "all"), {}),
        ((), {"NNZOO_DISABLE_PLUGINS": "not-installed, left-out"}),
        ((), {"NNZOO_DISABLE_PLUGINS": "all"}),
    ],
)
def test_a_plugin_is_left_out_before_it_is_imported(run_nnzoo, tmp_path, write_plugin, arguments, environment):
    effect = tmp_path / "effect"
    source = f"from pathlib import Path\nPath({str(effect)!r}).write_text('imported')\n"
    environment = {"PYTHONPATH": write_plugin(tmp_path / "site", "left-out", source), **environment}
    outcome = run_nnzoo("list-plugins", "--json", *arguments, environment=environment)
    assert outcome.code == 0, outcome.stderr
    statuses = {row["plugin"]: row["status"] for row in json.loads(outcome.stdout)}
    assert statuses == {"nnzoo": "ok", "left-out": "disabled"}
    assert not effect.exists()


def test_a_plugin_that_is_not_left_out_is_imported(run_nnzoo, tmp_path, write_plugin):
    effect = tmp_path / "effect"
    source = f"from pathlib import Path\nPath({str(effect)!r}).write_text('imported')\n"
    run_nnzoo("list-plugins", environment={"PYTHONPATH": write_plugin(tmp_path / "site", "loaded", source)})
    assert effect.exists()


def test_a_single_file_is_a_plugin_for_every_command(run_nnzoo, tmp_path, record, activation_source):
    (tmp_path / "mish.py").write_text(activation_source("mish"))
    outcome = run_nnzoo(*TRAIN, "--plugin", "./mish.py", "--activation", "mish")
    assert outcome.code == 0, outcome.stderr
    assert record()["components"]["activation"]["name"] == "mish.py/mish"
    shown = run_nnzoo("show", "activation", "mish", "--plugin", "./mish.py")
    assert "activation mish, from mish.py" in shown.stdout
    listed = run_nnzoo("list-plugins", "--plugin", "./mish.py")
    assert (listed.code, listed.stderr) == (0, "")
    assert "mish.py" in listed.stdout


@pytest.mark.parametrize("command", [TRAIN, ("show", "activation", "relu"), ("list-plugins",)])
def test_a_single_file_that_is_broken_ends_every_command(run_nnzoo, tmp_path, command):
    (tmp_path / "broken.py").write_text("raise RuntimeError('out of order')")
    outcome = run_nnzoo(*command, "--plugin", "broken.py")
    assert (outcome.code, outcome.stdout) == (5, "")
    assert "plugin broken.py failed: RuntimeError: out of order" in outcome.stderr
    assert not (tmp_path / "run").exists()


def test_a_broken_file_is_listed_on_request(tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("raise ValueError('the flux is not aligned')")
    registry = Registry(files=[file], disabled=["all"], show_broken=True)
    (broken,) = [plugin for plugin in registry.plugins() if plugin.source.is_file]
    assert (broken.status, broken.components()) == ("failed", {})
    assert "the flux is not aligned" in broken.reason


def test_the_same_file_given_twice_is_one_plugin(tmp_path, activation_source):
    path = tmp_path / "mish.py"
    path.write_text(activation_source("mish"))
    assert Registry(files=[path, path], disabled=["all"]).build("activation", "mish").name == "mish"


def test_disabling_all_plugins_keeps_the_named_file(tmp_path, activation_source):
    path = tmp_path / "mish.py"
    path.write_text(activation_source("mish"))
    registry = Registry(files=[path], disabled=["all"])
    assert "mish" in registry.names("activation")


def test_a_component_of_a_known_package_is_offered_with_that_package(run_nnzoo):
    outcome = run_nnzoo("show", "activation", "gelu", "--no-plugin", "all")
    assert outcome.code == 2
    assert "there is no activation 'gelu'" in outcome.stderr
    assert "gelu comes with nnzoo-activations" in outcome.stderr


def make_schedule(name, rate):
    @dataclass(frozen=True)
    class Fixed(Schedule):
        """A fixed factor."""

        def factor(self, step, total_steps):
            return rate

    Fixed.name = name
    return Fixed


def test_a_class_of_this_session_is_registered_and_replaced(builtins):
    assert builtins.register(first := make_schedule("fixed", 0.5)) is first
    assert builtins.build("schedule", "fixed").factor(0, 1) == 0.5
    builtins.register(make_schedule("fixed", 0.25))  # the cell is run again
    assert builtins.build("schedule", "fixed").factor(0, 1) == 0.25
    assert builtins.build("schedule", "session/fixed").factor(0, 1) == 0.25
    assert builtins.provider(builtins.build("schedule", "fixed")).distribution == "session"


@pytest.mark.parametrize(
    ("component", "reason"),
    [
        (make_schedule("constant", 1.0), "is built in"),
        (make_schedule("Not A Name", 1.0), "not a component name"),
        (make_schedule("fixed", 1.0)(), "list the class itself"),
        (Schedule, "does not define factor"),
        (int, "not a subclass of"),
        (None, "not a subclass of"),
    ],
)
def test_an_invalid_component_is_not_registered(builtins, component, reason):
    with pytest.raises(PluginError, match=reason):
        builtins.register(component)


def test_a_component_is_found_by_its_former_name(builtins):
    @builtins.register
    @dataclass(frozen=True)
    class Half(Schedule):
        name = "half"
        formerly = ("nnzoo-schedules/half", "nnzoo/halved")

        def factor(self, step, total_steps):
            return 0.5

    for name in ("half", "nnzoo-schedules/half", "nnzoo/halved"):
        assert builtins.get("schedule", name).component is Half
    for name in ("halved", "nnzoo-schedules/halved"):
        with pytest.raises(UnknownComponentError):
            builtins.get("schedule", name)


def test_components_are_found_by_a_condition_and_built_in_ones_come_first(builtins):
    @builtins.register
    @dataclass(frozen=True)
    class Half(Schedule):
        name = "half"
        rate_share = 0.25

        def factor(self, step, total_steps):
            return 0.5

    def found(wanted):
        return [registration.full_name for registration in builtins.find("schedule", wanted)]

    assert found(lambda schedule: schedule.rate_share < 1) == ["nnzoo/constant"]
    assert found(lambda schedule: schedule.rate_share == 0.25) == ["session/half"]
    assert found(lambda schedule: schedule.rate_share == 2) == []


def test_files_are_paths_or_texts_in_a_list(tmp_path, activation_source):
    file = tmp_path / "mine.py"
    file.write_text(activation_source("mine"))
    assert Registry([str(file)], disabled=["all"]).get("activation", "mine").source.is_file
    with pytest.raises(UsageError, match=r"is not a list of files\n  write \['.*mine\.py'\]"):
        Registry(str(file))
    file.write_text("1 / 0")
    with pytest.raises(PluginError) as caught:
        Registry([file])
    assert "--plugin" not in str(caught.value)


def test_threads_may_ask_for_plugins_at_the_same_time():
    stdout = sys.stdout
    for _ in range(5):
        registry = Registry(disabled=["all"])
        with ThreadPoolExecutor(8) as threads:
            built = [*threads.map(registry.build, ["optimizer"] * 8, ["momentum"] * 8)]
        assert len({*built}) == 1
        assert sys.stdout is stdout
