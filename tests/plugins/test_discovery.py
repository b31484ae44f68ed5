"""Discovery reads only metadata, in a fixed order, and never from the working directory."""

import sys
from pathlib import Path

import pytest

from nnzoo.plugins.discovery import PluginSource, canonical, discover, file_source
from nnzoo.terminal import one_line

SIDE_EFFECT = "from pathlib import Path\nPath({!r}).write_text('imported')\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on Python's path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def found(distribution):
    return [source for source in discover() if source.distribution == distribution]


def test_built_ins_are_found_through_the_same_entry_points():
    entries = {source.entry: source.target for source in discover() if source.is_builtin}
    assert entries == {
        kind: f"nnzoo.builtin.{kind}"
        for kind in (
            "activations",
            "datasets",
            "executors",
            "exporters",
            "joint",
            "layers",
            "losses",
            "merging",
            "metrics",
            "models",
            "observers",
            "optimizers",
            "pictures",
            "pixels",
            "preprocessors",
            "schedules",
            "searches",
            "tasks",
            "transforms",
            "zoo",
        )
    }


def test_an_installed_plugin_is_found_but_not_imported(site, tmp_path, write_plugin):
    effect = tmp_path / "effect"
    write_plugin(site, "found-me", SIDE_EFFECT.format(str(effect)), version="1.2")
    assert found("found-me") == [PluginSource("found-me", "main", "1.2", "found_me")]
    assert "found_me" not in sys.modules
    assert not effect.exists()


def test_plugins_come_sorted_and_every_entry_point_is_kept(site, write_plugin):
    write_plugin(site, "b-plugin", "", entries={"one": "b_plugin", "two": "b_plugin:x"})
    write_plugin(site, "a-plugin", "", entries={"two": "a_plugin", "one": "a_plugin"})
    sources = discover()
    assert sources == sorted(sources)
    keys = [source.key for source in sources]
    assert [key for key in keys if "-plugin:" in key] == [
        "a-plugin:one",
        "a-plugin:two",
        "b-plugin:one",
        "b-plugin:two",
    ]


def test_of_a_distribution_found_twice_the_first_on_the_path_counts(site, tmp_path, monkeypatch, write_plugin):
    write_plugin(site, "twice", "", version="1.0", entries={"old": "twice"})
    first = tmp_path / "first"
    write_plugin(first, "Twice", "", version="2.0", entries={"new": "twice"})
    monkeypatch.syspath_prepend(first)
    assert [(source.version, source.entry) for source in found("twice")] == [("2.0", "new")]


@pytest.mark.parametrize("target", ["a b", "module:", "1module", "os; import sys", ""])
def test_an_entry_point_that_names_nothing_importable_is_a_problem(site, write_plugin, target):
    write_plugin(site, "odd-target", "", entries={"main": target})
    (source,) = found("odd-target")
    assert source.problem


def test_an_entry_point_may_name_an_object(site, write_plugin):
    write_plugin(site, "with-object", "", entries={"main": "with_object:plugins.first"})
    (source,) = found("with-object")
    assert (source.target, source.problem) == ("with_object:plugins.first", "")


def test_metadata_without_a_name_goes_by_the_folder(site, write_plugin):
    write_plugin(site, "no-name", "", version="3", metadata="Metadata-Version: 2.1\n")
    assert [source.entry for source in found("no-name")] == ["main"]


def test_a_distribution_without_metadata_goes_by_the_folder(site, write_plugin):
    write_plugin(site, "no-metadata", "")
    (site / "no_metadata-1.0.dist-info" / "METADATA").unlink()
    assert found("no-metadata") == [PluginSource("no-metadata", "main", "", "no_metadata")]


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("entry_points.txt", b"[nnzoo]\nmain = \xff\xfe\n", "its entry_points.txt can't be read"),
        ("entry_points.txt", b"[nnzoo]\nmain bad_bytes\n", "its entry_points.txt is broken"),
        ("METADATA", b"Name: \xff\xfe\n", "its METADATA is broken"),
    ],
)
def test_a_broken_file_is_a_problem_of_that_distribution_alone(site, write_plugin, file, content, problem):
    write_plugin(site, "bad-bytes", "")
    (site / "bad_bytes-1.0.dist-info" / file).write_bytes(content)
    (source,) = found("bad-bytes")
    assert problem in source.problem
    assert found("nnzoo")


def test_a_distribution_for_others_is_not_a_plugin(site, write_plugin):
    write_plugin(site, "bystander", "")
    (site / "bystander-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nnnzoo-like = bystander:f\n")
    assert not found("bystander")


def test_a_file_is_a_plugin_named_like_the_file():
    source = file_source(Path("some") / "mish.py")
    assert source.is_file
    assert not source.is_builtin
    assert (source.key, str(source)) == ("mish.py", "mish.py")


@pytest.mark.parametrize("name", ["my-plugin", "My_Plugin", "my.plugin", "MY--plugin"])
def test_names_of_distributions_are_compared_in_one_form(name):
    assert canonical(name) == "my-plugin"


def test_the_working_directory_is_not_searched(run_nnzoo, tmp_path, write_plugin):
    write_plugin(tmp_path, "hostile", SIDE_EFFECT.format(str(tmp_path / "effect")))
    for module in ("click", "rich", "numpy", "nnzoo_plugin"):
        (tmp_path / f"{module}.py").write_text(SIDE_EFFECT.format(str(tmp_path / "effect")))
    outcome = run_nnzoo("list-plugins")
    assert outcome.code == 0, outcome.stderr
    assert "hostile" not in outcome.stdout + outcome.stderr
    assert not (tmp_path / "effect").exists()


def test_python_that_leaves_out_the_working_directory_itself_loses_nothing_more(run_nnzoo, tmp_path, write_plugin):
    site = write_plugin(tmp_path / "site", "wanted", "")
    outcome = run_nnzoo("list-plugins", "--no-load", python_options=["-P"], environment={"PYTHONPATH": site})
    assert outcome.code == 0, outcome.stderr
    assert "wanted" in outcome.stdout


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("nnzoo>=99", "it needs nnzoo>=99, but this is nnzoo"),
        ("NNzoo<0.0.1", "it needs nnzoo<0.0.1"),
        ("nnzoo>>1", "its METADATA is broken: InvalidRequirement: "),
        ("nnzoo>=99; python_version > '3'", "it needs nnzoo>=99"),
        ("nnzoo>=99; python_version < '3'", ""),  # asked for elsewhere only
        ("nnzoo>=99; extra == 'future'", ""),
        ("nnzoo>=0.0.1", ""),
        ("numpy>=99", ""),  # not ours to check
        ("nnzoo-optimizers>=99", ""),
        ("numpy>>1", ""),
    ],
)
def test_a_plugin_for_another_version_of_nnzoo_has_a_problem(site, write_plugin, requirement, problem):
    metadata = f"Metadata-Version: 2.1\nName: other-times\nVersion: 1.0\nRequires-Dist: {requirement}\n"
    write_plugin(site, "other-times", "", metadata=metadata)
    (source,) = found("other-times")
    assert source.problem.startswith(problem)
    assert bool(source.problem) == bool(problem)
    assert "\n" not in source.problem


def test_texts_from_metadata_are_safe_to_print(site, write_plugin):
    metadata = "Metadata-Version: 2.1\nName: a\x1b[31m\nVersion: 1\x07\n"
    write_plugin(site, "in-colour", "", entries={"ma\x1b[31min": "in_colour"}, metadata=metadata)
    (source,) = [source for source in discover() if source.target == "in_colour"]
    assert str(source) == r"a\x1b[31m 1\x07 (entry point ma\x1b[31min)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("  two words \nand more", "two words"),
        ("a\tb\x00", r"a\tb\x00"),
        ("naïve “quotes” — ∂L/∂z", "naïve “quotes” — ∂L/∂z"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_untrusted_texts_are_one_line_without_control_characters(text, shown):
    assert one_line(text) == shown
