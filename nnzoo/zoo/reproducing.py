"""Train a network of the zoo again."""

from __future__ import annotations

from importlib.resources import as_file
from pathlib import Path
from typing import Any

from nnzoo.kinds import DataCache
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import ZooEntry
from nnzoo.runs.environment import describe_environment
from nnzoo.runs.model_file import read_model
from nnzoo.runs.record import built_from_record
from nnzoo.runs.run import run_training
from nnzoo.zoo.card import read_card


def train_again(
    registry: Registry, entry: ZooEntry, cache: DataCache, run_dir: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """The results of the same training, and what of its conditions is not as it was.

    Raises
    ------
    UnknownComponentError, HyperparameterError, FileFormatError, DownloadError, StorageError
    """
    with as_file(entry.model.model_file) as path:
        description = read_model(path).description
    card = read_card(entry.model.card_file)
    stored = {kind: {"name": c.name, "options": c.options} for kind, c in description.components.items()}
    recipe, loader = built_from_record(registry, {"components": stored, "settings": description.settings})
    data = loader.load(cache)
    results = run_training(registry, recipe, loader, data, run_dir=run_dir, command=card.recipe.split())
    components = [loader, *recipe.components().values()]
    now = describe_environment(filter(None, map(registry.provider, components)))
    differences = [] if data.sha256() == card.data["sha256"] else ["data: other contents (SHA-256) than then"]
    differences += [
        f"{key}: {then} then, {now.get(key)} now" for key, then in card.environment.items() if now.get(key) != then
    ]
    return results, differences
