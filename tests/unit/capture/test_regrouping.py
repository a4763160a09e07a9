from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.regrouping import regrouped
from streamgenre.errors import TransientSourceError
from streamgenre.messages import AudioBlock


def blocks_of(lengths, channels=1):
    first = 0
    for length in lengths:
        samples = np.repeat(np.arange(first, first + length, dtype=np.float32)[:, None], channels, axis=1)
        yield AudioBlock(samples, first)
        first += length


@given(st.lists(st.integers(1, 50), max_size=20), st.integers(1, 60))
def test_the_samples_stay_and_every_block_but_the_last_is_whole(lengths, block_samples):
    out = list(regrouped(blocks_of(lengths), block_samples))
    total = sum(lengths)
    joined = np.concatenate([b.samples for b in out]) if out else np.zeros((0, 1))
    assert np.array_equal(joined[:, 0], np.arange(total))
    assert [b.first_sample for b in out] == list(range(0, total, block_samples))
    assert all(len(b.samples) == block_samples for b in out[:-1])


def test_a_gap_and_a_change_of_channels_are_not_joined_over():
    given_blocks = [
        AudioBlock(np.zeros((3, 1), np.float32), 0),
        AudioBlock(np.zeros((3, 1), np.float32), 5),
        AudioBlock(np.zeros((3, 2), np.float32), 8),
    ]
    out = list(regrouped(iter(given_blocks), 4))
    assert [(b.first_sample, b.samples.shape) for b in out] == [(0, (3, 1)), (5, (3, 1)), (8, (3, 2))]


def test_what_came_before_an_error_is_given_first():
    def breaking():
        yield from blocks_of([3])
        raise TransientSourceError("gone")

    out = regrouped(breaking(), 10)
    assert len(next(out).samples) == 3
    with pytest.raises(TransientSourceError, match="gone"):
        next(out)
