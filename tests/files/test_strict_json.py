"""JSON from elsewhere: numbers that Python can hold, levels that recursive code survives."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.files.strict_json import DEPTH, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**308), 10**308) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(VALUES)
def test_valid_json_is_read_as_json_loads_does(value):
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e309", "-1e400", "1" + "0" * 309])
@pytest.mark.parametrize("place", ["{}", "[{}]", '{{"a": [0, {}, 1.5]}}'])
def test_numbers_that_no_float_holds_are_refused(number, place):
    with pytest.raises(ValueError, match="number"):
        parse_json(place.format(number))


@pytest.mark.parametrize("text", ["[{}]", '{{"a": {}}}'], ids=["list", "object"])
def test_the_depth_of_nesting_is_limited(text):
    nested = "0"
    for _ in range(DEPTH):
        nested = text.format(nested)
    assert not isinstance(parse_json(nested), int)
    for levels in (1, 100_000):
        deeper = nested.replace("0", text.split("{}")[0].replace("{{", "{") * levels + "0")
        deeper += text.split("{}")[1].replace("}}", "}") * levels
        with pytest.raises(ValueError, match=str(DEPTH)):
            parse_json(deeper)


def test_the_largest_float_is_read():
    assert parse_json("1.7976931348623157e308") == math.nextafter(math.inf, 0)
