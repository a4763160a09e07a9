"""The mean of the channels, unless it is not what was meant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.downmix import DownMix, to_mono
from streamgenre.features.sound_meter import SoundMeter
from streamgenre.settings import AlarmSettings
from tests.support.sounds import hiss, silence, tune

RATE_HZ = 8000


def mixed(sound: np.ndarray, sizes: list[int] | None = None, rate_hz: int = RATE_HZ) -> np.ndarray:
    meter, mix, parts, at, turn = SoundMeter(rate_hz, -60.0, 1.0, 10.0), DownMix(AlarmSettings()), [], 0, 0
    sizes = sizes or [len(sound)]
    while at < len(sound):
        piece = sound[at : at + sizes[turn % len(sizes)]]
        at, turn = at + len(piece), turn + 1
        parts.append(mix.process(piece, at, meter.process(piece)))
    return np.concatenate(parts)


def opposite(sound: np.ndarray, other: float = 1.0) -> np.ndarray:
    return np.hstack([sound, np.float32(-other) * sound])


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
def test_usual_sound_is_the_mean_to_the_last_bit(channels):
    sound = np.concatenate([tune(3.0, RATE_HZ, channels=channels), hiss(3.0, RATE_HZ).repeat(channels, 1)])
    assert mixed(sound).tobytes() == to_mono(sound).tobytes()


def test_where_channels_cancel_the_loudest_is_heard_from_the_next_second_on():
    sound = tune(5.5, RATE_HZ)
    for other, loudest in ((1.0, 0), (0.9, 0), (1.2, 1)):
        both = opposite(sound, other)
        found = mixed(both)
        assert np.array_equal(found[:RATE_HZ], to_mono(both[:RATE_HZ]))
        assert np.array_equal(found[RATE_HZ:], both[RATE_HZ:, loudest])


def test_it_goes_back_to_the_mean_a_second_after_the_channels_do_and_not_in_a_silence():
    sound = tune(3.0, RATE_HZ)
    both = np.concatenate([opposite(sound), silence(2.0, RATE_HZ, 2), np.hstack([sound, 0.5 * sound])])
    found, back = mixed(both), 6 * RATE_HZ
    assert np.array_equal(found[RATE_HZ:back], both[RATE_HZ:back, 0])
    assert np.array_equal(found[back:], to_mono(both[back:]))


@pytest.mark.parametrize("other", [0.3, 0.0])
def test_channels_that_hardly_cancel_are_mixed(other):
    both = opposite(tune(3.0, RATE_HZ), other)
    assert np.array_equal(mixed(both), to_mono(both))


def test_other_channels_that_carry_the_sound_are_mixed():
    sound = np.hstack([opposite(hiss(3.0, RATE_HZ)), tune(3.0, RATE_HZ)])
    assert np.array_equal(mixed(sound), to_mono(sound))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4), st.sampled_from([8000, 11025, 44100]))
def test_blocks_of_any_size_are_mixed_alike(sizes, rate_hz):
    sound = tune(2.3, rate_hz)
    both = np.concatenate([np.hstack([sound, sound]), opposite(sound, 1.1), np.hstack([sound, sound])])
    found = mixed(both, [max(size, 20) for size in sizes], rate_hz)
    assert found.tobytes() == mixed(both, rate_hz=rate_hz).tobytes()
    assert not np.array_equal(found, to_mono(both))


def test_new_channels_begin_with_the_mean():
    meter, mix = SoundMeter(RATE_HZ, -60.0, 1.0, 10.0), DownMix(AlarmSettings())
    both = opposite(tune(1.0, RATE_HZ))
    mix.process(both, RATE_HZ, meter.process(both))
    assert np.array_equal(mix.process(both, 2 * RATE_HZ, []), both[:, 0])
    mix.reset()
    assert np.array_equal(mix.process(both, 3 * RATE_HZ, []), to_mono(both))
