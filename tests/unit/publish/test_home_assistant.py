"""Home Assistant's messages, frozen: ids, topics and templates are what users' automations rest on."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre import __version__
from streamgenre.messages import Alarm, ModelIdentity, Stamped, State
from streamgenre.publish.home_assistant import discovery, removal
from streamgenre.publish.home_assistant_entities import SOURCE_PLATFORMS
from streamgenre.publish.payload import UnnumberedEncoder
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import MqttSettings

BY_DEVICE = MqttSettings("mqtt://here")
BY_COMPONENT = MqttSettings("mqtt://here", discovery="components")
MAIN = SourceIdentity("main", "The bar", "genre", ("blues", "jazz"))
BOTH = [False, True]

NODE_DEVICE = {
    "identifiers": ["streamgenre_bar"],
    "name": "streamgenre bar",
    "manufacturer": "streamgenre",
    "model": "node",
    "sw_version": __version__,
}
SOURCE_DEVICE = {
    "identifiers": ["streamgenre_bar_main"],
    "name": "The bar",
    "manufacturer": "streamgenre",
    "model": "genre",
    "sw_version": __version__,
    "via_device": "streamgenre_bar",
}
STATE_OF_SILENCE = State(
    audio_seconds=40.0,
    status="silence",
    genre=None,
    confidence=None,
    stability="stable",
    since_seconds=10.0,
    top=(),
    tags=(),
    level_dbfs=None,
    title=None,
    short=False,
    lost_samples=0,
    model=ModelIdentity("genre", "ab" * 32),
)
ORIGIN = {"name": "streamgenre", "sw_version": __version__}
NODE_ONLINE = {"availability": [{"topic": "streamgenre/bar/status"}], "availability_mode": "all"}
STATE = {
    "state_topic": "streamgenre/bar/main/state",
    "expire_after": 90,
    "availability": [{"topic": "streamgenre/bar/status"}, {"topic": "streamgenre/bar/main/availability"}],
    "availability_mode": "all",
}
CONNECTION = {
    "unique_id": "streamgenre_bar_connection",
    "name": "Connection",
    "device_class": "connectivity",
    "entity_category": "diagnostic",
    "state_topic": "streamgenre/bar/status",
    "payload_on": "online",
    "payload_off": "offline",
}
ENTITIES: dict[str, dict[str, Any]] = {
    "genre": {
        "unique_id": "streamgenre_bar_main_genre",
        "name": "Genre",
        "icon": "mdi:music",
        "device_class": "enum",
        "options": ["blues", "jazz"],
        "value_template": "{{ value_json.genre }}",
        "json_attributes_topic": "streamgenre/bar/main/state",
        "json_attributes_template": "{{ {'stability': value_json.stability, 'since': value_json.since, "
        "'top': value_json.top, 'tags': value_json.tags, 'model': value_json.model.name} | to_json }}",
        **STATE,
    },
    "status": {
        "unique_id": "streamgenre_bar_main_status",
        "name": "Status",
        "icon": "mdi:waveform",
        "device_class": "enum",
        "options": ["no_signal", "silence", "music", "speech", "noise", "unknown"],
        "value_template": "{{ value_json.status }}",
        "json_attributes_topic": "streamgenre/bar/main/state",
        "json_attributes_template": "{{ {'reason': value_json.reason | default(none)} | to_json }}",
        **STATE,
    },
    "confidence": {
        "unique_id": "streamgenre_bar_main_confidence",
        "name": "Confidence",
        "icon": "mdi:gauge",
        "entity_category": "diagnostic",
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "suggested_display_precision": 0,
        "value_template": "{{ none if value_json.confidence is none "
        "else (value_json.confidence * 100) | round(2) }}",
        **STATE,
    },
    "level": {
        "unique_id": "streamgenre_bar_main_level",
        "name": "Level",
        "icon": "mdi:volume-high",
        "unit_of_measurement": "dBFS",
        "state_class": "measurement",
        "suggested_display_precision": 1,
        "value_template": "{{ value_json.level_dbfs }}",
        **STATE,
    },
    "title": {
        "unique_id": "streamgenre_bar_main_title",
        "name": "Title",
        "icon": "mdi:playlist-music",
        "value_template": "{{ value_json.title[:255] if value_json.title else none }}",
        **STATE,
    },
    "dead_air": {
        "unique_id": "streamgenre_bar_main_dead_air",
        "name": "Dead air",
        "device_class": "problem",
        "value_template": "{{ 'ON' if 'dead_air' in value_json.alarms | default([]) else 'OFF' }}",
        **STATE,
    },
    "audio": {
        "unique_id": "streamgenre_bar_main_audio",
        "name": "Audio",
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "state_topic": "streamgenre/bar/main/availability",
        "payload_on": "online",
        "payload_off": "offline",
        **NODE_ONLINE,
    },
    "change": {
        "unique_id": "streamgenre_bar_main_change",
        "name": "Change",
        "icon": "mdi:swap-horizontal",
        "state_topic": "streamgenre/bar/main/event",
        "event_types": ["change"],
        "value_template": "{% if value_json.type == 'change' and not value_json.late | default(false) %}"
        "{{ {'event_type': 'change', 'from_status': value_json['from'].status, "
        "'from_genre': value_json['from'].genre, 'status': value_json.to.status, "
        "'genre': value_json.to.genre, 'previous_seconds': value_json.previous_seconds, "
        "'time': value_json.time} | to_json }}{% endif %}",
        **NODE_ONLINE,
    },
    "enabled": {
        "unique_id": "streamgenre_bar_main_enabled",
        "name": "Enabled",
        "icon": "mdi:ear-hearing",
        "entity_category": "config",
        "command_topic": "streamgenre/bar/main/set",
        "payload_on": '{"enabled": true}',
        "payload_off": '{"enabled": false}',
        "state_topic": "streamgenre/bar/main/+",
        "state_on": "ON",
        "state_off": "OFF",
        "value_template": "{% if value == 'online' %}ON"
        "{% elif value_json is defined and value_json.type == 'source' %}"
        "{{ 'OFF' if value_json.state == 'disabled' else 'ON' }}{% endif %}",
        "optimistic": True,
        **NODE_ONLINE,
    },
}


def test_a_source_is_one_device_behind_its_node():
    assert discovery("bar", MAIN, BY_DEVICE) == [
        (
            "homeassistant/device/streamgenre_bar/config",
            {
                "device": NODE_DEVICE,
                "origin": ORIGIN,
                "qos": 1,
                "components": {"connection": {"platform": "binary_sensor", **CONNECTION}},
            },
        ),
        (
            "homeassistant/device/streamgenre_bar_main/config",
            {
                "device": SOURCE_DEVICE,
                "origin": ORIGIN,
                "qos": 1,
                "components": {
                    key: {"platform": SOURCE_PLATFORMS[key], **entity} for key, entity in ENTITIES.items()
                },
            },
        ),
    ]


def test_older_versions_get_a_message_an_entity():
    shared = {"origin": ORIGIN, "qos": 1}
    expected = [
        (
            "homeassistant/binary_sensor/streamgenre_bar/connection/config",
            {**CONNECTION, "device": NODE_DEVICE, **shared},
        )
    ]
    for key, platform in {
        "genre": "sensor",
        "status": "sensor",
        "confidence": "sensor",
        "level": "sensor",
        "title": "sensor",
        "dead_air": "binary_sensor",
        "audio": "binary_sensor",
        "change": "event",
        "enabled": "switch",
    }.items():
        topic = f"homeassistant/{platform}/streamgenre_bar_main/{key}/config"
        expected.append((topic, {**ENTITIES[key], "device": SOURCE_DEVICE, **shared}))
    assert discovery("bar", MAIN, BY_COMPONENT, components=True) == expected


@pytest.mark.parametrize("settings", [BY_DEVICE, BY_COMPONENT])
def test_a_source_that_leaves_is_removed_whole_and_its_node_stays(settings: MqttSettings):
    components = settings.discovery == "components"
    told = [topic for topic, _ in discovery("bar", MAIN, settings, components=components)]
    assert removal("bar", "main", settings) == [(topic, None) for topic in told[1:]]


@pytest.mark.parametrize("components", BOTH)
def test_prefix_and_heartbeat_are_those_of_the_settings(components: bool):
    settings = MqttSettings("mqtt://here", prefix="radio/fm", heartbeat_seconds=2.5)
    text = json.dumps(discovery("bar", MAIN, settings, components=components))
    assert '"radio/fm/bar/main/state"' in text
    assert '"streamgenre/' not in text
    assert set(re.findall(r'"expire_after": (\d+)', text)) == {"8"}


@pytest.mark.parametrize("components", BOTH)
@given(node=st.text(min_size=1), source_id=st.text(min_size=1), name=st.text())
def test_whatever_the_names_topics_and_ids_are_plain(components: bool, node: str, source_id: str, name: str):
    source = SourceIdentity(source_id, name, "genre", ("jazz",))
    for topic, payload in discovery(node, source, BY_DEVICE, components=components):
        assert re.fullmatch(r"homeassistant(/[a-z0-9_-]+){2,3}/config", topic)
        assert payload is not None
        (identifier,) = payload["device"]["identifiers"]
        assert re.fullmatch(r"streamgenre_[a-z0-9_-]+", identifier)
        assert payload["device"]["name"].strip()
        assert payload["device"]["name"].isprintable()


@pytest.mark.parametrize(
    ("name", "shown"), [(" The\r\n bar\x1b", "The bar"), ("\x1b\r\ud7fc", "main"), ("", "main")]
)
def test_a_name_is_words_or_the_id(name: str, shown: str):
    told = dict(discovery("bar", SourceIdentity("main", name, "genre", ("jazz",)), BY_DEVICE))
    payload = told["homeassistant/device/streamgenre_bar_main/config"]
    assert payload is not None
    assert payload["device"]["name"] == shown


def test_a_retained_state_names_the_alarms_that_dead_air_is_read_from():
    encoder = UnnumberedEncoder("bar", "main")
    now = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)

    def alarms_after(message: Alarm | None) -> list[str] | None:
        if message:
            encoder.encode(Stamped(message, now, None))
        return encoder.encode(Stamped(STATE_OF_SILENCE, now, None)).get("alarms")

    assert alarms_after(None) is None
    assert alarms_after(Alarm(40.0, "dead_air", active=True, since_seconds=10.0, level_dbfs=None)) == [
        "dead_air"
    ]
    assert alarms_after(Alarm(41.0, "clipping", active=True, since_seconds=40.0, level_dbfs=None)) == [
        "clipping",
        "dead_air",
    ]
    assert alarms_after(Alarm(50.0, "dead_air", active=False, since_seconds=10.0, level_dbfs=None)) == [
        "clipping"
    ]
    assert alarms_after(Alarm(60.0, "clipping", active=False, since_seconds=40.0, level_dbfs=None)) is None


def test_two_sources_share_their_node_and_no_id():
    hall = SourceIdentity("hall", "The hall", "genre", ("jazz",))
    mains, halls = (dict(discovery("bar", source, BY_DEVICE)) for source in (MAIN, hall))
    shared = mains.keys() & halls.keys()
    assert shared == {"homeassistant/device/streamgenre_bar/config"}
    assert [mains[topic] for topic in shared] == [halls[topic] for topic in shared]
    ids = [
        set(
            re.findall(r'"unique_id": "([^"]+)"', json.dumps([told[topic] for topic in told.keys() - shared]))
        )
        for told in (mains, halls)
    ]
    assert [len(one) for one in ids] == [9, 9]
    assert not ids[0] & ids[1]
