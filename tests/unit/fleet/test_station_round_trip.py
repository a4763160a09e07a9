"""Lists of stations with any contents: what is written is read, and nothing but a clear error is raised."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations import read_station_list
from streamgenre.settings import DecideSettings, PipelineSettings, Settings, SourceSettings
from tests.support.station_lists import as_csv, as_m3u, as_opml, as_pls, as_toml, read

PRINTABLE = st.characters(exclude_categories=("C", "Zl", "Zp"))
NAMES = st.text(PRINTABLE, max_size=40).map(lambda text: " ".join(text.split()))
ADDRESSES = st.builds(
    "{}://{}.example{}/{}".format,
    st.sampled_from(["http", "HTTPS", "rtsp", "rtsps"]),
    st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True),
    st.sampled_from(["", ":8000"]),
    st.text(PRINTABLE, max_size=20).map(lambda text: re.sub(r"\s", "", text)),
)
IDS = st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True)
THOUSANDTHS = st.integers(100, 3000).map(lambda number: number / 1000)
STATIONS = st.lists(
    st.fixed_dictionaries(
        {"id": IDS, "source": ADDRESSES},
        optional={
            "name": NAMES.filter(bool),
            "enabled": st.booleans(),
            "hop_seconds": THOUSANDTHS,
            "dead_air_seconds": st.integers(1, 3600),
            "silence_dbfs": st.integers(-120, 0),
            "model": st.sampled_from(["genre", "genre-light"]),
        },
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda station: station["id"],
)
NAMED = st.lists(
    st.fixed_dictionaries({"source": ADDRESSES, "name": NAMES}),
    min_size=1,
    max_size=6,
    unique_by=lambda station: station["source"],
)
COLUMNS = ("silence_dbfs", "id", "name", "source", "model", "hop_seconds", "enabled", "dead_air_seconds")
WRITERS = {
    "toml": as_toml,
    "csv": lambda stations: as_csv(stations, ("name", "source")),
    "m3u": as_m3u,
    "pls": as_pls,
    "opml": as_opml,
}


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def meant(said):
    rules = {key: said[key] for key in ("dead_air_seconds", "silence_dbfs") if key in said}
    own = {key: said[key] for key in ("id", "source", "name", "model", "enabled") if key in said}
    return SourceSettings(
        **own, pipeline=PipelineSettings(said.get("hop_seconds", 0.5), DecideSettings(**rules))
    )


@settings(max_examples=40)
@given(said=STATIONS, separator=st.sampled_from([None, ",", ";", "\t", "|"]), quoting=st.sampled_from([0, 1]))
def test_what_is_written_is_read(folder, said, separator, quoting):
    text = as_csv(said, COLUMNS, delimiter=separator, quoting=quoting) if separator else as_toml(said)
    found = read(folder, text, "stations.csv" if separator else "stations.toml")
    assert not found.problems
    assert found.stations == tuple(map(meant, said))


@settings(max_examples=40)
@given(said=NAMED, kind=st.sampled_from(sorted(WRITERS)))
def test_every_kind_keeps_names_and_addresses_in_order(folder, said, kind):
    found = read(folder, WRITERS[kind](said), f"stations.{kind}")
    assert not found.problems
    assert [(station.name, station.source) for station in found.stations] == [
        (one["name"], one["source"]) for one in said
    ]


@settings(max_examples=40)
@given(data=st.data(), said=NAMED, kind=st.sampled_from(sorted(WRITERS)))
def test_made_ids_are_valid_and_unique_and_no_other_line_changes_one(folder, data, said, kind):
    name = f"stations.{kind}"
    ids = {one.source: one.id for one in read(folder, WRITERS[kind](said), name).stations}
    assert len(set(ids.values())) == len(said)
    assert all(re.fullmatch("[a-z0-9_-]{1,64}", one) for one in ids.values())
    other = data.draw(NAMED.filter(lambda more: not {one["source"] for one in more} & ids.keys()))
    mixed = data.draw(st.permutations([*said, *other]))
    kept = mixed[: data.draw(st.integers(1, len(mixed)))]
    later = {one.source: one.id for one in read(folder, WRITERS[kind](kept), name).stations}
    assert {source: later[source] for source in later.keys() & ids.keys()} == {
        source: ids[source] for source in later.keys() & ids.keys()
    }


@settings(max_examples=100)
@given(data=st.data(), said=NAMED, kind=st.sampled_from(sorted(WRITERS)))
def test_whatever_is_done_to_a_list_the_only_error_is_a_clear_one(folder, data, said, kind):
    raw = bytearray(WRITERS[kind](said).encode())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 3))
        raw[at : at + cut] = data.draw(st.binary(max_size=3) | st.sampled_from(MUTATIONS))
    assert read_or_refuse(folder / data.draw(st.sampled_from([f"stations.{kind}", "stations"])), bytes(raw))


@settings(max_examples=100)
@given(
    raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    suffix=st.sampled_from(["", *WRITERS]),
)
def test_whatever_stands_in_a_file_the_only_error_is_a_clear_one(folder, raw, suffix):
    assert read_or_refuse(folder / f"stations.{suffix}", raw)


MUTATIONS = [
    *(b'"', b"'", b'"""', b"[", b"]", b"[[stations]]\n", b"\n", b"\r", b"=", b";", b",", b"<", b">", b"<!--"),
    *(b"-->", b"&#0;", b"&", b"\\u0000", b"\xff\xfe", b"\xef\xbb\xbf", b"#EXTINF:", b"File1=", b"<outline "),
    *(b"http://[", b"%00"),
]


def read_or_refuse(path, raw):
    path.write_bytes(raw)
    try:
        found = read_station_list(path, Settings("node"))
    except ConfigurationError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith(str(path))
        return refusal
    lines = raw.count(b"\n") + raw.count(b"\r") + 1
    assert found.stations
    assert all(1 <= problem.line <= lines for problem in found.problems)
    assert all(str(problem).isprintable() for problem in found.problems)
    return found
