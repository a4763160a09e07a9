"""When alarms begin and end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from streamgenre.decide.alarms import AlarmWatch
from streamgenre.messages import Alarm, Level, Moment, Quiet, SoundCondition
from streamgenre.settings import AlarmSettings

LEVEL = Level(-18.0, -6.0, silent=False, digital_zero=False)
SOUND = Quiet(0.0, 0.0)
GOOD = {"phase_correlation": 0.9}
BAD = {"phase_correlation": -0.9, "cancelled_db": 13.0}
CLIPPED = {"clipped_share": 0.006}


def moment(seconds: float, quiet: Quiet | None = SOUND, conditions: Sequence[SoundCondition] = ()) -> Moment:
    level = None if quiet is None else LEVEL
    return Moment(
        round(seconds * 8000), seconds, level, None, 0.0, 0, conditions=tuple(conditions), quiet=quiet
    )


def watch(**settings: float) -> AlarmWatch:
    return AlarmWatch(30.0, AlarmSettings(**settings))  # type: ignore[arg-type]


def over(seconds: Sequence[dict[str, object]], hop_seconds: int = 1) -> list[tuple[str, bool, float, float]]:
    """The alarms of seconds in order, told at each hop."""
    found, ended = watch(), [SoundCondition(8000 * k, float(k), **s) for k, s in enumerate(seconds, 1)]  # type: ignore[arg-type]
    alarms: list[Alarm] = []
    for end in range(hop_seconds, len(ended) + 1, hop_seconds):
        alarms += found.process(moment(float(end), conditions=ended[end - hop_seconds : end]))
    return [(alarm.kind, alarm.active, alarm.audio_seconds, alarm.since_seconds) for alarm in alarms]


def test_dead_air_begins_after_its_time_and_tells_when_the_sound_ended():
    one = watch()
    assert one.process(moment(39.5, Quiet(29.9, 9.6))) == []
    begun = one.process(moment(40.0, Quiet(30.4, 9.6)))
    assert begun == [Alarm(40.0, "dead_air", True, 9.6, -18.0)]
    assert one.process(moment(40.5, Quiet(30.9, 9.6))) == []
    assert one.process(moment(50.0)) == [Alarm(50.0, "dead_air", False, 9.6, -18.0)]
    assert one.process(moment(50.5)) == []


def test_a_gap_neither_begins_nor_ends_dead_air():
    one = watch()
    one.process(moment(35.0, Quiet(31.0, 4.0)))
    assert one.process(moment(36.0, None)) == []
    assert one.process(moment(37.0, Quiet(33.0, 4.0))) == []
    assert [alarm.active for alarm in one.process(moment(38.0))] == [False]


def test_three_clipped_seconds_of_ten_are_clipping_and_ten_without_end_it():
    seconds = [GOOD, CLIPPED, GOOD, GOOD, CLIPPED, GOOD, CLIPPED, *[GOOD] * 12]
    assert over(seconds) == [("clipping", True, 7.0, 1.0), ("clipping", False, 17.0, 1.0)]


@pytest.mark.parametrize(
    "seconds",
    [[CLIPPED, *[GOOD] * 8] * 6, [{"clipped_share": 0.0049}] * 30, [CLIPPED, CLIPPED, *[GOOD] * 20]],
    ids=["seldom", "hardly", "twice"],
)
def test_less_is_no_clipping(seconds):
    assert over(seconds) == []


def test_five_seconds_that_cancel_are_out_of_phase_and_five_in_phase_end_it():
    seconds = [GOOD, *[BAD] * 6, *[GOOD] * 4, BAD, *[GOOD] * 5]
    assert over(seconds) == [("out_of_phase", True, 6.0, 1.0), ("out_of_phase", False, 17.0, 1.0)]


def test_silence_within_does_not_count():
    silent = {"silent": True}
    seconds = [*[BAD] * 3, silent, silent, *[BAD] * 2, *[silent] * 9, *[GOOD] * 5]
    assert over(seconds) == [("out_of_phase", True, 7.0, 0.0), ("out_of_phase", False, 21.0, 0.0)]


def test_one_channel_alone_ends_it():
    assert over([*[BAD] * 5, *[{"phase_correlation": None}] * 5])[-1][:3] == ("out_of_phase", False, 10.0)


@pytest.mark.parametrize(
    "condition",
    [{"phase_correlation": -0.4, "cancelled_db": 11.0}, {"phase_correlation": -0.9, "cancelled_db": 9.0}],
)
def test_wide_sound_neither_begins_nor_ends_it(condition):
    assert over([condition] * 30) == []
    assert len(over([*[BAD] * 5, *[condition] * 30])) == 1


@pytest.mark.parametrize("hop_seconds", [1, 3])
def test_a_long_hop_misses_nothing(hop_seconds):
    seconds = [*[BAD] * 6, *[GOOD] * 9, *[CLIPPED] * 3, *[GOOD] * 12]
    kinds = [(kind, active, since) for kind, active, _, since in over(seconds, hop_seconds)]
    assert kinds == [
        *[("out_of_phase", True, 0.0), ("out_of_phase", False, 0.0)],
        *[("clipping", True, 15.0), ("clipping", False, 15.0)],
    ]


def test_the_end_ends_all_that_is_active_once():
    one = watch(out_of_phase_seconds=1)
    one.process(
        moment(40.0, Quiet(35.0, 5.0), [SoundCondition(0, 40.0, phase_correlation=-1.0, cancelled_db=50.0)])
    )
    ended = [Alarm(41.0, "dead_air", False, 5.0, -18.0), Alarm(41.0, "out_of_phase", False, 39.0, -18.0)]
    assert one.finish(41.0) == ended
    assert one.finish(41.0) == []
