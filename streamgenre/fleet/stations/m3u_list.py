"""Stations of an M3U or M3U8 playlist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamgenre.config.problems import told
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.entry import Entry, fitting_name
from streamgenre.fleet.stations.list_file import ListFile
from streamgenre.fleet.stations.noting import NotedProblems

_INFO = re.compile(r"(?i)#EXTINF:(?P<attributes>[^,\"]*+(?:\"[^\"]*+\"[^,\"]*+)*+),(?P<title>.*)")
_ATTRIBUTE = re.compile(r"([A-Za-z-]{1,40}+)=\"([^\"]*+)\"")
_HLS = ("#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-STREAM-INF")


def m3u_entries(file: ListFile, problems: NotedProblems) -> Iterator[Entry]:
    """Yield an entry an address; `#EXTINF` before it names it."""
    info: tuple[int, str] | None = None
    for line, text in enumerate(map(str.strip, file.lines), start=1):
        if text.startswith(_HLS):
            raise ConfigurationError(
                f"{file.where}:{line}: the segments of one HLS stream, no list of stations; "
                "write the address it was loaded from into a list"
            )
        if text[:8].upper() == "#EXTINF:":
            _without_address(info, problems)
            info = line, text
        elif text and not text.startswith("#"):
            yield _entry(line, text, info)
            info = None
    _without_address(info, problems)


def _entry(line: int, address: str, info: tuple[int, str] | None) -> Entry:
    if info is None:
        return Entry(line, {"source": address})
    title, attributes = _described(info[1])
    name = fitting_name(title) or fitting_name(attributes.get("tvg-name", ""))
    return Entry(line, {"source": address, "name": name}, label=attributes.get("tvg-id", ""))


def _described(text: str) -> tuple[str, dict[str, str]]:
    """Return title and attributes of an `#EXTINF` line."""
    found = _INFO.match(text)
    if found is None:  # quotes that do not pair
        return text.partition(",")[2], {}
    return found["title"], {name.lower(): value for name, value in _ATTRIBUTE.findall(found["attributes"])}


def _without_address(info: tuple[int, str] | None, problems: NotedProblems) -> None:
    if info is not None:
        title = told(_described(info[1])[0].strip())
        problems.note(info[0], f"#EXTINF names {title}, but no address follows; write it on the next line")
