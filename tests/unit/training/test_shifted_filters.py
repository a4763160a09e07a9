"""Copies of a filter that are moved and moved on together give its answers at every place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from training.shifted_filters import shift_filters

TIME, FREQUENCY = 2, 3


def answers(plane: np.ndarray, kernel: np.ndarray, steps: tuple[int, int] = (1, 1)) -> np.ndarray:
    """(filters, places in time, places in frequency), every `steps` places."""
    patches = sliding_window_view(plane, kernel.shape[2:])[:: steps[0], :: steps[1]]
    return np.einsum("tfhw,ohw->otf", patches, kernel[:, 0])


@given(
    st.sampled_from([TIME, FREQUENCY]),
    st.integers(1, 6),
    st.integers(1, 3),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.integers(0, 2**32 - 1),
)
def test_copies_give_neighbouring_places(axis, copies, filters, size, seed):
    generator = np.random.default_rng(seed)
    kernel = generator.normal(size=(filters, 1, *size))
    plane = generator.normal(size=(size[0] + 2 * copies + 3, size[1] + 2 * copies + 3))
    shifted = shift_filters(kernel, axis, [copies])
    steps = (copies, 1) if axis == TIME else (1, copies)
    strided = answers(plane, shifted.kernel, steps)
    apart = strided.reshape(filters, copies, *strided.shape[1:])
    expected = answers(plane, kernel)
    for copy in range(copies):
        places = [slice(None)] * 3
        places[axis - 1] = slice(copy, None, copies)
        found = expected[tuple(places)]
        np.testing.assert_allclose(apart[:, copy], found[:, : apart.shape[2], : apart.shape[3]], atol=1e-12)


@pytest.mark.parametrize(("filters", "frames", "copies"), [(3, 128, 8), (32, 32, 1), (128, 7, 1)])
def test_few_filters_are_copied_until_they_fill_the_processor(filters, frames, copies):
    kernel = np.ones((filters, 1, frames, 1), np.float32)
    assert shift_filters(kernel, TIME, range(1, 9)).copies == copies


def test_only_allowed_numbers_of_copies_are_taken():
    kernel = np.ones((3, 1, 7, 67), np.float32)
    shifted = shift_filters(kernel, FREQUENCY, [1, 5])
    assert shifted.copies == 5
    assert shifted.kernel.shape == (15, 1, 7, 71)
