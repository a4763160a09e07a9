from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.stations.playlists import addresses, is_hls, is_playlist, local_playlist
from streamgenre.errors import PermanentSourceError

HERE = "http://host/lists/a.pls"
PLS = b"[playlist]\r\nNumberOfEntries=2\r\nfile2 = http://b/2  \r\nTitle1=x\r\nFile1=http://a/1?x=y\r\n"


def test_pls_entries_come_in_their_order():
    assert addresses(PLS, HERE) == ("http://a/1?x=y", "http://b/2")


def test_m3u_lines_are_resolved_and_comments_passed_over():
    text = "\ufeff#EXTM3U\n#EXTINF:-1,Söng\nlow.mp3\n\n/top.mp3\nhttps://b/x\nlow.mp3\nrtsp://c/y\n"
    wanted = ("http://host/lists/low.mp3", "http://host/top.mp3", "https://b/x", "rtsp://c/y")
    assert addresses(text.encode(), HERE) == wanted
    assert addresses("höh.mp3".encode("latin-1"), HERE) == ("http://host/lists/höh.mp3",)


@pytest.mark.parametrize(
    "name", ["file:///etc/passwd", "C:\\music\\a.mp3", "pcm:-", "gopher://x/", "data:,x", "http://[::1/"]
)
def test_what_is_not_on_the_network_is_refused_by_name(name):
    with pytest.raises(PermanentSourceError) as refusal:
        addresses(f"#EXTM3U\n{name}\n".encode(), HERE)
    assert name.replace("\\", "\\") in str(refusal.value)
    assert addresses(f"{name}\nhttp://a/1\n".encode(), HERE) == ("http://a/1",)


@pytest.mark.parametrize("text", [b"", b"#EXTM3U\n", b"[playlist]\nFile1=\n"])
def test_a_playlist_of_nothing_is_refused(text):
    with pytest.raises(PermanentSourceError, match="names no station"):
        addresses(text, HERE)


@pytest.mark.parametrize(
    ("content_type", "beginning", "wanted"),
    [
        ("audio/x-scpls", b"[playlist]", True),
        ("application/octet-stream", b"\r\n[Playlist]\nFile1", True),
        ("text/plain", b"#EXTM3U\n", True),
        ("text/plain", b"http://a/b\nhttp://c/d\n", True),
        ("audio/x-mpegurl", b"a.mp3\n", True),
        ("audio/x-mpegurl", b"\xff\xfb\x90\0\0", False),
        ("audio/mpeg", b"\xff\xfb\x90d", False),
        ("text/html", b"<html>", False),
        ("audio/mpeg", b"ID3\x04", False),
    ],
)
def test_a_playlist_is_known_by_its_type_or_its_beginning(content_type, beginning, wanted):
    assert is_playlist(content_type, beginning) is wanted


def test_hls_is_told_apart():
    assert is_hls(b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n")
    assert not is_hls(b"#EXTM3U\n#EXTINF:1,\nhttp://a\n")


@given(st.binary(max_size=300))
def test_any_bytes_give_addresses_of_the_network_or_a_refusal(text):
    try:
        found = addresses(text, HERE)
    except PermanentSourceError as error:
        found = ()
        message = str(error)
    else:
        message = ""
    assert len(message.splitlines()) == (0 if found else 1)
    assert all(url.lower().startswith(("http:", "https:", "rtsp:", "rtsps:")) for url in found)


def test_a_playlist_file_names_stations(tmp_path):
    (tmp_path / "a.PLS").write_bytes(PLS)
    assert local_playlist(tmp_path / "a.PLS") == ("http://a/1?x=y", "http://b/2")
    (tmp_path / "b.m3u").write_text("song.mp3\n")
    with pytest.raises(PermanentSourceError, match=r"song\.mp3"):
        local_playlist(tmp_path / "b.m3u")
    (tmp_path / "c.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n")
    with pytest.raises(PermanentSourceError, match="HLS"):
        local_playlist(tmp_path / "c.m3u8")
    assert local_playlist(tmp_path / "song.mp3") is None
    assert local_playlist(tmp_path / "missing.m3u") is None
