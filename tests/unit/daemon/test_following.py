"""What has an end, and what is only waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamgenre.daemon.following import is_recording


@pytest.mark.parametrize(
    ("name", "content", "ends"),
    [
        ("song.wav", b"RIFF", True),
        ("missing.wav", None, True),
        ("stations.m3u", b"http://radio.example/\n", False),
        ("segments.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg1.ts\n", False),
    ],
)
def test_a_file_has_an_end_but_no_playlist(
    tmp_path: Path, name: str, content: bytes | None, ends: bool
):  # what is expected
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert is_recording(str(path)) is ends


def test_raw_samples_have_an_end_where_they_lie_in_a_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "raw").write_bytes(b"")
    pcm = "pcm:{}?rate=8000&channels=1&format=s16le"
    assert is_recording(pcm.format(tmp_path / "raw"))
    assert not is_recording(pcm.format(tmp_path / "pipe"))
    assert not is_recording(pcm.format(tmp_path / "nowhere"))
    assert not is_recording("-")


@pytest.mark.parametrize("source", ["mic", "monitor", "http://radio.example/", "rtsp://camera.example/"])
def test_nothing_live_has_an_end(source: str):
    assert not is_recording(source)
