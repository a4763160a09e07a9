from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.file_source import FileSource
from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError
from tests.support.audio_files import random_int16, write_encoded, write_flac, write_wav
from tests.support.reading import read_until_over


class FakeClock:
    def __init__(self) -> None:
        self.now = 50.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


@pytest.fixture
def wav(tmp_path):
    return write_wav(tmp_path / "a.wav", random_int16(2345, 2), 1000)


def test_a_paced_file_is_given_as_it_would_sound(wav):
    clock = FakeClock()
    source = FileSource(wav, clock=clock)
    heard = misses = 0
    while True:
        before = clock.now
        try:
            block = source.read(0.02)
        except EOFError:
            break
        assert clock.now - before <= 0.02 + 1e-9
        if block is None:
            misses += 1
            continue
        assert block.first_sample == heard
        assert len(block.samples) <= 100
        heard = block.end_sample
        assert clock.now - 50.0 >= heard / 1000 - 1e-9
    assert heard == 2345
    assert misses > 0
    assert clock.now - 50.0 == pytest.approx(2.345, abs=0.02)
    source.close()


def test_an_unpaced_file_never_waits(wav):
    clock = FakeClock()
    source = FileSource(wav, paced=False, clock=clock)
    assert sum(len(block.samples) for block in read_until_over(source, 0.0)[0]) == 2345
    assert clock.now == 50.0
    with pytest.raises(EOFError):
        source.read(0.0)


def test_a_long_codec_frame_is_cut_for_the_meter(tmp_path):
    wav = write_wav(tmp_path / "a.wav", random_int16(48_000, 1), 192_000)
    source = FileSource(wav, clock=FakeClock())
    assert len(source.read(1.0).samples) == 9600


def test_pacing_and_block_size_leave_the_samples_alone(wav):
    def samples(paced):
        source = FileSource(wav, paced=paced, clock=FakeClock())
        return np.concatenate([block.samples for block in read_until_over(source)[0]])

    assert np.array_equal(samples(paced=True), samples(paced=False))


def test_what_cannot_be_read_says_why(tmp_path):
    for text, words in {
        str(tmp_path / "missing.wav"): "no such file",
        str(tmp_path): "is a folder",
        str(tmp_path / ("x" * 300)): "cannot be read",
        "/dev/zero": "no regular file",
        "htttp:x": "did you mean 'http'",
        "http:/host/x": "is no complete URL",
        str(tmp_path / "radio.example/jazz"): "check the path; a station's address begins with http://",
        str(tmp_path / "a\nb\x1b[31m.wav"): r"a\\nb\\x1b\[31m\.wav; check the path",
    }.items():
        with pytest.raises(PermanentSourceError, match=words) as refusal:
            open_source(text)
        assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file; needs an ordinary user")
def test_a_file_without_permission_says_so(wav):
    wav.chmod(0)
    with pytest.raises(PermanentSourceError, match="permission denied"):
        open_source(str(wav))


def test_a_file_without_permission_says_so_whoever_asks(wav, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermanentSourceError, match="permission denied"):
        open_source(str(wav))


def test_a_file_is_not_live_and_a_closed_one_is_not_read(wav):
    source = FileSource(wav)
    assert source.live is False
    source.close()
    source.close()
    with pytest.raises(ValueError, match="closed"):
        source.read(0.1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://me:hush@host/x", "http://.*host/x.*classify. takes files only.*listen. takes http://"),
        ("mic", "takes files only.*listen. takes 'mic' sources"),
        ("mic:USB", "takes files only.*listen. takes 'mic' sources"),
        ("pcm:x?rate=8000", "takes files only.*listen. takes 'pcm' sources"),
        ("-", "takes files only.*listen. takes '-' sources"),
        ("-?rate=8000", "takes files only"),
    ],
)
def test_a_live_source_where_a_file_is_wanted_is_sent_to_listen(text, words):
    with pytest.raises(PermanentSourceError, match=words) as refusal:
        FileSource(Path(text))
    assert "did you mean" not in str(refusal.value)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(("kind", "declared"), [("flac", True), ("mp3", True), ("aac", False)])
def test_a_file_shorter_than_it_says_is_damaged(tmp_path, kind, declared):
    sound = np.random.default_rng(0).uniform(-0.3, 0.3, (20 * 44_100, 1)).astype(np.float32)
    if kind == "flac":
        path = write_flac(tmp_path / "a.flac", sound, 44_100)
    else:
        path = write_encoded(tmp_path / f"a.{kind}", sound, 44_100)
    whole = FileSource(path, paced=False)
    assert whole.damage is None
    read_until_over(whole)
    assert whole.damage is None
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = FileSource(path, paced=False)
    heard = sum(len(block.samples) for block in read_until_over(source)[0]) / 44_100
    source.close()
    assert (f"heard {heard:.1f} of 20.0 s declared" in (source.damage or "")) is declared
