"""``nnzoo install`` and ``nnzoo uninstall``: real packages, put by the real pip into environments made for the test."""

import ast
import importlib.util
import io
import os
import re
import shlex
import signal
import site
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

import nnzoo
from nnzoo.cli.main import cli
from nnzoo.errors import UsageError

PACKAGE = Path(nnzoo.__file__).parent
PIP = f"{shlex.quote(sys.executable)} -P -m pip"
"""How pip of this environment is run."""

BACKEND = """
import shutil
from pathlib import Path

def build_wheel(directory, config_settings=None, metadata_directory=None):
    {action}
    (wheel,) = Path(__file__).parent.glob("*.whl")
    return shutil.copy(wheel, directory) and wheel.name
"""


class Environment:
    """A virtual environment that has nnzoo and pip, and into which nothing else has been installed."""

    def __init__(self, folder):
        venv.create(folder / "env", with_pip=importlib.util.find_spec("pip") is None)
        layout = {"base": str(folder / "env"), "platbase": str(folder / "env")}
        paths = sysconfig.get_paths("venv", layout)
        outer = "; ".join(f"site.addsitedir({path!r})" for path in site.getsitepackages())
        Path(paths["purelib"], "outer.pth").write_text(f"import site; {outer}\n")
        self.python = str(Path(paths["scripts"], "python"))
        self.packages = Path(paths["purelib"])
        self.pip = f"{shlex.quote(self.python)} -P -m pip"

    def work_in(self, folder, variables):
        """Run commands in an empty folder."""
        self.folder = folder / "here"
        self.folder.mkdir()
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        kept = {name: value for name, value in variables.items() if not name.startswith("PIP_")}
        self.variables = kept | pip
        return self

    def start(self, *arguments, environment=None, **options):
        return subprocess.Popen(
            [self.python, "-m", "nnzoo", *map(str, arguments)],
            cwd=self.folder,
            env=self.variables | {name: str(value) for name, value in (environment or {}).items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **{"stdin": subprocess.DEVNULL, **options},
        )

    def run(self, *arguments, **options):
        """Exit code, standard output and standard error of a command."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def plugins(self):
        """The metadata of the plugins that are installed."""
        return sorted(path.name for path in self.packages.glob("z_*.dist-info"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment for tests that leave it as it was."""
    return Environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def here(environment, tmp_path, clean_variables):
    yield environment.work_in(tmp_path, clean_variables(tmp_path))
    assert environment.plugins() == []


@pytest.fixture
def alone(tmp_path, clean_variables):
    """An environment of its own, for a test that installs something to stay."""
    return Environment(tmp_path).work_in(tmp_path, clean_variables(tmp_path))


@pytest.fixture
def fake_pip(tmp_path):
    """A folder with a pip that does as it is told, for Python's path."""

    def write(source):
        (tmp_path / "fake" / "pip").mkdir(parents=True)
        (tmp_path / "fake" / "pip" / "__init__.py").touch()
        (tmp_path / "fake" / "pip" / "__main__.py").write_text(source)
        return tmp_path / "fake"

    return write


@pytest.fixture
def run_here(tmp_path, monkeypatch, nnzoo_here, fork_nnzoo, fake_pip):
    """Run a command in this process, with `fake_pip`'s folder on Python's path; that pip is a process, as always.

    ``nnzoo list-plugins``, which the command starts, is a fork. Where no pip was written, running it leaves a trace.
    """
    site = tmp_path / "fake"

    def fork(command, *, env, capture_output, **_):
        assert (command[:4], capture_output) == ([sys.executable, "-P", "-m", "nnzoo"], True)
        outcome = fork_nnzoo(tmp_path, command[4:], env, 300, 0)
        return subprocess.CompletedProcess(command, outcome.code, outcome.stdout, outcome.stderr)

    def run(*arguments):
        if not site.exists():
            fake_pip("import pathlib; pathlib.Path('pip has run').touch()")
        monkeypatch.setattr(subprocess, "run", fork)
        monkeypatch.syspath_prepend(site)
        outcome = nnzoo_here(tmp_path, *arguments, environment={"PYTHONPATH": site})
        return outcome.code, outcome.stdout, outcome.stderr

    return run


def make_wheel(folder, name, source="", *, version="1.0", plugin=True, module=None):
    """Write a wheel of one module, by hand."""
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    files = {
        f"{module or stem}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if plugin:
        files[f"{info}/entry_points.txt"] = f"[nnzoo]\nmain = {stem}\n"
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


def make_project(folder, name, source="", *, action="pass", **options):
    """Write a folder that pip builds, with a build backend of its own, so that nothing has to be fetched."""
    folder.mkdir(parents=True)
    make_wheel(folder, name, source, **options)
    (folder / "backend.py").write_text(BACKEND.format(action=action))
    table = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(table)
    return folder


@pytest.fixture
def answer():
    """A terminal at which somebody has typed an answer; to be standard input."""
    pty = pytest.importorskip("pty")
    ends = pty.openpty()

    def typed(text):
        os.write(ends[0], f"{text}\n".encode())
        return ends[1]

    yield typed
    for end in ends:
        os.close(end)


def test_a_plugin_comes_and_goes(run_here, fake_pip, answer, monkeypatch, write_plugin, activation_source, tmp_path):
    new = write_plugin(tmp_path / "new", "z-one", activation_source("one"))
    fake_pip(
        "import shutil, sys\n"
        "if sys.argv[1:] == ['uninstall', '--yes', 'z-one']: shutil.rmtree(sys.path[0] + '/z_one-1.0.dist-info')\n"
        f"else: shutil.copytree({str(new)!r}, sys.path[0], dirs_exist_ok=True)"
    )
    with open(answer("y"), closefd=False) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        code, out, err = run_here("install", "z-one")
    assert (code, err) == (0, "")
    assert out.startswith(f"{PIP} install z-one\nRun it? [y/N]: ")
    assert out.endswith("z-one 1.0 was installed\n  added activation: one\n")
    code, out, _ = run_here("uninstall", "Z_one", "--yes")
    assert (code, out.splitlines()[-2:]) == (0, ["z-one 1.0 was removed", "  removed activation: one"])


@pytest.mark.thorough
def test_a_plugin_comes_is_replaced_and_goes(here, answer, activation_source):
    first = make_wheel(here.folder, "z-one", activation_source("one"))
    second = make_wheel(here.folder, "z-one", activation_source("another"), version="1.1")
    code, out, err = here.run("install", first.name, stdin=answer("y"))
    assert (code, err) == (0, "")
    assert out.startswith(f"{here.pip} install {first.name}\nRun it? [y/N]: ")
    *_, installed, added = out.splitlines()
    assert (installed, added) == ("z-one 1.0 was installed", "  added activation: one")
    code, out, _ = here.run("install", "z_One", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "z-one 1.0 has not changed")
    code, out, _ = here.run("install", f"./{second.name}", "--yes")
    replaced = ["z-one 1.1 has replaced 1.0", "  added activation: another", "  removed activation: one"]
    assert (code, out.splitlines()[-3:]) == (0, replaced)
    code, out, _ = here.run("uninstall", "Z_one", "--yes")
    assert out.splitlines()[0] == f"{here.pip} uninstall --yes z-one"
    assert (code, out.splitlines()[-2:]) == (0, ["z-one 1.1 was removed", "  removed activation: another"])
    assert here.plugins() == []


@pytest.mark.thorough
def test_folders_are_installed_and_useless_packages_are_named(alone, activation_source):
    make_project(alone.folder / "good", "z-good", activation_source("good"))
    make_project(alone.folder / "broken", "z-broken", "raise RuntimeError('out of order')")
    make_project(alone.folder / "useless", "z-useless", plugin=False)
    code, out, err = alone.run("install", "./good", f"{alone.folder}/broken", "useless/", "--yes")
    assert code == 5
    assert out.splitlines()[-4:] == [
        "z-broken 1.0 was installed",
        "z-good 1.0 was installed",
        "  added activation: good",
        "z-useless is installed, but contains no nnzoo plugin",
    ]
    assert "plugin z-broken 1.0 (entry point main) failed: RuntimeError: out of order" in err
    assert err.endswith(": nnzoo uninstall z-broken\n")


@pytest.mark.thorough
def test_a_package_that_is_not_a_plugin_is_named_with_the_cure(alone):
    wheel = make_wheel(alone.folder, "z-useless", plugin=False)
    code, _, err = alone.run("install", wheel, "--yes")
    assert code == 5
    assert "z-useless is installed, but contains no nnzoo plugin" in err
    assert err.endswith(f": {alone.pip} uninstall z-useless\n")


def test_each_useless_plugin_is_named(run_here, fake_pip, write_plugin):
    folder = fake_pip("raise SystemExit(0)")
    write_plugin(folder, "z-empty", "from nnzoo.api import hookimpl\n@hookimpl\ndef nnzoo_losses():\n    return []\n")
    write_plugin(folder, "z-broken", "1 / 0")
    code, _, err = run_here("install", "z-empty", "z-broken", "--yes")
    assert code == 5
    assert "(entry point main) failed: ZeroDivisionError: division by zero; z-empty 1.0 has no component" in err
    assert err.endswith(": nnzoo uninstall z-broken; nnzoo uninstall z-empty\n")


def test_added_and_removed_components_are_printed(run_here, fake_pip, write_plugin, activation_source, tmp_path):
    new = write_plugin(tmp_path / "new", "z-one", activation_source("another"), version="1.1")
    site = fake_pip(
        "import shutil, sys\n"
        "shutil.rmtree(sys.path[0] + '/z_one-1.0.dist-info', ignore_errors=True)\n"
        f"shutil.copytree({str(new)!r}, sys.path[0], dirs_exist_ok=True)"
    )
    write_plugin(site, "z-one", activation_source("one"))
    code, out, _ = run_here("install", "z-one", "--yes")
    assert (code, out.splitlines()[1:]) == (
        0,
        ["z-one 1.1 has replaced 1.0", "  added activation: another", "  removed activation: one"],
    )
    code, out, _ = run_here("install", "z-one", "--yes")
    assert (code, out.splitlines()[1:]) == (0, ["z-one 1.1 has not changed"])


def test_the_hint_does_not_uninstall_packages_installed_before(run_here, fake_pip):
    fake_pip("raise SystemExit(0)")
    code, _, err = run_here("install", "numpy", "--yes")
    assert code == 5
    assert err == "nnzoo: error: numpy is installed, but contains no nnzoo plugin\n"


@pytest.mark.thorough
def test_a_package_that_breaks_nnzoo_is_reported_with_the_cure(alone):
    wheel = make_wheel(alone.folder, "z-shadow", "raise RuntimeError('not the click you know')", module="click")
    code, _, err = alone.run("install", wheel.name, "--yes")
    assert code == 5
    assert "nnzoo can't list its plugins: RuntimeError: not the click you know" in err
    assert f"uninstall it: {alone.pip} uninstall z-shadow" in err


@pytest.mark.thorough
def test_a_clash_and_a_plugin_that_is_left_out_are_noted(alone, write_plugin, activation_source):
    folder = write_plugin(alone.folder / "site", "z-there", activation_source("same"))
    for name in ("z-same", "z-left-out"):
        make_wheel(alone.folder, name, activation_source("same"))
    wheels = ("z_same-1.0-py3-none-any.whl", "z_left_out-1.0-py3-none-any.whl")
    environment = {"PYTHONPATH": folder, "NNZOO_DISABLE_PLUGINS": "z-left-out", "NNZOO_STRICT_PLUGINS": "1"}
    code, out, err = alone.run("install", *wheels, "--yes", environment=environment)
    assert (code, err) == (0, "")
    assert out.endswith(
        "z-left-out 1.0 was installed\n  note: it is disabled\n"
        "z-same 1.0 was installed\n  added activation: same\n"
        "  note: activation same is also provided by z-there 1.0 (entry point main); write z-same/same\n"
        "z-there 1.0\n"
        "  note: activation same is also provided by z-same 1.0 (entry point main); write z-there/same\n"
    )


def test_pip_does_not_run_if_the_answer_is_no(run_here, answer, monkeypatch, tmp_path):
    with open(answer("n"), closefd=False) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        code, out, err = run_here("install", "z-asked")
    assert (code, out, err) == (0, f"{PIP} install z-asked\nRun it? [y/N]: ", "")
    assert not (tmp_path / "pip has run").exists()


def test_without_a_terminal_nothing_is_run_unless_confirmed(run_here, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, out, err = run_here("install", "z-asked")
    assert (code, out) == (2, f"{PIP} install z-asked\n")
    assert "--yes" in err
    assert not (tmp_path / "pip has run").exists()
    run_here("install", "z-asked", "--yes")
    assert (tmp_path / "pip has run").exists()


def test_the_error_message_of_pip_is_repeated(here):
    (here.folder / "pip.py").write_text("raise RuntimeError('this is not pip')")
    code, out, err = here.run("install", "z-nowhere>=2", "--yes")
    assert code == 5
    assert out.splitlines()[0] == f"{here.pip} install 'z-nowhere>=2'"
    last = [line for line in err.splitlines() if line.startswith("nnzoo: error: ")]
    assert last == [
        "nnzoo: error: pip install failed (exit code 1): ERROR: No matching distribution found for z-nowhere>=2"
    ]


@pytest.mark.parametrize(
    ("said", "passed_on"),
    [
        ("error: externally-managed-environment\n\n× managed elsewhere", ": error: externally-managed-environment"),
        pytest.param("Killed", ": Killed", marks=pytest.mark.thorough),
        pytest.param("", "", marks=pytest.mark.thorough),
    ],
)
def test_any_failure_of_pip_is_reported_in_its_words(run_here, fake_pip, said, passed_on):
    fake_pip(f"import sys; sys.stderr.write({said!r}); sys.exit(3)")
    code, _, err = run_here("install", "z-nowhere", "--yes")
    assert code == 5
    assert err.startswith(said)
    assert err.endswith(f"nnzoo: error: pip install failed (exit code 3){passed_on}\n")


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("nnzoo-conv>=0.2.0", "nnzoo install conv"),
        pytest.param("nnzoo-other", "", marks=pytest.mark.thorough),
    ],
)
def test_a_missing_requirement_from_nnzoo_is_named_with_its_command(run_here, fake_pip, what, hint):
    said = f"ERROR: No matching distribution found for {what}"
    fake_pip(f"import sys; sys.stderr.write({said!r}); sys.exit(1)")
    _, _, err = run_here("install", "datasts>=1", "--yes")
    assert f"(exit code 1): {said}" in err
    assert ("nnzoo install conv" in err) == bool(hint)


def test_an_environment_without_pip_is_reported_with_the_cure(run_here, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    code, _, err = run_here("install", "z-nowhere", "--yes")
    assert code == 5
    assert "no pip" in err
    assert f"{shlex.quote(sys.executable)} -m ensurepip" in err
    assert f"uv pip install --python {shlex.quote(sys.executable)} z-nowhere" in err


@pytest.mark.parametrize("pip", ["fake", pytest.param("real", marks=pytest.mark.thorough)])
def test_an_interrupt_ends_pip_too(here, fake_pip, pip):
    started = here.folder / "started"
    action = f"from pathlib import Path; Path({str(started)!r}).touch(); import time; time.sleep(60)"
    site = fake_pip(action) if pip == "fake" else ""
    make_project(here.folder / "slow", "z-slow", action=action)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells have background jobs ignore it
    process = here.start("install", "./slow", "--yes", start_new_session=True, environment={"PYTHONPATH": site})
    signal.signal(signal.SIGINT, before)
    while not started.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "nnzoo: interrupted" in err
    assert "was installed" not in out
    assert here.plugins() == []


def test_a_plugin_that_pip_did_not_install_stays_and_is_named(run_here, fake_pip, write_plugin, activation_source):
    write_plugin(fake_pip("raise SystemExit(0)"), "z-by-hand", activation_source("by-hand"))
    code, _, err = run_here("uninstall", "z-by-hand", "--yes")
    assert code == 5
    assert "z-by-hand is still installed" in err
    assert f"{PIP} show z-by-hand" in err


REFUSED = [
    (("install", "--", "-r", "list.txt"), "'-r' is not a package", "-m pip"),
    (
        ("install", "--", "--index-url=https://example.org"),
        "'--index-url=https://example.org' is not a package",
        "-m pip",
    ),
    (("install", "datasts"), "close to 'datasets'", "did you mean datasets?"),
    (("install", "nnzoo_optimiser"), "close to 'optimizers'", "did you mean optimizers?"),
    (("install", "cnov[x]"), "close to 'conv'", "'cnov>=VERSION'"),
    (("install", "adam"), "'adam' is a component, not a package", "nnzoo install nnzoo-optimizers"),
    (("install", "nnzoo"), "nnzoo itself is not a plugin", "pip install --upgrade nnzoo"),
    (("install", "NnZoo>=0.1"), "nnzoo itself is not a plugin", "pip install --upgrade nnzoo"),
    (("install", "./z-their"), "there is no folder or file './z-their'", "did you mean z-there?"),
    (("install", "z_there-1.0-py3-none-any.whl"), "there is no folder or file", ""),
    (("install", "./mish.py"), "'./mish.py' is a single file", "--plugin ./mish.py"),
    (("install", "two words"), "'two words' is not a package", "./FOLDER"),
    (("install", ""), "'' is not a package", "./FOLDER"),
    (("install", "git+https://example.org/z"), "names no package", "NAME @ git+https://example.org/z"),
    (("install", "z-there", "adam"), "'adam' is a component", ""),  # one bad name is enough
    (("uninstall", "nnzoo"), "nnzoo itself is not a plugin", "pip uninstall nnzoo"),
    (("uninstall", "numpy"), "'numpy' is not an installed plugin", "installed are z-there"),
    (("uninstall", "z-their"), "'z-their' is not an installed plugin", "did you mean z-there?"),
    (("uninstall", "./z-there"), "'./z-there' is not an installed plugin", "did you mean z-there?"),
    (("uninstall", "adam"), "'adam' is a component, not a package", "nnzoo uninstall nnzoo-optimizers"),
    (("uninstall", "--", "-r"), "'-r' is not a package", "-m pip"),
]


@pytest.mark.parametrize(("arguments", "said", "hint"), REFUSED, ids=[" ".join(case[0]) for case in REFUSED])
def test_invalid_names_are_refused_before_pip_is_run(tmp_path, monkeypatch, write_plugin, arguments, said, hint):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(write_plugin(tmp_path / "site", "z-there", ""))
    (tmp_path / "z-there").mkdir()
    result = CliRunner().invoke(cli, arguments)
    assert (result.output, type(result.exception)) == ("", UsageError)
    assert said in result.exception.message
    assert hint in (result.exception.hint or "")


def test_without_any_plugin_there_is_nothing_to_uninstall(run_here):
    code, out, err = run_here("uninstall", "z-there", "--yes")
    assert (code, out) == (2, "")
    assert "'z-there' is not an installed plugin\n  only the built-in plugins are installed" in err


def test_nothing_but_these_commands_runs_pip():
    """The command line imports them by name, and no module does; only theirs has the string ``pip``."""
    for path in PACKAGE.rglob("*.py"):
        if not re.search(r"pip|nnzoo\.cli\.install", text := path.read_text(encoding="utf-8")):
            continue
        nodes = list(ast.walk(ast.parse(text)))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        words = {node.value for node in nodes if isinstance(node, ast.Constant)}
        module = path.relative_to(PACKAGE).as_posix()
        assert not {name for name in imported if name.split(".")[0] in ("pip", "ensurepip")}, module
        assert "nnzoo.cli.install" not in imported, module
        assert ("pip" in words) == (module == "cli/install.py"), module
