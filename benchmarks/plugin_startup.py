"""What installed plugins that are not used cost: commands with 50 of them, over the same commands with none.

    python benchmarks/plugin_startup.py

Plugins are found by reading their metadata, and imported only when a component of theirs is needed. The fifty lie in a
temporary folder as pip would install them, with a long description and many requirements, and one of them takes a
second to import. Commands with and without them are run in turn, so that the machine's moods hit both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

COMMANDS = {
    "nnzoo --help": ("--help",),
    "nnzoo train --dataset digits --epochs 1": ("train", "--dataset", "digits", "--epochs", "1"),
}

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


def install_plugins(site: Path, number: int) -> None:
    """Write so many distributions with a plugin each, the first of them heavy to import."""
    for index in range(number):
        module = f"nnzoo_unused_{index:02d}"
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        description = "A line of a long description, as most packages have one.\n" * 200
        (info / "METADATA").write_text(METADATA.format(name=module.replace("_", "-")) + description)
        (info / "entry_points.txt").write_text(f"[nnzoo]\nmain = {module}\n")
        source = "from nnzoo.api import hookimpl\n\n\n@hookimpl\ndef nnzoo_activations():\n    return []\n"
        (site / f"{module}.py").write_text(source if index else HEAVY + source)


def seconds(arguments: tuple[str, ...], site: Path, folder: Path) -> float:
    """How long a command takes, run as users run it: compiled, in a process of its own, one thread."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NNZOO_", "PYTHON"))}
    environment |= {"PYTHONPATH": str(site), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "nnzoo", *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )
    return time.perf_counter() - started


@click.command(help=__doc__)
@click.option("--plugins", default=50, show_default=True, help="Installed plugins.")
@click.option("--repeat", default=11, show_default=True, help="Pairs of measurements; medians are reported.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(plugins: int, repeat: int, as_json: bool) -> None:
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = [folder / "none", folder / "all"]
        for site in sites:
            site.mkdir()
        install_plugins(sites[1], plugins)
        for command, arguments in COMMANDS.items():
            pairs = [[seconds(arguments, site, folder) for site in sites] for _ in range(repeat + 1)]
            del pairs[0]  # the warm-up: modules are compiled
            figures[command] = {
                "seconds_with_none": statistics.median(none for none, _ in pairs),
                "seconds_with_plugins": statistics.median(some for _, some in pairs),
                "ratio": statistics.median(some / none for none, some in pairs),
            }
    if as_json:
        click.echo(json.dumps({"plugins": plugins, "commands": figures}))
        return
    for command, row in figures.items():
        click.echo(command)
        click.echo(f"  no plugin         {row['seconds_with_none']:.3f} s")
        click.echo(f"  {plugins:<3} plugins       {row['seconds_with_plugins']:.3f} s")
        click.echo(f"  ratio             {row['ratio']:.2f}   (medians of {repeat})")


if __name__ == "__main__":
    main()
