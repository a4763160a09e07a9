"""Lists of stations in CSV."""

from __future__ import annotations

import pytest

from streamgenre.errors import ConfigurationError
from tests.support.station_lists import problems, read


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", "Żółć"), ("utf-8-sig", "Żółć"), ("cp1252", "Fünf €")]
)
def test_whatever_wrote_it(separator, line_end, encoding, name, tmp_path):
    rows = [["Hop Seconds", "ID", "Station", "URL"], ["1", "five", name, "http://ice.example/5"]]
    text = line_end.join(separator.join(row) for row in rows) + line_end
    found = read(tmp_path, text.encode(encoding), "stations.csv")
    (station,) = found.stations
    assert not found.problems
    assert (station.id, station.name, station.source) == ("five", name, "http://ice.example/5")
    assert station.pipeline.hop_seconds == 1.0


def test_as_a_spreadsheet_of_a_country_with_decimal_commas_saves_it(tmp_path):
    text = (
        "\ufeffsep=;\r\n"
        "Title;Stream;Hop-Seconds;Enabled;Bitrate;;\r\n"
        '"Zwei\r\nZeilen";http://a.example/1;0,5;TRUE;128;;\r\n'
        ";;;;;;\r\n"
        'Sagt ""ja"";http://a.example/2;9,5;FALSE;;;\r\n'
        '"Sagt ""ja""";http://a.example/3;;FALSE;;;\r\n'
    )
    found = read(tmp_path, text, "stations.csv")
    assert [(one.name, one.pipeline.hop_seconds, one.enabled) for one in found.stations] == [
        ("Zwei Zeilen", 0.5, True),
        ('Sagt "ja"', 0.5, False),
    ]
    column, hop = problems(found)
    assert column.startswith('2: column "Bitrate" is no key and is not read')
    assert hop == '6: station.hop_seconds = "9.5"; allowed: 0.1 to 3 seconds'


def test_as_a_spreadsheet_saves_unicode_text(tmp_path):
    found = read(tmp_path, "name\turl\r\nРадио\thttp://a.example/1\r\n".encode("utf-16"), "stations.txt")
    assert [station.name for station in found.stations] == ["Радио"]


WRONG = [
    ("x,http://x.example/", "2 cells where the header has 4; an empty one still has its separator"),
    ("x,http://x.example/,1,,a", "5 cells where the header has 4; a text with , in it stands in quotes"),
    ("x,,1,", "x: source is missing; allowed: http://…"),
    ("x,http://x.example/,9,", 'x.hop_seconds = "9"; allowed: 0.1 to 3 seconds'),
    ('x,http://x.example/,"0,5",', 'x.hop_seconds = "0,5"; allowed: 0.1 to 3 seconds'),
    ("x,http://x.example/,nan,", 'x.hop_seconds = "nan"; allowed: 0.1 to 3 seconds'),
    ("x,http://x.example/,,maybe", 'x.enabled = "maybe"; allowed: true, false'),
    ("X,http://x.example/,,", 'station.id = "X"; allowed: letters a to z'),
    ("x,/music/x.mp3,,", 'x.source = "/music/x.mp3": a file is only on one machine'),
    ("x,http:/x.example/,,", 'x.source = "http:/x.example/": '),
    (
        "x,mms://x.example/,,",
        'x.source = "mms://x.example/": mms:// is not followed; a station of a fleet is',
    ),
    ("x,htp://x.example/,,", 'x.source = "htp://x.example/": htp:// is not followed; did you mean http://?'),
    ('x,"http://x.example/,,', "no row of CSV: "),
    ('x,"http://x"y.example/,,', "no row of CSV: "),
    ("good,http://x.example/,,", 'id "good" is that of the station at line 2; choose another'),
]


@pytest.mark.parametrize(("row", "told"), WRONG)
def test_a_bad_row_is_told_by_its_line_and_costs_no_other(row, told, tmp_path):
    text = f'id,url,hop_seconds,enabled\ngood,http://a.example/,,\n{row}\n"last",http://b.example/,,\n'
    found = read(tmp_path, text, "stations.csv")
    assert [station.id for station in found.stations] == ["good", "last"]
    (problem,) = problems(found)
    assert problem.startswith(f"3: {told}")


def test_a_quote_that_is_never_closed_costs_its_own_row_alone(tmp_path):
    rows = [f"station {number},http://a.example/{number}" for number in range(300)]
    rows[5] = rows[5].replace("station", '"station')
    found = read(tmp_path, "\n".join(["name,url", *rows]), "stations.csv")
    assert len(found.stations) == 299
    assert [problem.line for problem in found.problems] == [7]


def test_columns_that_are_not_read_are_told_once(tmp_path):
    text = "name,url,modle,stream,country\n" + "a,http://a.example/,genre-lite,http://b.example/,DE\n"
    found = read(tmp_path, text, "stations.csv")
    assert [(station.source, station.model) for station in found.stations] == [("http://a.example/", "genre")]
    misspelt, twice, other = problems(found)
    assert misspelt == '1: column "modle" is no key and is not read; did you mean model?'
    assert twice == '1: column "stream" is not read: another one is the source, too'
    assert other.startswith('1: column "country" is no key and is not read; known: id, name, source, model')


def test_one_column_is_enough(tmp_path):
    found = read(tmp_path, "url\nhttp://a.example/x\n\nhttp://b.example/x,y\n", "stations.csv")
    assert [station.source for station in found.stations] == ["http://a.example/x"]
    assert problems(found) == ["4: 2 cells where the header has 1; a text with , in it stands in quotes"]


@pytest.mark.parametrize("text", ["id,name\na,b\n", "http://a.example/,x\n", '"', "x" * 200_000])
def test_without_a_column_of_addresses_there_is_no_list(text, tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"stations\.csv:1: no column is called source .* such as: id,name"
    ):
        read(tmp_path, text, "stations.csv")
