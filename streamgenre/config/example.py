"""The commented file that `config init` writes: every key, those that are usual in force."""

from __future__ import annotations

from streamgenre.config.keys import Key, Section
from streamgenre.config.table import SECTIONS, SOURCES
from streamgenre.config.toml_text import comment, toml_value
from streamgenre.config.words import sentence

HEAD = """\
# The configuration of streamgenre.
#
# Lines that begin with # and no blank are examples or defaults: take the # away to use one.
# A value here goes before the default; STREAMGENRE_SECTION__KEY in the environment, as in
# STREAMGENRE_NODE__ID=bar, goes before this file. Sources are written here only.
#
# streamgenre config check   says whether the file is good
# streamgenre config show    says what holds, and where it comes from
"""
IN_FORCE = {("sources", "id"), ("sources", "source")}
LEFT_OUT = frozenset({"mqtt", "json_lines"})
STATION = """\
# A second source: a station. User and password may stand in its URL; keep the file private then.
#[[sources]]
#id = "radio"
#name = "Radio Example"
#source = "https://radio.example/jazz.mp3"
"""


def example() -> str:
    """Return the file."""
    return "\n".join([HEAD, *(_section(section) for section in SECTIONS)])


def _section(section: Section) -> str:
    mark = "#" if section.name in LEFT_OUT else ""
    keys = (
        f"{comment(sentence(key))}\n{_mark(section, key)}{key.name} = {toml_value(_value(key))}\n"
        for key in section.keys
    )
    text = f"{comment(f'{section.meaning}.')}\n{mark}{section.header}\n" + "\n".join(keys)
    return f"{text}\n{STATION}" if section is SOURCES else text


def _mark(section: Section, key: Key) -> str:
    return "" if (section.name, key.name) in IN_FORCE else "#"


def _value(key: Key) -> object:
    """Return the default where a line can say it."""
    return key.example if key.needed or key.otherwise or key.default is None else key.default
