"""Opening, waiting, reopening and ending, with scripted sources and a small model."""

from __future__ import annotations

import pytest

from streamgenre import session as session_module
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import Diagnostics, Segment, SourceChange, State, TitleChange
from streamgenre.session import Session, SessionSettings
from tests.support.fake_model import FakeModel
from tests.support.fake_source import FakeSource, Pause, Titled
from tests.support.sounds import tune

RATE_HZ = 8000


@pytest.fixture(autouse=True)
def _quick_backoff(monkeypatch):
    monkeypatch.setattr("streamgenre.backoff.FIRST_SECONDS", 0.05)
    monkeypatch.setattr(session_module, "NO_SIGNAL_SECONDS", 0.3)


class FileLike(FakeSource):
    live = False


def blocks(seconds: float, size: int = 800) -> list:
    sound = tune(seconds, RATE_HZ)
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def messages(*openings: FakeSource | Exception, duration: float | None = None) -> list:
    coming = iter(openings)

    def open_source() -> FakeSource:
        match next(coming):
            case Exception() as error:
                raise error
            case source:
                return source

    run = Session(open_source, FakeModel(), SessionSettings(duration_seconds=duration))
    return [stamped.message for stamped in run]


def of(kind, found):
    return [message for message in found if isinstance(message, kind)]


def test_a_source_comes_is_heard_and_ends():
    source = FakeSource(blocks(5.0))
    found = messages(source)
    assert [(m.state, m.reason) for m in of(SourceChange, found)] == [
        ("online", None),
        ("ended", "end of input"),
    ]
    assert [m.audio_seconds for m in of(State, found)] == [k / 2 for k in range(1, 11)]
    assert isinstance(found[-1], Diagnostics)
    assert found[-1].accounts.captured == 5 * RATE_HZ
    assert of(Segment, found)[-1].reason == "end"
    assert source.closed


def test_a_broken_source_is_opened_again_and_its_time_goes_on():
    found = messages(FakeSource([*blocks(4.0), TransientSourceError("cable")]), FakeSource(blocks(4.0)))
    assert [m.state for m in of(SourceChange, found)] == ["online", "reconnecting", "online", "ended"]
    assert of(SourceChange, found)[1].reason == "cable"
    assert of(State, found)[-1].audio_seconds == 8.0
    assert found[-1].reconnects == 1


def test_a_source_that_comes_back_at_another_rate_is_still_the_same_source():
    again = [tune(4.0, 11025)[at : at + 800] for at in range(0, 44100, 800)]
    found = messages(
        FakeSource([*blocks(4.0), TransientSourceError("cable")]), FakeSource(again, 11025), duration=7.0
    )
    assert [m.audio_seconds for m in of(State, found)] == [*(k / 2 for k in range(1, 15)), 7.0]
    accounts = found[-1].accounts
    assert accounts.captured == 4 * RATE_HZ + 3 * 11025
    assert accounts.captured == accounts.analysed + sum(accounts.skipped.values())
    assert (found[-1].reconnects, accounts.pending) == (1, 0)


def test_what_cannot_be_opened_yet_is_tried_again():
    found = messages(
        TransientSourceError("refused"), TransientSourceError("refused"), FakeSource(blocks(1.0))
    )
    assert [m.state for m in of(SourceChange, found)] == ["reconnecting", "online", "ended"]


def test_what_can_never_be_opened_is_raised():
    with pytest.raises(PermanentSourceError, match="no such file"):
        messages(PermanentSourceError("no such file"))


def test_a_source_that_fails_for_good_is_reported_before_it_is_raised():
    found = []
    with pytest.raises(PermanentSourceError, match="gone"):  # noqa: PT012  # what came before counts too
        for stamped in Session(
            lambda: FileLike([*blocks(4.0), PermanentSourceError("gone")]), FakeModel(), SessionSettings()
        ):
            found.append(stamped.message)  # noqa: PERF401  # what came before the error matters here
    assert [(m.state, m.reason) for m in of(SourceChange, found)][-1] == ("failed", "gone")
    assert of(Segment, found)[-1].end_seconds == 4.0


def test_a_device_that_was_heard_may_come_back_though_it_is_missing_now():
    found = messages(
        FakeSource([*blocks(1.0), TransientSourceError("unplugged")]),
        PermanentSourceError("no such microphone"),
        FakeSource(blocks(1.0)),
    )
    assert [m.state for m in of(SourceChange, found)] == ["online", "reconnecting", "online", "ended"]


def test_no_samples_for_a_while_is_a_status_of_its_own_and_ends_with_the_next_sample():
    found = messages(FakeSource([*blocks(4.0), Pause(0.9), *blocks(4.0)]))
    statuses = [m.status for m in of(State, found)]
    assert "no_signal" in statuses
    assert statuses[-1] != "no_signal"
    assert [m.state for m in of(SourceChange, found)] == ["online", "stalled", "online", "ended"]
    times = [m.audio_seconds for m in found]
    assert times == sorted(times)
    first = statuses.index("no_signal")
    resumed = [m for m in of(State, found)[first:] if m.status != "no_signal"]
    assert [m.reason for m in resumed if m.audio_seconds < 7.0] == [
        "filling"
    ] * 5  # no window spans the pause
    assert all(m.genre is None for m in of(State, found) if m.status == "no_signal")


def test_titles_are_events_but_the_first():
    source = FakeSource([Titled("one"), *blocks(1.0), Titled("two"), *blocks(1.0)])
    source.title = "first"
    found = messages(source)
    assert [(m.previous, m.title) for m in of(TitleChange, found)] == [("first", "one"), ("one", "two")]
    assert of(State, found)[-1].title == "two"


def test_a_duration_ends_at_the_sample():
    found = messages(FakeSource(blocks(9.0, 777)), duration=4.2)
    assert found[-1].accounts.captured == round(4.2 * RATE_HZ)
    assert of(SourceChange, found)[-1].reason == "duration reached"


def test_stop_ends_in_order():
    run = Session(lambda: FakeSource([*blocks(4.0), Pause(60)]), FakeModel(), SessionSettings())
    found = []
    for stamped in run:
        found.append(stamped.message)
        if isinstance(stamped.message, State) and stamped.message.audio_seconds == 4.0:
            run.stop()
    assert of(SourceChange, found)[-1].reason == "stopped"
    assert isinstance(found[-1], Diagnostics)
