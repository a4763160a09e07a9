"""Lists of stations in TOML."""

from __future__ import annotations

import pytest

from streamgenre.fleet.stations.checking import ADDRESSES
from tests.support.station_lists import problems, read

GOOD = '[[stations]]\nid = "good"\nsource = "http://good.example/"\n'
HEADERS = "[[stations]]", "[[sources]]", "  [[ stations ]]  # mine"


@pytest.mark.parametrize("header", HEADERS)
def test_each_table_is_a_station(header, tmp_path):
    text = f"""
{header}
id = "jazz"
name = "Jazz FM"
source = "https://ice.example/jazz"
model = "genre-light"
hop_seconds = 1
enabled = false
dead_air_seconds = 10
silence_dbfs = -50.0
"""
    (station,) = read(tmp_path, text, "stations.toml").stations
    assert (station.id, station.name, station.source) == ("jazz", "Jazz FM", "https://ice.example/jazz")
    assert (station.model, station.enabled, station.pipeline.hop_seconds) == ("genre-light", False, 1.0)
    assert station.pipeline.decide.dead_air_seconds == 10.0
    assert station.pipeline.decide.silence_dbfs == -50.0


AT = 'source = "http://x.example/"'
WRONG = [
    ("[[stations]]\nsource = http://x.example/\n", 2, "no TOML: Invalid value; text stands in quotes"),
    ('[[stations]]\nid = "x\n', 2, r"no TOML: Illegal character '\n'; a quote is not closed on its line"),
    (f"[[stations]\n{AT}\n", 1, "no TOML: Expected ']]' at the end of an array"),
    (f"[[stations\n{AT}\n", 1, "no TOML: Expected ']]' at the end of an array"),
    ('[[stations]]\nsource = ["http://x.example/"\n', 2, "no TOML: Unclosed array"),
    (f'[[stations]]\nname = """x\n{AT}\n', 3, "no TOML: "),
    ("[[stations]]\nhop_seconds = 1\nhop_seconds = 2\n", 3, "no TOML: Cannot overwrite a value"),
    ('[[stations]]\n\nid = "x"\n', 1, "x: source is missing; allowed: http://…"),
    (
        f"[[stations]]\n{AT}\nhop_secnds = 1\n",
        3,
        'station: "hop_secnds" is no key; did you mean hop_seconds?',
    ),
    (f"[[stations]]\n{AT}\n\nhop_seconds = 9\n", 4, "station.hop_seconds = 9; allowed: 0.1 to 3 seconds"),
    (f'[[stations]]\n{AT}\nenabled = "no"\n', 3, 'station.enabled = "no"; allowed: true, false'),
    (f'[[stations]]\n{AT}\nid = "Jazz FM"\n', 3, 'station.id = "Jazz FM"; allowed: letters a to z'),
    ('[[stations]]\nsource = "http://x.example:99999/"\n', 2, 'station.source = "http://x.example:99999/": '),
    ("[[stations]]\nsource = 7\n", 2, "station.source = 7; allowed: http://…"),
    (f"[[station]]\n{AT}\n", 1, "there is no section [station]; did you mean stations?"),
    (f"[stations]\n{AT}\n", 1, "there may be several stations: write [[stations]] before each"),
    (f"[[stations]]\nhop_seconds = 1{'0' * 5000}\n", 1, "no TOML: a number or a date in it is none"),
    (f"[[stations]]\nsource = {'[' * 5000}{']' * 5000}\n", 1, "no TOML: values are nested too deeply"),
]


@pytest.mark.parametrize(("table", "line", "told"), WRONG)
def test_a_bad_table_is_told_by_its_line_and_costs_no_other(table, line, told, tmp_path):
    text = f"# a comment\n{GOOD}{table}{GOOD.replace('good', 'last')}"
    found = read(tmp_path, text, "stations.toml")
    assert [station.id for station in found.stations] == ["good", "last"]
    (problem,) = problems(found)
    assert problem.startswith(f"{line + 4}: {told}")


def test_a_key_before_every_table_is_told(tmp_path):
    found = read(tmp_path, f'id = "x"\nmodle = "y"\n{GOOD}', "stations.toml")
    assert problems(found) == [
        "1: id belongs to no station; write [[stations]] before it",
        "2: modle belongs to no station; did you mean model?",
    ]


def test_a_configuration_is_a_list_too(tmp_path):
    text = (
        '[node]\nid = "bar"\n[mqtt]\nurl = "mqtt://broker.example"\n'
        '[[sources]]\nid = "mic"\nsource = "mic"\n' + GOOD.replace("stations", "sources")
    )
    found = read(tmp_path, text, "streamgenre.toml")
    assert [station.id for station in found.stations] == ["good"]
    assert problems(found) == [
        f'7: mic.source = "mic": a microphone is only on one machine; a station of a fleet is {ADDRESSES}'
    ]


def test_an_array_of_inline_tables_is_a_list_too(tmp_path):
    text = (
        'stations = [ # {\n  {source = "http://a.example/{"},\n  "http://b.example/",\n'
        '  {source = "http://c.example/", hop_seconds = 9}, {id = "d", source = "http://d.example/"},\n]\n'
    )
    found = read(tmp_path, text, "stations.toml")
    assert [station.source for station in found.stations] == ["http://a.example/{", "http://d.example/"]
    assert [problem.split(":")[0] for problem in problems(found)] == ["1", "4"]


def test_what_looks_like_a_header_within_a_text_is_none(tmp_path):
    name = 'name = """\\\n  [[stations]]\\\n  """'
    text = f'[[stations]]\n{name}\nsource = "http://a.example/"\nsilence_dbfs = 3\n'
    found = read(tmp_path, text + GOOD, "stations.toml")
    assert problems(found) == ["6: station.silence_dbfs = 3; allowed: -120 to 0 dBFS"]
    found = read(tmp_path, text.replace("= 3", "= -3"), "stations.toml")
    assert [station.name for station in found.stations] == ["[[stations]]"]


def test_a_model_in_a_folder_is_taken_from_the_folder_of_the_list(tmp_path):
    (tmp_path / "mine").mkdir()
    found = read(tmp_path, f'{GOOD}model = "./mine"\n', "stations.toml")
    assert found.stations[0].model == str(tmp_path / "mine")
