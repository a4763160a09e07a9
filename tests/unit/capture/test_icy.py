from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.stations.icy import IcyStream, metadata_interval, stream_title
from streamgenre.errors import TransientSourceError


def block(fields: bytes) -> bytes:
    padded = fields + bytes(-len(fields) % 16)
    return bytes([len(padded) // 16]) + padded


def interleaved(audio: bytes, interval: int, blocks: list[bytes]) -> bytes:
    sent = b""
    for number, at in enumerate(range(0, len(audio), interval)):
        piece = audio[at : at + interval]
        sent += piece
        if len(piece) == interval:
            sent += block(blocks[number]) if number < len(blocks) else b"\0"
    return sent


@given(
    audio=st.binary(max_size=400),
    interval=st.integers(1, 100),
    titles=st.lists(st.text("ab';é&= -", max_size=20), max_size=5),
    data=st.data(),
)
def test_however_the_bytes_are_cut_audio_and_titles_are_the_same(audio, interval, titles, data):
    blocks = [f"StreamTitle='{title}';StreamUrl='';".encode() for title in titles]
    sent = interleaved(audio, interval, blocks)
    whole = IcyStream(interval, "here")
    assert whole.process(sent) == audio

    pieces, told, heard = IcyStream(interval, "here"), [], b""
    at = 0
    while at < len(sent):
        size = data.draw(st.integers(1, 60))
        heard += pieces.process(sent[at : at + size])
        told.append(pieces.title)
        at += size
    assert heard == audio
    assert pieces.title == whole.title
    assert pieces.interleaved


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        (b"StreamTitle='Artist - Song';", "Artist - Song"),
        (b"StreamTitle='It's; a 'test';';StreamUrl='http://x/';", "It's; a 'test';"),
        (b"StreamUrl='http://x/';StreamTitle='last';", "last"),
        (b"StreamTitle='no end of it", "no end of it"),
        (b"StreamTitle='no semicolon'", "no semicolon"),
        (b"StreamTitle='quote'';StreamUrl='';", "quote'"),
        (b"StreamTitle='';StreamUrl='';", None),
        (b"StreamTitle=' - ';", None),
        (b"StreamTitle='Bj\xf6rk';", "Björk"),
        ("StreamTitle='Björk';".encode(), "Björk"),
        ("StreamTitle='Björk';".encode().decode("latin-1").encode(), "Björk"),
        (b"StreamUrl='x';", None),
    ],
)
def test_titles_are_found_whatever_is_in_them(fields, title):
    assert stream_title(fields + bytes(5)) == title


def test_an_empty_title_ends_the_one_before_and_a_block_of_nothing_does_not():
    icy = IcyStream(1, "here")
    icy.process(b"x" + block(b"StreamTitle='a';") + b"x\0x" + block(b"StreamUrl='u';"))
    assert icy.title == "a"
    icy.process(b"x" + block(b"StreamTitle='';"))
    assert icy.title is None


@pytest.mark.parametrize("header", ["8192", " 16000 "])
def test_an_interval_is_read(header):
    assert metadata_interval(header) == int(header)


@pytest.mark.parametrize(
    "header", [None, "", "0", "-5", "x", "1e9", "²", "99999999999999", "999999999", "1.5"]
)
def test_an_interval_that_makes_no_sense_is_none(header):
    assert metadata_interval(header) == 0


@given(st.integers(1, 64), st.integers(0, 2**32))
def test_a_server_that_declares_blocks_and_sends_none_keeps_its_audio(interval, seed):
    audio = np.random.default_rng(seed).integers(128, 256, 9000).astype(np.uint8).tobytes()
    icy = IcyStream(interval, "here")
    assert icy.process(audio) == audio
    assert not icy.interleaved
    assert icy.title is None


def test_blocks_that_are_lost_for_good_are_told():
    icy = IcyStream(4, "station")
    icy.process(b"abcd" + block(b"StreamTitle='a';"))
    with pytest.raises(TransientSourceError, match=r"station.*opened again"):
        icy.process(bytes(range(1, 250)) * 100)
