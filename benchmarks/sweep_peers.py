"""The same 40 trials by `nnzoo.sweep`, Optuna, Ray Tune and KerasTuner: wall time, and overhead.

    pip install -e '.[benchmark-sweeps]'
    python -m benchmarks.sweep_peers

All train the same 40 configurations of nnzoo's network on digits with the same code, two at a time if they can, with
one BLAS thread each. Each runs in separate processes, in turn with the others; packages that are not installed are
skipped. nnzoo's time includes the winner's run and its measurement on test data, and a journal that is synced to disk.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import click

from benchmarks.machine import describe_machine
from benchmarks.processes import THREAD_VARIABLES
from benchmarks.report import print_table

TRIALS, WORKERS = 40, 2
SPACE = {"learning_rate": "log:0.1..3", "hidden": "16,32,64", "epochs": "20"}


@cache
def trials() -> list[Any]:
    """The configurations."""
    from nnzoo.plugins.registry import Registry
    from nnzoo.sweeps.plan import Trial
    from nnzoo.sweeps.spaces import read_space

    registry = Registry()
    proposals = registry.build("search", "random").propose(read_space(registry, SPACE), TRIALS, 0, ())
    return [Trial(one.configuration, 0) for one in proposals]


@cache
def work() -> Callable[[Any], dict[str, Any]]:
    """The function that trains a trial, made once in each process."""
    import nnzoo
    from nnzoo.plugins.registry import Registry
    from nnzoo.sweeps.plan import Plan
    from nnzoo.sweeps.trials import Trials

    return Trials(
        Registry(), Plan("digits", SPACE, {"validation": 0.2}, "random", TRIALS), nnzoo.load_dataset("digits")
    )


def train(index: int) -> tuple[float, float]:
    """A trial's validation loss, and the seconds of all that its work does."""
    found = work()(trials()[index])
    return found["figures"]["validation_loss"], found["seconds"]


def with_nnzoo(folder: Path, executor: str = "processes") -> list[float]:
    """Seconds of each trial's work."""
    import nnzoo

    seconds = list[float]()
    nnzoo.sweep(
        "digits",
        trials=TRIALS,
        executor=executor,
        workers=WORKERS,
        directory=folder / "sweep",
        told=lambda trial, line, *rest: seconds.append(line["seconds"]),
        **SPACE,
    )
    return seconds


def with_dask(folder: Path) -> list[float]:
    """As `with_nnzoo`, on a local cluster."""
    return with_nnzoo(folder, "dask")


def with_optuna(folder: Path) -> list[float]:
    """In two threads, as ``n_jobs=2`` has it, with a journal in a file."""
    import optuna

    optuna.logging.disable_default_handler()
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(folder / "journal")))
    study = optuna.create_study(
        storage=storage, sampler=optuna.samplers.GridSampler({"index": [*range(TRIALS)]}, seed=0)
    )
    seconds = list[float]()
    work()  # once, where two threads would both make it

    def objective(trial: Any) -> float:
        loss, took = train(trial.suggest_int("index", 0, TRIALS - 1))
        seconds.append(took)
        return loss

    study.optimize(objective, n_trials=TRIALS, n_jobs=WORKERS)
    return seconds


def with_ray(folder: Path) -> list[float]:
    """In two actors that live as long as the sweep."""
    import ray
    from ray import tune

    def trainable(config: dict[str, int]) -> None:
        loss, took = train(config["index"])
        tune.report({"loss": loss, "took": took})

    ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    tuner = tune.Tuner(
        trainable,
        param_space={"index": tune.grid_search([*range(TRIALS)])},
        tune_config=tune.TuneConfig(max_concurrent_trials=WORKERS, reuse_actors=True, metric="loss", mode="min"),
        run_config=tune.RunConfig(storage_path=str(folder), verbose=0),
    )
    return [one.metrics["took"] for one in tuner.fit()]


def with_keras_tuner(folder: Path) -> list[float]:
    """One after the other, as KerasTuner does within one process."""
    os.environ.setdefault("KERAS_BACKEND", "numpy")
    import keras_tuner

    seconds = list[float]()

    class Tuner(keras_tuner.GridSearch):
        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> float:
            loss, took = train(trial.hyperparameters.Choice("index", [*range(TRIALS)]))
            seconds.append(took)
            return loss

    Tuner(max_trials=TRIALS, directory=str(folder), project_name="digits").search(verbose=0)
    return seconds


CONTENDERS: dict[str, tuple[str, Callable[[Path], list[float]], int]] = {
    "nnzoo, processes": ("nnzoo", with_nnzoo, WORKERS),
    "nnzoo, dask": ("nnzoo-dask", with_dask, WORKERS),
    "Optuna, n_jobs=2": ("optuna", with_optuna, WORKERS),
    "Ray Tune": ("ray", with_ray, WORKERS),
    "KerasTuner": ("keras-tuner", with_keras_tuner, 1),
}
"""By what the table calls it: the distribution, what does the trials, and how many it does at a time."""


def measured(name: str) -> tuple[float, float]:
    """Wall seconds of a process with all trials and imports, and the sum of the trials' seconds."""
    root = Path(__file__).parents[1]
    variables = {**dict.fromkeys(THREAD_VARIABLES, "1"), "PYTHONPATH": str(root)}
    # not as a script, whose functions Ray's workers would not find
    command = [sys.executable, "-c", "from benchmarks.sweep_peers import main; main()", "--one", name]
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - begun
    if done.returncode:
        raise click.ClickException(f"{name}: {done.stderr[-2000:]}")
    seconds = json.loads(done.stdout.splitlines()[-1])
    assert len(seconds) == TRIALS, name
    return wall, sum(seconds)


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--repeat", type=click.IntRange(1), default=3, show_default=True, help="Rounds; medians are reported.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@click.option("--one", type=click.Choice(list(CONTENDERS)), hidden=True)
def main(repeat: int, markdown: bool, one: str | None) -> None:
    if one is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(CONTENDERS[one][1](Path(folder))))
        return
    versions = {}
    for name, (distribution, _, _) in CONTENDERS.items():
        try:
            versions[name] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            click.echo(f"{name}: {distribution} is not installed", err=True)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in versions}
    for _ in range(repeat):
        for name in versions:
            found[name].append(measured(name))
    rows = []
    for name, version in versions.items():
        wall = statistics.median(wall for wall, _ in found[name])
        work_of = statistics.median(seconds for _, seconds in found[name])
        beside = statistics.median(wall - seconds / CONTENDERS[name][2] for wall, seconds in found[name])
        rows.append((f"{name} {version}", f"{wall:.1f} s", f"{work_of:.1f} s", f"{beside:.1f} s"))
    for name, value in describe_machine(1).items():
        click.echo(f"{name:10}{value}")
    titles = ("", "wall time", "trials' own time, added up", "wall time beside the trials")
    print_table(titles, rows, "lrrr", markdown=markdown)


if __name__ == "__main__":
    main()
