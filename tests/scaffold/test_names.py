"""Valid names of new plugins, and the names of module, class and distribution derived from them."""

import re
import sys

import pytest

from nnzoo.errors import UsageError
from nnzoo.kinds import KINDS
from nnzoo.plugins.discovery import PluginSource
from nnzoo.plugins.host import load_plugin
from nnzoo.plugins.registry import Registry
from nnzoo.scaffold.choice import choose_names, require_new_distribution
from nnzoo.scaffold.sources import single_file

MISSPELT = [
    ("LeakyTanh", "nnzoo new activation leaky-tanh"),
    ("leakyTanh2", "nnzoo new activation leaky-tanh2"),
    ("leaky_tanh", "nnzoo new activation leaky-tanh"),
    ("leaky tanh", "nnzoo new activation leaky-tanh"),
    ("Leaky Tanh!", "nnzoo new activation leaky-tanh"),
    ("-leaky--tanh-", "nnzoo new activation leaky-tanh"),
    ("nnzoo-leaky-tanh", "nnzoo new activation leaky-tanh"),
    ("nnzoo_leaky_tanh", "nnzoo new activation leaky-tanh"),
    ("leaky_tanh.py", "nnzoo new activation leaky-tanh"),
    ("../leaky-tanh", "nnzoo new activation leaky-tanh"),
    ("leaky-tanh\n", "nnzoo new activation leaky-tanh"),
    ("$class_name", "nnzoo new activation class-name"),
    ("tänh", "a good name is"),
    ("", "a good name is"),
    ("-", "a good name is"),
    ("x" * 31, "at most 30"),
]

# Words that Python, its standard library or the source itself needs: kind, name, module, class.
AWKWARD = [
    ("activation", "lambda", "my_lambda", "Lambda"),
    ("schedule", "true", "true", "MyTrue"),
    ("dataset", "2d-rings", "my_2d_rings", "My2dRings"),
    ("optimizer", "random", "my_random", "Random"),
    ("optimizer", "hookimpl", "my_hookimpl", "Hookimpl"),
    ("activation", "floats", "floats", "MyFloats"),
    ("loss", "loss", "loss", "MyLoss"),
    ("layer", "shape", "shape", "MyShape"),
    ("model", "activate", "activate", "MyActivate"),
    ("exporter", "json", "my_json", "Json"),
]


@pytest.mark.parametrize(("name", "hint"), MISSPELT)
def test_a_name_that_is_misspelt_is_refused_with_the_one_that_was_meant(builtins, name, hint):
    with pytest.raises(UsageError) as caught:
        choose_names(builtins, "activation", name)
    assert hint in caught.value.hint
    assert repr(name) in caught.value.message


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("activation", "relu", "built in"),
        ("layer", "dense", "built in"),
        ("dataset", "digits", "built in"),
        ("exporter", "numpy", "built in"),
        ("exporter", "onnx", "comes with nnzoo-onnx"),
        ("optimizer", "adam", "comes with nnzoo-optimizers"),
        ("schedule", "cosine", "comes with nnzoo-schedules"),
    ],
)
def test_a_name_that_nnzoo_or_a_known_package_has_is_refused(builtins, kind, name, why):
    with pytest.raises(UsageError, match=why) as caught:
        choose_names(builtins, kind, name)
    assert f"my-{name}" in caught.value.hint


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        (("activation", "mish"), ("activation", "mish")),
        (("model", "scale-mlp"), ("layer", "scale")),  # whose model would be called that
    ],
)
def test_a_name_that_another_plugin_has_is_refused(builtins, tmp_path, theirs, mine):
    file = tmp_path / "theirs.py"
    file.write_text(single_file(choose_names(builtins, *theirs)), encoding="utf-8")
    with pytest.raises(UsageError, match=r"comes with theirs\.py"):
        choose_names(Registry(files=[file], disabled=["all"]), *mine)


def test_an_installed_or_known_distribution_is_refused(
    builtins, tmp_path, monkeypatch, write_plugin, activation_source
):
    monkeypatch.syspath_prepend(write_plugin(tmp_path, "nnzoo-mish", activation_source("another"), version="1.2"))
    with pytest.raises(UsageError, match=r"nnzoo-mish 1\.2 is installed already") as caught:
        require_new_distribution(choose_names(builtins, "activation", "mish"))
    assert "pip uninstall nnzoo-mish" in caught.value.hint
    with pytest.raises(UsageError, match="nnzoo-optimizers"):
        require_new_distribution(choose_names(builtins, "optimizer", "optimizers"))


def test_an_unknown_kind_is_refused(builtins):
    with pytest.raises(UsageError, match="'activaton'") as caught:
        choose_names(builtins, "activaton", "mish")
    assert "did you mean activation?" in caught.value.hint
    with pytest.raises(UsageError, match="'mish'") as caught:
        choose_names(builtins, "mish", "activation")
    assert caught.value.hint == "the kind comes first: nnzoo new activation mish"


def test_the_help_names_every_kind(run_nnzoo):
    outcome = run_nnzoo("new", "--help")
    assert outcome.code == 0
    assert set(KINDS) <= set(re.findall(r"\w+", outcome.stdout))


@pytest.mark.parametrize(("kind", "name", "module", "class_name"), AWKWARD, ids=[name for _, name, *_ in AWKWARD])
def test_a_word_that_the_sources_use_is_avoided_only_in_python(
    write_package, tmp_path, monkeypatch, kind, name, module, class_name
):
    names, package = write_package(tmp_path, kind, name)
    assert (names.name, names.module, names.class_name) == (name, module, class_name)
    monkeypatch.syspath_prepend(package)
    first, *_ = load_plugin(PluginSource(names.distribution, "main", "0.1.0", names.package)).components
    assert (first.kind, first.name, first.__name__) == (kind, name, class_name)
    assert issubclass(first, KINDS[kind])
    assert first.__module__ == f"{names.package}.{module}" in sys.modules
