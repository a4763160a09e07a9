from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streamgenre.capture.sample_format import from_pcm_bytes, to_float32


@pytest.mark.parametrize(
    ("dtype", "bits"), [(np.uint8, 8), (np.int16, 16), (np.int32, 32), (np.int64, 64)], ids=str
)
def test_integers_are_scaled_to_full_scale(dtype, bits):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    middle = 128 if dtype == np.uint8 else 0
    values = to_float32(np.array([low, middle, high], dtype))
    assert values.dtype == np.float32
    assert values[0] == -1.0
    assert values[1] == 0.0
    assert values[2] == np.float32(1 - 2.0 ** (1 - bits))


@given(arrays(np.int16, st.integers(0, 50)))
def test_sixteen_bits_are_exact(values):
    assert np.array_equal(to_float32(values).astype(np.float64) * 32768, values)


@given(st.lists(st.integers(-(2**23), 2**23 - 1)))
def test_twenty_four_bits_are_exact(values):
    data = b"".join(value.to_bytes(3, "little", signed=True) for value in values)
    floats = from_pcm_bytes(data, "s24le", 1)
    assert np.array_equal(floats[:, 0].astype(np.float64) * 2**23, values)


@given(arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32)))
def test_floats_pass_unchanged_and_nan_stays(values):
    assert np.array_equal(from_pcm_bytes(values.tobytes(), "f32le", 1)[:, 0], values, equal_nan=True)


def test_a_double_beyond_float32_becomes_infinite_without_a_warning():
    assert to_float32(np.array([1e300, -1e300])).tolist() == [np.inf, -np.inf]


def test_channels_are_columns():
    data = np.arange(12, dtype="<i2").tobytes()
    assert (from_pcm_bytes(data, "s16le", 3) * 32768).tolist() == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
        [9, 10, 11],
    ]


def test_half_a_sample_is_an_error():
    with pytest.raises(ValueError, match=r"."):
        from_pcm_bytes(b"123", "s16le", 1)
