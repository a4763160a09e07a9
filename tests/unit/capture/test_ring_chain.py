from __future__ import annotations

import numpy as np

from streamgenre.capture.ring_chain import RingChain


def test_a_change_of_width_loses_nothing_and_keeps_the_count():
    chain = RingChain(100, 2)
    chain.write(np.full((10, 2), 1, np.float32))
    chain.write(np.full((5, 1), 2, np.float32))
    chain.write(np.full((5, 1), 3, np.float32))
    blocks = [chain.read(8) for _ in range(5)]
    assert [None if b is None else (b.first_sample, b.samples.shape) for b in blocks] == [
        (0, (8, 2)),
        (8, (2, 2)),
        (10, (8, 1)),
        (18, (2, 1)),
        None,
    ]
    assert chain.captured_samples == 20
    assert chain.lost_samples == 0


def test_losses_before_and_after_a_change_are_added_up():
    chain = RingChain(10, 1)
    chain.write(np.zeros((15, 1), np.float32))
    chain.write(np.zeros((12, 2), np.float32))
    read = 0
    while (block := chain.read(100)) is not None:
        read += len(block.samples)
    assert (read, chain.lost_samples) == (20, 7)


def test_room_is_what_can_be_written_without_a_loss():
    chain = RingChain(10, 1)
    chain.write(np.zeros((6, 1), np.float32))
    assert chain.has_room(4)
    assert not chain.has_room(5)
    chain.read(3)
    assert chain.has_room(7)
