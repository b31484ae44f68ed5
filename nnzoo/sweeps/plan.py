"""`Plan`: everything that decides a sweep, as ``sweep.json`` keeps it; and the trials that it is made of."""

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
    """One training: a configuration, a seed, and the share of the epochs that it gets."""

    configuration: Mapping[str, str]
    seed: int
    share: float = 1.0

    @cached_property
    def id(self) -> str:
        """The hash of configuration, share and seed."""
        return digest({"configuration": dict(self.configuration), "share": self.share, "seed": self.seed})


def digest(values: Mapping[str, Any]) -> str:
    """16 hexadecimal digits of the hash of some values, which depends on them alone."""
    if all(type(value) is str for value in values.values()):  # the same text, four times as fast
        text = ",".join(f"{_quoted(name)}:{_quoted(values[name])}" for name in sorted(values)).join("{}")
    else:
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Plan:
    """What is tried, and how.

    Attributes
    ----------
    dataset : str
        As it is written on the command line.
    space : mapping of str to str
        The text of each option that is given, open or not.
    settings : mapping
        What all trials have in common: validation, task, metrics, transforms, observers, and more.
    search, trials, seed : str, int or None, int
        What is tried; see `Search.propose`.
    seeds : int
        How many seeds each configuration is trained with: 0, 1, ….
    plugins, disabled, data_dir
        As the command line takes them, paths in full.
    plugin_sha256 : mapping of str to str
        What each of these files held, by its path.
    data_sha256, nnzoo : str
        The data that it began with, and the version.
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
        """Keep it in the sweep's directory."""
        write_whole(directory / FILE, json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode() + b"\n")


def read_plan(directory: Path) -> Plan:
    """The plan that a sweep's directory keeps.

    Raises
    ------
    StorageError
        When there is none.
    FileFormatError
        When it is not one.
    """
    path = directory / FILE
    try:
        values = read_json(path, _SIZE_LIMIT)
    except FileNotFoundError:
        raise StorageError(f"{directory} is not a sweep: it has no {FILE}") from None
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise FileFormatError(f"{path} is not of format {FORMAT}", hint="a newer nnzoo may have written it")
    values.pop("threads", None)
    values.setdefault("plugin_sha256", {})  # earlier ones have none
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
