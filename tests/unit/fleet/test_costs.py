"""What stations are believed to cost: their own measurements, those of their like, the prior."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.fleet.placement.costs import CostBook
from streamgenre.fleet.placement.prior import prior_cost
from streamgenre.fleet.placement.station_kind import StationKind

MP3 = StationKind("mp3float", 0.5, "genre")
OPUS = StationKind("opus", 0.5, "genre")
UNOPENED = MP3.of_any_codec()
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def measured(book: CostBook, station: str, kind: StationKind, cores: float, seconds: float = 300.0) -> None:
    for step in range(int(seconds / 5) + 1):
        book.note(station, kind, cores, 1000.0 + 5 * step)


def test_nothing_measured_is_the_prior_in_which_decisions_and_codec_count():
    book = CostBook()
    assert book.cost("new", MP3) == prior_cost(MP3)
    assert prior_cost(StationKind("mp3float", 0.25, "genre")) > prior_cost(MP3) > 0.0
    assert prior_cost(StationKind("vorbis", 0.5, "genre")) > prior_cost(StationKind("flac", 0.5, "genre"))
    assert prior_cost(UNOPENED) > 0.0


def test_its_own_measurements_win_in_minutes():
    book = CostBook()
    measured(book, "dear", MP3, 0.05)
    assert book.cost("dear", MP3) == pytest.approx(0.05, rel=0.15)
    assert book.cost("dear", UNOPENED) == pytest.approx(0.05, rel=0.15), "asked before its codec is looked up"


def test_one_wild_measurement_hardly_counts_against_minutes():
    book = CostBook()
    measured(book, "steady", MP3, 0.01)
    book.note("steady", MP3, 0.03, 1305.0)
    assert book.cost("steady", MP3) < 0.012


def test_a_lasting_change_is_followed():
    book = CostBook()
    measured(book, "s", MP3, 0.01)
    for step in range(1, 121):
        book.note("s", MP3, 0.03, 1300.0 + 5 * step)
    assert book.cost("s", MP3) == pytest.approx(0.03, rel=0.1)


def test_a_new_station_costs_what_its_like_do_first_by_codec_then_by_hop_and_model():
    book = CostBook()
    for number in range(100):
        measured(book, f"a{number}", MP3, 0.01 + 0.02 * (number % 2), seconds=60.0)
        measured(book, f"b{number}", OPUS, 0.06, seconds=60.0)
    assert book.cost("new", MP3) == pytest.approx(0.02, rel=0.1)
    assert book.cost("new", OPUS) == pytest.approx(0.06, rel=0.1)
    assert book.cost("new", UNOPENED) == pytest.approx(0.04, rel=0.1)
    flac = StationKind("flac", 0.5, "genre")
    assert book.cost("new", flac) < 0.04, "what was never measured keeps the prior's proportions"
    assert book.cost("new", flac) > prior_cost(flac)
    other = StationKind("aac", 0.5, "genre-light")
    assert book.cost("new", other) == prior_cost(other)


def test_one_station_alone_does_not_say_what_all_of_its_like_cost():
    book = CostBook()
    measured(book, "odd", MP3, 10 * prior_cost(MP3))
    assert prior_cost(MP3) < book.cost("new", MP3) < 4 * prior_cost(MP3)


def test_first_seconds_are_not_yet_told_of_its_like():
    book = CostBook()
    measured(book, "just opened", MP3, 0.5, seconds=5.0)
    assert book.cost("new", MP3) == prior_cost(MP3)
    assert book.cost("just opened", MP3) < 0.1


def test_another_hop_is_measured_anew_and_a_codec_that_is_not_known_just_now_is_not():
    book = CostBook()
    measured(book, "s", MP3, 0.05)
    book.note("s", UNOPENED, 0.05, 1305.0)
    assert book.cost("s", MP3) == pytest.approx(0.05, rel=0.15)
    slower = StationKind("mp3float", 2.0, "genre")
    assert book.cost("s", slower) == prior_cost(slower)
    book.note("s", slower, 0.008, 1310.0)
    assert book.cost("s", slower) == prior_cost(slower)
    assert book.cost("new", MP3) > 2 * prior_cost(MP3), "what its like cost is remembered"


@pytest.mark.parametrize("nothing", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_measurement_is_passed_over(nothing):
    book = CostBook()
    book.note("s", MP3, nothing, 1.0)
    assert book.cost("s", MP3) == prior_cost(MP3)
    assert book.kept()["stations"] == []


def test_a_kept_book_says_the_same():
    book = CostBook()
    measured(book, "a", MP3, 0.01)
    measured(book, "b", OPUS, 0.02)
    measured(book, "gone", StationKind("flac", 1.0, "genre"), 0.04)
    book.keep({"a", "b"})
    again = CostBook.restored(json.loads(json.dumps(book.kept())), 5.0)
    for station, kind in {"a": MP3, "b": OPUS, "new": UNOPENED}.items():
        assert again.cost(station, kind) == pytest.approx(book.cost(station, kind), rel=1e-3)
    flac = StationKind("flac", 1.0, "genre")
    assert again.cost("new", flac) == pytest.approx(0.04)
    before = again.cost("a", MP3)
    again.note("a", MP3, 0.01, 10.0)
    assert again.cost("a", MP3) == pytest.approx(before, rel=0.02)


@given(PLAIN | st.fixed_dictionaries({"stations": PLAIN, "gone": PLAIN}))
def test_a_damaged_book_is_left_out_where_it_is_damaged(plain):
    assert CostBook.restored(plain, 0.0).cost("a", MP3) > 0.0


def test_good_rows_beside_bad_ones_are_read():
    good = ["a", "mp3float", 0.5, "genre", 0.05, 1e9]
    rows = [good, good[:-1], ["b", "mp3float", -1, "genre", 0.1, 1.0], [*good[:4], "much", 1.0], 7]
    book = CostBook.restored({"stations": rows, "gone": "no"}, 0.0)
    assert [row[0] for row in book.kept()["stations"]] == ["a"]
    assert book.cost("a", MP3) == pytest.approx(0.05, rel=0.01)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from([MP3, OPUS, UNOPENED]),
            st.floats(0.001, 0.1),
            st.floats(0.0, 30.0),
        ),
        max_size=60,
    )
)
def test_costs_lie_between_what_was_measured_and_the_prior(notes):
    book, now = CostBook(), 0.0
    for station, kind, cores, pause in notes:
        now += pause
        book.note(station, kind, cores, now)
    known = [cores for _, _, cores, _ in notes] + [prior_cost(kind) for kind in (MP3, OPUS, UNOPENED)]
    for station in "abcde":
        assert min(known) * 0.999 <= book.cost(station, UNOPENED) <= max(known) * 1.001
