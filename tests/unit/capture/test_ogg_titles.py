from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.capture.stations.ogg_titles import OggTitles
from tests.support.audio_files import write_encoded
from tests.support.ogg_flac import write_ogg_flac
from tests.support.ogg_pages import comments, header_packets, link, pages
from tests.support.sounds import tone

CODECS = ["vorbis", "opus", "flac"]


def titles_along(data: bytes, piece_bytes: int = 1000) -> list[str | None]:
    """Every title in turn, repeats left out."""
    watch, told = OggTitles(), []
    for at in range(0, len(data), piece_bytes):
        watch.process(data[at : at + piece_bytes])
        if not told or told[-1] != watch.title:
            told.append(watch.title)
    return told


@pytest.mark.parametrize("codec", CODECS)
def test_each_link_tells_its_title(codec):
    one = link(codec, 1, comments(ARTIST="Ärtist", title="Öne"))
    two = link(codec, 2, comments(TITLE="Two"))
    none = link(codec, 3, comments(GENRE="jazz"))
    assert titles_along(one + two + none, 10) == [None, "Ärtist - Öne", "Two", None]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(CODECS), st.text("abé'= ", min_size=1, max_size=300)), max_size=4),
    st.binary(max_size=60),
    st.integers(1, 255),
    st.data(),
)
def test_however_the_bytes_are_cut_the_last_title_is_the_same(links, garbage, page_segments, data):
    sent = b""
    for serial, (codec, title) in enumerate(links):
        sent += link(codec, serial, comments(TITLE=title), page_segments) + garbage.replace(b"O", b"x")
    whole, pieces = OggTitles(), OggTitles()
    whole.process(sent)
    at = 0
    while at < len(sent):
        size = data.draw(st.sampled_from([1, 7, 26, 100, 4000]))
        pieces.process(sent[at : at + size])
        at += size
    assert pieces.title == whole.title
    if links:
        assert whole.title == (" ".join(links[-1][1].split()) or None) or whole.title is None


@given(st.binary(max_size=3000))
def test_garbage_is_passed_over(data):
    watch = OggTitles()
    for mark in (b"", b"OggS", b"OggS\0\x02" + bytes(20) + b"\xff"):
        watch.process(mark + data)
    assert watch.title is None or watch.title


def test_a_picture_of_megabytes_is_not_kept():
    vector = comments(TITLE="Song", METADATA_BLOCK_PICTURE="x" * 3_000_000)
    watch = OggTitles()
    data = link("vorbis", 1, vector)
    for at in range(0, len(data), 4096):
        watch.process(data[at : at + 4096])
    assert watch.title == "Song"


def test_headers_without_end_grow_nothing():
    watch = OggTitles()
    for serial in range(2000):
        watch.process(pages(header_packets("vorbis", b"")[0], serial, first=True))
    assert len(watch._wanted) <= 8


def test_lying_lengths_are_survived():
    for vector in (
        b"\xff\xff\xff\xff",
        b"\0\0\0\0\xff\xff\xff\xff",
        b"\0\0\0\0\1\0\0\0\xff\xff\xff\x7fTITLE=x",
        b"",
    ):
        assert titles_along(link("opus", 1, vector)) == [None]


@pytest.mark.parametrize("kind", ["ogg", "opus", "oga"])
def test_real_files_one_after_the_other(tmp_path, kind):
    write = write_ogg_flac if kind == "oga" else write_encoded
    data = b""
    for number, title in enumerate(("First", "Second")):
        tags = {"artist": "Ä", "title": title}
        data += write(tmp_path / f"{number}.{kind}", tone(1, 48_000, 440), 48_000, tags).read_bytes()
    assert titles_along(data, 37) == [None, "Ä - First", "Ä - Second"]
