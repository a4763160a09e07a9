from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.publish.live import LiveSlot
from streamgenre.publish.state_slot import StateSlot


def payload(confidence: float | None = 0.8, **changes: Any) -> dict[str, Any]:
    belief: dict[str, Any] = {"status": "music", "genre": "jazz", "stability": "stable"}
    return belief | {"confidence": confidence} | changes


def send_all(offers: list[tuple[float, dict[str, Any]]], until: float) -> list[tuple[float, dict[str, Any]]]:
    """Offer each at its time and send whenever something is due, as a perfect clock would."""
    slot, sent = StateSlot(30.0), []
    for index, (now, offered) in enumerate(offers):
        slot.offer(offered, now)
        end = offers[index + 1][0] if index + 1 < len(offers) else until
        while slot.due() < end:
            at = max(now, slot.due())
            taken = slot.take(at)
            assert taken is not None
            sent.append((at, taken[0]))
    return sent


def test_a_steady_state_costs_one_message_a_heartbeat() -> None:
    offers = [(i * 0.5, payload(0.8 + (i % 2) * 0.05)) for i in range(7200)]
    assert len(send_all(offers, 3600.0)) == 120


def test_a_change_is_due_at_once_and_a_wobble_of_confidence_at_most_once_a_second() -> None:
    slot = StateSlot(30.0)
    slot.offer(payload(0.5), 100.0)
    assert slot.due() == 100.0
    slot.take(100.0)
    slot.offer(payload(0.6), 100.2)
    assert slot.due() == 101.0
    slot.offer(payload(0.55), 100.4)
    assert slot.due() == 130.0
    slot.offer(payload(0.55, stability="provisional"), 100.6)
    assert slot.due() == 100.6


def test_the_same_state_is_not_sent_twice_but_over_a_new_connection_and_expires_from_its_own_time() -> None:
    slot = StateSlot(10.0)
    slot.offer(payload(), 0.0)
    slot.take(0.0)
    assert slot.due() == math.inf
    slot.connected()
    assert slot.due() <= 12.5
    assert slot.take(12.5) == (payload(), 18)
    slot.connected()
    assert slot.take(30.0) is None
    assert slot.due() == math.inf


beliefs = st.builds(
    payload,
    st.one_of(st.none(), st.integers(0, 100).map(lambda hundredths: hundredths / 100)),
    genre=st.sampled_from(["jazz", "rock"]),
    stability=st.sampled_from(["provisional", "stable"]),
)


@given(st.lists(st.tuples(st.floats(0.1, 3.0), beliefs), min_size=1, max_size=60))
def test_whatever_comes_the_subscriber_soon_knows_the_belief(
    steps: list[tuple[float, dict[str, Any]]],
) -> None:
    """A change of belief is sent at its own instant, and confidence never lags a tenth for a second."""
    now, offers = 0.0, []
    for pause, offered in steps:
        now += pause
        offers.append((now, offered))
    sent = send_all(offers, now + 1.5)
    shown: dict[str, Any] | None = None
    for at, offered in offers:
        before = [message for sent_at, message in sent if sent_at <= at]
        shown = before[-1]
        assert all(shown[key] == offered[key] for key in ("status", "genre", "stability"))
    last, final = offers[-1][1], sent[-1][1]
    close = final["confidence"] == last["confidence"] or (
        None not in {final["confidence"], last["confidence"]}
        and abs(final["confidence"] - last["confidence"]) < 0.1
    )
    assert close
    wobbles = [
        later - earlier
        for (earlier, a), (later, b) in pairwise(sent)
        if all(a[key] == b[key] for key in ("status", "genre", "stability"))
    ]
    assert all(gap >= 1.0 - 1e-9 for gap in wobbles)


def test_live_needs_a_lease_and_keeps_to_four_a_second() -> None:
    slot = LiveSlot()
    slot.offer({"n": 0}, 0.0)
    assert slot.due() == math.inf
    slot.lease(10.0, 0.0)
    sent = 0
    for tick in range(1200):
        now = tick / 100
        slot.offer({"n": tick}, now)
        if slot.due() <= now and slot.take(now):
            sent += 1
    assert sent == 40
    assert not slot.wanted(10.0)
    slot.lease(10.0, 20.0)
    slot.lease(0.0, 21.0)
    assert not slot.wanted(21.0)
