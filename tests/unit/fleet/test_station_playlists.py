"""Lists of stations that players write: M3U, PLS and OPML."""

from __future__ import annotations

import re

import pytest

from streamgenre.errors import ConfigurationError
from tests.support.station_lists import problems, read

M3U = """\
#EXTM3U url-tvg="http://guide.example/epg.xml" refresh="3600"
#PLAYLIST:Radios of the house

#EXTINF:-1 tvg-id="BlackBlue.uk" tvg-name="Black" tvg-logo="l.png" group-title="Rock, Pop",Bläck & Blue
#EXTVLCOPT:http-user-agent=player
#EXTGRP:Rock
http://ice.example:8000/black.mp3
#extinf:0 , Spaced   out\t
  https://ice.example/live/master.m3u8
#EXTINF:-1 tvg-name="Only tvg",
rtsp://cam.example/audio
# a comment
http://ice.example/%E2%82%AC;stream.nsv?type=.mp3
#EXTINF:-1 group-title="Broken, quote,Odd "one",x
http://ice.example/odd
"""


def test_an_extended_m3u(tmp_path):
    found = read(tmp_path, M3U, "radios.m3u")
    assert not found.problems
    assert [(station.id[:-7], station.name, station.source) for station in found.stations] == [
        ("blackblue-uk", "Bläck & Blue", "http://ice.example:8000/black.mp3"),
        ("spaced-out", "Spaced out", "https://ice.example/live/master.m3u8"),
        ("only-tvg", "Only tvg", "rtsp://cam.example/audio"),
        ("ice-example-e2-82-ac-stream-nsv", "", "http://ice.example/%E2%82%AC;stream.nsv?type=.mp3"),
        ("quote-odd-one-x", 'quote,Odd "one",x', "http://ice.example/odd"),
    ]


def test_a_bad_line_of_an_m3u_is_told_and_costs_no_other(tmp_path):
    lines = ["#EXTM3U", "#EXTINF:-1,Nothing", "#EXTINF:-1,A", "http://a.example/", "local.mp3", "http://a b"]
    text = "\n".join([*lines, "mic", "-", "#EXTINF:-1,Z"])
    found = read(tmp_path, text, "radios.m3u8")
    assert [station.name for station in found.stations] == ["A"]
    told = [re.sub(r" is only.*|http://host.*", "", problem) for problem in problems(found)]
    assert told == [
        '2: #EXTINF names "Nothing", but no address follows; write it on the next line',
        '5: station.source = "local.mp3": a file',
        "6: station.source = \"http://a b\": 'http://a b' is no complete URL; it should look like ",
        '7: station.source = "mic": a microphone',
        '8: station.source = "-": a pipe',
        '9: #EXTINF names "Z", but no address follows; write it on the next line',
    ]


def test_the_segments_of_one_stream_are_no_list(tmp_path):
    with pytest.raises(ConfigurationError, match=r"live\.m3u8:2: the segments of one HLS stream"):
        read(tmp_path, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n", "live.m3u8")


def test_a_pls(tmp_path):
    text = (
        "[Playlist]\nnumberofentries=3\n; mine\nTitle01=One\nFile1 = http://a.example/1\nLength1=-1\n"
        "File2=~/x.mp3\nFile3=http://a.example/3\nfile1=http://a.example/4\nwhat\nVersion=2\n"
    )
    found = read(tmp_path, text, "radios.pls")
    assert [(station.name, station.source) for station in found.stations] == [
        ("One", "http://a.example/1"),
        ("", "http://a.example/3"),
    ]
    assert [problem.partition(" is only")[0] for problem in problems(found)] == [
        '7: station.source = "~/x.mp3": a file',
        "9: File1 stands at line 5 already; number it anew",
        '10: "what" is none of File1=…, Title1=…, Length1=…',
    ]


OPML = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="1">
  <head><title>Radios</title></head>
  <!-- <outline text="no" URL="http://no.example"/>
  -->
  <body>
    <outline text="Jazz">
      <outline text="Swing">
        <outline type="audio" text="Swing &amp; Co &#8364; > 1" URL="http://ice.example/s?a=1&amp;b=2"
          bitrate="128" guide_id="s1"/>
      </outline>
      <OUTLINE type='audio' title='Bebop "live"' url='https://ice.example/bebop'></OUTLINE>
    </outline>
    <outline type="rss" title="Feed" text="" xmlUrl="http://ice.example/feed" htmlUrl="http://ice.example/"/>
  </body>
</opml>
"""


def test_a_nested_opml(tmp_path):
    found = read(tmp_path, OPML, "radios.opml")
    assert not found.problems
    assert [(station.name, station.source) for station in found.stations] == [
        ("Swing & Co € > 1", "http://ice.example/s?a=1&b=2"),
        ('Bebop "live"', "https://ice.example/bebop"),
        ("Feed", "http://ice.example/feed"),
    ]


OUTLINES = [
    (
        '<outline text="x" URL="http://x.example/?a=1&b=2"/>',
        "no XML: not well-formed (invalid token); & is written",
    ),
    ('<outline text="&x;" URL="http://x.example/"/>', "no XML: undefined entity"),
    ('<outline text="x" text="y" URL="http://x.example/"/>', "no XML: duplicate attribute"),
    ('<outline text="x URL="http://x.example/"/>', "this <outline is not closed, or a quote in it is not"),
    ('<outline text="x" URL="http://x.example/"', "this <outline is not closed, or a quote in it is not"),
    ('<outline text="x"/>', '"x" has no address; write it as URL="http://…"'),
    (
        '<outline type="link" text="x" URL="http://x.example/"/>',
        '"http://x.example/" is another list, not a station',
    ),
    ('<outline text="x" URL="file:///x.mp3"/>', 'station.source = "file:///x.mp3": file:// is not followed'),
]


@pytest.mark.parametrize(("outline", "told"), OUTLINES)
def test_a_bad_outline_is_told_by_its_line_and_costs_no_other(outline, told, tmp_path):
    found = read(
        tmp_path, OPML.replace('    <outline type="rss"', f'{outline}\n<outline type="rss"'), "radios.opml"
    )
    assert len(found.stations) == 3
    (problem,) = problems(found)
    assert problem.startswith(f"14: {told}")


TRICKS = '<!DOCTYPE o SYSTEM "file:///etc/passwd">', '<!doctype x [<!ENTITY a "b">]>'


@pytest.mark.parametrize("trick", TRICKS)
def test_an_opml_declares_nothing(trick, tmp_path):
    text = OPML.replace('<opml version="1">', trick)
    with pytest.raises(ConfigurationError, match=r"(?i)radios\.opml:2: <!doctype: a list declares nothing"):
        read(tmp_path, text, "radios.opml")


def test_an_opml_in_the_encoding_it_declares(tmp_path):
    text = OPML.replace("UTF-8", "windows-1251").replace("Bebop", "Радио")
    found = read(tmp_path, text.encode("windows-1251"), "radios.xml")
    assert found.stations[1].name == 'Радио "live"'


def test_a_comment_without_an_end_hides_no_station(tmp_path):
    found = read(
        tmp_path, OPML.replace("</head>", "</head><!-- one --><!--").replace("  -->", ""), "radios.opml"
    )
    assert len(found.stations) == 4


def test_a_name_of_a_playlist_is_made_to_fit(tmp_path):
    found = read(tmp_path, f"#EXTINF:-1,\u202e{'long ' * 100}\nhttp://a.example/\n", "radios.m3u")
    assert not found.problems
    assert len(found.stations[0].name) <= 100
    assert found.stations[0].name.isprintable()
