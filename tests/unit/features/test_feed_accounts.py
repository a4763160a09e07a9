"""Skips, new hops, gaps, breaks and formats in any order: every sample is booked, and no window spans one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import AudioBlock, AudioFormat, Moment
from tests.support.fake_model import FRONT_END
from tests.support.sounds import silence, tune

RATE_HZ = 8000
SOUND = np.concatenate([tune(6.0, RATE_HZ), silence(1.5, RATE_HZ), tune(6.5, RATE_HZ, seed=3)])


def feed_of(hop_seconds: float = 0.5) -> WindowFeed:
    return WindowFeed(AudioFormat(RATE_HZ, 1), FRONT_END, hop_seconds, -60.0)


def balanced(feed: WindowFeed) -> bool:
    now = feed.accounts
    assert now.pending >= 0
    assert all(samples > 0 for samples in now.skipped.values())
    return now.captured == now.analysed + sum(now.skipped.values()) + now.lost + now.pending


class Player:
    """Does to a feed what a step says, and keeps what it should have booked."""

    def __init__(self) -> None:
        self.feed = feed_of()
        self.moments: list[Moment] = []
        self.captured = self.lost = self.overload = 0
        self.rate_hz = RATE_HZ
        self.breaks: list[float] = []

    def do(self, step: str, size: int) -> None:
        getattr(self, step)(size)

    def block(self, size: int) -> None:
        self.moments += self.feed.process(AudioBlock(np.resize(SOUND, (size, 1)), self.feed.position))
        self.captured += size

    def jump(self, size: int) -> None:
        self.breaks.append(self.feed.audio_seconds)
        start = self.feed.position + size
        self.moments += self.feed.process(AudioBlock(SOUND[:400], start))
        self.captured, self.lost = self.captured + size + 400, self.lost + size

    def skip(self, size: int) -> None:
        self.breaks.append(self.feed.audio_seconds)
        self.moments += self.feed.skip(size, "overload")
        self.captured, self.overload = self.captured + size, self.overload + size

    def interrupt(self, _: int) -> None:
        self.breaks.append(self.feed.audio_seconds)
        self.moments += self.feed.interrupted()

    def reformat(self, size: int) -> None:
        self.breaks.append(self.feed.audio_seconds)
        self.rate_hz = (8000, 11025, 16000)[size % 3]
        self.moments += self.feed.reformat(AudioFormat(self.rate_hz, 1))

    def hop(self, size: int) -> None:
        self.feed.set_hop((0.1, 0.25, 0.5, 1.0, 3.0, 5.0)[size % 6])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["block", "block", "block", "jump", "skip", "interrupt", "reformat", "hop"]),
        st.integers(1, 40_000),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=80)
@given(STEPS)
def test_every_sample_is_booked_at_every_moment(steps):
    player = Player()
    for step, size in steps:
        player.do(step, size)
        assert balanced(player.feed)
    player.moments += player.feed.flush()
    accounts = player.feed.accounts
    assert balanced(player.feed)
    assert accounts.pending == 0
    assert (accounts.captured, accounts.lost) == (player.captured, player.lost)
    assert accounts.skipped.get("overload", 0) == player.overload
    times = [moment.audio_seconds for moment in player.moments]
    assert times == sorted(times)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60_000), st.integers(1, 60_000), st.sampled_from([0.1, 0.5, 3.0]))
def test_a_skip_is_a_gap_that_is_booked_for_its_reason(before, skipped, hop_seconds):
    feed = feed_of(hop_seconds)
    moments = feed.process(AudioBlock(SOUND[:before], 0))
    given_up = feed.skip(skipped, "overload")
    due = [k * hop_seconds for k in range(1, 2000) if before < k * hop_seconds * RATE_HZ <= before + skipped]
    told = [moment for moment in given_up if moment.reason == "overload"]
    assert [moment.audio_seconds for moment in told] == pytest.approx(due[-1:])
    assert [(m.level, m.window, m.quiet) for m in told] == [(None, None, None)] * len(told)
    assert feed.position == before + skipped
    moments += given_up + feed.process(AudioBlock(SOUND, before + skipped)) + feed.flush()
    assert (feed.accounts.skipped["overload"], feed.accounts.lost) == (skipped, 0)
    for moment in moments:
        if moment.window:
            assert moment.window.end_sample <= before or moment.window.first_sample >= before + skipped


def test_less_than_nothing_cannot_be_skipped_and_nothing_is_no_gap():
    feed = feed_of()
    feed.process(AudioBlock(SOUND[:3000], 0))
    assert feed.skip(0, "overload") == []
    assert (feed.accounts.pending, feed.accounts.skipped) == (3000, {})
    with pytest.raises(ValueError, match="-1 samples"):
        feed.skip(-1, "overload")


def hops(changes: list[tuple[int, float]], size: int) -> list[tuple[object, ...]]:
    """What a feed gives whose hop changes at samples, in blocks of a size."""
    feed, moments = feed_of(), []
    for (first, hop_seconds), (end, _) in pairwise([*changes, (len(SOUND), 0.0)]):
        feed.set_hop(hop_seconds)
        for at in range(first, end, size):
            moments += feed.process(AudioBlock(SOUND[at : min(end, at + size)], at))
    moments += feed.flush()
    return [
        (m.sample, m.level, m.reason, m.evidence_seconds, m.conditions, m.quiet)
        + ((m.window.first_sample, m.window.first_frame, m.window.features.tobytes()) if m.window else ())
        for m in moments
    ]


CHANGES = st.lists(
    st.tuples(st.integers(0, len(SOUND)), st.sampled_from([0.1, 0.25, 0.7, 1.0, 3.0, 5.0])), max_size=3
).map(lambda changes: [(0, 0.5), *sorted(changes)])


@settings(deadline=None, max_examples=30)
@given(CHANGES, st.sampled_from([160, 777, 4000]))
def test_a_hop_changes_alike_in_blocks_of_any_size(changes, size):
    assert hops(changes, size) == hops(changes, 10**9)


@settings(deadline=None, max_examples=30)
@given(CHANGES)
def test_decisions_fall_due_at_multiples_of_the_hop_in_force(changes):
    due: list[int] = []
    for (first, hop_seconds), (end, _) in pairwise([*changes, (len(SOUND), 0.0)]):
        due += [n for n in range(first + 1, end + 1) if n % round(hop_seconds * RATE_HZ) == 0]
    found = [fact[0] for fact in hops(changes, 4000)]
    assert found[: len(due)] == due
    assert found[len(due) :] in ([], [len(SOUND)])


@pytest.mark.parametrize("hop_seconds", [0.1, 1.0, 3.0])
def test_with_another_hop_every_second_of_evidence_still_counts_once(hop_seconds):
    feed, sound = feed_of(), tune(20.0, RATE_HZ)
    moments = feed.process(AudioBlock(sound[:70_000], 0))
    feed.set_hop(hop_seconds)
    moments += feed.process(AudioBlock(sound[70_000:], 70_000)) + feed.flush()
    covered = 20.0 - next(m.window.first_sample for m in moments if m.window) / RATE_HZ
    assert sum(m.evidence_seconds for m in moments) == pytest.approx(covered, abs=0.11)
    assert feed.accounts.pending == 0
    assert feed.hop_seconds == hop_seconds


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.0004])
def test_a_hop_takes_time(seconds):
    with pytest.raises(ValueError, match="less than a millisecond"):
        feed_of().set_hop(seconds)
