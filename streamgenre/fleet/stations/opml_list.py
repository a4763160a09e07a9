"""Stations of an OPML file, however deep its outlines are nested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from streamgenre.config.problems import told
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.entry import Entry, fitting_name
from streamgenre.fleet.stations.list_file import ListFile
from streamgenre.fleet.stations.noting import NotedProblems

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DECLARATION = re.compile(r"(?i)<!(DOCTYPE|ENTITY)\b")
_OUTLINE = re.compile(r"(?i)<outline\b(?P<inside>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>|<outline\b")
_LONE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_LISTS = ("link", "include")
"""Types of an outline that is the address of another list."""


def opml_entries(file: ListFile, problems: NotedProblems) -> Iterator[Entry]:
    """Yield an entry for each outline with an address.

    Each outline is parsed alone, so that one with a bad character costs no other. Declarations are
    refused: nothing of a list may be defined by entities, or fetched from elsewhere.
    """
    text = _without_comments(file.text)
    if declaration := _DECLARATION.search(text):
        line = text.count("\n", 0, declaration.start()) + 1
        raise ConfigurationError(
            f"{file.where}:{line}: {declaration[0]}: a list declares nothing; take this out"
        )
    line, counted = 1, 0
    for outline in _OUTLINE.finditer(text):
        line, counted = line + text.count("\n", counted, outline.start()), outline.start()
        if outline["inside"] is None:
            problems.note(line, "this <outline is not closed, or a quote in it is not")
        elif entry := _entry(line, outline["inside"], problems):
            yield entry


def _entry(line: int, inside: str, problems: NotedProblems) -> Entry | None:
    """Return the station of an outline; None: it is a group, or wrong."""
    try:
        attributes = _attributes(inside)
    except expat.ExpatError as error:
        hint = "; & is written &amp;" if _LONE_AMPERSAND.search(inside) else ""
        problems.note(line + error.lineno - 1, f"no XML: {expat.ErrorString(error.code)}{hint}")
        return None
    address = next((found for key in ("url", "xmlurl") if (found := attributes.get(key, "").strip())), "")
    name = attributes.get("text", "").strip() or attributes.get("title", "")
    if address and attributes.get("type", "").lower() not in _LISTS:
        return Entry(line, {"source": address, "name": fitting_name(name)})
    if address:
        problems.note(line, f"{told(address)} is another list, not a station; load it, and give that file")
    elif inside.rstrip().endswith("/"):
        problems.note(line, f'{told(name)} has no address; write it as URL="http://…"')
    return None


def _without_comments(text: str) -> str:
    """Return a text whose comments are blank lines; one without an end is none."""
    end = text.rfind("-->") + len("-->") if "-->" in text else 0
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text[:end]) + text[end:]


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of one outline by their names in lower case; raises ExpatError."""
    found: dict[str, str] = {}

    def begin(_tag: str, attributes: dict[str, str]) -> None:
        found.update((name.lower(), value) for name, value in attributes.items())

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.Parse(f"<outline{inside.rstrip().removesuffix('/')}/>", True)  # noqa: FBT003 - expat takes no keyword
    return found
