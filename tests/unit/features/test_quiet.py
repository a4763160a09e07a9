"""How long there has been no sound."""

from __future__ import annotations

import numpy as np

from streamgenre.features.level import LevelMeter
from streamgenre.features.quiet import QuietWatch
from streamgenre.messages import Quiet
from tests.support.sounds import silence, tone

RATE_HZ = 8000
CLICK = np.full((8, 1), 0.9, np.float32)


def sound(seconds: float) -> np.ndarray:
    return tone(seconds, RATE_HZ, 440)


def quiet(*parts: np.ndarray, sound_seconds: float = 1.0) -> Quiet:
    meter, watch = LevelMeter(RATE_HZ, -60.0), QuietWatch(sound_seconds)
    watch.process(meter.process(np.concatenate(parts)), RATE_HZ)
    return watch.reading()


def test_quiet_is_counted_from_where_the_sound_ended():
    assert quiet(sound(3.0), silence(0.9, RATE_HZ)) == Quiet(0.0, 3.0)
    assert quiet(sound(3.0), silence(1.0, RATE_HZ)) == Quiet(1.0, 3.0)
    assert quiet(sound(3.0), silence(7.3, RATE_HZ)) == Quiet(7.3, 3.0)


def test_a_source_begins_without_sound():
    assert quiet(silence(4.0, RATE_HZ)) == Quiet(4.0, 0.0)
    assert quiet(silence(4.0, RATE_HZ), sound(1.0)) == Quiet(0.0, 5.0)


def test_clicks_are_no_sound():
    pause = silence(5.0, RATE_HZ)
    assert quiet(sound(2.0), pause, CLICK, pause, CLICK, pause) == Quiet(15.0, 2.0)


def test_while_sound_may_be_coming_back_it_is_as_it_was():
    assert quiet(sound(2.0), silence(5.0, RATE_HZ), sound(0.9)) == Quiet(5.0, 2.0)
    assert quiet(sound(2.0), silence(5.0, RATE_HZ), sound(0.9), silence(1.0, RATE_HZ)) == Quiet(6.9, 2.0)
    assert quiet(sound(2.0), silence(5.0, RATE_HZ), sound(1.0)).seconds == 0.0


def test_words_with_pauses_between_are_sound():
    words = [part for _ in range(4) for part in (sound(0.3), silence(0.5, RATE_HZ))]
    assert quiet(silence(9.0, RATE_HZ), *words).seconds == 0.0


def test_dc_is_no_sound():
    assert quiet(sound(2.0), np.full((4 * RATE_HZ, 1), 0.1, np.float32)).seconds == 4.0


def test_how_much_sound_it_takes_can_be_set():
    assert quiet(silence(4.0, RATE_HZ), sound(0.5), sound_seconds=0.5).seconds == 0.0
