"""What a training shows on a terminal while it goes on, and what it leaves there."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from rich.live import Live

from nnzoo.cli.epochs import is_better, latest, overview, table
from nnzoo.cli.main import cli
from nnzoo.cli.progress import training_shown
from nnzoo.errors import DivergedError
from nnzoo.training.measures import LOSS, Measure
from nnzoo.training.scoring import EpochMetrics

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on Windows")
pyte = pytest.importorskip("pyte")

DIGITS = ("train", "--dataset", "digits", "--run-dir", "run")
LATE = """
from nnzoo.api import Schedule, hookimpl


class Late(Schedule):
    name = "late"

    def factor(self, step, total_steps):
        return 1.0 if step < 24 else 1e30


@hookimpl
def nnzoo_schedules():
    return [Late]
"""


class Terminal:
    """A pseudo-terminal, and what a person would see on it."""

    def __init__(self, width=100, height=40):
        self.width, self.height = width, height
        self._ours, self.end = pty.openpty()
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self._drawing = threading.Lock()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # Linux's word for: no process has it open any more
            while piece := os.read(self._ours, 1 << 16):
                with self._drawing:
                    self.written += piece
                    self._stream.feed(piece)

    @property
    def lines(self):
        with self._drawing:
            return [line.rstrip() for line in self._screen.display]

    @property
    def text(self):
        return "\n".join(self.lines).rstrip()

    @property
    def emphasized(self):
        """The lines that are bold and green all through."""
        rows = (self._screen.buffer[y] for y in range(self.height))
        marked = [all(cell.bold and cell.fg == "green" for cell in row.values() if cell.data.strip()) for row in rows]
        return [line for line, is_marked in zip(self.lines, marked, strict=True) if line and is_marked]

    @property
    def cursor_is_hidden(self):
        return self._screen.cursor.hidden

    def closed(self):
        os.close(self.end)
        self._reader.join(30)
        os.close(self._ours)


@pytest.fixture
def shown(clean_environment, monkeypatch):
    """Run a command in this process with a terminal for standard output and error; the terminal, when it is done."""

    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)

    def show(*arguments, width=100, height=40, raises=None, **environment):
        for name, value in {"TERM": "xterm", "COLUMNS": width, "LINES": height, **environment}.items():
            monkeypatch.setenv(name, str(value))
        terminal = Terminal(width, height)
        with os.fdopen(os.dup(terminal.end), "w", encoding="utf-8") as file, monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", file)
            patched.setattr(sys, "stderr", file)
            with pytest.raises(raises) if raises else contextlib.nullcontext():
                cli.main([*arguments], standalone_mode=False)
            assert (sys.stdout, sys.stderr) == (file, file)
        terminal.closed()
        assert not terminal.cursor_is_hidden
        return terminal

    return show


@pytest.fixture
def started(tmp_path, clean_variables):
    """Start the real command on a terminal of 80 columns; the process and the terminal."""

    @contextlib.contextmanager
    def start(*arguments, **pipes):
        import fcntl
        import struct
        import termios

        terminal = Terminal(80, 24)
        fcntl.ioctl(terminal.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        usual = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        command = [sys.executable, "-c", f"{usual}; from nnzoo.cli.main import main; main()", *arguments]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.end) | pipes
        environment = {k: v for k, v in clean_variables(tmp_path).items() if k not in ("COLUMNS", "LINES")}
        with subprocess.Popen(command, cwd=tmp_path, env=environment | {"TERM": "xterm"}, **streams) as process:
            try:
                yield process, terminal
            finally:
                process.kill()
                process.wait()
                terminal.closed()

    return start


def metrics_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def rows_of(lines):
    """The cells of the lines that begin with an epoch's number."""
    return [line.split() for line in lines if re.match(r" *\d+/\d+ ", line)]


def row(line, epochs, *, best=()):
    figures = [
        text
        for part in ("train", "validation", "test")
        if line[f"{part}_loss"] is not None
        for text in (f"{line[f'{part}_loss']:.4f}", f"{line[f'{part}_accuracy']:.2%}")
    ]
    return [f"{line['epoch']}/{epochs}", f"{line['learning_rate']:.3g}", *figures, f"{line['seconds']:.3f}", *best]


def test_head_epochs_and_result_are_left_on_the_screen(shown, tmp_path):
    terminal = shown(*DIGITS, "--epochs", "6", "--validation", "0.1", width=120)
    metrics = metrics_of(tmp_path / "run")
    best = min(metrics, key=lambda line: line["validation_loss"])["epoch"]
    mark = ("best", "validation", "loss")
    assert rows_of(terminal.lines) == [row(line, 6, best=mark if line["epoch"] == best else ()) for line in metrics]
    assert terminal.emphasized == [line for line in terminal.lines if line.endswith(" ".join(mark))]
    assert terminal.lines[0] == "data      digits: 1,294 to train, 144 to validate, 359 to test, each 8×8"
    parts, titles = terminal.lines[7:9]
    assert parts.split() == ["train", "validation", "test"]
    assert titles.split() == ["epoch", "rate", *["loss", "acc"] * 3, "seconds"]
    lines = [line for line in terminal.lines if "/6 " in line]
    assert {line.index("/6 ") + 2 for line in lines} == {titles.index("epoch") + len("epoch")}
    assert {line.index("%") + 1 for line in lines} == {titles.index("acc") + len("acc")}
    assert titles.index("loss") < parts.index("train") + len("train") // 2 < titles.index("acc") + len("acc")
    assert f"test accuracy {metrics[-1]['test_accuracy']:.2%} on digits, after 6 epochs" in terminal.text
    assert terminal.text.endswith("\nmodel in run/model.safetensors")
    assert "━" not in terminal.text  # the bar has gone


def test_a_narrow_terminal_gets_fewer_columns_and_wrapped_lines(shown, tmp_path):
    terminal = shown(*DIGITS, "--epochs", "2", "--validation", "0.1", width=60)
    assert [line.split()[0] for line in terminal.lines if "/2 " in line] == ["1/2", "2/2"]
    (titles,) = [line for line in terminal.lines if line.split()[:1] == ["epoch"]]
    assert titles.split() == ["epoch", "loss", "loss", "acc", "loss", "acc"]
    for line, found in zip(metrics_of(tmp_path / "run"), rows_of(terminal.lines), strict=True):
        kept = ("train_loss", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy")
        expected = [f"{line[name]:.4f}" if "loss" in name else f"{line[name]:.2%}" for name in kept]
        assert found[1:6] == expected
    head = terminal.lines[: terminal.lines.index("")]
    assert [line[:10].strip() for line in head] == ["data", "", "task", "network", "training", "", "", "run"]


def test_of_a_long_training_every_so_many_epochs_are_left(shown, tmp_path):
    terminal = shown(*DIGITS, "--epochs", "90", "--hidden", "8", "--batch-size", "1000", height=60)
    metrics = metrics_of(tmp_path / "run")
    best = min(metrics, key=lambda line: line["test_loss"])["epoch"]
    chosen = sorted({1, *range(5, 91, 5), best})
    assert [cells[0] for cells in rows_of(terminal.lines)] == [f"{epoch}/90" for epoch in chosen]
    assert "all 90 epochs are in run/metrics.jsonl" in terminal.lines


def test_it_draws_a_few_times_a_second_however_short_the_epochs(shown, monkeypatch):
    threads = []
    refresh = Live.refresh
    monkeypatch.setattr(Live, "refresh", lambda live: (threads.append(threading.current_thread()), refresh(live)))
    began = time.monotonic()
    shown(*DIGITS, "--epochs", "60", "--hidden", "8", "--batch-size", "1000")
    in_between = len(threads) - 2  # the first one and the last
    assert in_between <= 4 * (time.monotonic() - began)
    assert threads.count(threading.main_thread()) == 2, "the training has to wait for the display"


def test_a_resumed_run_has_its_earlier_epochs_too(shown, tmp_path):
    shown(*DIGITS, "--epochs", "2", "--schedule", "constant", "--quiet")
    terminal = shown("train", "--resume", "run", "--epochs", "4")
    metrics = metrics_of(tmp_path / "run")
    assert [cells[:1] + cells[2:6] for cells in rows_of(terminal.lines)] == [
        row(line, 4)[:1] + row(line, 4)[2:6] for line in metrics
    ]
    assert "run       run, continued after step 24 of 48" in terminal.lines


def test_early_stopping_shows_which_epoch_is_kept(shown, tmp_path):
    terminal = shown(*DIGITS, "--epochs", "40", "--validation", "0.1", "--early-stopping", "2", "--l_rate", "8")
    record = json.loads((tmp_path / "run" / "run.json").read_text())["results"]
    assert record["kept_epoch"] == record["epochs_trained"] - 2
    (best,) = [line for line in terminal.lines if line.endswith("  best validation loss")]
    assert best.split()[0] == f"{record['kept_epoch']}/40"
    assert f"kept is epoch {record['kept_epoch']}, which had the lowest validation loss" in terminal.lines


def test_no_epochs_have_no_table(shown):
    terminal = shown(*DIGITS, "--epochs", "0")
    assert rows_of(terminal.lines) == []
    assert "after 0 epochs" in terminal.text


def test_a_training_that_diverges_leaves_the_epochs_before(shown, tmp_path):
    (tmp_path / "late.py").write_text(LATE)
    terminal = shown(*DIGITS, "--plugin", "late.py", "--schedule", "late", raises=DivergedError)
    assert [cells[0] for cells in rows_of(terminal.lines)] == ["1/10", "2/10"]
    assert "━" not in terminal.text


def test_output_of_plugins_is_above_the_display(shown, tmp_path, activation_source):
    noisy = activation_source().replace("grad *= 1", 'print("hello") if len(z) < 128 else None; grad *= 1')
    (tmp_path / "noisy.py").write_text(noisy)
    terminal = shown(*DIGITS, "--epochs", "2", "--plugin", "noisy.py", "--activation", "tanh")
    assert terminal.lines.count("hello") == 2
    assert [cells[0] for cells in rows_of(terminal.lines)] == ["1/2", "2/2"]
    assert terminal.text.rindex("hello") < terminal.text.index("1/2")


@pytest.mark.parametrize(
    ("environment", "plain"),
    [({"TERM": "dumb"}, True), ({"JPY_PARENT_PID": "1"}, True), ({"NO_COLOR": "1"}, False)],
    ids=["dumb", "notebook", "no-color"],
)
def test_terminals_that_can_not_do_all(shown, environment, plain):
    terminal = shown(*DIGITS, "--epochs", "2", width=120, **environment)
    assert (b"\x1b" not in terminal.written) == plain
    assert ("train loss" in terminal.text) == plain
    colors = [code for code in terminal.written.split(b"\x1b[")[1:] if code[:1] == b"3" and b"m" in code[:3]]
    assert not colors
    assert [line.split()[0] for line in terminal.lines if "/2 " in line] == ["1/2", "2/2"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.thorough)]
)
def test_stopped_by_a_signal_it_leaves_the_terminal_in_order(started, tmp_path, number, code):
    with started(*DIGITS, "--epochs", "1000000", "--json", stdout=subprocess.PIPE) as (process, terminal):
        deadline = time.monotonic() + 300
        lines = terminal.lines
        while len(rows_of(lines)) < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
            lines = terminal.lines
        assert len(rows_of(lines)) == 10
        assert terminal.cursor_is_hidden
        (bar,) = [line for line in lines if "━" in line]
        assert re.fullmatch(r"epoch +\d+/1000000 ━+ +0%  (\d+ days?, )?\d+:\d\d:\d\d left  [\d,]+ samples/s", bar), bar
        assert len(bar) <= 77  # room for the ^C that a terminal may write behind it
        process.send_signal(number)
        answer = json.loads(process.communicate(timeout=300)[0])
    assert process.returncode == answer["error"]["exit_code"] == code
    assert not terminal.cursor_is_hidden
    assert "continue with: nnzoo train --resume run" in terminal.text
    assert "Traceback" not in terminal.text
    last = metrics_of(tmp_path / "run")[-1]
    assert rows_of(terminal.lines)[-1][0] == f"{last['epoch']}/1000000"


MEASURES = {"loss": LOSS, "accuracy": Measure("accuracy", "accuracy", "acc", higher_is_better=True, is_share=True)}


def epoch(number, *, rate=0.1, seconds=0.1, measures=None, **figures):
    """An epoch of which the figures of one part of the data, or of several, are known."""
    measures = MEASURES if measures is None else measures
    names = [f"{part}_{name}" for part in ("train", "validation", "test") for name in measures]
    return EpochMetrics(number, rate, {name: figures.get(name) for name in names}, seconds, measures)


def epochs(*test_losses):
    known = {"train_loss": 1.0, "train_accuracy": 0.5, "test_accuracy": 0.5}
    return [epoch(n, test_loss=loss, **known) for n, loss in enumerate(test_losses, 1)]


def test_the_best_epoch_stays_when_the_others_have_gone():
    history = epochs(3, 1, 2, 2, 2, 2)
    best = history[1]
    assert [m.epoch for m in latest(history, best, 3)] == [2, 5, 6]
    assert [m.epoch for m in latest(history, best, 5)] == [2, 3, 4, 5, 6]
    assert [m.epoch for m in latest(history[:2], best, 5)] == [1, 2]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [1]),
        (40, [*range(1, 41)]),
        (41, [1, 5, 7, *range(10, 41, 5), 41]),
        (1000, [1, 7, *range(50, 1001, 50)]),
        (1001, [1, 7, *range(100, 1001, 100), 1001]),
    ],
)
def test_an_overview_has_round_numbers(count, expected):
    history = epochs(*(0 if n == 7 else 1 for n in range(1, count + 1)))
    best = history[6] if count > 6 else history[0]
    assert [m.epoch for m in overview(history, best)] == expected


@pytest.mark.parametrize("width", [30, 45, 60, 80, 100, 200])
def test_the_table_is_no_wider_than_the_terminal(width):
    figures = {f"{part}_{name}": 1.0 for part in ("train", "validation", "test") for name in MEASURES}
    history = [epoch(n, rate=1e-7, seconds=123.4, **(figures | {"train_loss": 12.5})) for n in range(990, 1000)]
    titles, rows = table(history, 1000, history[3], width)
    assert max(map(len, [*titles, *(row.text for row in rows)])) <= width
    for part in re.finditer(r"\S+", titles[0]):  # each stands above columns of its own
        assert titles[1][slice(*part.span())].strip()
    assert [row.best for row in rows].index(True) == 3
    assert "best" in rows[3].text
    assert len({row.text.index("/") for row in rows}) == 1
    assert all(row.text.split()[0] == f"{m.epoch}/1000" for row, m in zip(rows, history, strict=True))


F1 = Measure("f1", "F1", "F1", higher_is_better=True, is_share=True)
MAE = Measure("mae", "MAE", "MAE", in_units=True)


@pytest.mark.parametrize("width", [24, 40, 60, 80, 100, 140, 200])
def test_figures_of_the_test_part_and_the_monitored_one_stay_longest(width):
    measures = {**MEASURES, "f1": F1, "mae": MAE}
    values = {"loss": 0.25, "accuracy": 0.5, "f1": 0.75, "mae": 12345.678}
    figures = {f"{part}_{name}": value for part in ("train", "validation", "test") for name, value in values.items()}
    history = [epoch(n, measures=measures, **(figures | {"validation_f1": f1})) for n, f1 in ((1, 0.5), (2, 0.75))]
    titles, rows = table(history, 2, history[1], width, "f1")
    assert max(map(len, [*titles, *(row.text for row in rows)])) <= width
    shown = titles[1].split()
    assert shown[:2] == ["epoch", "rate"] or shown[1] == "loss"
    assert ("12,346" in rows[0].text) == ("MAE" in shown)
    if width >= 40:
        assert "F1" in shown
        assert "75.00%" in rows[1].text
    if width == 60:
        assert shown == ["epoch", "loss", "loss", "F1", "loss", "acc"]  # of train, of validation, of test
    if width == 200:
        assert shown == ["epoch", "rate", *["loss", "acc", "F1", "MAE"] * 3, "seconds"]
        assert rows[1].text.endswith("best validation F1")


def test_the_best_epoch_is_the_best_by_the_monitored_figure_in_its_direction():
    measures = {**MEASURES, "f1": F1, "mae": MAE}
    first, second = (
        epoch(n, measures=measures, validation_loss=loss, test_loss=1.0, validation_f1=f1, validation_mae=mae)
        for n, loss, f1, mae in ((1, 0.5, 0.5, 7.0), (2, 0.6, 0.9, 8.0))
    )
    assert not is_better(second, first, "loss")
    assert is_better(second, first, "f1")
    assert not is_better(second, first, "mae")
    without = epoch(3, measures=measures, validation_loss=0.1)
    assert is_better(without, first, "loss")
    assert not is_better(without, first, "f1")
    assert is_better(first, without, "f1")


def test_a_monitored_metric_marks_the_best_epoch(shown, tmp_path):
    monitor = ("--metric", "f1", "--monitor", "f1", "--validation", "0.2", "--schedule", "constant")
    terminal = shown(*DIGITS, "--epochs", "6", *monitor, "--l_rate", "8", width=120)
    metrics = metrics_of(tmp_path / "run")
    best = max(metrics, key=lambda line: line["validation_f1"])["epoch"]
    (line,) = [line for line in terminal.lines if line.endswith("best validation F1")]
    assert line.split()[0] == f"{best}/6"
    assert terminal.emphasized == [line]
    terminal = shown("train", "--resume", "run", "--epochs", "7", width=120)
    metrics = metrics_of(tmp_path / "run")
    best = max(metrics, key=lambda line: line["validation_f1"])["epoch"]
    assert [row[0] for row in rows_of(terminal.lines)] == [f"{n}/7" for n in range(1, 8)]
    (line,) = [line for line in terminal.lines if line.endswith("best validation F1")]
    assert line.split()[0] == f"{best}/7"


def test_quiet_says_nothing(capsys):
    with training_shown(as_json=False, quiet=True) as progress:
        progress.epoch_ended(epochs(1)[0])
        progress.finished(
            {
                "test_accuracy": 1.0,
                "test_loss": 0.0,
                "dataset": "x",
                "epochs_trained": 1,
                "kept_epoch": 1,
                "train_seconds": 1.0,
                "run_dir": "x",
            }
        )
    assert capsys.readouterr() == ("", "")


def test_several_runs_are_shown_together(shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    many = ("train", "--dataset", "digits", "--epochs", "2", "--seeds", "0,3", "--executor", "serial", "--run-dir")
    terminal = shown(*many, "many")
    lines = [line for line in terminal.lines if line.startswith("seed ")]
    assert [line.split()[:3] for line in lines] == [["seed", "0", "done"], ["seed", "3", "done"]]
    assert all(re.search(r"test accuracy \d\d\.\d\d%", line) for line in lines)
    assert b"0 of 2 runs have ended" in terminal.written
    assert "test accuracy" in terminal.text
    small = shown(*many, "small", width=40, height=6)
    assert max(map(len, small.lines)) <= 40


def test_progress_is_read_from_the_files_of_the_runs(tmp_path, monkeypatch):
    from rich.console import Console

    from nnzoo.cli.live_many import LiveRuns

    paths = {number: tmp_path / f"seed-{number}" for number in range(3)}
    paths[1].mkdir()
    (paths[1] / "metrics.jsonl").write_text("{}\n{}\n")
    display = LiveRuns(Console(width=60))
    monkeypatch.setattr(LiveRuns, "_total", lambda self, number: 5 if number == 1 else 0)
    display.begin("seed", paths)
    display.ended(0, "test accuracy 90.00%, 0.1 s")
    console = Console(width=60, record=True, file=io.StringIO())
    console.print(display)
    display.end()
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines[0] == "seed 0  done       test accuracy 90.00%, 0.1 s"
    assert lines[1].startswith("seed 1  epoch 2/5  ━━━━━━━━")
    assert lines[2] == "seed 2  waits"
    assert lines[3] == "1 of 3 runs have ended"
