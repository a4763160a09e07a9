"""The entities of a source and of a node in Home Assistant, as its MQTT integration takes them.

A template that renders None makes an entity's state unknown; one that renders nothing leaves it as it is.
"""

from __future__ import annotations

import math
from typing import get_args

from streamgenre.messages import Status
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.payload import Payload
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.publish.state_slot import HEARTBEATS_UNTIL_STALE
from streamgenre.settings import MqttSettings

NODE_PLATFORMS = {"connection": "binary_sensor"}
SOURCE_PLATFORMS = {
    "genre": "sensor",
    "status": "sensor",
    "confidence": "sensor",
    "level": "sensor",
    "title": "sensor",
    "dead_air": "binary_sensor",
    "audio": "binary_sensor",
    "change": "event",
    "enabled": "switch",
}
"""By the keys of which ids and topics are made: renaming one orphans what users have."""
LONGEST_STATE_CHARACTERS = 255
"""Home Assistant drops a longer one."""

_GENRE_ATTRIBUTES = (
    "{{ {'stability': value_json.stability, 'since': value_json.since, 'top': value_json.top,"
    " 'tags': value_json.tags, 'model': value_json.model.name} | to_json }}"
)
_STATUS_ATTRIBUTES = "{{ {'reason': value_json.reason | default(none)} | to_json }}"
_CONFIDENCE = "{{ none if value_json.confidence is none else (value_json.confidence * 100) | round(2) }}"
_TITLE = f"{{{{ value_json.title[:{LONGEST_STATE_CHARACTERS}] if value_json.title else none }}}}"
_DEAD_AIR = "{{ 'ON' if 'dead_air' in value_json.alarms | default([]) else 'OFF' }}"
_CHANGE = (
    "{% if value_json.type == 'change' and not value_json.late | default(false) %}"
    "{{ {'event_type': 'change',"
    " 'from_status': value_json['from'].status, 'from_genre': value_json['from'].genre,"
    " 'status': value_json.to.status, 'genre': value_json.to.genre,"
    " 'previous_seconds': value_json.previous_seconds, 'time': value_json.time} | to_json }}"
    "{% endif %}"
)
_ENABLED = (
    "{% if value == 'online' %}ON"
    "{% elif value_json is defined and value_json.type == 'source' %}"
    "{{ 'OFF' if value_json.state == 'disabled' else 'ON' }}{% endif %}"
)
_ONLINE = {"payload_on": "online", "payload_off": "offline"}


def node_entities(topics: Topics) -> dict[str, Payload]:
    """Return what a node shows of itself; its own absence is what it tells, so it is always available."""
    return {
        "connection": {
            "name": "Connection",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": topics.status,
            **_ONLINE,
        }
    }


def source_entities(topics: Topics, source: SourceIdentity, settings: MqttSettings) -> dict[str, Payload]:
    """Return the entities of a source, by key."""
    heard = _of_state(topics, source.id, settings)
    told = _of_node(topics)
    return {
        "genre": {**_genre(source), **heard, "json_attributes_topic": heard["state_topic"]},
        "status": {**_status(), **heard, "json_attributes_topic": heard["state_topic"]},
        "confidence": {**_confidence(), **heard},
        "level": {**_level(), **heard},
        "title": {**_title(), **heard},
        "dead_air": {**_dead_air(), **heard},
        "audio": {**_audio(topics.of(source.id, "availability")), **told},
        "change": {**_change(topics.of(source.id, "event")), **told},
        "enabled": {**_enabled(topics, source.id), **told},
    }


def _of_state(topics: Topics, source_id: str, settings: MqttSettings) -> Payload:
    """Available while node and source are, and their state is not stale."""
    return {
        "state_topic": topics.of(source_id, "state"),
        "expire_after": math.ceil(HEARTBEATS_UNTIL_STALE * settings.heartbeat_seconds),
        "availability": [{"topic": topics.status}, {"topic": topics.of(source_id, "availability")}],
        "availability_mode": "all",
    }


def _of_node(topics: Topics) -> Payload:
    """Available while the node is: a source that is switched off must be there to be switched on."""
    return {"availability": [{"topic": topics.status}], "availability_mode": "all"}


def _genre(source: SourceIdentity) -> Payload:
    return {
        "name": "Genre",
        "icon": "mdi:music",
        "device_class": "enum",
        "options": list(source.labels),
        "value_template": "{{ value_json.genre }}",
        "json_attributes_template": _GENRE_ATTRIBUTES,
    }


def _status() -> Payload:
    return {
        "name": "Status",
        "icon": "mdi:waveform",
        "device_class": "enum",
        "options": list(get_args(Status)),
        "value_template": "{{ value_json.status }}",
        "json_attributes_template": _STATUS_ATTRIBUTES,
    }


def _confidence() -> Payload:
    return {
        "name": "Confidence",
        "icon": "mdi:gauge",
        "entity_category": "diagnostic",
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "suggested_display_precision": 0,
        "value_template": _CONFIDENCE,
    }


def _level() -> Payload:
    # No device class: sound pressure is in dB or dBA of air, signal strength in dB or dBm of radio.
    return {
        "name": "Level",
        "icon": "mdi:volume-high",
        "unit_of_measurement": "dBFS",
        "state_class": "measurement",
        "suggested_display_precision": 1,
        "value_template": "{{ value_json.level_dbfs }}",
    }


def _title() -> Payload:
    return {"name": "Title", "icon": "mdi:playlist-music", "value_template": _TITLE}


def _dead_air() -> Payload:
    # From the retained state, not from the alarm's event: Home Assistant starts again and still knows.
    return {
        "name": "Dead air",
        "device_class": "problem",
        "value_template": _DEAD_AIR,
    }


def _audio(topic: str) -> Payload:
    return {
        "name": "Audio",
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "state_topic": topic,
        **_ONLINE,
    }


def _change(topic: str) -> Payload:
    return {
        "name": "Change",
        "icon": "mdi:swap-horizontal",
        "state_topic": topic,
        "event_types": ["change"],
        "value_template": _CHANGE,
    }


def _enabled(topics: Topics, source_id: str) -> Payload:
    # A source that is heard is enabled: that is retained. That it is disabled comes as an event alone, and
    # only what is optimistic is remembered over a restart of Home Assistant.
    return {
        "name": "Enabled",
        "icon": "mdi:ear-hearing",
        "entity_category": "config",
        "command_topic": topics.of(source_id, "set"),
        "payload_on": '{"enabled": true}',
        "payload_off": '{"enabled": false}',
        "state_topic": topics.of(source_id, "+"),
        "state_on": "ON",
        "state_off": "OFF",
        "value_template": _ENABLED,
        "optimistic": True,
    }
