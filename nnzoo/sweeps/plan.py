"""`Plan`: everything that decides a sweep, stored as ``sweep.json``; and `Trial`, one training run of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from json.encoder import encode_basestring_ascii as _quoted
from pathlib import Path
from typing import Any

from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.strict_json import read_json
from nnzoo.files.writing import write_whole

FORMAT = 1
FILE = "sweep.json"
_SIZE_LIMIT = 1 << 20


@dataclass(frozen=True)
class Trial:
    """One training run of a sweep: a configuration, a seed, and a share of the epochs."""

    configuration: Mapping[str, str]
    seed: int
    share: float = 1.0

    @cached_property
    def id(self) -> str:
        """The hash of configuration, share and seed."""
        return digest({"configuration": dict(self.configuration), "share": self.share, "seed": self.seed})


def digest(values: Mapping[str, Any]) -> str:
    """16 hexadecimal digits of the hash of some values."""
    if all(type(value) is str for value in values.values()):  # the same text as below, four times as fast
        text = ",".join(f"{_quoted(name)}:{_quoted(values[name])}" for name in sorted(values)).join("{}")
    else:
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Plan:
    """The trials of a sweep, and everything that their results depend on.

    Attributes
    ----------
    dataset : str
        The spec of the data set.
    space : mapping of str to str
        The text of each option that is given, whether it varies or not.
    settings : mapping
        The settings of all trials: validation, task, metrics, transforms, observers, and more.
    search, trials, seed : str, int or None, int
        What is tried; see `Search.propose`.
    seeds : int
        The number of seeds for each configuration: 0, 1, ….
    plugins, disabled, data_dir
        As on the command line, with absolute paths.
    plugin_sha256 : mapping of str to str
        The SHA-256 of each of these files, by path.
    data_sha256, nnzoo : str
        The SHA-256 of the data at the start, and the version.
    threads : int
        Threads of each trial's matrix products.
    """

    dataset: str
    space: Mapping[str, str]
    settings: Mapping[str, Any]
    search: str
    trials: int | None
    seed: int = 0
    seeds: int = 1
    plugins: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    data_dir: str | None = None
    plugin_sha256: Mapping[str, str] = field(default_factory=dict)
    data_sha256: str = ""
    nnzoo: str = ""
    threads: int = field(default=1, init=False)

    @property
    def monitor(self) -> str:
        """The validation figure that ranks."""
        return str(self.settings.get("monitor", "loss"))

    def write(self, directory: Path) -> None:
        """Write it to the sweep's directory."""
        write_whole(directory / FILE, json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode() + b"\n")


def read_plan(directory: Path) -> Plan:
    """Read the plan in a sweep's directory.

    Raises
    ------
    StorageError
        When there is none.
    FileFormatError
        When the file is not a plan.
    """
    path = directory / FILE
    try:
        values = read_json(path, _SIZE_LIMIT)
    except FileNotFoundError:
        raise StorageError(f"{directory} is not a sweep: it has no {FILE}") from None
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise FileFormatError(f"{path} is not of format {FORMAT}", hint="a newer nnzoo may have written it")
    values.pop("threads", None)
    values.setdefault("plugin_sha256", {})  # missing in earlier plans
    kinds: dict[str, Any] = {
        **dict.fromkeys(("dataset", "search", "data_sha256", "nnzoo"), str),
        **dict.fromkeys(("space", "settings", "plugin_sha256"), dict),
        **dict.fromkeys(("plugins", "disabled"), list),
        **dict.fromkeys(("seed", "seeds"), int),
        "trials": int | None,
        "data_dir": str | None,
    }
    wrong = [
        name for name in {*kinds} | {*values} if name not in kinds or not isinstance(values.get(name), kinds[name])
    ]
    if wrong or not all(isinstance(text, str) for text in values["space"].values()):
        raise FileFormatError(f"{path}: {min(wrong, default='space')} is missing, wrong or unknown")
    lists = {name: tuple(map(str, values[name])) for name in ("plugins", "disabled")}
    return Plan(**{one.name: values[one.name] for one in fields(Plan) if one.init} | lists)
