"""`nnzoo.sklearn` and scikit-learn do not get in each other's way."""

import subprocess
import sys


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)


def test_without_scikit_learn_the_error_says_what_to_install():
    done = python("import sys; sys.modules['sklearn'] = None; import nnzoo.sklearn")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(
        "ImportError: nnzoo.sklearn needs scikit-learn 1.6 or newer: pip install 'nnzoo[sklearn]'"
    )


def test_nothing_else_imports_scikit_learn():
    done = python("import sys, nnzoo.model, nnzoo.cli.main, nnzoo.data; print('sklearn' in sys.modules)")
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
