"""One entry, read by the configuration's own table of keys."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches

from streamgenre.capture.source_spec import (
    URL_SCHEMES,
    FileSpec,
    MicrophoneSpec,
    MonitorSpec,
    UrlSpec,
    parse_source,
)
from streamgenre.config.given import GivenTable
from streamgenre.config.keys import Place
from streamgenre.config.kinds import Text
from streamgenre.config.problems import nearest, told
from streamgenre.config.reading import read_value
from streamgenre.config.table import ID, PRINTABLE, SOURCES
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.entry import Entry
from streamgenre.fleet.stations.noting import NotedProblems

ADDRESSES = "http://…, https://…, rtsp://… or rtsps://…"
_ONLY_HERE: dict[type, str] = {
    FileSpec: "a file",
    MicrophoneSpec: "a microphone",
    MonitorSpec: "what a machine plays",
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,40})://")
_ADDRESS = Text(ADDRESSES, f"{PRINTABLE}+")
_CREDENTIALS_FIRST = re.compile(r"(?![A-Za-z0-9+.-]+://)[^\s/?#@]+:\S*@")


def _station_address(text: str, _place: Place) -> str:
    """Return an address that any machine can reach."""
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in URL_SCHEMES:
        near = get_close_matches(scheme[1].lower(), URL_SCHEMES, n=1)
        hint = f"; did you mean {near[0]}://?" if near else f"; a station of a fleet is {ADDRESSES}"
        raise ConfigurationError(f"{scheme[1]}:// is not followed{hint}")
    spec = parse_source(text)
    if isinstance(spec, UrlSpec):
        return text
    what = _ONLY_HERE.get(type(spec), "a pipe")
    raise ConfigurationError(f"{what} is only on one machine; a station of a fleet is {ADDRESSES}")


_KEYS = {
    key.name: replace(key, kind=_ADDRESS, made=_station_address) if key.name == "source" else key
    for key in SOURCES.keys
}


def checked(entry: Entry, place: Place, problems: NotedProblems) -> GivenTable | None:
    """Return what an entry says; None: something of it is wrong, which is noted."""
    table = GivenTable(_called(entry), str(entry.line))
    unknown = [name for name in entry.values if name not in _KEYS]
    for name in unknown:
        near = nearest(name[:60], _KEYS)
        problems.note(entry.line_of(name), f"{table.path}: {told(name)} is no key{near}")
    for name, value in entry.values.items():
        if name in _KEYS and not _hides_credentials(name, value, entry, table, problems):
            _read(name, value, entry, table, place, problems)
    if "source" not in entry.values:
        problems.note(entry.line, f"{table.path}: source is missing; allowed: {ADDRESSES}")
        return None
    return None if unknown or table.refused else table


def _read(
    name: str, value: object, entry: Entry, table: GivenTable, place: Place, problems: NotedProblems
) -> None:
    origin = "environment" if entry.texts else "file"
    read_value(
        _KEYS[name], value, table, problems, origin=origin, where=str(entry.line_of(name)), place=place
    )


def _hides_credentials(
    name: str, value: object, entry: Entry, table: GivenTable, problems: NotedProblems
) -> bool:
    """Note an address that begins with credentials: without a scheme, nothing would mask them."""
    if name != "source" or not isinstance(value, str) or not _CREDENTIALS_FIRST.match(value):
        return False
    problems.note(entry.line_of(name), f"{table.path}.source has no scheme; allowed: {ADDRESSES}")
    table.refused.add(name)
    return True


def _called(entry: Entry) -> str:
    """Return what a station is called in problems: its id, if it has a good one."""
    own = entry.values.get("id")
    good = isinstance(own, str) and len(own) <= ID.longest and re.fullmatch(ID.pattern, own)
    return own if good and isinstance(own, str) else "station"
