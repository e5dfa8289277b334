"""Counts of parts are, added, the counts of the whole."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ired_interp_core.counts import BINS, counted

NUMBERS = st.floats(-(2.0**99), 2.0**99, width=32, allow_subnormal=False)


@given(arrays(np.float32, st.integers(1, 60), elements=NUMBERS), st.integers(1, 5))
def test_parts_added_in_any_order_are_the_whole(values, many):
    whole = counted(values)
    parts = [counted(p) for p in np.array_split(values, many) if p.size]
    for order in (parts, parts[::-1]):
        found = reduce(add, order)
        assert (found.exponent, found.first) == (whole.exponent, whole.first)
        assert (found.low, found.high) == (values.min(), values.max())
        np.testing.assert_array_equal(found.counts, whole.counts)


@given(arrays(np.float64, st.integers(1, 60), elements=NUMBERS))
def test_every_number_lies_in_its_bin(values):
    found = counted(values)
    assert found.counts.sum() == values.size
    assert len(found.counts) <= BINS
    edges = found.edges
    assert edges[0] <= found.low <= found.high < edges[-1]
    for value in values:
        at = np.searchsorted(edges, value, side="right") - 1
        assert found.counts[at]
    own, _ = np.histogram(values, np.append(edges[:-1], np.inf))
    np.testing.assert_array_equal(own, found.counts)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e12])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e3])
def test_bins_are_as_fine_as_said(scale, offset):
    values = scale * (offset + np.random.default_rng(0).random(5000))
    found = counted(values)
    assert 2.0**found.exponent <= np.ptp(values) * 2 / BINS * 1.001
    reached = np.cumsum(found.counts) / values.size
    for share in (0.05, 0.5, 0.95):
        at = found.edges[1:][np.searchsorted(reached, share)]
        assert abs(at - np.quantile(values, share)) <= 2 * 2.0**found.exponent


def test_what_is_not_finite_is_not_counted():
    assert counted(np.array([np.nan, np.inf])) is None
    found = counted(np.array([np.nan, 3.0, -np.inf]))
    assert (found.low, found.high, found.counts.tolist()) == (3.0, 3.0, [1])
    assert counted(np.zeros(3)).counts.tolist() == [3]
