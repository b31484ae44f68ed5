"""Commands that plugins bring: announced by metadata, imported when they run, told apart by who brings them."""

import json

import pytest

SOURCE = """\
from pathlib import Path

import click

from nnzoo.api import UsageError, hookimpl

Path({trace!r}).touch()


@click.command({name!r})
@click.option("--fail", default="")
@click.pass_obj
def command(registry, fail):
    \"\"\"Tell which optimizers there are.\"\"\"
    if fail == "told":
        raise UsageError("not so", hint="but so")
    if fail == "click":
        raise click.BadParameter("not so")
    if fail == "bug":
        raise ValueError("oops")
    if fail == "exit":
        click.get_current_context().exit(9)
    click.echo("{word} " + ",".join(registry.names("optimizer")))


@hookimpl
def nnzoo_commands():
    return [command]
"""


@pytest.fixture
def bring(tmp_path, write_plugin):
    """Install a distribution with one command; it leaves a file with its name when it is imported."""
    site = tmp_path / "site"

    def install(distribution, name="tell", *, announced=None, source=SOURCE, entries=None):
        text = source.format(trace=str(tmp_path / distribution), name=name, word=distribution)
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\nSummary: What {distribution} does.\n"
        commands = (name,) if announced is None else announced
        write_plugin(site, distribution, text, commands=commands, metadata=metadata, entries=entries)
        return {"PYTHONPATH": site}

    return install


def test_a_command_that_shows_broken_files_runs_beside_one(run_nnzoo, tmp_path, bring):
    broken = tmp_path / "broken.py"
    broken.write_text("raise ValueError('the flux is not aligned')")
    bring("nnzoo-a")
    source = SOURCE.replace("@hookimpl", "command.shows_broken_plugins = True\n\n\n@hookimpl")
    environment = bring("nnzoo-b", "display", source=source)
    outcomes = [run_nnzoo(word, "--plugin", broken, environment=environment) for word in ("tell", "display")]
    assert [outcome.code for outcome in outcomes] == [5, 0]
    assert all("the flux is not aligned" in outcome.stderr for outcome in outcomes)


def section(help_text):
    return help_text.partition("Commands from plugins:")[2].split()


def test_help_names_it_with_the_summary_and_imports_nothing_of_it(run_nnzoo, tmp_path, bring):
    outcome = run_nnzoo("--help", environment=bring("nnzoo-a"))
    assert (outcome.code, outcome.stderr) == (0, "")
    assert section(outcome.stdout) == ["tell", "What", "nnzoo-a", "does."]
    assert not (tmp_path / "nnzoo-a").exists()


def test_it_gets_the_registry(run_nnzoo, bring):
    outcome = run_nnzoo("tell", environment=bring("nnzoo-a") | {"NNZOO_STRICT_PLUGINS": "1"})
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "nnzoo-a momentum,sgd\n", "")


def test_help_of_the_command_imports_no_other_plugin(run_nnzoo, tmp_path, bring):
    bring("nnzoo-b", "other")
    outcome = run_nnzoo("tell", "--help", environment=bring("nnzoo-a"))
    assert "Tell which optimizers there are." in outcome.stdout
    assert {"--fail", "--plugin", "--no-plugin", "--debug"} <= {*outcome.stdout.split()}
    assert (tmp_path / "nnzoo-a").exists()
    assert not (tmp_path / "nnzoo-b").exists()


@pytest.mark.parametrize(
    ("fail", "code", "said"),
    [("told", 2, "but so"), ("click", 2, "not so"), ("bug", 5, "plugin nnzoo-a 1.5"), ("exit", 9, "")],
)
def test_its_errors_end_it_as_those_of_any_command(run_nnzoo, bring, fail, code, said):
    outcome = run_nnzoo("tell", "--fail", fail, environment=bring("nnzoo-a"))
    assert (outcome.code, outcome.stdout) == (code, "")
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_its_module_need_be_no_plugin_beside(run_nnzoo, bring):
    environment = bring("nnzoo-a", entries={})
    assert run_nnzoo("tell", environment=environment).code == 0
    rows = json.loads(run_nnzoo("list-plugins", "--json", environment=environment).stdout)
    assert [row["components"] for row in rows if row["plugin"] == "nnzoo-a"] == [{"command": ["tell"]}]


def test_two_of_one_name_are_distinguished(run_nnzoo, bring):
    bring("nnzoo-b")
    environment = bring("nnzoo-a")
    outcome = run_nnzoo("tell", environment=environment)
    assert outcome.code == 2
    assert {"nnzoo-a", "nnzoo-b", "nnzoo-a/tell", "nnzoo-b/tell"} <= {*outcome.stderr.split()}
    assert run_nnzoo("nnzoo-b/tell", environment=environment).stdout.startswith("nnzoo-b ")
    assert {"nnzoo-a/tell", "nnzoo-b/tell"} <= {*section(run_nnzoo("--help", environment=environment).stdout)}
    rows = json.loads(run_nnzoo("list-plugins", "--json", environment=environment).stdout)
    assert [(r["status"], r["components"]) for r in rows if r["plugin"] != "nnzoo"] == [
        ("clash", {"command": ["tell"]})
    ] * 2


def test_a_built_in_name_stays_the_built_in_command(run_nnzoo, bring):
    environment = bring("nnzoo-a", "summary")
    assert "nnzoo-a" not in run_nnzoo("summary", "--help", environment=environment).stdout
    assert section(run_nnzoo("--help", environment=environment).stdout)[0] == "nnzoo-a/summary"
    assert run_nnzoo("nnzoo-a/summary", environment=environment).stdout.startswith("nnzoo-a ")


@pytest.mark.parametrize(
    ("source", "announced", "reason"),
    [
        ("raise RuntimeError('out of order')", ("tell",), "out of order"),
        (SOURCE, ("tell", "more"), "more"),
        (SOURCE, ("tell", "Not_So"), "Not_So"),
        (SOURCE.replace("[command]", "[command, 3]"), ("tell",), "lists an int"),
        (SOURCE.replace("[command]", "[command, command]"), ("tell",), "more than once"),
    ],
)
def test_a_broken_plugin_breaks_its_own_command_alone(run_nnzoo, bring, source, announced, reason):
    environment = bring("nnzoo-a", announced=announced, source=source)
    assert "tell" in section(run_nnzoo("--help", environment=environment).stdout)
    outcome = run_nnzoo("tell", environment=environment)
    assert (outcome.code, outcome.stdout) == (5, "")
    assert "plugin nnzoo-a 1.5" in outcome.stderr
    assert reason in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_command_that_is_not_announced_fails_with_the_line_that_is_missing(run_nnzoo, bring):
    rows = json.loads(run_nnzoo("list-plugins", "--json", environment=bring("nnzoo-a", announced=())).stdout)
    (row,) = [row for row in rows if row["plugin"] == "nnzoo-a"]
    assert row["status"] == "failed"
    assert 'tell = "nnzoo_a"' in row["reason"]


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_disabled_plugin_has_no_commands(run_nnzoo, tmp_path, bring, way):
    environment = bring("nnzoo-a")
    arguments = ("--no-plugin", "nnzoo-a") if way == "option" else ()
    if way == "variable":
        environment["NNZOO_DISABLE_PLUGINS"] = "all"
        assert section(run_nnzoo("--help", environment=environment).stdout) == []
    outcome = run_nnzoo("tell", *arguments, environment=environment)
    assert outcome.code == 2
    assert not (tmp_path / "nnzoo-a").exists()


def test_a_single_file_can_have_a_command(run_nnzoo, tmp_path):
    (tmp_path / "mine.py").write_text(SOURCE.format(trace=str(tmp_path / "x"), name="tell-all", word="mine"))
    for words in (("tell-all",), ("tell_all",), ("mine.py/tell-all",)):
        assert run_nnzoo(*words, "--plugin", "mine.py").stdout == "mine momentum,sgd\n"
    for option in ("--plugin=mine.py", "--plugin=./mine.py"):
        assert run_nnzoo("tell-all", option).code == 0
    assert "command: tell-all" in run_nnzoo("list-plugins", "--plugin", "mine.py").stdout


@pytest.mark.parametrize(
    ("words", "meant"), [(["tel"], "tell"), (["trian"], "train"), (["trian", "--plugin", "mine.py"], "train")]
)
def test_a_slip_of_the_finger_is_understood(run_nnzoo, tmp_path, bring, words, meant):
    (tmp_path / "mine.py").write_text(SOURCE.format(trace=str(tmp_path / "x"), name="far-off", word="mine"))
    outcome = run_nnzoo(*words, environment=bring("nnzoo-a"))
    assert outcome.code == 2
    assert f"Did you mean {meant}" in outcome.stderr


def test_with_json_an_error_is_one_object(run_nnzoo, bring):
    source = SOURCE.replace(
        '@click.option("--fail"', '@click.option("--json", is_flag=True, expose_value=False)\n@click.option("--fail"'
    )
    outcome = run_nnzoo("tell", "--json", "--fail", "bug", environment=bring("nnzoo-a", source=source))
    assert json.loads(outcome.stdout)["error"]["exit_code"] == outcome.code == 5
