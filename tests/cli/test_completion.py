"""``nnzoo completion``: what a real shell offers for a word that has begun."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BASH = """
eval "$(nnzoo completion bash)"
complete -p nnzoo > /dev/null
"""
WORD_IN_BASH = """
COMP_WORDS=({words}) COMP_CWORD={last} COMPREPLY=()
_nnzoo_completion nnzoo
echo "{line}: ${{COMPREPLY[@]}}"
"""
FISH = """
nnzoo completion fish | source
complete --do-complete '{line}'
"""
CASES = {
    "nnzoo tr": "train",
    "nnzoo zoo ver": "verify",
    "nnzoo train --optimi": "--optimizer",
    "nnzoo train --optimizer mo": "momentum",
    "nnzoo train --plugin mish.py --activation mi": "mish",
}
RARE = {
    "nnzoo train --dataset dig": "digits",
    "nnzoo train --observe av": "average",
    "nnzoo sweep --schedule one": "one-cycle",
}


def offered(shell, script):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outcome = subprocess.run([shell, "-c", script], capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert (outcome.returncode, outcome.stderr) == (0, "")
    return {line.split("\t")[0] for line in outcome.stdout.splitlines()}


@pytest.fixture(autouse=True)
def mish(clean_environment, activation_source):
    Path("mish.py").write_text(activation_source("mish"))


@pytest.mark.parametrize("cases", [CASES, pytest.param(RARE, marks=pytest.mark.thorough)])
def test_bash_completes(cases):
    words = [WORD_IN_BASH.format(words=line, line=line, last=len(line.split()) - 1) for line in cases]
    assert offered("bash", BASH + "".join(words)) == {f"{line}: {name}" for line, name in cases.items()}


@pytest.mark.parametrize(
    "line",
    ["nnzoo train --optimi", *(pytest.param(one, marks=pytest.mark.thorough) for one in ("nnzoo tr", "nnzoo zoo ver"))],
)
def test_fish_completes(line):
    assert offered("fish", FISH.format(line=line)) == {CASES[line]}


def test_zsh_knows_the_script():
    assert offered("zsh", 'autoload -U compinit; compinit -u; eval "$(nnzoo completion zsh)"; echo $_comps[nnzoo]') == {
        "_nnzoo_completion"
    }


def test_a_broken_plugin_is_no_reason_to_say_anything(run_nnzoo):
    Path("broken.py").write_text("raise RuntimeError")
    words = "nnzoo train --plugin broken.py --activation re"
    asked = {"_NNZOO_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "5"}
    outcome = run_nnzoo(environment=asked)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "file,re\n", "")


def test_another_shell_is_refused(run_nnzoo):
    outcome = run_nnzoo("completion", "csh")
    assert outcome.code == 2
    assert all(shell in outcome.stderr for shell in ("bash", "zsh", "fish"))
