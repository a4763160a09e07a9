"""docs/messages.md, docs/mqtt.md, their schema, the values and the payloads tell of the same fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from paho.mqtt.client import topic_matches_sub

from streamgenre.decide.decider import Decider
from streamgenre.decide.timeline import Timeline
from streamgenre.fleet.crossing import GroupReport, StationReport
from streamgenre.fleet.doors import Machine
from streamgenre.fleet.fleet_picture import FleetPicture, status_of
from streamgenre.fleet.known_group import KnownGroup
from streamgenre.fleet.ledger import Grant
from streamgenre.messages import (
    Alarm,
    Change,
    Classification,
    Diagnostics,
    LabelProbability,
    Level,
    ModelIdentity,
    Observation,
    SampleAccounts,
    Scores,
    Segment,
    SourceChange,
    Stamped,
    State,
    StatusAndGenre,
    TitleChange,
)
from streamgenre.publish import home_assistant
from streamgenre.publish.classification import row_of, row_of_failure
from streamgenre.publish.commands import CommandRefusedError, answer, echo, parse_command, parse_request
from streamgenre.publish.live_feed import LiveFeed
from streamgenre.publish.mqtt_topics import HOME_ASSISTANT_STATUS, Topics
from streamgenre.publish.node_diagnostics import MOST_SOURCES, NodeDiagnostics
from streamgenre.publish.outbox_row import OutboxRow
from streamgenre.publish.payload import UnnumberedEncoder, to_json
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import DecideSettings, MqttSettings, SourceSettings
from tests.support import message_fields as told
from tests.support.json_schema import accepts, inlined
from tests.support.message_reference import (
    PAGES,
    SCHEMA_FILE,
    blocks_in,
    field_blocks,
    json_schema,
    schema_text,
)
from tests.support.recorded_messages import blocks_of_pages, payload_in

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANEW = "run python -m tests.support.message_reference"
SEGMENT = Segment(9.0, 0.0, 9.0, "music", "jazz", 0.5, "T", "change")
STATE = State(
    *(9.0, "music", "jazz", 0.8, "stable", 0.0, (LabelProbability("jazz", 0.8),), ()),
    *(-18.0, "T", False, 0, ModelIdentity("genre", "0" * 64), "gap"),
)
VALUES: dict[str, Any] = {
    "state": STATE,
    "change": Change(9.0, StatusAndGenre("music", "jazz"), StatusAndGenre("silence", None), 7.0),
    "segment": SEGMENT,
    "title": TitleChange(9.0, "T", None),
    "alarm": Alarm(9.0, "clipping", active=True, since_seconds=3.0, level_dbfs=-1.0),
    "source": SourceChange(9.0, "online", None),
    "diagnostics": Diagnostics(9.0, SampleAccounts(1, 1), 0.5, 0, 0),
}
LOUD = Level(-18.0, -6.0, silent=False, digital_zero=False)
UNCLASSIFIED = ("filling", "too short", "too little sound", "gap", "overload")
"""Reasons that the features give, where there is sound; see `Moment`."""
UNDER_ANOTHER_NAME = {
    *{("state", "since_seconds"), ("alarm", "since_seconds"), ("change", "from_")},
    *{("file", "reason"), ("file", "not_finite")},
}
"""Fields of values that are told as `since`, `from` and so on; every other keeps its name."""


BLOCKS = blocks_of_pages()
RECORDED = {name: payload for name, block in BLOCKS.items() if (payload := payload_in(block)) is not None}
TYPES = {kind.name: kind for kind in told.ALL}


def kind_of(name: str, payload: dict[str, Any]) -> told.MessageType | None:
    """None: it is not ours but what Home Assistant asks for."""
    return TYPES.get(name) or TYPES.get(payload.get("type", ""))


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every type as the program makes it, with all keys that may be left out."""
    encoder = UnnumberedEncoder("bar", "main", epoch=7)
    encoder.encode(Stamped(VALUES["alarm"], NOON, 1.0), 1)
    for name, value in VALUES.items():
        payload = encoder.encode(Stamped(value, NOON, 1.0), 1)
        if name in {kind.name for kind in told.EVENTS}:
            payload = json.loads(OutboxRow(1, "main", 1, to_json(payload), late=True).wording())
        if name == "diagnostics":
            payload |= dict.fromkeys(("queue_depth", "outbox_depth", "events_lost"), 0) | {
                "outbox_trouble": None
            }
        yield name, payload
    yield "live", shown_live()
    yield "node-diagnostics", told_diagnostics()
    yield "fleet", told_fleet()
    yield "result", json.loads(answer({"hop": 1.0}, None))
    verdict = (9.0, "music", "jazz", 0.8, (), (), (SEGMENT,), False, "too short", "cut short", 3)
    yield "file", row_of(Classification("song.mp3", *verdict))


def told_diagnostics() -> dict[str, Any]:
    """Of a fleet, or some would not be left out."""
    diagnostics = NodeDiagnostics("bar")
    encoded = UnnumberedEncoder("bar", "main", epoch=7).encode(Stamped(VALUES["diagnostics"], NOON, 1.0), 1)
    for number in range(MOST_SOURCES + 1):
        account = encoded | {"source": f"s{number}"}
        diagnostics.offer(account, 0.0)
    return diagnostics.take(0.0, waiting=0, lost=0)


def told_fleet() -> dict[str, Any]:
    jazz = StationReport(
        7,
        enabled=True,
        heard=False,
        state="reconnecting",
        reason="HTTP 503",
        state_seconds=9.0,
        load=0.01,
        codec="mp3",
    )
    report = GroupReport(*("radio-1-0", "radio-1", "i", 1, 7, "0.1.0"), {"jazz": jazz})
    group = KnownGroup("radio-1-0", "radio-1", 0.0, heard_at=9.0, report=report)
    picture = FleetPicture(
        *(10.0, 10.0, (SourceSettings("jazz", "http://radio.example/jazz"),)),
        *({"jazz": Grant("radio-1-0", "i", 7)}, (group,), (Machine("radio-1", 4.0),), ("a.csv:2: …",), None),
    )
    publisher = {"machine": "radio-1", "up_seconds": 9.0, "trouble": None, "events_waiting": 0}
    return status_of(picture, "bar", NOON, machine="radio-1", publisher=publisher)


def shown_live() -> dict[str, Any]:
    shown: list[dict[str, Any]] = []

    class Onlooker:
        def wants_live(self, source: str) -> bool:
            return source == "main"

        def live(self, source: str, payload: dict[str, Any]) -> None:
            assert source == "main"
            shown.append(payload)

    feed = LiveFeed("bar", Onlooker)
    feed.show(
        "main", NOON, 9.0, Level(-18.0, -6.0, silent=False, digital_zero=False), np.ones((2, 3), np.float32)
    )
    return shown[0]


EXAMPLES = dict(examples())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tables_are_those_of_the_fields(page):
    tables = field_blocks()
    found = blocks_in(page.read_text(), "fields")
    assert found
    for name, block in found.items():
        assert block.strip() == tables[name], ANEW


def test_every_type_has_its_table():
    found = {name for page in PAGES for name in blocks_in(page.read_text(), "fields")}
    assert found == {kind.name for kind in told.ALL} | {"common"}
    assert SCHEMA_FILE.read_text() == schema_text(), ANEW


@pytest.mark.parametrize("name", TYPES)
def test_the_program_tells_exactly_the_fields_that_are_listed_in_their_order(name):
    assert list(EXAMPLES[name]) == TYPES[name].keys


@pytest.mark.parametrize("name", [*VALUES, "file"])
def test_every_field_of_a_value_is_listed(name):
    own = {one.name for one in fields(VALUES.get(name, Classification))}
    renamed = {field for kind, field in UNDER_ANOTHER_NAME if kind == name}
    assert renamed <= own
    assert own - renamed <= set(TYPES[name].keys)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_payloads_have_the_fields_that_are_listed_in_their_order(name):
    payload = RECORDED[name]
    kind = kind_of(name, payload)
    if kind is None:
        assert name == "discovery"
        return
    assert [key for key in kind.keys if key in payload] == list(payload)
    assert {one.name for one in kind.fields if not one.absent} <= payload.keys()


def test_recorded_payloads_and_examples_are_valid_and_spoilt_ones_are_not():
    whole = inlined(json_schema())
    beside = {name: inlined(json_schema()["$defs"][name]) for name in ("result", "file")}
    for name, payload in [*RECORDED.items(), *EXAMPLES.items()]:
        if name != "discovery":
            assert accepts(beside.get(name, whole), payload), name
            first_needed = next(iter(payload))
            assert not accepts(beside.get(name, whole), payload | {first_needed: []}), name
    assert accepts(beside["file"], row_of_failure("song.mp3", "it is no sound"))
    state = RECORDED["state"]
    for key, wrong in (("confidence", 1.1), ("status", "jazz"), ("time", "now"), ("genre", 3), ("top", [{}])):
        assert not accepts(whole, state | {key: wrong}), key
    assert accepts(whole, state | {"unheard": "of"})


def test_the_history_repeats_an_event_word_for_word():
    assert RECORDED["history"] == RECORDED["change"]


def test_every_type_of_message_was_recorded():
    kinds = {kind.name for name, payload in RECORDED.items() if (kind := kind_of(name, payload))}
    assert kinds == set(TYPES) - {"result"}


def test_recorded_results_are_what_is_answered():
    rows = re.findall(r"^\| `(.*?)`( to `\S+`)? \| `(.*)` \|$", BLOCKS["results"], re.MULTILINE)
    assert len(rows) > 10
    for request, elsewhere, result in rows:
        assert accepts(inlined(json_schema()["$defs"]["result"]), json.loads(result))
        if not elsewhere:
            assert result == answered(request.encode())


def answered(payload: bytes) -> str:
    request: Any = echo(payload)
    try:
        request = parse_request(payload)
        parse_command(request)
    except CommandRefusedError as refusal:
        return answer(request, str(refusal))
    return answer(request, None)


def made_topics() -> set[str]:
    """Return every topic that a node `bar` with a source `main` uses."""
    topics, settings = Topics("streamgenre", "bar"), MqttSettings("mqtt://broker.example")
    leaves = ("state", "event", "availability", "live", "set", "result")
    own = {
        topics.status,
        topics.diagnostics,
        topics.fleet,
        *(topics.of(name, leaf) for name in ("main", "jingle", "nobody") for leaf in leaves),
    }
    announced = {
        topic
        for components in (False, True)
        for topic, _ in home_assistant.discovery(
            "bar", SourceIdentity("main", "The bar", "genre", ("jazz",)), settings, components=components
        )
    }
    return own | announced | {HOME_ASSISTANT_STATUS}


def test_reasons_of_a_state_are_those_that_are_listed():
    """A model that is sure of nothing but music, and everything for which nothing is classified."""
    unsure = Scores(np.full(11, 1 / 11), np.array([1.0, 0.0, 0.0]))
    decider = Decider(tuple("abcdefghijk"), DecideSettings(), gate_labels=("music", "speech", "noise"))
    heard = [
        decider.process(Observation(3.0 + second, LOUD, unsure, evidence_seconds=1.0)) for second in range(12)
    ]
    reasons = {belief.reason for belief in heard}
    assert {("music", "undecided"), ("unknown", "no label fits")} <= {
        (belief.status, belief.reason) for belief in heard
    }
    reasons |= {decider.process(Observation(20.0, LOUD, None, reason=why)).reason for why in UNCLASSIFIED}
    reasons |= {decider.no_signal(21.0).reason, "digital zero"}
    told = PAGES[0].read_text().partition("\n`reason` is one of: ")[2].partition(". Where")[0]
    assert reasons - {None} == set(re.findall(r"(?:^|, )`([a-z ]+)`", told))


def test_no_change_is_told_where_nothing_went_before():
    timeline, silence = Timeline(), replace(STATE, audio_seconds=12.0, status="silence", genre=None)
    assert timeline.process(STATE) == []
    ended = timeline.finish(11.0, "reconfigured")
    assert ended is not None
    assert (ended.reason, timeline.process(silence)) == ("reconfigured", [])
    assert "a segment that ended for another reason than `change`" in PAGES[0].read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_topics_are_those_that_are_used(page):
    used = made_topics()
    named = set(
        re.findall(r"(?<![\w/])(?:streamgenre|homeassistant)/[\w+#/-]+", page.read_text().replace("%u", "+"))
    )
    assert len(named) > (10 if page.stem == "mqtt" else 2)
    for topic in named:
        assert any(topic_matches_sub(topic, one) for one in used), topic


def test_retained_and_acknowledged_is_what_the_table_says():
    page = (PAGES[1]).read_text()
    table = dict(
        re.findall(r"^\| `((?:streamgenre|homeassistant)/\S+)` \| (\w+ \| \w+) \|", page, re.MULTILINE)
    )
    assert len(table) == 11
    for name, block in BLOCKS.items():
        line = block.strip().partition("\n")[0]
        topic = re.match(r"`(\S+)` · ", line)
        if topic:
            row = table[topic[1].replace("jingle", "main")]
            assert (" · retained" in line) == row.startswith("yes"), name
            assert f"QoS {row[-1]}" in line, name
