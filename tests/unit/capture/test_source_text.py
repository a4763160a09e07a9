from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.source_text import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://u:p@h:80/x", "http://***@h:80/x"),
        ("http://u@h/x", "http://***@h/x"),
        ("rtsp://:pw@cam/1", "rtsp://***@cam/1"),
        ("http://u:p@ss@h/x", "http://***@h/x"),
        ("http://u:p/q@h/x", "http://***@h/x"),
        ("http://h/x?token=abc&quality=1", "http://h/x?token=***&quality=1"),
        ("http://h/x?a=1&API_KEY=abc#top", "http://h/x?a=1&API_KEY=***#top"),
        ("tried http://u:p@h/x, then http://u:q@g/y", "tried http://***@h/x, then http://***@g/y"),
        ("http://h:8000/a@b", "http://h:8000/a@b"),
        ("music@home/song.mp3", "music@home/song.mp3"),
        ("pcm:x?rate=8000", "pcm:x?rate=8000"),
    ],
)
def test_only_credentials_are_masked(text, shown):
    assert masked(text) == shown


words = st.text("abcxyz019-._~!$'()*+,=%:", min_size=1, max_size=12)


@given(words, words)
def test_no_user_or_password_survives(user, password):
    shown = masked(f"https://{user}Q:{password}Q@host:8000/mount")
    assert shown == "https://***@host:8000/mount"
