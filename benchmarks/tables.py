"""Train on small real tables with nnzoo's defaults, and compare with scikit-learn.

    pip install '.[benchmark-tables]'
    python -m benchmarks.tables

Each table is written as a CSV file, and ``nnzoo train --dataset TABLE.csv`` is the whole command, except for the seeds
of training and split. scikit-learn's models are trained and tested on the same rows, with standardised columns, one-hot
categories, filled gaps, dates as numbers, a standardised target in regression, and else their defaults: a multilayer
perceptron, a linear model (logistic regression or ridge), and gradient-boosted trees.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from rich.progress import track
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.processes import run_python
from benchmarks.report import print_table
from benchmarks.table_sets import SETS, TableSet, labels
from nnzoo.data.parting import part_samples

CHECKOUT = Path(__file__).parents[1]
TEST_SHARE = 0.2
NNZOO, PERCEPTRON = "nnzoo", "MLP"
MODELS = (NNZOO, PERCEPTRON, "linear", "trees")
BETTER, NOT_BELOW = 0.5, -2.0
"""Points of accuracy: by how much nnzoo's mean is to be above the perceptron's, and what no table may be below."""
GOALS = {"iris": 95.0, "engel": 0.7, "barley": 0.6, "statecrime": 0.0}


@dataclass(frozen=True)
class Scores:
    """The scores of each model on one table, for each seed: accuracy in percent, or R².

    Attributes
    ----------
    name : str
        The table's.
    has_classes, tuned : bool
        As its `TableSet` has them.
    rows, columns : int
        Its size, without the target.
    by_model : dict of str to list of float
        In the order of the seeds.
    """

    name: str
    has_classes: bool
    tuned: bool
    rows: int
    columns: int
    by_model: dict[str, list[float]]

    def mean(self, model: str) -> float:
        """A model's mean over the seeds."""
        return float(np.mean(self.by_model[model]))

    @property
    def lead(self) -> float:
        """How far nnzoo's mean is above the perceptron's."""
        return self.mean(NNZOO) - self.mean(PERCEPTRON)

    def cells(self) -> tuple[str, ...]:
        """As a row of the table."""
        digits = 1 if self.has_classes else 3
        figures = [
            f"{self.mean(model):.{digits}f} ± {np.std(self.by_model[model]):.{digits}f}" for model in self.by_model
        ]
        return (
            self.name,
            "" if self.tuned else "new",
            f"{self.rows:,} × {self.columns}",
            *figures,
            f"{self.lead:+.2f}",
        )


def measure(chosen: TableSet, seeds: int) -> Scores:
    """Train all models on one table, with each seed."""
    table = chosen.table()
    by_model: dict[str, list[float]] = {model: [] for model in MODELS}
    with tempfile.TemporaryDirectory() as folder:
        table.to_csv(Path(folder) / "table.csv", index=False)
        for seed in range(seeds):
            by_model[NNZOO].append(train_nnzoo(Path(folder), chosen, seed))
            train, test = part_samples(len(table), TEST_SHARE, seed, labels(table) if chosen.has_classes else None)
            for name, score in train_peers(table, chosen.has_classes, train, test, seed).items():
                by_model[name].append(score)
    return Scores(chosen.name, chosen.has_classes, chosen.tuned, len(table), table.shape[1] - 1, by_model)


def train_nnzoo(folder: Path, chosen: TableSet, seed: int) -> float:
    """The score of the command that users type."""
    command = f"-m nnzoo train --dataset table.csv:seed={seed} --seed {seed} --json --quiet"
    process = run_python(command.split(), folder, {"PYTHONPATH": str(CHECKOUT)})
    results = json.loads(process.output)
    if results["task"] != ("classification" if chosen.has_classes else "regression"):
        raise RuntimeError(f"{chosen.name}: nnzoo took it for {results['task']}")
    return float(100 * results["test_accuracy"] if chosen.has_classes else results["test_r2"])


def train_peers(
    table: pd.DataFrame, has_classes: bool, train: np.ndarray, test: np.ndarray, seed: int
) -> dict[str, float]:
    """The score of each of scikit-learn's models."""
    inputs, targets = dates_as_numbers(table.iloc[:, :-1]), table.iloc[:, -1].to_numpy()
    models: tuple[Any, ...] = (
        (MLPClassifier(random_state=seed), LogisticRegression(), HistGradientBoostingClassifier(random_state=seed))
        if has_classes
        else (MLPRegressor(random_state=seed), Ridge(), HistGradientBoostingRegressor(random_state=seed))
    )
    scores = {}
    for name, model in zip(MODELS[1:], models, strict=True):
        aim = model if has_classes else TransformedTargetRegressor(model, transformer=StandardScaler())
        pipeline = make_pipeline(preprocessing(), aim)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ConvergenceWarning
            )  # 200 epochs are its default, and this compares defaults
            pipeline.fit(inputs.iloc[train], targets[train])
        scores[name] = float(pipeline.score(inputs.iloc[test], targets[test])) * (100 if has_classes else 1)
    return scores


def dates_as_numbers(inputs: pd.DataFrame) -> pd.DataFrame:
    """The table with parts of each date in its place, the day of the year as sine and cosine; numbers as floats."""
    inputs = inputs.copy()
    for name in inputs.select_dtypes("datetime").columns:
        date = inputs.pop(name).dt
        parts = {"year": date.year, "month": date.month, "weekday": date.day_of_week, "hour": date.hour}
        angle = 2 * np.pi * date.day_of_year / 365.25
        for part, values in {**parts, "sine": np.sin(angle), "cosine": np.cos(angle)}.items():
            inputs[f"{name} {part}"] = values
    numbers = inputs.select_dtypes("number").columns
    return inputs.astype(dict.fromkeys(numbers, float))


def preprocessing() -> Any:
    """Standardised numbers with medians for gaps, and zeros and ones for categories, a gap being one."""
    return make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
        verbose_feature_names_out=False,
    )


def bars(results: Sequence[Scores]) -> Iterator[tuple[str, str, str, bool]]:
    """The goals, the results, and whether they are met."""
    classes = [scores for scores in results if scores.has_classes]
    values = [scores for scores in results if not scores.has_classes]
    if classes:
        lead = float(np.mean([scores.lead for scores in classes]))
        what = f"mean accuracy over {len(classes)} tables, above the MLP's"
        yield what, f"{lead:+.2f} points", f"≥ {BETTER:+}", lead >= BETTER
        worst = min(classes, key=lambda scores: scores.lead)
        yield (
            f"the least on one table ({worst.name})",
            f"{worst.lead:+.2f} points",
            f"≥ {NOT_BELOW}",
            worst.lead >= NOT_BELOW,
        )
    if values:
        lead = float(np.mean([scores.lead for scores in values]))
        yield f"mean R² over {len(values)} tables, above the MLP's", f"{lead:+.3f}", "≥ 0", lead >= 0
    for scores in results:
        if scores.name in GOALS:
            goal, figure = GOALS[scores.name], scores.mean(NNZOO)
            yield f"{scores.name}, mean", f"{figure:.{1 if scores.has_classes else 3}f}", f"≥ {goal:g}", figure >= goal


def mean_row(results: Sequence[Scores], what: str) -> tuple[str, ...]:
    """The means over some tables."""
    digits = 1 if results[0].has_classes else 3
    means = [np.mean([scores.mean(model) for scores in results]) for model in MODELS]
    lead = np.mean([scores.lead for scores in results])
    return (what, "", "", *(f"{mean:.{digits}f}" for mean in means), f"{lead:+.2f}")


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--only", multiple=True, metavar="TABLE", help="Train on this table alone; repeatable.")
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="How often, on different splits.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write every score there.")
@click.option("--markdown", is_flag=True, help="Print the tables as Markdown.")
def main(only: tuple[str, ...], seeds: int, json_file: Path | None, markdown: bool) -> None:
    names = [chosen.name for chosen in SETS]
    if unknown := set(only) - set(names):
        raise click.UsageError(f"no table {', '.join(map(repr, sorted(unknown)))}; there are {', '.join(names)}")
    sets = [chosen for chosen in SETS if not only or chosen.name in only]
    results = [measure(chosen, seeds) for chosen in track(sets, "training", disable=not sys.stderr.isatty())]
    titles = ("table", "", "size", *MODELS, "nnzoo − MLP")
    for has_classes, figure in ((True, "accuracy, %"), (False, "R²")):
        part = [scores for scores in results if scores.has_classes == has_classes]
        if part:
            print(f"{figure}: mean ± standard deviation of {seeds} seeds\n")
            new = [scores for scores in part if not scores.tuned]
            rows = [*(scores.cells() for scores in part), mean_row(part, "mean")]
            rows += [mean_row(new, "mean of the new ones")] if new else []
            print_table(titles, rows, "llrrrrrr", markdown=markdown)
            print()
    judged = [(what, figure, bar, "ok" if kept else "missed") for what, figure, bar, kept in bars(results)]
    print_table(("measurement", "figure", "goal", ""), judged, "lrrl", markdown=markdown)
    print("\nnew: a table that no default was chosen with")
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(scores) for scores in results], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
