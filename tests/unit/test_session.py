"""Opening, waiting, reopening and ending, with scripted sources and a small model."""

from __future__ import annotations

import threading
import time

import pytest

from streamgenre import reception as reception_module
from streamgenre import session as session_module
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import Diagnostics, Segment, SourceChange, State, TitleChange
from streamgenre.session import Session
from streamgenre.settings import DecideSettings, PipelineSettings, SessionSettings
from tests.support.fake_model import FakeModel
from tests.support.fake_source import FakeSource, Pause, Titled
from tests.support.sounds import tune

RATE_HZ = 8000


def set_no_signal_seconds(monkeypatch, seconds: float) -> None:
    for module in (session_module, reception_module):
        monkeypatch.setattr(module, "NO_SIGNAL_SECONDS", seconds)


@pytest.fixture(autouse=True)
def _quick_backoff(monkeypatch):
    monkeypatch.setattr("streamgenre.backoff.FIRST_SECONDS", 0.05)
    set_no_signal_seconds(monkeypatch, 60.0)


class FileLike(FakeSource):
    live = False


def blocks(seconds: float, size: int = 800) -> list:
    sound = tune(seconds, RATE_HZ)
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def iterated(open_source, settings, found: list) -> None:
    for stamped in Session(open_source, FakeModel(), settings):
        found.append(stamped.message)  # noqa: PERF401  # what came before an error counts too


def in_turns(open_source, settings, found: list) -> None:
    def sink(stamped):
        found.append(stamped.message)

    session = Session(open_source, FakeModel(), settings, sink=sink)
    while (pause_seconds := session.turn()) is not None:
        time.sleep(pause_seconds)


@pytest.fixture(params=[iterated, in_turns])
def messages(request):
    """Follow sources or failures, one after the other, and give what was told."""

    def follow(*openings: FakeSource | Exception, duration: float | None = None, found=None) -> list:
        coming = iter(openings)

        def open_source() -> FakeSource:
            match next(coming):
                case Exception() as error:
                    raise error
                case source:
                    return source

        found = [] if found is None else found
        request.param(open_source, SessionSettings(duration_seconds=duration), found)
        return found

    return follow


def of(kind, found):
    return [message for message in found if isinstance(message, kind)]


def test_a_source_comes_is_heard_and_ends(messages):
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


def test_a_broken_source_is_opened_again_and_its_time_goes_on(messages):
    found = messages(FakeSource([*blocks(4.0), TransientSourceError("cable")]), FakeSource(blocks(4.0)))
    assert [m.state for m in of(SourceChange, found)] == ["online", "reconnecting", "online", "ended"]
    assert of(SourceChange, found)[1].reason == "cable"
    assert of(State, found)[-1].audio_seconds == 8.0
    assert found[-1].reconnects == 1


def test_a_source_that_comes_back_at_another_rate_is_still_the_same_source(messages):
    again = [tune(4.0, 11025)[at : at + 800] for at in range(0, 44100, 800)]
    found = messages(
        FakeSource([*blocks(4.0), TransientSourceError("cable")]), FakeSource(again, 11025), duration=7.0
    )
    assert [m.audio_seconds for m in of(State, found)] == [*(k / 2 for k in range(1, 15)), 7.0]
    accounts = found[-1].accounts
    assert accounts.captured == 4 * RATE_HZ + 3 * 11025
    assert accounts.captured == accounts.analysed + sum(accounts.skipped.values())
    assert (found[-1].reconnects, accounts.pending) == (1, 0)


def test_what_cannot_be_opened_yet_is_tried_again(messages):
    found = messages(
        TransientSourceError("refused"), TransientSourceError("refused"), FakeSource(blocks(1.0))
    )
    assert [m.state for m in of(SourceChange, found)] == ["reconnecting", "online", "ended"]


def test_what_can_never_be_opened_is_raised(messages):
    with pytest.raises(PermanentSourceError, match="no such file"):
        messages(PermanentSourceError("no such file"))


def test_a_source_that_fails_for_good_is_reported_before_it_is_raised(messages):
    found = []
    with pytest.raises(PermanentSourceError, match="gone"):
        messages(FileLike([*blocks(4.0), PermanentSourceError("gone")]), found=found)
    assert [(m.state, m.reason) for m in of(SourceChange, found)][-1] == ("failed", "gone")
    assert of(Segment, found)[-1].end_seconds == 4.0


def test_a_device_that_was_heard_may_come_back_though_it_is_missing_now(messages):
    found = messages(
        FakeSource([*blocks(1.0), TransientSourceError("unplugged")]),
        PermanentSourceError("no such microphone"),
        FakeSource(blocks(1.0)),
    )
    assert [m.state for m in of(SourceChange, found)] == ["online", "reconnecting", "online", "ended"]


def test_no_samples_for_a_while_is_a_status_of_its_own_and_ends_with_the_next_sample(messages, monkeypatch):
    set_no_signal_seconds(monkeypatch, 0.3)
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


def test_titles_are_events_but_the_first(messages):
    source = FakeSource([Titled("one"), *blocks(1.0), Titled("two"), *blocks(1.0)])
    source.title = "first"
    found = messages(source)
    assert [(m.previous, m.title) for m in of(TitleChange, found)] == [("first", "one"), ("one", "two")]
    assert of(State, found)[-1].title == "two"


def test_a_duration_ends_at_the_sample(messages):
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


class SlowToClose(FakeSource):
    """Closes only when it may."""

    def __init__(self, script) -> None:
        super().__init__(script)
        self.may_close = threading.Event()

    def close(self) -> None:
        assert self.may_close.wait(20)
        super().close()


def turned(session: Session) -> float:
    """Give turns until one wants a pause."""
    while (pause_seconds := session.turn()) == 0.0:
        pass
    assert pause_seconds is not None
    return pause_seconds


def to_the_end(session: Session) -> None:
    while session.turn() is not None:
        time.sleep(0.001)


def until_heard(session: Session, found: list, kind) -> None:
    while not of(kind, [stamped.message for stamped in found]):
        time.sleep(turned(session))


def test_a_turn_waits_for_nothing():
    may_open, found = threading.Event(), []
    source = SlowToClose([*blocks(1.0), Pause(60)])

    def open_source():
        assert may_open.wait(20)
        return source

    session = Session(open_source, FakeModel(), SessionSettings(), sink=found.append)
    assert turned(session) == turned(session) == session_module.POLL_SECONDS
    assert found == []
    may_open.set()
    until_heard(session, found, State)
    assert turned(session) == session_module.POLL_SECONDS
    session.stop()
    assert turned(session) == session_module.POLL_SECONDS
    assert isinstance(found[-1].message, Diagnostics)
    assert not source.closed
    source.may_close.set()
    to_the_end(session)
    assert source.closed
    assert session.turn() is None


def test_the_next_turn_after_a_break_is_when_something_falls_due(monkeypatch):
    monkeypatch.setattr("streamgenre.backoff.FIRST_SECONDS", 30.0)
    set_no_signal_seconds(monkeypatch, 2.0)
    found = []
    script = [*blocks(1.0), TransientSourceError("cable")]
    session = Session(lambda: FakeSource(script), FakeModel(), SessionSettings(), sink=found.append)
    until_heard(session, found, State)
    while of(SourceChange, [stamped.message for stamped in found])[-1].state == "online":
        assert session.turn() is not None
    assert session_module.POLL_SECONDS < turned(session) <= 2.0
    session.stop()
    to_the_end(session)
    assert of(SourceChange, [stamped.message for stamped in found])[-1].reason == "stopped"


def test_a_sink_that_fails_ends_the_session_and_lets_go_of_the_source():
    source = FakeSource(blocks(1.0))

    def sink(_stamped):
        raise BrokenPipeError

    session = Session(lambda: source, FakeModel(), SessionSettings(), sink=sink)
    with pytest.raises(BrokenPipeError):
        to_the_end(session)
    deadline = time.monotonic() + 20
    while not source.closed:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_source_that_opens_after_the_end_is_closed_again():
    may_open, opened = threading.Event(), FakeSource([])

    def open_source():
        assert may_open.wait(20)
        return opened

    session = Session(open_source, FakeModel(), SessionSettings(), sink=lambda _: None)
    turned(session)
    session.stop()
    to_the_end(session)
    may_open.set()
    deadline = time.monotonic() + 20
    while not opened.closed:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_source_left_in_the_middle_is_closed():
    source = FakeSource(blocks(4.0))
    for stamped in Session(lambda: source, FakeModel(), SessionSettings()):
        if isinstance(stamped.message, State):
            break
    del stamped
    assert source.closed


def test_another_model_takes_over_without_a_lost_sample():
    found: list = []
    sounds = blocks(30.0)
    session: list[Session] = []

    def script():
        for number, block in enumerate(sounds):
            if number == len(sounds) // 2:
                session[0].reconfigure(
                    FakeModel(), PipelineSettings(hop_seconds=1.0, decide=DecideSettings(hold_seconds=0.0))
                )
            yield block

    source = FakeSource(script())
    session.append(Session(lambda: source, FakeModel(), SessionSettings()))
    found.extend(stamped.message for stamped in session[0])
    accounts = [message for message in found if isinstance(message, Diagnostics)][-1].accounts
    assert accounts.captured == sum(map(len, sounds))
    assert accounts.captured == accounts.analysed + sum(accounts.skipped.values())
    assert accounts.lost == 0
    assert [message.state for message in found if isinstance(message, SourceChange)] == ["online", "ended"]
    segments = [message for message in found if isinstance(message, Segment)]
    assert "reconfigured" in [segment.reason for segment in segments]
    assert [one.end_seconds for one in segments[:-1]] == [one.start_seconds for one in segments[1:]]
    late = [message.audio_seconds for message in found if isinstance(message, State)]
    assert late[-2:] == [29.0, 30.0]


def test_what_fails_for_good_is_tried_again_where_nobody_else_would(monkeypatch):
    monkeypatch.setattr(session_module, "PERSISTENT_SECONDS", 0.05)
    tries = iter([PermanentSourceError("no such device"), PermanentSourceError("no such device")])
    source = FakeSource(blocks(4.0))

    def open_source():
        for failure in tries:
            raise failure
        return source

    told = [
        (stamped.message.state, stamped.message.reason)
        for stamped in Session(open_source, FakeModel(), SessionSettings(persistent=True))
        if isinstance(stamped.message, SourceChange)
    ]
    assert told == [("failed", "no such device"), ("online", None), ("ended", "end of input")]


def test_what_was_believed_until_an_unforeseen_error_is_told():
    found: list = []
    source = FakeSource([*blocks(6.0), RuntimeError("a bug")])
    session = Session(
        lambda: source, FakeModel(), SessionSettings(), sink=lambda one: found.append(one.message)
    )

    def follow() -> None:
        while (pause_seconds := session.turn()) is not None:
            time.sleep(pause_seconds)

    with pytest.raises(RuntimeError, match="a bug"):
        follow()
    assert isinstance(found[-2], Segment)
    assert isinstance(found[-1], SourceChange)
    assert (found[-1].state, found[-1].reason) == ("failed", "internal error: RuntimeError('a bug')")
    assert source.closed


def test_a_time_in_which_nobody_wanted_to_listen_is_no_loss_and_no_fault(monkeypatch):
    set_no_signal_seconds(monkeypatch, 1.0)
    told: list = []
    session = Session(
        lambda: FakeSource([part for block in blocks(30.0) for part in (block, Pause(0.1))]),
        FakeModel(),
        SessionSettings(),
        sink=lambda one: told.append(one.message),
    )

    def follow(until, seconds: float = 60.0) -> None:
        give_up = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < give_up
            time.sleep(min(session.turn(), 0.02))

    def states() -> list[str]:
        return [message.state for message in told if isinstance(message, SourceChange)]

    follow(lambda: [message for message in told if isinstance(message, State)])
    session.enable(enabled=False)
    follow(lambda: states()[-1] == "disabled")
    assert isinstance(told[-1], State)
    assert told[-1].status == "no_signal"
    off_until = time.monotonic() + 2.0
    follow(lambda: time.monotonic() > off_until)
    session.enable(enabled=True)
    follow(lambda: states()[-1] == "online")
    after = told[told.index(next(one for one in told if getattr(one, "reason", "") == "enabled again")) :]
    assert not [message for message in after if isinstance(message, State) and message.status == "no_signal"]
    session.stop()
    while session.turn() is not None:
        pass
    assert told[-1].upstream_gap_seconds < 1.0
