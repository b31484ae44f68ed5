"""``python -m nnzoo``."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # Python puts the working directory first on the path here; plugins are not to be found by where one stands.
        sys.path.pop(0)

    from nnzoo.cli import start

    start()
