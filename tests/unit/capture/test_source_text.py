from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.source_text import masked, shown


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("http://u:p@h:80/x", "http://***@h:80/x"),
        ("http://u@h/x", "http://***@h/x"),
        ("rtsp://:pw@cam/1", "rtsp://***@cam/1"),
        ("http://u:p@ss@h/x", "http://***@h/x"),
        ("http://u:p/q@h/x", "http://***@h/x"),
        ("http://h/x?token=abc&quality=1", "http://h/x?token=***&quality=1"),
        ("http://h/x?a=1&API_KEY=abc#top", "http://h/x?a=1&API_KEY=***#top"),
        ("tried http://u:p@h/x, then http://u:q@g/y", "tried http://***@h/x, then http://***@g/y"),
        ("http:/u:p@h/x", "http:/***@h/x"),
        ("https//u:p@h/x", "https//***@h/x"),
        ("http;//u:p@h/x", "http;//***@h/x"),
        ("http://h:8000/a@b", "http://h:8000/a@b"),
        ("music@home/song.mp3", "music@home/song.mp3"),
        ("pcm:x?rate=8000", "pcm:x?rate=8000"),
    ],
)
def test_only_credentials_are_masked(text, wanted):
    assert masked(text) == wanted


words = st.text("abcxyz019-._~!$'()*+,=%:", min_size=1, max_size=12)


@given(words, words)
def test_no_user_or_password_survives(user, password):
    text = masked(f"https://{user}Q:{password}Q@host:8000/mount")
    assert text == "https://***@host:8000/mount"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (Path("ä ü.wav"), "ä ü.wav"),
        (Path("x\ny\x1b[31m\x07.wav"), r"x\ny\x1b[31m\x07.wav"),
        (Path("\udcff.wav"), r"\udcff.wav"),
        ("http://u:p@h/\x1b[2J", r"http://***@h/\x1b[2J"),
        (Path("http://u:p@h/x"), "http://***@h/x"),
    ],
)
def test_error_texts_name_a_source_on_one_line_without_controls(source, wanted):
    assert shown(source) == wanted


@given(st.text())
def test_what_is_shown_can_always_be_printed(text):
    assert shown(text).isprintable()
