"""Trainings that are killed, and file systems that fail: a script, for each of them ends a process or spoils one.

    crashing.py calls PLUGIN FOLDER                  killed at each call to the file system
    crashing.py errors PLUGIN FOLDER ERROR…          each call fails with each of these errors, as errno names them;
                                                     ERROR+ has all calls fail from one on
    crashing.py moments PLUGIN FOLDER COUNT          killed at random moments
    crashing.py often PLUGIN FOLDER                  ten epochs, killed twenty times

It prints one JSON object. Children are forked, so that none of them has to import NumPy again.
"""

import errno
import io
import json
import os
import random
import signal
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import StorageError
from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import read_checkpoint
from nnzoo.runs.resume import resume_training
from nnzoo.runs.run import run_training
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

FILES = ["checkpoint.safetensors", "metrics.jsonl", "model.safetensors", "run.json"]
CHOICES = {"batch_size": 8, "epochs": 2, "model": "odd", "optimizer": "counting", "validation": 0.2, "keep": "best"}


class Faults:
    """Counts the calls to the file system below a folder; from the n-th on, or at it alone, something goes wrong."""

    def __init__(self, folder, n, fault, *, lasting=False):
        self.folder, self.n, self.fault, self.lasting = str(folder), n, fault, lasting
        self.count = 0
        self.checkpointed = False

    def call(self, path, before=lambda: None):
        self.count += 1
        if self.count == self.n or (self.lasting and self.count > self.n):
            before()
            self.fault(path)

    @contextmanager
    def watching(self):
        real_open, real_replace = io.open, os.replace

        def opened(path, mode="r", *arguments, **options):
            inside = str(path).startswith(self.folder)
            if inside:
                self.call(path)
            file = real_open(path, mode, *arguments, **options)
            return File(file, path, self) if inside and "r" not in mode else file

        def replaced(source, target):
            self.call(target)
            real_replace(source, target)
            self.checkpointed |= Path(target).name == "checkpoint.safetensors"
            self.call(target)

        def wrapped(real):
            def called(path, *arguments, **options):
                if str(path).startswith(self.folder):
                    self.call(path)
                return real(path, *arguments, **options)

            return called

        with (
            patch.object(io, "open", opened),
            patch.object(os, "replace", replaced),
            patch.object(os, "fsync", lambda handle: self.call(self.folder)),
            patch.object(os, "mkdir", wrapped(os.mkdir)),
            patch.object(os, "open", wrapped(os.open)),
            patch.object(os, "unlink", wrapped(os.unlink)),
        ):
            yield


class File:
    """A file that is being written: a write that fails has written half."""

    def __init__(self, file, path, faults):
        self._file, self._path, self._faults = file, path, faults
        self.fileno, self.flush = file.fileno, file.flush

    def write(self, data):
        self._faults.call(self._path, before=lambda: (self._file.write(data[: len(data) // 2]), self._file.flush()))
        return self._file.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._faults.call(self._path)


def train(registry, folder, choices=CHOICES, dataset="toy", **options):
    recipe = resolve_recipe(registry, **choices)
    loader = registry.build("dataset", dataset)
    run_training(registry, recipe, loader, loader.load(None), run_dir=folder, **options)


def resume(registry, folder, **options):
    resume_training(registry, folder, FileCache(), **options)


def outcome(folder):
    """What must be the same however often a run was killed."""
    record = json.loads((folder / "run.json").read_text())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert sorted(path.name for path in folder.iterdir()) == FILES
    results = {name: value for name, value in record["results"].items() if name not in ("run_dir", "train_seconds")}
    return record["status"], results, [{**line, "seconds": 0} for line in lines]


def forked(action, *arguments, **options):
    """The number of a process that does something and then ends without a word."""
    child = os.fork()
    if child == 0:
        try:
            action(*arguments, **options)
            os._exit(0)
        except BaseException as error:
            print(type(error), error, file=sys.stderr, flush=True)
            os._exit(1)
    return child


def status_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill(path):
    os.kill(os.getpid(), signal.SIGKILL)


def check_that_it_goes_on(registry, folder, expected, *, checkpointed):
    """There is a checkpoint that loads, or none before the first; and going on leads to the same end."""
    checkpoint = folder / "checkpoint.safetensors"
    if checkpointed or checkpoint.exists():
        read_checkpoint(checkpoint)
    if not (folder / "run.json").exists():
        assert not [path for path in folder.glob("*") if path.suffix != ".part"]
        return
    if json.loads((folder / "run.json").read_text())["status"] != "finished":
        resume(registry, folder)
    assert outcome(folder) == expected, folder


def killed_at_each_call(registry, folder):
    """Kill a first training, and one that goes on, at call 1, 2, … until none is left."""
    train(registry, folder / "alone")
    expected = outcome(folder / "alone")
    counts = {}
    for action in (train, resume):
        n, status = 0, -signal.SIGKILL
        while status == -signal.SIGKILL:
            n += 1
            run = folder / f"{action.__name__}-{n}"
            if action is resume:
                assert status_of(forked(killed_after, 5, registry, run)) == -signal.SIGKILL
            status = status_of(forked(spoilt, Faults(run, n, kill), action, registry, run))
            assert status in (0, -signal.SIGKILL), status
            check_that_it_goes_on(registry, run, expected, checkpointed=action is resume)
        counts[action.__name__] = n - 1
    return counts


def spoilt(faults, action, registry, folder):
    with faults.watching():
        action(registry, folder)


def killed_after(steps, registry, folder):
    step = Trainer._step

    def counted(trainer, *batch):
        step(trainer, *batch)
        if trainer.state.steps == steps:
            kill(folder)

    Trainer._step = counted
    train(registry, folder)


def failing_at_each_call(registry, folder, *errors):
    """Fail a training at each call, or at every so many, with each error; at this call alone, or from it on."""
    train(registry, folder / "alone")
    expected = outcome(folder / "alone")
    counts, every = {}, int(os.environ["EVERY"])
    for error in errors:
        tried, n, clean = 0, 0, False
        while not clean:
            tried, n = tried + 1, n + every
            run = folder / f"{error}-{n}"
            faults = Faults(run, n, partial(fail, getattr(errno, error.rstrip("+"))), lasting=error.endswith("+"))
            clean = fails_well(registry, run, faults)
            check_that_it_goes_on(registry, run, expected, checkpointed=faults.checkpointed)
        counts[error] = tried - 1
    return counts


def fails_well(registry, run, faults):
    """Train; whether nothing has failed. An error has exit code 7 and names the file."""
    with faults.watching():
        try:
            train(registry, run)
        except StorageError as error:
            if str(run) in error.message:
                return False
            raise
    assert faults.count < faults.n, f"call {faults.n} failed, and nobody heard of it"
    return True


def fail(number, path):
    raise OSError(number, os.strerror(number), str(path))


def killed_at_random_moments(registry, folder, how_often):
    """Kill a training that writes a checkpoint at every step, at some moment after it has taken some of its steps."""
    choices = {**CHOICES, "epochs": 10}
    count, dice = int(how_often), random.Random(how_often)
    train(registry, folder / "alone", choices, checkpoint_every=0.01)
    expected = outcome(folder / "alone")
    killed = 0
    for number in range(count):
        run = folder / f"run-{number}"
        reader, writer = os.pipe()
        child = forked(telling, dice.randrange(1, expected[1]["steps"]), writer, train, registry, run, choices)
        os.close(writer)
        assert os.read(reader, 1), "it has ended by itself"
        time.sleep(dice.uniform(0, 0.003))
        os.kill(child, signal.SIGKILL)
        killed += status_of(child) == -signal.SIGKILL
        os.close(reader)
        check_that_it_goes_on(registry, run, expected, checkpointed=False)
    return {"killed": killed}


def killed_often(registry, folder, apart):
    """Ten epochs of digits, left alone; and killed soon after so many of their 120 steps, again and again."""
    dice, action, killed = random.Random(20), train_digits, 0
    train_digits(registry, folder / "alone")
    for kill_at in range(5, 121, int(apart)):
        reader, writer = os.pipe()
        child = forked(telling, kill_at, writer, action, registry, folder / "run")
        os.close(writer)
        assert os.read(reader, 1), "it has ended by itself"
        time.sleep(dice.uniform(0, 0.003))
        os.kill(child, signal.SIGKILL)
        killed += status_of(child) == -signal.SIGKILL
        os.close(reader)
        action = resume
    resume(registry, folder / "run")
    assert outcome(folder / "alone") == outcome(folder / "run")
    return {"killed": killed, "hashes": [outcome(folder / name)[1]["weights_sha256"] for name in ("alone", "run")]}


def train_digits(registry, folder, **options):
    train(registry, folder, {"epochs": 10}, "digits", **options)


def telling(steps, pipe, action, registry, folder, *choices):
    """Train; tell each step from a certain one on, and wait after a few more, before the last one."""
    step = Trainer._step

    def told(trainer, *batch):
        step(trainer, *batch)
        if trainer.state.steps >= steps:
            os.write(pipe, b"!")
        if trainer.state.steps >= min(steps + 5, trainer.total_steps - 1):
            time.sleep(1000)

    Trainer._step = told
    action(registry, folder, *choices, checkpoint_every=0.01 if choices else 0.25)


if __name__ == "__main__":
    what, plugin, place, *more = sys.argv[1:]
    toys, where = Registry([Path(plugin)], disabled=["all"]), Path(place)
    os.fsync = lambda handle: None  # a killed process loses nothing that the system has; only a power cut would
    jobs = {
        "calls": killed_at_each_call,
        "errors": failing_at_each_call,
        "moments": killed_at_random_moments,
        "often": killed_often,
    }
    print(json.dumps(jobs[what](toys, where, *more)))
