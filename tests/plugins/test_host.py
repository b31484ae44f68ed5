"""The host: a broken plugin breaks only itself, loudly, and leaves the process as it was."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from nnzoo.errors import PluginError
from nnzoo.plugins.discovery import file_source
from nnzoo.plugins.host import culprit, load_plugin

CLASS = """
from nnzoo.api import Activation, hookimpl
from dataclasses import dataclass
from typing import ClassVar

@dataclass(frozen=True)
class Mine(Activation):
    name: ClassVar[str] = "mine"
    def forward(self, z, out): out[...] = z
    def backward(self, z, a, grad): pass
"""
HOOK = CLASS + "\n@hookimpl\ndef nnzoo_activations():\n    return [Mine]\n"


OLD_LOSS = """
from nnzoo.api import Loss, hookimpl
from dataclasses import dataclass
from typing import ClassVar

@dataclass(frozen=True)
class Mine(Loss):
    name: ClassVar[str] = "mine"
    def value_and_gradient(self, logits, targets, out): return 0.0
    def predict(self, logits): pass

@hookimpl
def nnzoo_losses():
    return [Mine]
"""
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: 0.3\n"


def returning(text):
    return CLASS + f"\n@hookimpl\ndef nnzoo_activations():\n    {text}\n"


def in_a_class(arguments, after=""):
    """A plugin whose hook is a method."""
    return (
        f"{CLASS}\nclass P:\n    @hookimpl\n    def nnzoo_activations({arguments}):\n        return [Mine]\n{after}\n"
    )


BROKEN = {
    "raises": ("raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "missing-dependency": ("import a_module_that_nobody_has", "No module named 'a_module_that_nobody_has'"),
    "syntax-error": ("def f(:\n", "SyntaxError"),
    "null-byte": ("x = 'a\0b'", "null bytes"),
    "exits": ("import sys; sys.exit(0)", "it tries to end the program (SystemExit: 0)"),
    "base-exception": ("class Rude(BaseException): pass\nraise Rude('bye')", "Rude: bye"),
    "interrupts": ("raise KeyboardInterrupt", "failed: KeyboardInterrupt"),
    "ends-a-generator": ("raise GeneratorExit", "failed: GeneratorExit"),
    "leaves-a-thread": (
        "import threading\nthreading.Thread(target=threading.main_thread().join, args=(30,), name='busy').start()\n"
        + HOOK,
        "it leaves a thread running (busy)",
    ),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "hook-raises": (returning("1 / 0"), "ZeroDivisionError"),
    "hook-exits": (returning("raise SystemExit(3)"), "SystemExit"),
    "returns-none": (returning("return None"), "must return a list of component classes, not None"),
    "returns-generator": (returning("yield Mine"), "must return a list of component classes, not a generator"),
    "returns-tuple": (returning("return (Mine,)"), "must return a list of component classes, not a tuple"),
    "returns-class": (returning("return Mine"), "must return a list of component classes, not the class Mine"),
    "lists-instance": (returning("return [Mine()]"), "lists an instance of Mine; list the class itself"),
    "lists-number": (returning("return [3]"), "lists 3, which is not a subclass of Activation"),
    "lists-other-kind": (
        CLASS + "@hookimpl\ndef nnzoo_optimizers():\n    return [Mine]\n",
        "nnzoo_optimizers lists Mine, which is not a subclass of Optimizer",
    ),
    "misspelt-hook": (
        HOOK.replace("nnzoo_activations", "nnzoo_activatons"),
        "there is no hook nnzoo_activatons (did you mean nnzoo_activations?)",
    ),
    "misspelt-hook-in-silence": (
        HOOK.replace("@hookimpl", "@hookimpl(optionalhook=True)").replace("nnzoo_activations", "nnzoo_activation"),
        "there is no hook nnzoo_activation (did you mean nnzoo_activations?)",
    ),
    "unknown-hook": (
        HOOK.replace("nnzoo_activations", "nnzoo_frobnicate"),
        "there is no hook nnzoo_frobnicate; the hooks are nnzoo_activations, nnzoo_optimizers",
    ),
    "hook-with-argument": (
        HOOK.replace("nnzoo_activations()", "nnzoo_activations(extra, more=1)"),
        "nnzoo_activations must take no arguments, but it takes extra",
    ),
    "hook-is-async": (HOOK.replace("def nnzoo_a", "async def nnzoo_a"), "must be a plain function, not an async one"),
    "hook-wraps": (
        HOOK.replace("@hookimpl", "@hookimpl(wrapper=True)").replace("return", "yield"),
        "nnzoo_activations must be marked with @hookimpl alone",
    ),
    "hook-under-another-name": (
        HOOK + "\n@hookimpl(specname='nnzoo_activations')\ndef more():\n    return [Mine]\n",
        "more must be marked with @hookimpl alone",
    ),
    "hook-is-a-list": (CLASS + "nnzoo_activations = [Mine]\n", "nnzoo_activations must be a function, not a list"),
    "hook-is-a-class": (
        CLASS + "@hookimpl\nclass nnzoo_activations:\n    pass\n",
        "nnzoo_activations must be a function, not the class nnzoo_activations",
    ),
    "unmarked-hook": (CLASS + "def nnzoo_activations():\n    return [Mine]\n", "not marked with @hookimpl"),
    "no-hook": (CLASS, "implements no hook"),
    "abstract": (HOOK.replace("def backward", "def backwards"), "Mine does not define backward"),
    "loss-of-version-0-1": (
        OLD_LOSS,
        "Mine was written for nnzoo 0.1 (value_and_gradient): a loss now has plan, and losses, which writes the loss "
        "and the gradient of each row; nothing is averaged (see docs/hooks/nnzoo_losses.md)",
    ),
    "no-name": (HOOK.replace('name: ClassVar[str] = "mine"', "pass"), "is not a component name"),
    "bad-name": (HOOK.replace('"mine"', '"My Activation"'), "'My Activation' is not a component name"),
    "slash-in-name": (HOOK.replace('"mine"', '"a/b"'), "'a/b' is not a component name"),
    "newline-in-name": (HOOK.replace('"mine"', '"mine\\n"'), "is not a component name"),
    "no-dataclass": (
        HOOK.replace("@dataclass(frozen=True)\n", "").replace('= "mine"', '= "mine"\n    alpha: float = 1.0'),
        "declares alpha but is not marked @dataclass",
    ),
    "argument-missing": (
        HOOK.replace("z, a, grad", "z, grad"),
        "Mine.backward takes (self, z, grad); it must take (self, z, a, grad)",
    ),
    "arguments-swapped": (
        HOOK.replace("z, a, grad", "grad, z, a"),
        "Mine.backward takes (self, grad, z, a); it must take (self, z, a, grad)",
    ),
    "no-self": (HOOK.replace("self, z, out", "z, out"), "Mine.forward takes (z, out); it must take (self, z, out)"),
    "class-variable-as-field": (
        HOOK.replace("name: ClassVar[str]", "name: str"),
        "Mine.name is not a hyperparameter: write name: ClassVar",
    ),
    "field-hides-method": (
        HOOK.replace('= "mine"', '= "mine"\n    forward: float = 1.0'),
        "Mine has a field forward, which hides the method",
    ),
    "prints": ("print('hello')\n" + HOOK, "prints to standard output: 'hello'"),
    "loosens-numpy": ("import numpy\nnumpy.seterr(divide='raise')\n" + HOOK, "np.seterr"),
    "moves": ("import os\nos.chdir('/')\n" + HOOK, "changes the working directory"),
    "moves-and-raises": ("import os\nos.chdir('/')\n1 / 0", "ZeroDivisionError"),
    "error-without-words": ("class Mute(Exception):\n    def __str__(self): 1 / 0\nraise Mute", "failed: Mute"),
    "error-in-colour": ("raise RuntimeError('\\x1b[31mred\\nsecond line')", r"RuntimeError: \x1b[31mred"),
    "error-without-end": ("raise RuntimeError('x' * 9999)", "RuntimeError: " + "x" * 299 + "…"),
    "repr-in-colour": (returning("return [type('Odd', (), {'__repr__': lambda s: '\\x1b['})()]"), r"lists \x1b["),
}


@pytest.fixture
def as_file(tmp_path):
    def write(source, name="plugin.py"):
        path = tmp_path / name
        path.write_text(source)
        return file_source(path)

    return write


def test_a_good_plugin_yields_its_classes(as_file):
    (component,) = load_plugin(as_file(HOOK)).components
    assert (component.kind, component.name) == ("activation", "mine")
    assert component() == component()


def test_all_hooks_of_a_plugin_are_collected(as_file):
    source = HOOK + "\n@hookimpl\ndef nnzoo_optimizers():\n    return []\n"
    assert [component.name for component in load_plugin(as_file(source)).components] == ["mine"]


def test_an_object_may_be_the_plugin(tmp_path, monkeypatch, write_plugin):
    entries = {"main": "host_object:here"}
    write_plugin(tmp_path / "site", "host-object", in_a_class("self", "here = P()"), entries=entries)
    monkeypatch.syspath_prepend(tmp_path / "site")
    from nnzoo.plugins.discovery import discover

    (found,) = [plugin for plugin in discover() if plugin.distribution == "host-object"]
    assert [component.name for component in load_plugin(found).components] == ["mine"]
    monkeypatch.delitem(sys.modules, "host_object")


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_one_error_and_leaves_no_trace(as_file, case):
    source, reason = BROKEN[case]
    plugin = as_file(source)
    directory, numpy_errors, modules, output = Path.cwd(), np.geterr(), set(sys.modules), sys.stdout
    try:
        with pytest.raises(PluginError) as caught:
            load_plugin(plugin)
        assert "plugin plugin.py failed: " in caught.value.message
        assert reason in caught.value.message
        assert "\n" not in caught.value.message
        assert caught.value.hint
        assert Path.cwd() == directory
        assert np.geterr() == numpy_errors
        assert sys.stdout is output
    finally:
        os.chdir(directory)
        np.seterr(**numpy_errors)
        for name in set(sys.modules) - modules:
            del sys.modules[name]


def test_an_interrupt_is_passed_on(as_file):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells have background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            load_plugin(as_file("import signal; signal.raise_signal(signal.SIGINT)"))
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_names_the_file_that_failed(tmp_path):
    for name, reason in (("a_b.py", ""), ("a-b.py", "")):
        (tmp_path / name).write_text(HOOK.replace("out[...] = z", "raise RuntimeError") + reason)
    (first,) = load_plugin(file_source(tmp_path / "a_b.py")).components
    (second,) = load_plugin(file_source(tmp_path / "a-b.py")).components
    for component, name in ((first, "a_b.py"), (second, "a-b.py")):
        with pytest.raises(RuntimeError) as caught:
            component().forward(1, None)
        assert culprit(caught.value) == name


def test_a_file_that_is_not_python_is_refused(as_file):
    with pytest.raises(PluginError, match=r"must end in \.py"):
        load_plugin(as_file(HOOK, "plugin.txt"))


def test_two_files_of_one_name_are_two_plugins(tmp_path):
    sources = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plugin.py").write_text(HOOK.replace('"mine"', f'"mine-{folder}"'))
        sources.append(file_source(tmp_path / folder / "plugin.py"))
    assert [component.name for source in sources for component in load_plugin(source).components] == [
        "mine-a",
        "mine-b",
    ]


INSTALLED = {
    **{case: ("failed", "0.3", "main", reason) for case, (_, reason) in BROKEN.items()},
    "no-such-module": ("failed", "0.3", "main", "No module named 'a_module_that_nobody_has'"),
    "no-such-object": ("failed", "0.3", "main", "has no attribute 'nothing'"),
    "no-module-at-all": ("failed", "0.3", "main", "'not a module' is neither module nor module:object"),
    "class-for-object": ("failed", "0.3", "main", "the entry point must name an object of that class"),
    "method-without-self": ("failed", "0.3", "main", "nnzoo_activations is a method, so it takes self"),
    "newer-nnzoo": ("failed", "0.3", "main", "it needs nnzoo>=99, but this is nnzoo"),
    "unreadable-requirement": ("failed", "0.3", "main", "its METADATA is broken: InvalidRequirement"),
    "binary-metadata": ("failed", "", "main", "its METADATA is broken: UnicodeDecodeError"),
    "binary-entry-points": ("failed", "", "", "its entry_points.txt can't be read"),
    "shapeless-entry-points": ("failed", "0.3", "", "not every line reads `name = module`"),
    "name-of-a-built-in": ("clash", "0.3", "main", "activation relu is also provided by nnzoo"),
    "twin-one": ("clash", "0.3", "main", "activation twin is also provided by z-twin-two 0.3"),
    "twin-two": ("clash", "0.3", "main", "activation twin is also provided by z-twin-one 0.3"),
}
"""The row of each broken plugin in the house: status, version, entry point, and what the reason says."""


@pytest.fixture(scope="module")
def house(tmp_path_factory, write_plugin, activation_source):
    """A folder with all broken plugins installed beside good ones."""
    site = tmp_path_factory.mktemp("house")

    def install(case, source, entries=None, requirement=None):
        metadata = METADATA.format(f"z-{case}") + (f"Requires-Dist: {requirement}\n" if requirement else "")
        write_plugin(site, f"z-{case}", source, version="0.3", entries=entries, metadata=metadata)
        return site / f"z_{case.replace('-', '_')}-0.3.dist-info"

    for case, (source, _) in BROKEN.items():
        install(case, source)
    install("no-such-module", HOOK, {"main": "a_module_that_nobody_has"})
    install("no-such-object", HOOK, {"main": "z_no_such_object:nothing"})
    install("no-module-at-all", HOOK, {"main": "not a module"})
    install("class-for-object", in_a_class("self"), {"main": "z_class_for_object:P"})
    install("method-without-self", in_a_class("", "p = P()"), {"main": "z_method_without_self:p"})
    install("newer-nnzoo", HOOK, requirement="nnzoo>=99")
    install("unreadable-requirement", HOOK, requirement="nnzoo>>0")
    (install("binary-metadata", HOOK) / "METADATA").write_bytes(bytes(range(256)))
    (install("binary-entry-points", HOOK) / "entry_points.txt").write_bytes(b"[nnzoo]\nmain = \xff\xfe\n")
    (install("shapeless-entry-points", HOOK) / "entry_points.txt").write_text("[nnzoo]\nmain z_shapeless\n")
    install("name-of-a-built-in", activation_source("relu"))
    install("twin-one", activation_source("twin"))
    install("twin-two", activation_source("twin"))
    (install("good-without-name", activation_source("nameless")) / "METADATA").write_text("Metadata-Version: 2.1\n")
    (install("good-without-metadata", activation_source("bare")) / "METADATA").unlink()
    install("good", activation_source("tanh"))
    return site


@pytest.fixture(scope="module")
def listed(house, nnzoo_command):
    """The outcome of listing all of it, and the rows by plugin."""
    outcome = nnzoo_command(house, "list-plugins", "--json", environment={"PYTHONPATH": house})
    assert outcome.code == 0, outcome.stderr
    return outcome, {row["plugin"]: row for row in json.loads(outcome.stdout)}


@pytest.mark.parametrize("case", INSTALLED)
def test_an_installed_broken_plugin_is_named_with_reason_and_cure(listed, case):
    outcome, rows = listed
    status, version, entry, reason = INSTALLED[case]
    row = rows[f"z-{case}"]
    assert (row["status"], row["version"], row["entry_point"]) == (status, version, entry)
    assert bool(row["components"]) == (status == "clash")
    assert reason in row["reason"]
    (line,) = [line for line in outcome.stderr.splitlines() if line.startswith(f"nnzoo: plugin z-{case} ")]
    ways = (f"--no-plugin z-{case}", f"pip uninstall z-{case}") if status == "failed" else (f"write z-{case}/",)
    for fragment in (version, entry and f"(entry point {entry})", reason, *ways):
        assert fragment in line


def test_broken_plugins_do_not_break_the_others(listed, house, nnzoo_command, tmp_path):
    outcome, rows = listed
    good = {name: rows[name]["components"] for name in rows if name not in {f"z-{case}" for case in INSTALLED}}
    assert good.pop("nnzoo")
    assert good == {
        "z-good": {"activation": ["tanh"]},
        "z-good-without-metadata": {"activation": ["bare"]},
        "z-good-without-name": {"activation": ["nameless"]},
    }
    assert {rows[name]["status"] for name in ("nnzoo", *good)} == {"ok"}
    assert all(line.startswith("nnzoo: plugin z-") for line in outcome.stderr.splitlines())
    train = ("train", "--dataset", "digits", "--epochs", "1", "--quiet", "--activation", "z-good-without-metadata/bare")
    trained = nnzoo_command(tmp_path, *train, environment={"PYTHONPATH": house})
    assert (trained.code, trained.stderr) == (0, "")


def test_training_with_a_plugin_reports_each_broken_one_in_a_line(house, nnzoo_command, tmp_path):
    train = ("train", "--dataset", "digits", "--epochs", "1", "--activation", "tanh")
    outcome = nnzoo_command(tmp_path, *train, environment={"PYTHONPATH": house})
    assert outcome.code == 0, outcome.stderr
    assert "test accuracy" in outcome.stdout
    lines = outcome.stderr.splitlines()
    assert all(line.startswith("nnzoo: plugin z-") for line in lines)
    assert len(lines) == len(INSTALLED)


@pytest.mark.parametrize("strict", ["0", "1"])
def test_training_with_built_ins_is_silent_about_broken_plugins(house, nnzoo_command, tmp_path, strict):
    environment = {"PYTHONPATH": house, "NNZOO_STRICT_PLUGINS": strict}
    train = ("train", "--dataset", "digits", "--epochs", "1", "--quiet", "--run-dir", "run")
    outcome = nnzoo_command(tmp_path, *train, environment=environment)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["results"]["test_accuracy"] > 0.5


def test_training_with_built_ins_does_not_even_import_a_broken_plugin(run_nnzoo, tmp_path, write_plugin):
    site = write_plugin(tmp_path / "site", "broken", "import sys; sys.exit(9)")
    outcome = run_nnzoo("train", "--dataset", "digits", "--epochs", "1", environment={"PYTHONPATH": site})
    assert (outcome.code, outcome.stderr) == (0, "")


def test_strict_makes_a_broken_plugin_fatal(run_nnzoo, tmp_path, write_plugin):
    site = write_plugin(tmp_path / "site", "broken", "1 / 0")
    outcome = run_nnzoo("list-plugins", environment={"PYTHONPATH": site, "NNZOO_STRICT_PLUGINS": 1})
    assert outcome.code == 5
    assert outcome.stdout == ""
    assert "plugin broken 1.0 (entry point main) failed: ZeroDivisionError" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_component_that_fails_while_training_is_not_called_a_bug_of_nnzoo(run_nnzoo, tmp_path):
    (tmp_path / "late.py").write_text(HOOK.replace("out[...] = z", "raise RuntimeError('out of order')"))
    outcome = run_nnzoo("train", "--dataset", "digits", "--plugin", "late.py", "--activation", "mine")
    assert outcome.code == 5
    assert "late.py" in outcome.stderr
    assert "out of order" in outcome.stderr
    assert "bug in nnzoo" not in outcome.stderr
