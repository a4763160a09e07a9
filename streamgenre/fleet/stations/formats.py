"""Which kind of list a file is: by its suffix, else by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.csv_list import csv_entries, names_source
from streamgenre.fleet.stations.entry import Entry
from streamgenre.fleet.stations.list_file import KINDS, ListFile
from streamgenre.fleet.stations.m3u_list import m3u_entries
from streamgenre.fleet.stations.noting import NotedProblems
from streamgenre.fleet.stations.opml_list import opml_entries
from streamgenre.fleet.stations.pls_list import pls_entries
from streamgenre.fleet.stations.toml_list import toml_entries


@dataclass(frozen=True, slots=True)
class ListFormat:
    """A kind of list."""

    suffixes: tuple[str, ...]
    recognised: Callable[[str], bool]
    """By the text of the file."""
    entries: Callable[[ListFile, NotedProblems], Iterator[Entry]]
    station: str
    """What a station of it looks like, for whoever wrote none."""


def format_of(file: ListFile) -> ListFormat:
    """Return the kind of a list; raises ConfigurationError where neither suffix nor content tells."""
    suffix = file.path.suffix.lower()
    for one in _FORMATS:
        if suffix in one.suffixes:
            return one
    for one in _FORMATS:
        if one.recognised(file.text):
            return one
    what = "no station in it" if not file.text.strip() else "neither its name nor its text tells what it is"
    raise ConfigurationError(
        f"{file.where}: {what}; give a list in {KINDS}, with .toml, .csv, .m3u, .opml or .pls in its name"
    )


def _begins(pattern: str) -> Callable[[str], bool]:
    found = re.compile(pattern, re.IGNORECASE)
    return lambda text: found.match(text) is not None


def _contains(pattern: str) -> Callable[[str], bool]:
    found = re.compile(pattern, re.MULTILINE)
    return lambda text: found.search(text) is not None


def _csv_header(text: str) -> bool:
    return names_source(text.lstrip().partition("\n")[0]) or _begins(r"\s*\"?sep=[,;\t|]")(text)


_FORMATS = (
    ListFormat(
        (".opml", ".xml"), _begins(r"\s*<(\?xml|opml|!)"), opml_entries, 'an <outline text="…" URL="…"/>'
    ),
    ListFormat((".pls",), _begins(r"\s*\[playlist\]"), pls_entries, "a line File1=…"),
    ListFormat(
        (".toml",),
        _contains(r"^[ \t]*(\[\[?[ \t]*)?(stations|sources)[ \t]*[\]=]"),
        toml_entries,
        "a table [[stations]] with a source",
    ),
    ListFormat((".csv", ".tsv"), _csv_header, csv_entries, "a row with a cell in the column source"),
    ListFormat(
        (".m3u", ".m3u8"),
        _begins(r"\s*(#EXTM3U|(#.*\n\s*)*+(https?|rtsps?)://)"),
        m3u_entries,
        "a line that is an address",
    ),
)
