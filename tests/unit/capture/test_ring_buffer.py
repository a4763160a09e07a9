from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streamgenre.capture.ring_buffer import RingBuffer


def ramp(begin: int, samples: int, channels: int = 1) -> np.ndarray:
    """Samples that tell their own index, exact in float32 up to 2^24."""
    return np.repeat(np.arange(begin, begin + samples, dtype=np.float32)[:, None], channels, axis=1)


class RingAgainstModel(RuleBasedStateMachine):
    """The model: every index ever written, those read, and the newest `capacity` of them kept."""

    @initialize(capacity=st.integers(1, 40), channels=st.integers(1, 3), first=st.integers(0, 1000))
    def make(self, capacity, channels, first):
        self.ring = RingBuffer(capacity, channels, first)
        self.capacity, self.channels = capacity, channels
        self.written = self.read = first
        self.first, self.lost, self.delivered = first, 0, 0

    @rule(samples=st.integers(0, 100))
    def write(self, samples):
        self.ring.write(ramp(self.written, samples, self.channels))
        self.written += samples

    @rule(max_samples=st.integers(1, 60))
    def take(self, max_samples):
        block = self.ring.read(max_samples)
        begin = max(self.read, self.written - self.capacity)
        end = min(begin + max_samples, self.written)
        if begin == end:
            assert block is None
            return
        assert block is not None
        assert block.first_sample == begin
        assert np.array_equal(block.samples, ramp(begin, end - begin, self.channels))
        self.lost += begin - self.read
        self.delivered += end - begin
        self.read = end

    @invariant()
    def accounts_agree(self):
        if not hasattr(self, "ring"):
            return
        assert self.ring.captured_samples == self.written
        assert self.ring.lost_samples == self.lost
        assert self.ring.unread_samples == self.written - self.read
        assert self.written - self.first == self.delivered + self.lost + self.ring.unread_samples


TestRingAgainstModel = RingAgainstModel.TestCase


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=30), st.integers(1, 50))
def test_what_is_read_plus_what_is_lost_is_what_was_written(steps, capacity):
    ring, written, read = RingBuffer(capacity, 2), 0, 0
    for to_write, to_read in (*steps, (0, 10_000)):
        ring.write(ramp(written, to_write, 2))
        written += to_write
        if to_read and (block := ring.read(to_read)):
            assert np.array_equal(block.samples, ramp(block.first_sample, len(block.samples), 2))
            read += len(block.samples)
    assert read + ring.lost_samples == written


@pytest.fixture
def hectic():
    """Let threads take turns a hundred times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def value_of(index: np.ndarray | int) -> np.ndarray:
    """What the sample of an index holds; float32 counts to 2^24 only."""
    return (np.asarray(index) % 2**23).astype(np.float32)


def write_for(seconds: float, ring: RingBuffer, step_samples: int, done: threading.Event) -> None:
    written, give_up = 0, time.monotonic() + seconds
    while time.monotonic() < give_up:
        indices = np.arange(written, written + step_samples)
        ring.write(np.repeat(value_of(indices)[:, None], 2, axis=1))
        written += step_samples
    done.set()


@pytest.mark.usefixtures("hectic")
@pytest.mark.parametrize(("capacity", "step_samples"), [(64, 7), (4096, 1500), (20_000, 17_000)])
def test_no_torn_sample_is_ever_delivered_to_a_reader_that_is_overtaken(capacity, step_samples):
    """A writer at full speed against a reader: every value delivered is the one of its index."""
    ring, done = RingBuffer(capacity, 2), threading.Event()
    writer = threading.Thread(target=write_for, args=(0.6, ring, step_samples, done))
    writer.start()
    delivered, wrong, expected = 0, 0, 0
    while True:
        last_round = done.is_set()
        block = ring.read(capacity)
        if block is not None:
            assert block.first_sample >= expected
            wanted = value_of(np.arange(block.first_sample, block.end_sample))[:, None]
            wrong += int(np.sum(block.samples != wanted))
            delivered += len(block.samples)
            expected = block.end_sample
        elif last_round:
            break
    writer.join()
    assert wrong == 0
    assert delivered > 0
    assert delivered + ring.lost_samples == ring.captured_samples


@pytest.mark.parametrize(("capacity", "channels"), [(0, 1), (1, 0), (-1, 2)])
def test_a_ring_of_nothing_is_refused(capacity, channels):
    with pytest.raises(ValueError, match="at least 1"):
        RingBuffer(capacity, channels)
