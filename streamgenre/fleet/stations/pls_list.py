"""Stations of a PLS playlist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamgenre.config.problems import told
from streamgenre.fleet.stations.entry import Entry, fitting_name
from streamgenre.fleet.stations.list_file import ListFile
from streamgenre.fleet.stations.noting import NotedProblems

_NUMBERED = re.compile(r"(?i)(file|title)0*([0-9]{1,6})\s*=\s*(.*)")
_PAST = re.compile(r"(?i)[;#].*|\[playlist\]|(length[0-9]*|numberofentries|version)\s*=.*")


def pls_entries(file: ListFile, problems: NotedProblems) -> Iterator[Entry]:
    """Yield an entry for each `FileN`; `TitleN` names it."""
    addresses: dict[str, tuple[int, str]] = {}
    titles: dict[str, str] = {}
    for line, text in enumerate(map(str.strip, file.lines), start=1):
        found = _NUMBERED.fullmatch(text)
        if found is None:
            if text and not _PAST.fullmatch(text):
                problems.note(line, f"{told(text)} is none of File1=…, Title1=…, Length1=…")
        elif found[1].lower() == "title":
            titles.setdefault(found[2], found[3])
        elif found[2] in addresses:
            problems.note(
                line, f"File{found[2]} stands at line {addresses[found[2]][0]} already; number it anew"
            )
        else:
            addresses[found[2]] = line, found[3]
    for number, (line, address) in addresses.items():
        yield Entry(line, {"source": address, "name": fitting_name(titles.get(number, ""))})
