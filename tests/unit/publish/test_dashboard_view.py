from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.messages import Alarm, Diagnostics, Level, SampleAccounts, SourceChange, TitleChange
from streamgenre.publish.dashboard.sound_memory import MEL_COLUMNS_KEPT
from streamgenre.publish.dashboard.view import DashboardView
from tests.unit.publish.dashboard_script import SILENCE, SOUND, Clock, state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def view(clock: Clock) -> DashboardView:
    return DashboardView("bar", "main", "genre", now=clock)


@given(st.lists(st.tuples(st.sampled_from(["jazz", "rock", None]), st.floats(0, 5)), min_size=1, max_size=60))
def test_passages_follow_each_other_without_holes(told: list[tuple[str | None, float]]) -> None:
    view = DashboardView("bar", "main")
    for step, (genre, backdated) in enumerate(told, start=1):
        status = "music" if genre else "unknown"
        view.update(state(step * 0.5, status, genre, since_seconds=max(0.0, step * 0.5 - backdated)))
    passages = view.picture().passages
    assert passages[-1].end_seconds == len(told) * 0.5
    assert passages[-1].genre == told[-1][0]
    for before, after in pairwise(passages):
        assert before.end_seconds == after.start_seconds
        assert before.start_seconds < after.start_seconds
        assert (before.status, before.genre) != (after.status, after.genre)


def test_the_peak_is_held_and_then_falls(view: DashboardView, clock: Clock) -> None:
    view.meter(Level(-20.0, -3.0, silent=False, digital_zero=False))
    clock.seconds += 1.0
    view.meter(Level(-30.0, -25.0, silent=False, digital_zero=False))
    assert view.picture().held_peak_dbfs == -3.0
    clock.seconds += 1.0
    assert view.picture().held_peak_dbfs == pytest.approx(-13.0)
    clock.seconds += 100.0
    assert view.picture().held_peak_dbfs == -120.0


def test_silent_columns_are_blank_and_rows_are_averaged(view: DashboardView) -> None:
    view.meter(SOUND, np.float32([[1, 2, 3], [3, 4, 5]]))
    view.meter(SILENCE, np.float32([1, 2, 3]))
    columns = view.picture().mel_columns
    assert columns[0].tolist() == [2, 3, 4]
    assert np.isnan(columns[1]).all()


def test_columns_are_bounded_and_start_again_with_another_number_of_bands(view: DashboardView) -> None:
    for _ in range(MEL_COLUMNS_KEPT + 50):
        view.meter(SOUND, np.zeros(8, np.float32))
    assert view.picture().mel_columns.shape == (MEL_COLUMNS_KEPT, 8)
    view.meter(SOUND, np.zeros(16, np.float32))
    view.meter(SOUND, None)
    view.meter(SOUND, np.empty((0, 16), np.float32))
    assert view.picture().mel_columns.shape == (1, 16)


def test_every_kind_of_message_is_kept(view: DashboardView, clock: Clock) -> None:
    change = SourceChange(1.0, "stalled", "no samples")
    diagnostics = Diagnostics(1.0, SampleAccounts(lost=3), 0.5, 2, 0)
    view.update(state(1.0), latency_ms=12.0)
    for message in (TitleChange(1.0, "B", "A"), change, diagnostics):
        view.update(message)
    clock.seconds += 5.0
    picture = view.picture()
    assert (picture.title, picture.standing.words, picture.diagnostics) == (
        "B",
        "stalled: no samples",
        diagnostics,
    )
    assert (picture.latency_ms, picture.age_seconds, picture.uptime_seconds) == (12.0, 5.0, 5.0)


def test_before_the_first_message_it_is_starting_not_online(view: DashboardView, clock: Clock) -> None:
    clock.seconds += 30.0
    assert view.picture().standing.words == "starting"
    view.update(SourceChange(0.0, "online", None))
    assert view.picture().standing.words == "online"


def test_reconnects_are_counted_as_they_happen(view: DashboardView) -> None:
    for change in ("online", "reconnecting", "online", "stalled", "online", "reconnecting"):
        view.update(SourceChange(0.0, change, None))  # type: ignore[arg-type]
    assert view.picture().reconnects == 1
    view.update(Diagnostics(1.0, SampleAccounts(), 0.5, 4, 0))
    assert view.picture().reconnects == 4


def test_alarms_are_kept_while_they_are_active(view: DashboardView) -> None:
    clipping, dead_air = (
        Alarm(seconds, kind, active=True, since_seconds=seconds - 3, level_dbfs=-9.0)
        for seconds, kind in ((9.0, "clipping"), (40.0, "dead_air"))
    )
    for message in (clipping, dead_air):
        view.update(message)
    assert view.picture().alarms == (clipping, dead_air)
    for kind in ("clipping", "overload"):
        view.update(Alarm(50.0, kind, active=False, since_seconds=6.0, level_dbfs=-9.0))
    assert view.picture().alarms == (dead_air,)


def test_pictures_can_be_taken_while_it_is_fed() -> None:
    view = DashboardView("bar", "main")
    done = threading.Event()

    def feed() -> None:
        for step in range(1, 2000):
            view.meter(SOUND, np.zeros(16, np.float32))
            view.update(state(step * 0.5, genre="jazz" if step % 2 else "rock", since_seconds=step * 0.5))
        done.set()

    feeder = threading.Thread(target=feed)
    feeder.start()
    pictures = 0
    while not done.is_set():
        assert len(view.picture().passages) < 2000
        pictures += 1
    feeder.join()
    assert pictures
