"""One flat vector, weights first, with a view for each array."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.api import Parameter
from nnzoo.nn import FlatParameters

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
layouts = st.dictionaries(
    st.text("abc.0", min_size=1, max_size=6),
    st.builds(Parameter, shape=shapes, is_weight=st.booleans()),
    max_size=8,
)


@given(layout=layouts, dtype=st.sampled_from([np.float32, np.float64]))
def test_views_cover_the_vector_once_with_the_weights_first(layout, dtype):
    flat = FlatParameters(layout, dtype)
    assert flat.vector.dtype == dtype
    assert flat.vector.shape == (len(flat),) == (sum(math.prod(p.shape) for p in layout.values()),)
    for number, (name, view) in enumerate(flat.views().items(), start=1):
        assert view.shape == layout[name].shape
        assert view.flags.c_contiguous
        assert np.shares_memory(view, flat.vector)
        view += number
    # Each value was raised by one view only, and views stand in the vector's order.
    expected = [np.full(math.prod(p.shape), n) for n, p in enumerate(flat.layout.values(), start=1)]
    np.testing.assert_array_equal(flat.vector, np.concatenate(expected) if expected else [])
    assert flat.views().keys() == layout.keys()


@given(layout=layouts)
def test_weights_are_exactly_the_arrays_marked_as_such(layout):
    flat = FlatParameters(layout)
    flat.weights.fill(1)
    assert flat.weights.base is flat.vector
    for name, view in flat.views().items():
        assert (view == layout[name].is_weight).all()


def test_order_within_weights_and_within_the_rest_is_the_order_given():
    names = ["b1", "w1", "b2", "w2"]
    flat = FlatParameters({name: Parameter((1,), is_weight=name.startswith("w")) for name in names})
    assert list(flat.layout) == list(flat.views()) == ["w1", "w2", "b1", "b2"]


def test_an_array_without_axes_is_one_value():
    flat = FlatParameters({"scale": Parameter(())})
    flat["scale"][...] = 3
    assert flat.vector.tolist() == [3]


def test_an_unknown_name_is_an_error():
    with pytest.raises(KeyError):
        FlatParameters({})["weight"]
