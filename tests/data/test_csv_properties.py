"""Any table that is written comes back as it was, and no file, however odd, is anything but a data set or an error."""

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from nnzoo.api import FileFormatError, NnzooError

from nnzoo_datasets import Csv
from nnzoo_datasets.columns import is_missing, number
from nnzoo_datasets.csv_records import DELIMITERS

# Without the carriage return: Python's csv.writer does not always quote it.
TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8)
    .map(str.strip)
    .filter(lambda text: not is_missing(text) and number(text, ".") is None and number(text, ",") is None)
)
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
CLASSES = st.sampled_from(["no", "yes", "may be, or not", 'said "no"', "two\nlines"])


@st.composite
def tables(draw):
    """Columns of numbers and of texts, and a target, with two classes or more."""
    rows = draw(st.integers(2, 12))
    kinds = draw(st.lists(st.sampled_from([NUMBERS, TEXTS]), min_size=1, max_size=4))
    columns = [draw(st.lists(kind, min_size=rows, max_size=rows)) for kind in kinds]
    target = draw(st.lists(CLASSES, min_size=rows, max_size=rows).filter(lambda classes: len(set(classes)) > 1))
    return columns, target


def written(columns, **dialect):
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def load(data, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(data)
        return Csv(path=str(path), test_path=str(path), **options).load(cache=None)


@given(
    table=tables(),
    delimiter=st.sampled_from(sorted(set(DELIMITERS) - {"space"})),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    header=st.booleans(),
)
def test_a_table_comes_back_as_it_was(table, delimiter, ending, quoting, header):
    columns, target = table
    everything = [*columns, target]
    if header:
        everything = [[f"column {n}", *column] for n, column in enumerate(everything)]
    data = load(
        written(everything, delimiter=DELIMITERS[delimiter], lineterminator=ending, quoting=quoting),
        delimiter=delimiter,
        header="yes" if header else "no",
        standardize="none",
    )
    blocks = []
    for column in columns:
        if isinstance(column[0], float):
            blocks.append(np.array(column, np.float32)[:, None])
        else:
            blocks.append(np.array([[text == category for category in sorted(set(column))] for text in column]))
    for part in (data.train, data.test):
        np.testing.assert_array_equal(part.inputs, np.concatenate(blocks, axis=1))
        assert [data.class_names[label] for label in part.targets] == target
    assert data.class_names == tuple(sorted(set(target)))


@given(table=tables())
def test_standardised_inputs_are_finite_and_moderate(table):
    columns, target = table
    try:
        data = load(written([*columns, target]), header="no", delimiter="comma")
    except FileFormatError as error:
        raise AssertionError(error) from error
    assert np.isfinite(data.train.inputs).all()
    assert np.abs(data.train.inputs).max() <= np.sqrt(len(target))  # as far as one of n values can be from the others


FRAGMENTS = st.sampled_from([b",", b";", b"\t", b'"', b"\n", b"\r", b" ", b"1", b"2.5", b"a", b"nan", b"\xff", b"\0"])


@given(data=st.lists(FRAGMENTS, max_size=40).map(b"".join) | st.binary(max_size=60))
def test_no_file_is_anything_but_a_data_set_or_an_error(data):
    try:
        loaded = load(data)
    except NnzooError as error:
        assert error.exit_code in (2, 3)  # noqa: PT017 (both ends are right)
    else:
        assert np.isfinite(loaded.train.inputs).all()
        assert len(loaded.train)
