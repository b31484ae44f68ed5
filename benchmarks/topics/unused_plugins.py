"""The cost of unused installed plugins: commands with fifty of them, over the same commands without.

Plugins are found by reading their metadata, and imported only when one of their components is needed. The fifty are in
a temporary folder as pip would install them, with a long description and many requirements. One of them takes a second
to import.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measuring import Row, Settings, in_turns, ratio_row
from benchmarks.processes import run_python

BAR, PLUGINS = 1.3, 50
COMMANDS = ("nnzoo --help", "nnzoo train --dataset digits --epochs 1")

METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: 1.0
Requires-Python: >=3.11
Requires-Dist: nnzoo<1,>=0.1
Requires-Dist: numpy>=2.0
Requires-Dist: annotated-types>=0.7
Requires-Dist: pytest>=8.2; extra == "test"
Description-Content-Type: text/markdown

"""

HEAVY = "import time\n\ntime.sleep(1)\n"


def measure(settings: Settings) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = {"none": folder / "none", "fifty": folder / "fifty"}
        for site in sites.values():
            site.mkdir()
        install_plugins(sites["fifty"], PLUGINS)
        for command in COMMANDS:
            calls = {site: partial(seconds, command, path, folder) for site, path in sites.items()}
            timings = in_turns(calls, settings.repeat)
            yield ratio_row(f"{command}, 50 unused plugins over none", timings, "fifty", "none", BAR)


def install_plugins(site: Path, number: int) -> None:
    """Write a number of distributions with one plugin each; the first is slow to import."""
    for index in range(number):
        module = f"nnzoo_unused_{index:02d}"
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        description = "A line of a long description, as most packages have one.\n" * 200
        (info / "METADATA").write_text(METADATA.format(name=module.replace("_", "-")) + description)
        (info / "entry_points.txt").write_text(f"[nnzoo]\nmain = {module}\n")
        source = "from nnzoo.api import hookimpl\n\n\n@hookimpl\ndef nnzoo_activations():\n    return []\n"
        (site / f"{module}.py").write_text(source if index else HEAVY + source)


def seconds(command: str, site: Path, folder: Path) -> float:
    """Seconds of a command with the compiled packages of a folder."""
    variables = {"PYTHONPATH": str(site), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return run_python(["-m", *command.split()], folder, variables).seconds
