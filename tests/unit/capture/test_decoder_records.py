from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from streamgenre.capture.decoders.decoder_records import (
    Damaged,
    Decoded,
    Ended,
    Failed,
    Opened,
    Titled,
    Worked,
    read_record,
    write_record,
)
from streamgenre.messages import AudioFormat


@pytest.mark.parametrize(
    "record",
    [
        Opened(AudioFormat(44_100, 2), "Ünï - Söng", finite=False),
        Opened(AudioFormat(8000, 1), None, finite=True, codec="vorbis"),
        Worked(0.25),
        Titled("Ünï - Söng"),
        Titled(None),
        Damaged("3 damaged packets"),
        Ended(),
        Failed("it broke\nhere", permanent=True),
    ],
)
def test_what_is_written_is_read(record):
    pipe = io.BytesIO()
    write_record(pipe, record)
    pipe.seek(0)
    assert read_record(pipe) == record
    assert read_record(pipe) is None


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=30), elements=st.floats(width=32)))
def test_samples_cross_bit_for_bit(samples):
    for given_samples in (samples, np.asfortranarray(samples), samples[::-1]):
        pipe = io.BytesIO()
        write_record(pipe, Decoded(given_samples))
        pipe.seek(0)
        record = read_record(pipe)
        assert isinstance(record, Decoded)
        assert record.samples.tobytes() == given_samples.tobytes()
        assert record.samples.shape == given_samples.shape


@given(st.integers(0, 60))
def test_a_record_cut_off_is_the_end(length):
    pipe = io.BytesIO()
    write_record(pipe, Decoded(np.zeros((10, 2), np.float32)))
    assert read_record(io.BytesIO(pipe.getvalue()[:length])) is None
