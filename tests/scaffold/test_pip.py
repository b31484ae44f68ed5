"""A new package goes through pip, editable, into an environment of its own."""

import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.version import Version


def installed(distribution):
    try:
        return Version(version(distribution))
    except PackageNotFoundError:
        return Version("0")


@pytest.mark.skipif(
    installed("setuptools") < Version("77") or installed("pip") < Version("22.3"),
    reason="needs pip 22.3 and setuptools 77 where the tests run, since nothing is downloaded",
)
def test_pip_installs_it_nnzoo_trains_with_it_and_pip_removes_it(clean_variables, write_package, tmp_path):
    def python(*arguments, folder=tmp_path):
        done = subprocess.run(
            [environment / "bin/python", *arguments],
            cwd=folder, env=clean_variables(tmp_path), capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    _, package = write_package(tmp_path, "activation", "mine")
    python("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "-e", ".", folder=package)
    module = package / "nnzoo_mine" / "mine.py"
    module.write_text(
        module.read_text(encoding="utf-8").replace("= 1.0\n\n    def", "= 2.0\n\n    def"), encoding="utf-8"
    )
    assert "2.0" in python("-m", "nnzoo", "show", "activation", "mine")  # -e: a change counts at once
    assert "test accuracy" in python("-m", "nnzoo", "train", "--dataset", "digits", "--activation", "mine")
    python("-m", "pip", "uninstall", "-y", "nnzoo-mine")
    assert "nnzoo-mine" not in python("-m", "nnzoo", "list-plugins")
