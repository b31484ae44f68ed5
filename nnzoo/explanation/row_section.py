"""The row of a table: its values, what preprocessing makes of them, and which columns count."""

from __future__ import annotations

from nnzoo.explanation.numbers import Format
from nnzoo.explanation.section import Row, Section, Table
from nnzoo.explanation.subject import Subject
from nnzoo.kinds import Columns
from nnzoo.model.columns import describe_columns, row_texts
from nnzoo.model.importance import Importance
from nnzoo.terminal import one_line

MOST = 30
"""Columns that are shown: of more, those that count most, or the first."""
_NAME, _VALUE = 30, 24
"""Characters of a column's name and of a value that are shown."""


def row_section(format: Format, subject: Subject, row: Columns) -> Section:
    """The section of a sample that is from a table."""
    importance, places = subject.importance, subject.preprocessing.places()
    shown = list(places)
    if len(shown) > MOST:
        shown = list(importance.columns[:MOST]) if importance else shown[:MOST]
    steps = {each.column: each.steps for each in describe_columns(subject.preprocessing)}
    x = subject.x.reshape(-1)
    rows = []
    for column, value in row_texts(row, 0, shown):
        inputs = places[column]
        counts = [_counts(importance, column)] if importance else []
        became = format.row(x[inputs]) if len(inputs) > 1 else format.number(x[inputs[0]])
        rows.append(Row((one_line(column, _NAME), one_line(value, _VALUE), *counts, _brackets(inputs), became)))
    notes = [f"x is what the network sees: {x.size} {'number' if x.size == 1 else 'numbers'}."]
    if len(shown) < len(places):
        which = "those that count most" if importance else "the first"
        notes.append(f"{len(shown)} of {len(places)} columns are shown, {which}.")
    if importance:
        notes.append(
            f"counts: the {importance.change} on test data ({importance.rows:,} rows) when the column is shuffled, "
            f"as mean ± standard deviation of {importance.repeats} shuffles"
            + (", in percentage points." if importance.measure.is_share else ".")
        )
    titles = ("column", "value", *(["counts"] if importance else []), "inputs", "x")
    return Section(
        part="Data",
        title="the row",
        workings=tuple(f"{one_line(column, _NAME)} ← {'; '.join(steps[column])}" for column in shown),
        tables=(Table(titles, tuple(rows)),),
        notes=tuple(notes),
    )


def _counts(importance: Importance, column: str) -> str:
    mean, spread = (importance.factor * each for each in importance.by_column[column])
    return f"{mean:z.3g} ± {spread:.2g}".replace("-", "−")


def _brackets(inputs: list[int]) -> str:
    """Which inputs a column has become: ``[3]``, ``[3…5]``."""
    if inputs == list(range(inputs[0], inputs[-1] + 1)):
        return f"[{inputs[0]}]" if len(inputs) == 1 else f"[{inputs[0]}…{inputs[-1]}]"
    return f"[{','.join(map(str, inputs))}]"
