"""What is due first, whatever was put, moved and struck off before."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.publish.agenda import SPARE, Agenda

STEPS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([-math.inf, 1.0, 2.0, 3.0, math.inf]))
    | st.sampled_from([0.0, 1.0, 2.5]),
    max_size=60,
)


@given(STEPS)
def test_it_tells_and_takes_what_is_due_first(steps: list[tuple[str, float] | float]):
    agenda, due = Agenda(), dict[str, float]()
    for step in steps:
        if isinstance(step, tuple):
            agenda.put(*step)
            due[step[0]] = step[1]
        else:
            first = min(due.values(), default=math.inf)
            taken = agenda.take(step)
            assert (taken is None) == (first > step)
            if taken is not None:
                assert due.pop(taken) == first
        assert agenda.first() == min(due.values(), default=math.inf)


def test_what_is_over_does_not_pile_up():
    agenda = Agenda()
    for number in range(10_000):
        agenda.put("a", 10_000.0 - number)
        agenda.put("b", float(number))
    assert len(agenda._entries) <= 2 * 2 + SPARE + 1
    assert [agenda.take(2.0), agenda.take(2.0), agenda.take(9999.0)] == ["a", None, "b"]
    assert agenda.first() == math.inf
