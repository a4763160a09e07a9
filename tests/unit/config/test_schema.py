"""The JSON Schema takes what the parser takes, and refuses what it refuses."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.config.example import example
from streamgenre.config.json_schema import DIALECT, json_schema
from streamgenre.config.keys import Key, Section
from streamgenre.config.kinds import Choice, Flag, Number, Text, Whole
from streamgenre.config.table import ADDRESS, BROKER, PATH, SECTIONS, SOURCE
from tests.support.configuration import complaints, to_toml
from tests.support.json_schema import accepts

STRAY = st.one_of(
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6),
    st.sampled_from(
        [float("nan"), float("inf"), 10**30, "", "mic", "5", "true", [], ["mic"], {}, {"id": "a"}]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
GOOD = {
    SOURCE: ["mic", "monitor:x", "a.wav", "https://radio.example/a", "pcm:/run/f?rate=8000", "rtsp://h/"],
    BROKER: ["mqtts://h", "wss://ann@h:9001/mqtt"],
    ADDRESS: ["127.0.0.1:80", "[::1]:0", "localhost:9464"],
    PATH: ["/a", "b/c", "d"],
}


def good(key: Key) -> st.SearchStrategy[Any]:
    kind = key.kind
    if isinstance(kind, Number):
        return st.one_of(st.floats(kind.low, kind.high), st.sampled_from([kind.low, kind.high]))
    if isinstance(kind, Whole):
        return st.integers(kind.low, kind.high)
    if isinstance(kind, Flag):
        return st.booleans()
    if isinstance(kind, Choice):
        return st.sampled_from(kind.words)
    assert isinstance(kind, Text)
    return st.sampled_from(GOOD[kind]) if kind in GOOD else st.from_regex(kind.pattern, fullmatch=True)


def near(key: Key) -> st.SearchStrategy[Any]:
    """Values at and beyond the edges of what is allowed, and of other kinds."""
    kind = key.kind
    if isinstance(kind, Number | Whole):
        edges = [
            kind.low - 1,
            kind.high + 1,
            kind.low - 0.01,
            kind.high + 0.5,
            float(kind.low),
            float(kind.high),
        ]
        return st.one_of(st.sampled_from(edges), STRAY)
    if isinstance(kind, Text) and kind in (SOURCE, BROKER, ADDRESS):
        return STRAY.filter(lambda value: not isinstance(value, str) or value == "")
    if isinstance(kind, Text):
        return st.one_of(st.just("a" * (kind.longest + 1)), st.just("a\n"), st.just("A\0"), STRAY)
    return STRAY


@st.composite
def tables(draw: st.DrawFn, section: Section) -> Any:
    table: dict[str, Any] = {}
    for key in section.keys:
        if draw(st.booleans()) or (key.needed and draw(st.integers(0, 9))):
            table[key.name] = draw(good(key) if draw(st.integers(0, 15)) else near(key))
    if not draw(st.integers(0, 15)):
        table[draw(st.sampled_from(["nonsense", "Level", "a b"]))] = draw(STRAY)
    return {name: value for name, value in table.items() if not str(value).startswith("~")}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Good and bad ones, but for what no schema says: like ids, a home or a URL that makes no sense."""
    document: dict[str, Any] = {}
    for section in draw(st.lists(st.sampled_from(SECTIONS), unique=True)):
        if not draw(st.integers(0, 31)):
            document[section.name] = draw(STRAY)
        elif section.many:
            sources = draw(st.lists(tables(section), max_size=3))
            for number, source in enumerate(sources):
                if source.get("id") in [other.get("id") for other in sources[:number]] and "id" in source:
                    source["id"] = f"unlike-{number}"
            document[section.name] = sources
        else:
            document[section.name] = draw(tables(section))
    if not draw(st.integers(0, 31)):
        document["nonsense"] = draw(STRAY)
    return document


@given(document=documents())
def test_schema_and_parser_agree(document, tmp_path_factory):
    text = to_toml(document)
    told = complaints(tmp_path_factory.mktemp("c"), text)
    assert accepts(json_schema(), tomllib.loads(text)) == (not told), (text, told)


def test_the_example_is_valid():
    assert json_schema()["$schema"] == DIALECT
    assert accepts(json_schema(), tomllib.loads(example()))


def test_every_key_of_the_schema_is_told_with_an_example_that_is_valid():
    for section in SECTIONS:
        table: Any = json_schema()["properties"][section.name]  # type: ignore[index]
        for name, key in (table["items"] if section.many else table)["properties"].items():
            assert key["description"], name
            assert all(accepts(key, one) for one in key["examples"])
            assert "default" not in key or accepts(key, key["default"])
