"""What holds for every kind of list: files that are none, kinds, defaults, ids, models, secrets."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from streamgenre.config.node_id import LONGEST_ID
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations import StationProblem, list_file, noting, read_station_list
from streamgenre.fleet.stations.made_id import made_id
from streamgenre.settings import DecideSettings, Settings
from tests.support.station_lists import as_csv, as_m3u, as_opml, as_pls, as_toml, problems, read

STATIONS = [{"name": "One", "source": "http://a.example/1"}, {"name": "Two", "source": "http://a.example/2"}]
WRITTEN = {
    "toml": as_toml(STATIONS),
    "csv": as_csv(STATIONS, ("name", "source")),
    "m3u": as_m3u(STATIONS),
    "pls": as_pls(STATIONS),
    "opml": as_opml(STATIONS),
}


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("name", ["{}.{}", "{}", "{}.txt"])
def test_the_kind_is_told_by_suffix_or_content(kind, name, tmp_path):
    found = read(tmp_path, WRITTEN[kind], name.format("stations", kind.upper()))
    assert [(station.name, station.source) for station in found.stations] == [
        ("One", "http://a.example/1"),
        ("Two", "http://a.example/2"),
    ]
    assert [station.id[:3] for station in found.stations] == ["one", "two"]
    assert not found.problems


def test_bare_addresses_are_a_list(tmp_path):
    found = read(tmp_path, "# mine\n\nhttp://a.example/1\nrtsps://b.example/2\n", "addresses")
    assert [station.source for station in found.stations] == ["http://a.example/1", "rtsps://b.example/2"]


NONE = [
    ("stations.toml", b"", r"no station in it; each is a table \[\[stations\]\]"),
    ("stations.csv", b"name,url\n", "no station in it; each is a row"),
    ("stations.opml", b"<html></html>", "no station in it; each is an <outline"),
    ("stations", b" \n", "no station in it; give a list in TOML, CSV, M3U, OPML or PLS"),
    ("stations", b"hello\n", "neither its name nor its text tells what it is; give a list in TOML"),
    ("stations.m3u", b"http://a.example/\n\0", "no text: there is a zero byte at line 2; give a list"),
    ("stations.m3u", b"a\nmic\n", r"no station in it can be followed\n\S*stations.m3u:1: .*\n\S*:2: "),
]


@pytest.mark.parametrize(("name", "raw", "told"), NONE)
def test_a_list_without_a_station_is_refused(name, raw, told, tmp_path):
    with pytest.raises(ConfigurationError, match=told) as caught:
        read(tmp_path, raw, name)
    assert caught.value.exit_code == 3
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, told in {
        "none.csv": "no such file; name a list of stations",
        ".": "a folder; name the list in it",
        "pipe": "a pipe from which nothing comes",
        "loop": "cannot be read: ",
        "zero\0": "cannot be read: ",
    }.items():
        with pytest.raises(ConfigurationError, match=told):
            read_station_list(tmp_path / name, Settings("node"))


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user: root may read every file")
def test_a_file_of_somebody_else_is_told(tmp_path):
    (tmp_path / "stations.csv").touch(mode=0o000)
    with pytest.raises(ConfigurationError, match="this user may not read it"):
        read_station_list(tmp_path / "stations.csv", Settings("node"))


def test_bounds_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(noting, "MOST_PROBLEMS", 3)
    with pytest.raises(ConfigurationError, match=r"more than 3 problems; the first: \S*stations\.m3u:1: "):
        read(tmp_path, "a\n" * 4, "stations.m3u")
    monkeypatch.setattr(list_file, "_LARGEST_BYTES", 10)
    with pytest.raises(ConfigurationError, match="more than 64 MiB is no list of stations"):
        read(tmp_path, "http://a.example/\n", "stations.m3u")


def test_of_very_many_problems_the_first_are_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"and 70 more$") as caught:
        read(tmp_path, "a\n" * 120, "stations.m3u")
    assert len(str(caught.value).splitlines()) == 52


def test_a_line_of_another_encoding_changes_no_other(tmp_path):
    text = "#EXTINF:-1,Żółć\nhttp://a.example/1\n#EXTINF:-1,{}\nhttp://a.example/2\n"
    good = read(tmp_path, text.format("Café"), "stations.m3u")
    pasted = read(tmp_path, text.encode().replace(b"{}", b"Caf\xe9"), "stations.m3u")
    assert pasted == good


def test_a_problem_is_printed_as_compilers_do():
    assert str(StationProblem("stations.csv", 12, "no")) == "stations.csv:12: no"


def test_defaults_hold_for_what_says_nothing(tmp_path):
    defaults = Settings(
        "node", model="genre-light", decide=DecideSettings(smoothing="ema", silence_dbfs=-40.0)
    )
    one, two = read(
        tmp_path,
        "url,model,silence_dbfs\nhttp://a.example/,,\nhttp://b.example/,genre,-30\n",
        "s.csv",
        defaults,
    ).stations
    assert (one.model, one.pipeline.decide) == ("genre-light", defaults.decide)
    assert (two.model, two.pipeline.decide) == ("genre", replace(defaults.decide, silence_dbfs=-30.0))


def test_a_model_that_is_not_there_is_told_once(tmp_path):
    rows = [
        ("a", "genre-lite"),
        ("b", "genre"),
        ("c", "genre-lite"),
        ("d", "x" * 300),
        ("e", "../no"),
        ("f", "~no/x"),
    ]
    text = "id,url,model\n" + "".join(f"{name},http://{name}.example/,{model}\n" for name, model in rows)
    found = read(tmp_path, text, "stations.csv")
    assert [station.id for station in found.stations] == ["b"]
    lite, long, folder, nobody = problems(found)
    assert lite.startswith("2: no model is called 'genre-lite'; did you mean genre-light?")
    assert lite.endswith("(2 stations name it)")
    assert long.startswith("5: ")
    assert folder.startswith(f"6: {tmp_path.parent / 'no'}: no such folder")
    assert nobody.startswith('7: f.model = "~no/x": nobody')


SECRETS = [
    "ftp://user:hunter2@x.example/",
    "http://user:hunter2@x.example:99999/",
    "http://user:hunter2@x.example/with space",
    "http://x.example:99999/?token=hunter2",
    "http:/user:hunter2@x.example/",
    "http//user:hunter2@x.example/",
    "user:hunter2@x.example/live",
    "user:hun/ter2?hunter2@x.example/live",
    "http:user:hunter2@x.example",
    "htt&//user:hunter2@x.example/",
    "http://x.example:99999/user:hunter2@y.example/",
    "http://#user:hunter2@x.example/",
]


@pytest.mark.parametrize("address", SECRETS)
@pytest.mark.parametrize(
    "write", [as_toml, as_m3u, as_pls, as_opml, lambda one: as_csv(one, ("name", "source"))]
)
def test_no_problem_tells_a_secret(write, address, tmp_path):
    text = write([{"name": "a", "source": address}])
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text, "stations")
    assert "in it can be followed" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_secret_in_place_of_a_column_is_masked(tmp_path):
    text = "source,http://user:hunter2@x.example/\nhttp://a.example/,\n"
    assert "hunter2" not in "".join(problems(read(tmp_path, text, "stations.csv")))


MADE = [
    (("Café Noir – Paris!",), "http://a.example/", "cafe-noir-paris"),
    (("", "Straße_1"), "http://a.example/", "strasse_1"),
    (("Радио",), "http://Ice.Example:8000/Live/Radio.mp3?token=x", "ice-example-live-radio-mp3"),
    ((), "http://user:pw@[::1]/", "1"),
    ((), "http://Радио/", "station"),
    (("x" * 100,), "http://a.example/", "x" * 57),
    ((f"{'x' * 56} y",), "http://a.example/", "x" * 56),
]


@pytest.mark.parametrize(("words", "source", "begun"), MADE)
def test_an_id_is_made_of_name_or_address_and_a_mark(words, source, begun):
    made = made_id(words, source)
    assert made[:-7] == begun
    assert made[-7] == "-"
    assert len(made) <= LONGEST_ID


def test_new_credentials_change_no_id():
    assert made_id(("a",), "http://u:1@a.example/?token=1") == made_id(
        ("a",), "http://u:2@a.example/?token=2"
    )
    assert made_id(("a",), "http://a.example/1") != made_id(("a",), "http://a.example/2")


def test_what_would_have_one_id_is_told(tmp_path):
    made = made_id(("a",), "http://a.example/")
    text = (
        "id,name,url\n,a,http://a.example/\n,a,http://a.example/\n,b,http://b.example/?key=1\n"
        f",b,http://b.example/?key=2\n{made},,http://c.example/\n"
    )
    found = read(tmp_path, text, "stations.csv")
    assert [station.source for station in found.stations] == ["http://b.example/?key=1", "http://c.example/"]
    b = found.stations[0].id
    assert problems(found) == [
        f'2: id "{made}" is that of the station at line 6; give it another name',
        f'3: id "{made}" is that of the station at line 6; give it another name',
        f'5: id "{b}" is that of the station at line 4; give it another name',
    ]
    assert problems(read(tmp_path, text.replace(made, "c"), "stations.csv"))[0] == (
        "3: the same station stands at line 2 already"
    )
