from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamgenre.capture.media import MediaDecoder, decode
from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError
from streamgenre.messages import AudioFormat
from tests.support.audio_files import loudest_hz, random_int16, write_encoded, write_flac, write_wav
from tests.support.local_http import file_server
from tests.support.reading import read_until_over
from tests.support.sounds import tone


def read_all(text: str) -> np.ndarray:
    """Everything a source gives, unpaced."""
    with closing(open_source(text, paced=False)) as source:
        blocks, over = read_until_over(source)
        assert isinstance(over, EOFError)
        assert all(b.samples.dtype == np.float32 and b.samples.flags.c_contiguous for b in blocks)
        empty = np.zeros((0, source.format.channels), np.float32)
        return np.concatenate([empty, *(block.samples for block in blocks)])


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_wav_flac_and_raw_pcm_of_the_same_samples_are_identical(tmp_path, rate_hz, channels):
    samples = random_int16(rate_hz // 5 + 17, channels)
    wav = write_wav(tmp_path / "a.wav", samples, rate_hz)
    flac = write_flac(tmp_path / "a.flac", samples, rate_hz)
    raw = tmp_path / "a.raw"
    raw.write_bytes(samples.astype("<i2").tobytes())
    wanted = samples / np.float32(32768)
    for text in (str(wav), str(flac), f"pcm:{raw}?rate={rate_hz}&channels={channels}"):
        assert np.array_equal(read_all(text), wanted), text
    assert MediaDecoder(flac).format == AudioFormat(rate_hz, channels)


def test_twenty_four_and_thirty_two_bits_are_identical_too(tmp_path):
    values = np.random.default_rng(1).integers(-(2**31), 2**31, (5000, 2)).astype(np.int32)
    raw = tmp_path / "a.raw"
    raw.write_bytes(values.astype("<i4").tobytes())
    wav = write_wav(tmp_path / "a.wav", values, 48_000, "PCM_32")
    assert np.array_equal(read_all(str(wav)), read_all(f"pcm:{raw}?format=s32le"))

    values &= ~0xFF
    packed = values.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:]
    raw.write_bytes(packed.tobytes())
    wav = write_wav(tmp_path / "b.wav", values, 48_000, "PCM_24")
    flac = write_flac(tmp_path / "b.flac", values, 48_000, "PCM_24")
    wanted = (values / 2**31).astype(np.float32)
    for text in (str(wav), str(flac), f"pcm:{raw}?format=s24le"):
        assert np.array_equal(read_all(text), wanted), text


@pytest.mark.parametrize("subtype", ["PCM_U8", "FLOAT", "DOUBLE"])
def test_other_depths_are_what_soundfile_reads(tmp_path, subtype):
    sound = np.random.default_rng(2).uniform(-1, 1, (3000, 2))
    wav = write_wav(tmp_path / "a.wav", sound, 44_100, subtype)
    assert np.array_equal(read_all(str(wav)), soundfile.read(wav, dtype="float32")[0])


@pytest.mark.parametrize("kind", ["mp3", "aac", "m4a", "ogg", "opus"])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_codecs_give_their_tone_at_their_rate(tmp_path, kind, channels):
    sound = np.repeat(tone(1.5, 48_000, 997), channels, axis=1)
    decoded = read_all(str(write_encoded(tmp_path / f"a.{kind}", sound, 48_000)))
    assert decoded.shape[1] == channels
    assert len(decoded) == pytest.approx(len(sound), abs=4800)
    assert loudest_hz(decoded[:48_000, 0], 48_000) == pytest.approx(997, abs=2)
    assert np.sqrt(np.mean(decoded[9600:48_000] ** 2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.08)


def test_nan_and_infinities_come_through(tmp_path):
    sound = np.array([[np.nan, 1], [np.inf, -2.5], [-np.inf, 0]], np.float32)
    assert np.array_equal(
        read_all(str(write_wav(tmp_path / "a.wav", sound, 8000, "FLOAT"))), sound, equal_nan=True
    )


def test_a_file_without_samples_ends_at_once(tmp_path):
    wav = write_wav(tmp_path / "a.wav", np.zeros((0, 2)), 22_050)
    decoder = MediaDecoder(wav)
    assert decoder.format == AudioFormat(22_050, 2)
    assert list(decoder.blocks()) == []


@pytest.mark.parametrize(
    ("metadata", "title"),
    [
        ({"artist": "Ärtist", "title": "Söng"}, "Ärtist - Söng"),
        ({"title": "Song"}, "Song"),
        ({"artist": "Artist"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("kind", ["mp3", "ogg", "m4a"])
def test_the_title_is_what_the_container_says(tmp_path, kind, metadata, title):
    path = write_encoded(tmp_path / f"a.{kind}", tone(0.5, 44_100, 440), 44_100, metadata)
    assert MediaDecoder(path).title == title


@pytest.mark.parametrize(
    "name", ["ä ü.wav", "what?.wav", "a:b=c&d.wav", "%d %s.wav", "-x.wav", "a'b\"c.wav", "x\ny.wav"]
)
def test_names_of_any_kind_are_opened(tmp_path, monkeypatch, name):
    samples = random_int16(1000, 1)
    write_wav(tmp_path / name, samples, 8000)
    monkeypatch.chdir(tmp_path)
    for text in (name, f"./{name}", str(tmp_path / name)):
        assert len(read_all(text)) == 1000


def test_a_name_that_is_not_utf8_is_opened(tmp_path):
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.wav"))
    good = write_wav(tmp_path / "a.wav", random_int16(100, 1), 8000)
    good.rename(path)
    assert len(read_all(str(path))) == 100


def test_a_truncated_file_gives_what_there_is(tmp_path):
    samples = random_int16(100_000, 2)
    whole = write_flac(tmp_path / "a.flac", samples, 44_100).read_bytes()
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole[: len(whole) // 2])
    decoder = MediaDecoder(cut)
    blocks = list(decoder.blocks())
    heard = np.concatenate([block.samples for block in blocks])
    assert 30_000 < len(heard) < 60_000
    assert np.array_equal(heard[:30_000], samples[:30_000] / np.float32(32768))
    assert decoder.decode_errors >= 1
    assert [b.first_sample for b in blocks[1:]] == [b.end_sample for b in blocks[:-1]]


def test_damage_in_the_middle_is_passed_over_and_counted(tmp_path):
    path = write_encoded(tmp_path / "a.mp3", np.repeat(tone(10, 44_100, 440), 2, axis=1), 44_100)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = np.random.default_rng(3).bytes(4000)
    path.write_bytes(data)
    decoder = MediaDecoder(path)
    heard = sum(len(block.samples) for block in decoder.blocks())
    assert heard > 9 * 44_100
    assert decoder.decode_errors >= 1
    assert decoder.damage is not None
    assert decoder.damage.startswith(f"{decoder.decode_errors} damaged packet")


def not_audio(tmp_path: Path) -> dict[str, bytes]:
    flac = write_flac(tmp_path / "whole.flac", random_int16(5000, 2), 44_100).read_bytes()
    return {
        "empty.wav": b"",
        "text.txt": b"Only words.\n" * 100,
        "text.mp3": b"Only words.\n" * 1000,
        "half-a-header.wav": b"RIFF\x00\x01\x00\x00WAVEfmt ",
        "only-a-header.flac": flac[:120],
        "page.html": b"<!doctype html><title>404</title>",
        "noise.bin": np.random.default_rng(4).bytes(100_000),
        "zeros.mp3": bytes(10_000),
        "songs.m3u8": b"#EXTM3U\n#EXTINF:10,\nsongs/x.mp3\n",
    }


def test_what_is_not_audio_is_refused_in_a_line(tmp_path):
    for name, data in not_audio(tmp_path).items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(PermanentSourceError) as refusal:
            read_all(str(path))
        assert name in str(refusal.value)
        assert len(str(refusal.value).splitlines()) == 1


def test_a_picture_and_a_film_without_sound_hold_no_audio(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "silent.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        frame = av.VideoFrame(64, 64, "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(PermanentSourceError, match="no audio stream"):
        MediaDecoder(path)


FIRST_SECONDS = 12
"""Longer than FFmpeg looks ahead; within that, it stamps the first frame with the last rate it saw."""


def joined_mp3(tmp_path: Path, second_rate_hz: int, second_channels: int) -> Path:
    """Two MP3 streams one after the other, as some programmes on demand are cut."""
    first = write_encoded(tmp_path / "1.mp3", np.repeat(tone(FIRST_SECONDS, 44_100, 440), 2, axis=1), 44_100)
    sound = np.repeat(tone(1, second_rate_hz, 440), second_channels, axis=1)
    second = write_encoded(tmp_path / "2.mp3", sound, second_rate_hz)
    path = tmp_path / "joined.mp3"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    return path


@pytest.mark.parametrize(("ending", "finite"), [("", False), ("#EXT-X-ENDLIST\n", True)])
@pytest.mark.parametrize("kind", ["mp3", "aac"])
def test_a_playlist_without_an_end_is_a_station_though_it_has_a_size(tmp_path, kind, ending, finite):
    write_encoded(tmp_path / f"s.{kind}", tone(2, 44_100, 440), 44_100)
    segments = "".join(f"#EXTINF:2.0,\ns.{kind}?{i}\n" for i in range(4))
    (tmp_path / "a.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{segments}{ending}")
    with file_server(tmp_path) as address:
        decoder = MediaDecoder(f"{address}/a.m3u8")
        assert decoder.finite is finite
        decoder.close()
        assert MediaDecoder(f"{address}/s.{kind}").finite is True


def test_a_change_of_channels_is_passed_on(tmp_path):
    blocks = list(decode(joined_mp3(tmp_path, 44_100, 1)))
    widths = [block.samples.shape[1] for block in blocks]
    assert widths[0] == 2
    assert widths[-1] == 1
    assert [b.first_sample for b in blocks[1:]] == [b.end_sample for b in blocks[:-1]]


def test_a_change_of_rate_ends_a_recording_for_good(tmp_path):
    path = joined_mp3(tmp_path, 48_000, 2)
    blocks, over = read_until_over(open_source(str(path), paced=False))
    heard = sum(len(block.samples) for block in blocks)
    assert isinstance(over, PermanentSourceError)
    assert "sample rate changed from 44100 to 48000 Hz" in str(over)
    assert heard > 0.9 * FIRST_SECONDS * 44_100
    with file_server(tmp_path) as address, pytest.raises(PermanentSourceError, match="from 44100 to 48000"):
        list(decode(f"{address}/joined.mp3"))
