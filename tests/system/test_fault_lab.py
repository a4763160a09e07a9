"""What befalls a live source, in simulated time: what is told, when, and what becomes of the samples.

Real servers and devices have their own files beside this one.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from streamgenre.errors import PermanentSourceError, TransientSourceError, WriterGoneError
from streamgenre.health import engine_trouble, source_trouble
from streamgenre.messages import Alarm, Change, Diagnostics, Segment, SourceChange, State, TitleChange
from streamgenre.settings import GovernorSettings, PipelineSettings, SessionSettings
from tests.support.simulation import RATE_HZ, Lab, assert_reconciled, unplugged

HOP_SECONDS = 0.5
NOTICED_SECONDS = 5.0
LATE_SECONDS = 0.06
"""Until the next look at the source, and the block of it."""


@pytest.fixture
def lab(monkeypatch) -> Lab:
    monkeypatch.setattr("streamgenre.backoff.JITTER", 0.0)
    return Lab()


def names(lab: Lab) -> list[str]:
    return [state for _, state in lab.states()]


def when(lab: Lab, state: str, number: int = 0) -> float:
    return [moment for moment, name in lab.states() if name == state][number]


def assert_hears(lab: Lab, since: float) -> None:
    """From `since` on, decisions follow one another by the hop, and soon there is music again."""
    moments = [moment for moment, state in lab.of(State) if moment > since and state.status != "no_signal"]
    assert moments[0] - since <= 2 * HOP_SECONDS
    assert all(b - a <= HOP_SECONDS + LATE_SECONDS for a, b in pairwise(moments))
    assert lab.statuses(since + 4.0, since + 60.0).count("music") >= 1


def finish(lab: Lab) -> Diagnostics:
    """End the session and settle the accounts: every sample that was given is somewhere."""
    lab.run_to_the_end()
    last = lab.diagnostics()
    assert_reconciled([last])
    assert last.accounts.pending == 0
    assert last.accounts.captured == lab.given
    return last


def test_a_healthy_device_is_online_and_every_sample_is_accounted_for(lab):
    lab.run(200)
    assert names(lab) == ["online"]
    assert_hears(lab, 0.05)
    assert lab.source is not None
    last = finish(lab)
    assert names(lab) == ["online", "ended"]
    assert last.accounts.captured == pytest.approx(200 * RATE_HZ, abs=0.1 * RATE_HZ)
    assert (last.accounts.lost, last.reconnects, last.upstream_gap_seconds) == (0, 0, 0.0)
    assert len(lab.of(Diagnostics)) == 4


def test_unplugged_and_plugged_in_again(lab):
    lab.run(20)
    lab.device.failure = unplugged()
    lab.run(40)
    assert names(lab) == ["online", "reconnecting"]
    assert when(lab, "reconnecting") - 20 <= LATE_SECONDS
    assert set(lab.statuses(23, 60)) == {"no_signal"}
    assert source_trouble(lab.session.vitals(), lab.clock.now) == "reconnecting"
    assert engine_trouble([lab.session.vitals()], [0.0], lab.clock.now) is None
    lab.device.failure = None
    lab.run(70)
    assert names(lab) == ["online", "reconnecting", "online"]
    back = when(lab, "online", 1)
    assert back - 60 <= 32 + LATE_SECONDS  # the fifth pause
    assert_hears(lab, back)
    assert source_trouble(lab.session.vitals(), lab.clock.now) is None
    last = finish(lab)
    assert last.reconnects == 1
    assert last.upstream_gap_seconds == pytest.approx(back - 20, abs=0.2)


def test_a_device_that_has_another_rate_and_width_when_it_comes_back(lab):
    lab.run(20)
    lab.device.failure = unplugged()
    lab.run(1)
    lab.device.reshape(11_025, 2)
    lab.device.failure = None
    lab.run(30)
    assert names(lab) == ["online", "reconnecting", "online"]
    assert_hears(lab, when(lab, "online", 1))
    last = finish(lab)
    assert last.audio_seconds == pytest.approx(20 + 51 - when(lab, "online", 1), abs=0.2)


@pytest.mark.parametrize("error", [PermanentSourceError("no such device"), TransientSourceError("in use")])
def test_what_was_heard_once_is_waited_for_whatever_opening_says(lab, error):
    lab.run(10)
    lab.device.failure = error
    lab.run(600)
    lab.device.failure = None
    lab.run(70)
    assert names(lab) == ["online", "reconnecting", "online"]


def test_the_pauses_between_tries_grow_to_a_minute(lab):
    tries: list[float] = []
    working = lab.device.open

    def refuse():
        tries.append(lab.now)
        raise unplugged()

    lab.run(10)
    lab.device.failure = unplugged()
    lab.device.open = refuse
    lab.run(400)
    pauses = [b - a for a, b in pairwise(tries)]
    assert [round(pause) for pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    lab.device.open, lab.device.failure = working, None
    lab.run(70)
    assert names(lab)[-1] == "online"


def test_a_callback_that_is_never_called_again_is_noticed_and_the_device_opened_anew(lab):
    lab.run(20)
    lab.device.flow = 0.0
    lab.run(60)
    stalled, reopened = when(lab, "stalled"), when(lab, "reconnecting")
    assert stalled - 20 <= 2.0 + LATE_SECONDS
    assert reopened - 20 <= NOTICED_SECONDS + LATE_SECONDS
    assert lab.device.openings >= 3
    assert names(lab) == ["online", "stalled", "reconnecting"]  # open, it gives nothing: that is not online
    lab.device.flow = 1.0
    lab.run(70)
    assert names(lab)[-1] == "online"
    assert_hears(lab, when(lab, "online", 1))
    finish(lab)


def test_a_freeze_and_its_burst_lose_nothing(lab):
    lab.run(20)
    lab.device.held_back = True
    lab.run(4.9)
    assert names(lab) == ["online", "stalled"]
    lab.device.held_back = False
    lab.run(30)
    assert names(lab) == ["online", "stalled", "online"]
    assert when(lab, "online", 1) - 24.9 <= LATE_SECONDS
    last = finish(lab)
    assert last.accounts.captured == pytest.approx(54.9 * RATE_HZ, abs=0.1 * RATE_HZ)
    assert "overload" not in last.accounts.skipped
    assert last.accounts.lost == 0
    assert last.upstream_gap_seconds < 0.1
    assert lab.alarms() == []


def test_an_xrun_is_seen_in_the_clocks(lab):
    lab.run(60)
    lab.source.drop(0.7)
    lab.run(60)
    assert names(lab) == ["online"]
    assert finish(lab).upstream_gap_seconds == pytest.approx(0.7, abs=0.1)


@pytest.mark.slow
def test_clocks_that_differ_as_quartz_does_are_no_gap(lab):
    lab.device.flow = 1 - 200e-6
    lab.run(3 * 3600)
    assert names(lab) == ["online"]
    assert finish(lab).upstream_gap_seconds == 0.0


def test_a_trickle_is_not_online(lab):
    lab.run(30)
    lab.device.flow = 0.3
    lab.run(40)
    assert names(lab)[:2] == ["online", "stalled"]
    assert lab.of(SourceChange)[1][1].reason.startswith("only ")
    assert when(lab, "stalled") - 30 <= 10
    lab.device.flow = 1.0
    lab.run(60)
    assert names(lab)[-1] == "online"
    finish(lab)


def test_a_late_reader_loses_the_oldest_counted_to_the_sample(lab):
    lab.run(20)
    given = lab.source.format.sample_rate_hz * 20
    lab.clock.pass_time(25)  # as when the whole process is stopped
    lab.run(20)
    last = finish(lab)
    assert last.accounts.lost == pytest.approx(15 * RATE_HZ, abs=0.2 * RATE_HZ)
    assert last.accounts.captured >= given + 44 * RATE_HZ
    assert "gap" in {state.reason for _, state in lab.of(State)}


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_the_time_of_day_may_jump(lab, jump):
    lab.run(30)
    before = len(lab.of(State))
    lab.clock.wall_offset = jump
    lab.run(30)
    assert names(lab) == ["online"]
    assert len(lab.of(State)) - before == pytest.approx(60, abs=1)
    assert finish(lab).upstream_gap_seconds == 0.0


def test_a_night_of_sleep(lab):
    lab.run(30)
    lab.device.flow = 0.0
    lab.clock.pass_time(8 * 3600)
    lab.device.flow = 1.0
    woken = lab.now
    lab.device.failure = unplugged()  # its old stream is dead
    lab.run(0.5)
    lab.device.failure = None
    lab.run(30)
    assert "online" in [name for moment, name in lab.states() if moment >= woken]
    assert "no_signal" in lab.statuses(woken, woken + 1)
    assert_hears(lab, when(lab, "online", 1))
    assert finish(lab).upstream_gap_seconds == pytest.approx(8 * 3600, rel=0.01)


def test_a_source_that_cannot_be_reached_at_the_start_says_so(lab):
    lab.device.failure = TransientSourceError("connection refused")
    lab.run(90)
    assert names(lab) == ["reconnecting"]
    assert set(lab.statuses(0, 90)) == {"no_signal"}
    assert lab.of(State)[0][0] == pytest.approx(2.0, abs=LATE_SECONDS)
    assert len(lab.of(Diagnostics)) == 1
    assert lab.diagnostics().last_audio_seconds_ago is None
    lab.device.failure = None
    lab.run(70)
    assert names(lab) == ["reconnecting", "online"]
    assert_hears(lab, when(lab, "online"))
    finish(lab)


def test_a_source_that_takes_long_to_open_has_no_signal_until_then(lab):
    lab.device.open_seconds = 12.0
    lab.run(30)
    assert names(lab) == ["online"]
    assert when(lab, "online") == pytest.approx(12, abs=HOP_SECONDS)
    assert set(lab.statuses(2, 12)) == {"no_signal"}
    finish(lab)


def test_what_can_never_be_opened_fails_and_says_so(lab):
    lab.device.failure = PermanentSourceError("no such file")
    with pytest.raises(PermanentSourceError, match="no such file"):
        lab.run(5)
    assert names(lab) == ["failed"]
    assert isinstance(lab.heard[-1].message, Diagnostics)


def test_overload_lengthens_the_hop_and_goes_back(lab):
    lab.run(30)
    lab.model.seconds = 0.8  # a decision every half second takes more than there is
    lab.run(60)
    assert lab.alarms()[0][1:] == ("overload", True)
    assert lab.alarms()[0][0] - 30 <= 15
    assert names(lab) == ["online"]
    behind = [stamped.latency_ms for stamped in lab.heard[-10:] if isinstance(stamped.message, State)]
    moments = [moment - state.audio_seconds for moment, state in lab.of(State)[-5:]]
    assert max(behind) / 1000 == pytest.approx(max(moments), abs=0.2)  # what waits is not hidden
    assert max(moments) < 4.0
    assert lab.diagnostics().hop_seconds in (1.0, 2.0)
    lab.model.seconds = 0.001
    lab.run(180)
    assert [(kind, active) for _, kind, active in lab.alarms()] == [("overload", True), ("overload", False)]
    assert lab.diagnostics().hop_seconds == HOP_SECONDS
    last = finish(lab)
    assert "overload" not in last.accounts.skipped
    assert last.accounts.lost == 0


def test_where_no_hop_is_long_enough_the_oldest_is_skipped_and_counted(lab):
    lab.run(30)
    lab.model.seconds = 4.0
    lab.run(600)
    assert names(lab) == ["online"]
    assert [(kind, active) for _, kind, active in lab.alarms()] == [("overload", True)]
    assert lab.diagnostics().lag_seconds < 10
    assert lab.diagnostics().accounts.skipped["overload"] > 60 * RATE_HZ
    lab.model.seconds = 0.001
    lab.run(300)
    assert lab.alarms()[-1][1:] == ("overload", False)
    assert_hears(lab, lab.now - 60)
    assert finish(lab).accounts.lost == 0


def test_overload_that_comes_and_goes_is_not_told_every_time():
    """At the wanted hop there is never enough time: going back is tried less and less often."""
    lab = Lab(SessionSettings(governor=GovernorSettings(remnant_seconds=1.0)))
    lab.model.seconds = 0.7
    lab.run(3600)
    begins = [moment for moment, _, active in lab.alarms() if active]
    assert len(begins) < 20
    assert begins[-1] - begins[-2] > 200


def test_the_hop_wanted_is_kept_while_there_is_time(lab):
    lab.model.seconds = 0.3
    lab.run(300)
    assert lab.alarms() == []
    assert lab.diagnostics().hop_seconds == HOP_SECONDS


def test_an_overload_ends_with_its_source(lab):
    lab.run(30)
    lab.model.seconds = 0.8
    lab.run(60)
    finish(lab)
    assert [(kind, active) for _, kind, active in lab.alarms()] == [("overload", True), ("overload", False)]
    assert names(lab)[-1] == "ended"
    assert lab.alarms()[-1][0] <= when(lab, "ended")


def test_an_outage_is_no_overload(lab, caplog):
    lab.run(30)
    lab.model.seconds = 0.8
    lab.run(60)
    lab.device.failure = unplugged()
    lab.run(8 * 3600)
    assert lab.alarms()[-1][1:] == ("overload", False)
    assert sum("unplugged" in record.message for record in caplog.records) == 1


def test_an_hour_of_overload_is_told_once(lab, caplog):
    lab.model.seconds = 4.0
    lab.run(3600)
    assert len(lab.alarms()) == 1
    assert len(caplog.records) < 5


def test_a_process_that_was_stopped_does_not_blame_the_source(lab):
    """Nothing has come since the last look, for there was none."""
    lab.run(20)
    lab.device.held_back = True
    lab.clock.pass_time(8.0)
    lab.run(0.5)
    lab.device.held_back = False
    lab.run(20)
    assert names(lab) == ["online"]
    assert "no_signal" not in lab.statuses(0, 60)
    last = finish(lab)
    assert (last.reconnects, last.accounts.lost) == (0, 0)


@pytest.mark.parametrize("pause_seconds", [3.0, 8.0, 20.0])
def test_a_pipe_that_pauses_is_online_as_soon_as_it_goes_on(lab, pause_seconds):
    lab.device.reopens = False
    lab.run(30)
    lab.device.flow = 0.0
    lab.run(pause_seconds)
    lab.device.flow = 1.0
    lab.run(30)
    assert names(lab) == ["online", "stalled", "online"]
    assert when(lab, "online", 1) - 30 - pause_seconds <= 2 * HOP_SECONDS
    assert finish(lab).reconnects == 0


def test_a_pipe_with_short_writers_is_opened_again_at_once_each_time(lab):
    for _ in range(20):
        lab.device.failure = None
        lab.run(2.0)
        lab.device.failure = WriterGoneError("the writer went away")
        lab.run(0.05)
    opened = [b - a for a, b in pairwise(moment for moment, name in lab.states() if name == "online")]
    assert len(opened) == 19
    assert max(opened) <= 2.05 + 2 * HOP_SECONDS
    lab.device.failure = None
    finish(lab)


def test_a_station_that_has_not_told_its_title_again_has_not_lost_it(lab):
    lab.device.title = "A - B"
    lab.run(20)
    lab.device.failure, lab.device.title = unplugged(), None
    lab.run(2)
    lab.device.failure = None
    lab.run(4)
    assert lab.of(TitleChange) == []
    lab.device.title = "A - B"
    lab.run(20)
    assert lab.of(TitleChange) == []
    lab.device.title = None
    lab.run(1)
    assert [change.title for _, change in lab.of(TitleChange)] == [None]


def test_what_was_never_opened_closes_its_stretch_of_no_signal(lab):
    lab.device.failure = unplugged()
    lab.run(30)
    lab.run_to_the_end()
    assert [segment.status for _, segment in lab.of(Segment)] == ["no_signal"]


def test_a_trickle_is_opened_again_less_and_less_often(lab):
    lab.device.flow = 0.3
    lab.run(3600)
    assert lab.device.openings < 60


def test_an_opening_that_hangs_is_told_and_left_behind(lab):
    lab.device.open_seconds = 1e6
    lab.run(3600)
    assert names(lab) == ["reconnecting"]
    assert "within 30 s" in lab.of(SourceChange)[0][1].reason
    assert lab.device.openings == 0
    assert lab.openings == 3
    assert engine_trouble([lab.session.vitals()], [0.0], lab.clock.now) is None


def test_a_disabled_source_is_let_go_and_hears_again_when_enabled(lab):
    lab.run(20)
    source = lab.source
    lab.session.enable(enabled=False)
    lab.run(60)
    assert source.closed
    assert names(lab) == ["online", "disabled"]
    assert lab.statuses(21, 80) == []
    assert [segment.reason for _, segment in lab.of(Segment)][-1] == "end"
    assert engine_trouble([lab.session.vitals()], [0.0], lab.clock.now) is None
    lab.session.enable(enabled=True)
    lab.run(30)
    assert names(lab) == ["online", "disabled", "reconnecting", "online"]
    assert_hears(lab, when(lab, "online", 1))
    assert finish(lab).accounts.skipped["disabled"] > 0


def test_another_hop_can_be_asked_for(lab):
    lab.run(20)
    lab.session.want_hop(2.0)
    lab.run(20)
    times = [state.audio_seconds for _, state in lab.of(State)]
    assert times[-3:] == [36.0, 38.0, 40.0] or times[-3:] == [34.0, 36.0, 38.0]
    assert finish(lab).hop_seconds == 2.0


def test_what_was_believed_can_be_forgotten(lab):
    lab.run(20)
    assert lab.of(State)[-1][1].stability == "stable"
    lab.session.forget()
    lab.run(1)
    assert lab.of(State)[-1][1].status == "unknown"
    lab.run(20)
    assert lab.of(State)[-1][1].status == "music"
    finish(lab)


def test_health_tells_a_loop_that_does_not_turn(lab):
    lab.run(30)
    vitals = lab.session.vitals()
    assert engine_trouble([vitals], [0.0], lab.clock.now + 10) is None
    assert "no turn for 25 s" in engine_trouble([vitals], [0.0], lab.clock.now + 25)
    assert "a turn has lasted 25 s" in engine_trouble([], [0.0, 25.0], lab.clock.now)
    assert "no samples" in source_trouble(vitals, lab.clock.now + 10)
    finish(lab)
    assert engine_trouble([lab.session.vitals()], [0.0], lab.clock.now + 1e6) is None


def test_health_tells_decisions_that_do_not_come(lab):
    lab.run(30)
    vitals = lab.session.vitals()
    heard_on = replace(vitals, audio_at=vitals.audio_at + 30, turned_at=vitals.turned_at + 30)
    assert source_trouble(heard_on, lab.clock.now + 4) is None
    assert source_trouble(heard_on, lab.clock.now + 30) == "no decision for 30 s"
    assert "no decision for" in engine_trouble([heard_on], [0.0], lab.clock.now + 30)


@pytest.mark.parametrize("seed", range(6))
def test_a_day_of_random_faults_leaves_the_accounts_whole(monkeypatch, seed):
    lab = Lab(SessionSettings(PipelineSettings(hop_seconds=2.0)))
    random_ = random.Random(seed)
    monkeypatch.setattr("streamgenre.backoff.random", random_)
    for _ in range(40):
        lab.run(random_.uniform(1, 40))
        befall(lab, random_)
        lab.run(random_.uniform(0.1, 30))
        lab.device.failure, lab.device.flow, lab.device.held_back = None, 1.0, False
        lab.model.seconds = 0.0
    lab.run(130)
    assert names(lab)[-1] == "online"
    last = finish(lab)
    assert last.reconnects > 3
    times = [state.audio_seconds for _, state in lab.of(State)]
    assert times == sorted(times)
    assert_told_once(lab)


def befall(lab: Lab, random_: random.Random) -> None:
    """Do one thing to the device."""
    match random_.randrange(8):
        case 0:
            lab.device.failure = unplugged()
        case 1:
            lab.device.flow = 0.0
        case 2:
            lab.device.flow = 0.3
        case 3:
            lab.device.held_back = True
        case 4:
            lab.source.drop(random_.uniform(0.01, 0.05))
        case 5:
            lab.clock.pass_time(random_.uniform(1, 100))
        case 6:
            lab.model.seconds = random_.uniform(0.1, 5.0)
        case 7:
            lab.device.reshape(random_.choice([8000, 11_025, 16_000, 44_100]), random_.choice([1, 2, 8]))
            lab.device.failure = unplugged()


def assert_told_once(lab: Lab) -> None:
    """No event repeats the one before it."""
    states = [state for _, state in lab.states()]
    assert all(a != b for a, b in pairwise(states))
    for kind in ("overload", "dead_air"):
        told = [alarm.active for _, alarm in lab.of(Alarm) if alarm.kind == kind]
        assert told == [number % 2 == 0 for number in range(len(told))]
    for _, change in lab.of(Change):
        assert change.from_ != change.to
    segments = [segment for _, segment in lab.of(Segment)]
    assert all(a.end_seconds == b.start_seconds for a, b in pairwise(segments))
    assert lab.of(TitleChange) == []
