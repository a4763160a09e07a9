from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pytest

from streamgenre.capture.demonstration.programme import PROGRAMME, ProgrammeSource, Stretch, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.messages import AudioBlock, Float32

SOUNDING = [stretch for stretch in PROGRAMME if stretch.piece]
WINDOW_SECONDS = 3.0


class CountingClock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        self.seconds += seconds


@pytest.fixture(scope="module")
def rendered() -> dict[str, Float32]:
    return {stretch.title: render(stretch) for stretch in PROGRAMME}


def played(block_samples: int | None = None) -> list[tuple[AudioBlock, str | None]]:
    source = ProgrammeSource(paced=False, block_samples=block_samples)
    blocks: list[tuple[AudioBlock, str | None]] = []
    try:
        while True:
            block = source.read(1.0)
            assert block is not None
            blocks.append((block, source.title))
    except EOFError:
        return blocks
    finally:
        source.close()


def digest(blocks: list[tuple[AudioBlock, str | None]]) -> str:
    return hashlib.sha256(b"".join(block.samples.tobytes() for block, _ in blocks)).hexdigest()


def test_stretches_follow_each_other_and_end_in_good_time() -> None:
    assert PROGRAMME[0].start_seconds == 0.0
    for before, after in pairwise(PROGRAMME):
        assert before.end_seconds == after.start_seconds
    assert 45.0 <= PROGRAMME[-1].end_seconds <= 70.0
    assert min(stretch.duration_seconds for stretch in PROGRAMME) > 2 * WINDOW_SECONDS
    assert {stretch.expected_status for stretch in PROGRAMME} == {"music", "silence", "speech", "noise"}
    assert all(bool(stretch.fitting) == (stretch.expected_status == "music") for stretch in PROGRAMME)
    assert any(stretch.fade_out_seconds == 0.0 for stretch in SOUNDING)
    assert any(stretch.fade_out_seconds >= 1.0 for stretch in SOUNDING)


@pytest.mark.parametrize("block_samples", [997, 44_100, 10_000_000])
def test_it_is_the_same_to_the_bit_in_any_blocks(block_samples: int) -> None:
    assert digest(played(block_samples)) == digest(played())


@pytest.mark.parametrize("stretch", PROGRAMME, ids=lambda stretch: stretch.title)
def test_a_stretch_has_its_length_and_form(stretch: Stretch, rendered: dict[str, Float32]) -> None:
    sound = rendered[stretch.title]
    assert sound.shape == (round(stretch.duration_seconds * RATE_HZ), 2)
    assert sound.dtype == np.float32
    assert sound.flags.c_contiguous
    assert np.array_equal(sound * 32768, np.round(sound * 32768))


@pytest.mark.parametrize("stretch", SOUNDING, ids=lambda stretch: stretch.title)
def test_levels_are_those_of_a_broadcast(stretch: Stretch, rendered: dict[str, Float32]) -> None:
    sound = rendered[stretch.title].astype(np.float64)
    assert np.abs(sound).max() < 0.9
    assert -24.0 < 10 * np.log10(np.mean(sound**2)) < -12.0
    assert abs(sound.mean()) < 1e-3
    assert not np.array_equal(sound[:, 0], sound[:, 1])


@pytest.mark.parametrize("stretch", SOUNDING, ids=lambda stretch: stretch.title)
def test_no_second_of_sound_would_pass_for_silence(stretch: Stretch, rendered: dict[str, Float32]) -> None:
    sound = rendered[stretch.title][: -round((stretch.fade_out_seconds + 0.01) * RATE_HZ)]
    samples = RATE_HZ if stretch.expected_status == "speech" else RATE_HZ // 10  # who speaks must breathe
    pieces = sound[: len(sound) // samples * samples].reshape(-1, samples * 2)
    assert 10 * np.log10(np.mean(pieces**2, axis=1).min()) > -45.0


def test_silence_is_exactly_zero(rendered: dict[str, Float32]) -> None:
    silent = [stretch for stretch in PROGRAMME if stretch.expected_status == "silence"]
    assert silent
    assert not any(rendered[stretch.title].any() for stretch in silent)


def test_one_ends_in_a_fade_and_one_is_cut(rendered: dict[str, Float32]) -> None:
    for stretch in SOUNDING:
        if stretch.expected_status == "speech":
            continue
        end = rendered[stretch.title][-RATE_HZ // 20 :].astype(np.float64)
        loud = np.sqrt(np.mean(end**2)) > 0.02
        assert loud == (stretch.fade_out_seconds < 0.05), stretch.title


def test_titles_change_with_the_stretches_and_blocks_are_consecutive() -> None:
    blocks = played(5000)
    expected = 0
    for block, title in blocks:
        assert block.first_sample == expected
        expected = block.end_sample
        stretch = next(s for s in PROGRAMME if s.title == title)
        assert round(stretch.start_seconds * RATE_HZ) <= block.first_sample
        assert block.end_sample <= round(stretch.end_seconds * RATE_HZ)
    assert expected == round(PROGRAMME[-1].end_seconds * RATE_HZ)
    assert list(dict.fromkeys(title for _, title in blocks)) == [stretch.title for stretch in PROGRAMME]


def test_paced_blocks_are_short_and_come_when_they_would_sound() -> None:
    clock = CountingClock()
    source = ProgrammeSource(clock=clock)
    for _ in range(50):
        block = source.read(1.0)
        assert block is not None
        assert len(block.samples) <= RATE_HZ / 10
        assert clock.seconds == pytest.approx(block.end_sample / RATE_HZ)
    assert source.read(0.001) is None
    source.close()


def test_in_haste_they_come_as_much_sooner() -> None:
    clock = CountingClock()
    source = ProgrammeSource(clock=clock, haste=10.0)
    for _ in range(50):
        block = source.read(1.0)
        assert block is not None
    assert clock.seconds == pytest.approx(block.end_sample / RATE_HZ / 10)
    source.close()


def test_the_announcer_speaks_in_syllables_with_pauses_between(rendered: dict[str, Float32]) -> None:
    (speech,) = [stretch for stretch in PROGRAMME if stretch.expected_status == "speech"]
    sound = rendered[speech.title].astype(np.float64)
    power = np.mean(sound[: len(sound) // 882 * 882].reshape(-1, 882 * 2) ** 2, axis=1)
    decibels = 10 * np.log10(power + 1e-12)
    assert 0.05 < np.mean(decibels < decibels.max() - 30) < 0.5
    modulation = np.abs(np.fft.rfft(np.sqrt(power) - np.sqrt(power).mean()))
    hertz = np.fft.rfftfreq(len(power), 0.02)
    assert 2.0 < hertz[np.argmax(modulation * (hertz > 1.5))] < 8.0


def test_a_closed_programme_cannot_be_read() -> None:
    source = ProgrammeSource(paced=False)
    assert (source.format.sample_rate_hz, source.format.channels, source.live) == (RATE_HZ, 2, False)
    assert source.damage is None
    source.close()
    source.close()
    with pytest.raises(ValueError, match="closed"):
        source.read(1.0)
