"""Every kind of source keeps the promises of `capture.source.AudioSource`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.open_source import open_source
from streamgenre.capture.source import AudioSource
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support import fake_pulse
from tests.support.audio_files import random_int16, write_encoded, write_flac, write_wav
from tests.support.fake_sounddevice import FakeSoundDevice
from tests.support.local_http import file_server
from tests.support.reading import read_until_over
from tests.support.sounds import tone

RATE_HZ, SECONDS = 8000, 0.5
SAMPLES = random_int16(round(RATE_HZ * SECONDS), 2)


@dataclass
class Kind:
    """A source just opened, and what is known of it."""

    source: AudioSource
    format: AudioFormat
    live: bool
    samples: int
    """How many it has."""
    ends_with: type[Exception] = EOFError


def wav(folder: Path, _stack: ExitStack) -> Kind:
    path = write_wav(folder / "a.wav", SAMPLES, RATE_HZ)
    return Kind(open_source(str(path)), AudioFormat(RATE_HZ, 2), live=False, samples=len(SAMPLES))


def flac_unpaced(folder: Path, _stack: ExitStack) -> Kind:
    path = write_flac(folder / "a.flac", SAMPLES, RATE_HZ)
    source = open_source(str(path), paced=False)
    return Kind(source, AudioFormat(RATE_HZ, 2), live=False, samples=len(SAMPLES))


def mp3(folder: Path, _stack: ExitStack) -> Kind:
    path = write_encoded(folder / "a.mp3", tone(0.5, 44_100, 440), 44_100)
    return Kind(open_source(str(path)), AudioFormat(44_100, 1), live=False, samples=22_050)


def pcm_file(folder: Path, _stack: ExitStack) -> Kind:
    path = folder / "a.raw"
    path.write_bytes(SAMPLES.tobytes())
    source = open_source(f"pcm:{path}?rate={RATE_HZ}")
    return Kind(source, AudioFormat(RATE_HZ, 2), live=False, samples=len(SAMPLES))


def pcm_fifo(folder: Path, _stack: ExitStack) -> Kind:
    path = folder / "fifo"
    os.mkfifo(path)
    source = open_source(f"pcm:{path}?rate={RATE_HZ}")
    path.write_bytes(SAMPLES.tobytes())
    return Kind(source, AudioFormat(RATE_HZ, 2), True, len(SAMPLES), TransientSourceError)


def pcm_fifo_unpaced(folder: Path, _stack: ExitStack) -> Kind:
    path = folder / "fifo"
    os.mkfifo(path)
    source = open_source(f"pcm:{path}?rate={RATE_HZ}", paced=False)
    path.write_bytes(SAMPLES.tobytes())
    return Kind(source, AudioFormat(RATE_HZ, 2), live=False, samples=len(SAMPLES))


def url_of_a_file(folder: Path, stack: ExitStack) -> Kind:
    write_wav(folder / "a.wav", SAMPLES, RATE_HZ)
    address = stack.enter_context(file_server(folder))
    source = open_source(f"{address}/a.wav")
    return Kind(source, AudioFormat(RATE_HZ, 2), live=False, samples=len(SAMPLES))


def microphone(_folder: Path, stack: ExitStack) -> Kind:
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    fake = FakeSoundDevice(("Line in", 2, float(RATE_HZ)))
    patch.setitem(sys.modules, "sounddevice", fake)
    source = open_source("mic")
    for _ in range(10):
        fake.play(400)
    fake.streams[-1].unplug()
    return Kind(source, AudioFormat(RATE_HZ, 2), True, 4000, TransientSourceError)


def monitor(folder: Path, stack: ExitStack) -> Kind:
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    fake_pulse.install(folder, samples=4000, then_die=True)
    patch.setenv("PATH", str(folder))
    source = open_source("monitor:stage")
    return Kind(source, AudioFormat(8000, 1), True, 4000, TransientSourceError)


KINDS = [wav, flac_unpaced, mp3, pcm_file, pcm_fifo, pcm_fifo_unpaced, url_of_a_file, microphone, monitor]


@pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
def kind(request, tmp_path) -> Iterator[Kind]:
    with ExitStack() as stack:
        made = request.param(tmp_path, stack)
        stack.callback(made.source.close)
        yield made


def test_the_format_is_known_before_anything_is_read(kind):
    assert kind.source.format == kind.format
    assert kind.source.live is kind.live
    assert kind.source.title is None


def test_blocks_are_float32_of_the_format_and_follow_each_other_to_the_end(kind):
    blocks, over = read_until_over(kind.source, 0.05)
    assert kind.source.damage is None
    heard = 0
    for block in blocks:
        assert block.samples.dtype == np.float32
        assert block.samples.ndim == 2
        assert block.samples.shape[1] == kind.format.channels
        assert len(block.samples) > 0
        assert block.first_sample == heard
        heard = block.end_sample
    assert isinstance(over, kind.ends_with)
    assert heard == pytest.approx(kind.samples, abs=2500 if kind.format.sample_rate_hz == 44_100 else 0)
    with pytest.raises(kind.ends_with):
        kind.source.read(0.05)


def test_a_read_without_time_returns_at_once(kind):
    """Not timed: a read that waits for what never comes would run into the limit of the test."""
    block = kind.source.read(0.0)
    assert block is None or len(block.samples) > 0


def test_a_read_waits_no_longer_than_asked_nor_less(kind):
    """Of a paced source the second block is not yet due; of the others it may be there."""
    kind.source.read(0.01)
    begin = time.monotonic()
    try:
        block = kind.source.read(0.005)
    except (EOFError, TransientSourceError):
        return
    assert block is not None or time.monotonic() - begin >= 0.005


def test_closing_twice_is_harmless_and_reading_afterwards_an_error(kind):
    kind.source.close()
    kind.source.close()
    with pytest.raises(ValueError, match="closed"):
        kind.source.read(0.0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("radio.m3u", "#EXTM3U\n#EXTINF:-1,Radio\n{0}/missing.flac\n{0}/a.flac\n"),
        ("radio.pls", "[playlist]\nFile1={0}/missing.flac\nFile2={0}/a.flac\nNumberOfEntries=2\n"),
    ],
)
def test_a_playlist_file_plays_the_first_of_its_stations_that_can_be_heard(tmp_path, name, text):
    write_flac(tmp_path / "a.flac", SAMPLES, RATE_HZ)
    with file_server(tmp_path) as address:
        path = tmp_path / name
        path.write_text(text.format(address))
        source = open_source(str(path), paced=False)
        assert source.format == AudioFormat(RATE_HZ, 2)
        source.close()


def test_a_playlist_file_names_no_files_of_this_machine(tmp_path):
    write_wav(tmp_path / "secret.wav", SAMPLES, RATE_HZ)
    (tmp_path / "songs.m3u").write_text("secret.wav\n")
    with pytest.raises(PermanentSourceError, match="only http, https and rtsp"):
        open_source(str(tmp_path / "songs.m3u"))
