"""Blocks that wait for a decision: nothing comes later for it, and whoever asks is told the present."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.held_blocks import HeldBlocks
from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import AudioBlock, AudioFormat, Moment
from tests.support.fake_model import FRONT_END
from tests.support.sounds import tune

RATE_HZ = 8000
SOUND = tune(5.0, RATE_HZ)


def feed() -> WindowFeed:
    return WindowFeed(AudioFormat(RATE_HZ, 1), FRONT_END, 0.5, -60.0)


def blocks(sizes: list[int]) -> list[AudioBlock]:
    ends = np.cumsum(sizes)
    return [
        AudioBlock(SOUND[end - size : end], int(end - size)) for end, size in zip(ends, sizes, strict=True)
    ]


SIZES = st.lists(st.integers(1, 6000), min_size=1, max_size=12).filter(lambda sizes: sum(sizes) <= len(SOUND))


@given(SIZES)
def test_a_decision_comes_with_the_block_that_completes_it(sizes):
    one, decided = feed(), 0
    for block in blocks(sizes):
        decided += len(one.process(block))
        assert decided == block.end_sample // (RATE_HZ // 2)


@given(SIZES, st.booleans())
def test_whoever_asks_is_told_the_present(sizes, at_each):
    asked, at_once = feed(), feed()
    for block in blocks(sizes):
        asked.process(block)
        assert asked.position == block.end_sample
        if at_each:
            assert asked.accounts.captured == block.end_sample
    at_once.process(AudioBlock(SOUND[: sum(sizes)], 0))
    assert asked.accounts == at_once.accounts
    assert asked.level == at_once.level
    assert np.array_equal(asked.last_rows(1.0), at_once.last_rows(1.0))


def test_only_what_follows_is_joined():
    held = HeldBlocks()
    assert held.take() is None
    first, gap, wide = (
        AudioBlock(SOUND[:5], 0),
        AudioBlock(SOUND[:5], 6),
        AudioBlock(np.hstack([SOUND[:5]] * 2), 5),
    )
    assert held.continued_by(gap)
    held.add(first)
    assert not held.continued_by(gap)
    assert not held.continued_by(wide)
    held.add(AudioBlock(SOUND[5:8], 5))
    joined = held.take()
    assert joined is not None
    assert (joined.first_sample, joined.end_sample, held.end_sample) == (0, 8, None)
    assert np.array_equal(joined.samples, SOUND[:8])


def facts(moments: list[Moment]) -> list[tuple[object, ...]]:
    return [
        (moment.audio_seconds, moment.level, moment.reason, moment.lost_samples, moment.evidence_seconds)
        + ((moment.window.first_sample, moment.window.features.tobytes()) if moment.window else ())
        for moment in moments
    ]


def played(parts: list[tuple[int, int, bool]], size: int, *, asks: bool) -> tuple[object, ...]:
    """Stretches of sound after gaps and interruptions, in blocks of a size."""
    one, moments, at, heard = feed(), [], 0, 0
    for gap, length, interrupted in parts:
        if interrupted:
            moments += one.interrupted()
        at += gap
        stretch = SOUND[heard : heard + length]
        for start in range(0, len(stretch), size):
            block = AudioBlock(stretch[start : start + size], at + start)
            moments += one.process(block)
            if asks:
                accounts = one.accounts
                assert accounts.captured == block.end_sample
                known = accounts.analysed + sum(accounts.skipped.values()) + accounts.lost + accounts.pending
                assert known == block.end_sample
        at, heard = at + len(stretch), heard + len(stretch)
    moments += one.flush()
    return facts(moments), one.accounts, one.clipped_samples


PARTS = st.lists(
    st.tuples(st.sampled_from([0, 1, 900, 9000]), st.integers(1, 16_000), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=30)
@given(PARTS, st.sampled_from([80, 1111, 5000]), st.booleans())
def test_gaps_and_breaks_find_nothing_held_back(parts, size, asks):
    assert played(parts, size, asks=asks) == played(parts, 10**9, asks=False)
