from __future__ import annotations

import numpy as np

from streamgenre.capture.ring_chain import MAX_RINGS, RingChain


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
    chain.write(np.zeros((8, 2), np.float32))
    assert (read_all(chain), chain.lost_samples) == (18, 5)


def test_what_is_older_than_the_newest_that_fit_is_lost_and_counted():
    chain = RingChain(10, 1)
    chain.write(np.zeros((15, 1), np.float32))
    chain.write(np.zeros((12, 2), np.float32))
    assert (read_all(chain), chain.lost_samples) == (10, 17)
    assert chain.captured_samples == 27


def test_a_stream_that_changes_its_width_with_every_frame_takes_no_more_room():
    chain = RingChain(100, 1)
    for number in range(1000):
        assert chain.has_room(10) == (chain.unread_samples <= 90)
        chain.write(np.zeros((10, 1 + number % 2), np.float32))
        assert chain.unread_samples <= 10 * MAX_RINGS
    read = read_all(chain)
    assert read == 10 * MAX_RINGS
    assert read + chain.lost_samples == chain.captured_samples == 10_000


def test_a_wider_stretch_gets_a_shorter_ring():
    chain = RingChain(1000, 1, most_bytes=4000)
    chain.write(np.zeros((500, 1), np.float32))
    chain.write(np.zeros((500, 8), np.float32))
    assert read_all(chain) == 1000 // 8
    assert chain.lost_samples == 1000 - 1000 // 8


def read_all(chain: RingChain) -> int:
    read, expected = 0, None
    while (block := chain.read(100)) is not None:
        assert expected is None or block.first_sample >= expected
        expected = block.end_sample
        read += len(block.samples)
    return read


def test_room_is_what_can_be_written_without_a_loss():
    chain = RingChain(10, 1)
    chain.write(np.zeros((6, 1), np.float32))
    assert chain.has_room(4)
    assert not chain.has_room(5)
    chain.read(3)
    assert chain.has_room(7)
