"""The host: a broken plugin breaks only itself, loudly, and leaves the process as it was."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from nnzoo.errors import PluginError
from nnzoo.plugins.discovery import file_source
from nnzoo.plugins.host import load_components

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


def returning(text):
    return CLASS + f"\n@hookimpl\ndef nnzoo_activations():\n    {text}\n"


BROKEN = {
    "raises": ("raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "missing-dependency": ("import a_module_that_nobody_has", "No module named 'a_module_that_nobody_has'"),
    "syntax-error": ("def f(:\n", "SyntaxError"),
    "null-byte": ("x = 'a\0b'", "null bytes"),
    "exits": ("import sys; sys.exit(0)", "SystemExit"),
    "base-exception": ("class Rude(BaseException): pass\nraise Rude('bye')", "Rude: bye"),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "hook-raises": (returning("1 / 0"), "ZeroDivisionError"),
    "hook-exits": (returning("raise SystemExit(3)"), "SystemExit"),
    "returns-none": (returning("return None"), "must return a list of component classes, not NoneType"),
    "returns-generator": (returning("yield Mine"), "must return a list of component classes, not generator"),
    "returns-tuple": (returning("return (Mine,)"), "must return a list of component classes, not tuple"),
    "returns-class": (returning("return Mine"), "must return a list of component classes"),
    "lists-instance": (returning("return [Mine()]"), "lists an instance of Mine; list the class itself"),
    "lists-number": (returning("return [3]"), "lists 3, which is not a subclass of Activation"),
    "lists-other-kind": (
        CLASS + "@hookimpl\ndef nnzoo_optimizers():\n    return [Mine]\n",
        "not a subclass of Optimizer",
    ),
    "misspelt-hook": (CLASS + "@hookimpl\ndef nnzoo_activatons():\n    return [Mine]\n", "nnzoo_activatons"),
    "hook-with-argument": (
        CLASS + "@hookimpl\ndef nnzoo_activations(extra):\n    return [Mine]\n",
        "nnzoo_activations",
    ),
    "unmarked-hook": (CLASS + "def nnzoo_activations():\n    return [Mine]\n", "not marked with @hookimpl"),
    "no-hook": (CLASS, "implements no hook"),
    "abstract": (HOOK.replace("def backward", "def backwards"), "Mine does not define backward"),
    "no-name": (HOOK.replace('name: ClassVar[str] = "mine"', "pass"), "is not a component name"),
    "bad-name": (HOOK.replace('"mine"', '"My Activation"'), "'My Activation' is not a component name"),
    "slash-in-name": (HOOK.replace('"mine"', '"a/b"'), "'a/b' is not a component name"),
    "newline-in-name": (HOOK.replace('"mine"', '"mine\\n"'), "is not a component name"),
    "no-dataclass": (
        HOOK.replace("@dataclass(frozen=True)\n", "").replace('= "mine"', '= "mine"\n    alpha: float = 1.0'),
        "declares alpha but is not marked @dataclass",
    ),
    "prints": ("print('hello')\n" + HOOK, "prints to standard output: 'hello'"),
    "loosens-numpy": ("import numpy\nnumpy.seterr(divide='raise')\n" + HOOK, "np.seterr"),
    "moves": ("import os\nos.chdir('/')\n" + HOOK, "changes the working directory"),
    "moves-and-raises": ("import os\nos.chdir('/')\n1 / 0", "ZeroDivisionError"),
}


@pytest.fixture
def as_file(tmp_path):
    def write(source, name="plugin.py"):
        path = tmp_path / name
        path.write_text(source)
        return file_source(path)

    return write


def test_a_good_plugin_yields_its_classes(as_file):
    (component,) = load_components(as_file(HOOK))
    assert (component.kind, component.name) == ("activation", "mine")
    assert component() == component()


def test_several_hooks_yield_all_they_list(as_file):
    source = HOOK + "\n@hookimpl\ndef nnzoo_optimizers():\n    return []\n"
    assert [component.name for component in load_components(as_file(source))] == ["mine"]


def test_an_object_may_be_the_plugin(tmp_path, monkeypatch, write_plugin):
    source = (
        CLASS
        + "\nclass Plugin:\n    @hookimpl\n    def nnzoo_activations(self):\n        return [Mine]\nhere = Plugin()\n"
    )
    write_plugin(tmp_path / "site", "host-object", source, entries={"main": "host_object:here"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    from nnzoo.plugins.discovery import discover

    (found,) = [plugin for plugin in discover() if plugin.distribution == "host-object"]
    assert [component.name for component in load_components(found)] == ["mine"]
    monkeypatch.delitem(sys.modules, "host_object")


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_one_error_and_nothing_stays_behind(as_file, case):
    source, reason = BROKEN[case]
    plugin = as_file(source)
    directory, numpy_errors, modules, output = Path.cwd(), np.geterr(), set(sys.modules), sys.stdout
    try:
        with pytest.raises(PluginError) as caught:
            load_components(plugin)
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
    with pytest.raises(KeyboardInterrupt):
        load_components(as_file("raise KeyboardInterrupt"))


def test_a_file_that_is_not_python_is_refused(as_file):
    with pytest.raises(PluginError, match=r"must end in \.py"):
        load_components(as_file(HOOK, "plugin.txt"))


def test_two_files_of_one_name_are_two_plugins(tmp_path):
    sources = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plugin.py").write_text(HOOK.replace('"mine"', f'"mine-{folder}"'))
        sources.append(file_source(tmp_path / folder / "plugin.py"))
    assert [component.name for source in sources for component in load_components(source)] == ["mine-a", "mine-b"]


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory, nnzoo_command, write_plugin, activation_source):
    """All broken plugins installed beside a good one: the commands' outcomes and the listed rows by plugin."""
    folder = tmp_path_factory.mktemp("house")
    site = folder / "site"
    for case, (source, _) in BROKEN.items():
        write_plugin(site, f"z-{case}", source, version="0.3")
    write_plugin(site, "z-metadata", HOOK, version="0.3", entries={"main": "not a module"})
    write_plugin(site, "z-no-such-module", "", version="0.3", entries={"main": "a_module_that_nobody_has"})
    write_plugin(site, "zz-good", activation_source(), version="0.3")
    environment = {"PYTHONPATH": site}
    listed = nnzoo_command(folder, "list-plugins", "--json", environment=environment)
    trained = nnzoo_command(
        folder, "train", "--dataset", "digits", "--epochs", "1", "--activation", "tanh", environment=environment
    )
    rows = {row["plugin"]: row for row in json.loads(listed.stdout)}
    return listed, trained, rows


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        *((case, reason) for case, (_, reason) in BROKEN.items()),
        ("metadata", "'not a module' is neither module nor module:object"),
        ("no-such-module", "No module named 'a_module_that_nobody_has'"),
    ],
)
def test_an_installed_broken_plugin_is_named_with_reason_and_way_out(broken_house, case, reason):
    listed, _, rows = broken_house
    row = rows[f"z-{case}"]
    assert (row["status"], row["version"], row["entry_point"], row["components"]) == ("failed", "0.3", "main", {})
    assert reason in row["reason"]
    (line,) = [line for line in listed.stderr.splitlines() if f"z-{case} " in line]
    for fragment in (f"z-{case} 0.3 (entry point main)", reason, f"--no-plugin z-{case}", f"pip uninstall z-{case}"):
        assert fragment in line


def test_broken_plugins_do_not_break_the_others(broken_house):
    listed, trained, rows = broken_house
    assert listed.code == 0
    assert "Traceback" not in listed.stderr
    assert rows["zz-good"]["status"] == "ok"
    assert rows["zz-good"]["components"] == {"activation": ["tanh"]}
    assert rows["nnzoo"]["status"] == "ok"
    assert trained.code == 0, trained.stderr
    assert "test accuracy" in trained.stdout


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
