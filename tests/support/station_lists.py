"""Lists of stations, written as a user, a spreadsheet or a player writes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from streamgenre.config.toml_text import toml_value
from streamgenre.fleet.stations import StationList, read_station_list
from streamgenre.settings import Settings

Said = Mapping[str, object]


def read(folder: Path, text: str | bytes, name: str, defaults: Settings | None = None) -> StationList:
    """Write a list and read it."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_station_list(path, defaults or Settings("node"))


def problems(found: StationList) -> list[str]:
    """Return the problems from the line number on."""
    return [f"{problem.line}: {problem.text}" for problem in found.problems]


def as_toml(stations: Iterable[Said], array: str = "stations") -> str:
    """Return a TOML list."""
    tables = (
        "".join(f"{key} = {toml_value(value)}\n" for key, value in station.items()) for station in stations
    )
    return "\n".join(f"[[{array}]]\n{table}" for table in tables)


def as_csv(stations: Sequence[Said], columns: Sequence[str], **dialect: str) -> str:
    """Return a CSV list with a header."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", **dialect)
    writer.writeheader()
    writer.writerows(
        {key: str(value).upper() if isinstance(value, bool) else value for key, value in station.items()}
        for station in stations
    )
    return out.getvalue()


def as_m3u(stations: Iterable[Said]) -> str:
    """Return an extended M3U."""
    lines = (f"#EXTINF:-1,{station.get('name', '')}\n{station['source']}" for station in stations)
    return "\n".join(["#EXTM3U", *lines])


def as_pls(stations: Iterable[Said]) -> str:
    """Return a PLS."""
    entries = (
        f"File{number}={station['source']}\nTitle{number}={station.get('name', '')}\nLength{number}=-1"
        for number, station in enumerate(stations, start=1)
    )
    return "\n".join(["[playlist]", *entries, "Version=2"])


def as_opml(stations: Iterable[Said]) -> str:
    """Return an OPML with every station in a group of its own."""
    outlines = "\n".join(
        f'<outline text="group"><outline type="audio" text={quoteattr(str(station.get("name", "")))}\n'
        f" URL={quoteattr(str(station['source']))}/></outline>"
        for station in stations
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><body>\n{outlines}\n</body></opml>\n'
