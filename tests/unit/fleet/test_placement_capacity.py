"""What groups that serve late are believed to bear."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.fleet.placement.capacity import CapacityBook, share_of_machine

LOAD = 0.6


def reported(book: CapacityBook, lag_seconds: float, begin: float, end: float, load: float = LOAD) -> None:
    for tick in range(int((end - begin) * 2)):
        book.note("g", load, lag_seconds, begin + tick / 2)


def test_a_machine_is_shared_and_one_thread_is_the_most():
    assert share_of_machine(4.0, 1) == 1.0
    assert share_of_machine(4.0, 8) == 0.5
    assert share_of_machine(0.5, 0) == 0.5


def test_a_short_lateness_teaches_nothing():
    book = CapacityBook()
    reported(book, 5.0, 0.0, 25.0)
    reported(book, 0.0, 25.0, 30.0)
    reported(book, 5.0, 30.0, 55.0)
    assert book.capacity("g", 1.0, 55.0) == 1.0


def test_who_stays_late_can_bear_less_than_it_has_and_is_trusted_again_in_time():
    book = CapacityBook()
    reported(book, 5.0, 0.0, 35.0)
    after = book.capacity("g", 1.0, 35.0)
    assert after < LOAD
    assert after < book.capacity("g", 1.0, 200.0) < 1.0
    assert book.capacity("g", 1.0, 400.0) == 1.0


def test_who_stays_late_with_less_is_cut_again():
    book = CapacityBook()
    reported(book, 5.0, 0.0, 35.0)
    reported(book, 5.0, 35.0, 80.0, load=0.3)
    assert book.capacity("g", 1.0, 80.0) < 0.3


def test_trust_that_was_too_early_comes_later_the_next_time():
    book = CapacityBook()
    reported(book, 5.0, 0.0, 35.0)
    reported(book, 0.0, 35.0, 200.0)
    reported(book, 5.0, 200.0, 235.0)
    after = book.capacity("g", 1.0, 235.0)
    assert after < LOAD
    assert book.capacity("g", 1.0, 235.0 + 400.0) < 1.0
    assert book.capacity("g", 1.0, 235.0 + 700.0) == 1.0


def test_groups_that_are_gone_are_forgotten():
    book = CapacityBook()
    reported(book, 5.0, 0.0, 35.0)
    book.keep(set())
    assert book.capacity("g", 1.0, 35.0) == 1.0


@given(
    st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(0.0, 2.0), st.floats(0.0, 3.0)), max_size=60),
    st.floats(0.1, 1.0),
)
def test_it_stays_between_a_tenth_and_the_whole(reports, should):
    book, now = CapacityBook(), 0.0
    for pause, load, lag in reports:
        now += pause
        book.note("g", load, lag, now)
        assert 0.1 * should * 0.999 <= book.capacity("g", should, now) <= should
