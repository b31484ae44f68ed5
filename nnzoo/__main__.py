"""``python -m nnzoo``."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path.pop(0)  # Python puts the working directory here, which must not decide which plugins are found

    from nnzoo.cli import start

    start()
