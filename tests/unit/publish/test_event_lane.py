from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.publish.broker_trouble import TOO_LARGE
from streamgenre.publish.event_lane import LOOK_AGAIN_SECONDS, EventLane
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.outbox_row import OutboxRow


class Queue:
    """An outbox in memory."""

    def __init__(self, count: int) -> None:
        self.rows = [OutboxRow(n, "main", n, json.dumps({"seq": n}), late=False) for n in range(1, count + 1)]
        self.given_up: list[int] = []

    def waiting(self) -> OutboxRow | None:
        return self.rows[0] if self.rows else None

    def sent(self, row_id: int) -> None:
        assert self.rows[0].row_id == row_id
        del self.rows[0]

    def give_up(self, row_id: int) -> None:
        self.sent(row_id)
        self.given_up.append(row_id)


def lane_of(queue: Queue) -> EventLane:
    return EventLane(queue, Topics("streamgenre", "bar"), {"main": "genre"})


def test_a_refused_event_is_tried_again_later_and_marked_so() -> None:
    queue = Queue(1)
    lane = lane_of(queue)
    first = lane.next(0.0)
    assert first is not None
    lane.given(7)
    assert lane.next_look() == math.inf
    assert not lane.answered(6, None, 0.0)
    assert lane.answered(7, 135, 0.0)
    lane.look()
    assert lane.next(0.5) is None
    again = lane.next(1.0)
    assert again is not None
    assert json.loads(again.payload) == json.loads(first.payload) | {"late": True}


def test_an_event_too_large_for_the_broker_is_given_up_and_holds_up_no_other() -> None:
    queue = Queue(2)
    lane = lane_of(queue)
    assert lane.next(0.0) is not None
    lane.given(7)
    assert lane.answered(7, TOO_LARGE, 0.0)
    following = lane.next(0.0)
    assert following is not None
    assert json.loads(following.payload) == {"seq": 2}
    assert queue.given_up == [1]


def test_an_empty_outbox_is_looked_at_again_when_told_or_after_a_while() -> None:
    queue = Queue(0)
    lane = lane_of(queue)
    assert lane.next(0.0) is None
    assert lane.next_look() == LOOK_AGAIN_SECONDS
    queue.rows = Queue(1).rows
    assert lane.next(1.0) is None
    lane.look()
    assert lane.next(1.0) is not None


@given(st.lists(st.sampled_from(["taken", "refused", "lost", "told late"]), max_size=60))
def test_whatever_happens_to_them_events_go_one_at_a_time_and_in_order(fates: list[str]) -> None:
    queue, now = Queue(10), 0.0
    lane = lane_of(queue)
    given_out: list[int] = []
    for token, fate in enumerate([*fates, *["taken"] * 10], start=1):
        now += 100.0
        message = lane.next(now)
        assert lane.next(now) is None
        if message is None:
            break
        lane.given(token)
        given_out.append(json.loads(message.payload)["seq"])
        if fate == "lost":
            lane.disconnected()
        elif fate == "told late":
            assert not lane.answered(token - 1, None, now)
            lane.answered(token, None, now)
        else:
            lane.answered(token, None if fate == "taken" else 151, now)
    assert not queue.rows
    assert given_out == sorted(given_out)
    assert list(dict.fromkeys(given_out)) == list(range(1, 11))
