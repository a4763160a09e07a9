"""What Home Assistant is told, as topics and payloads: one device a source, and the node they are on."""

from __future__ import annotations

import importlib.metadata
import re

from streamgenre.publish.home_assistant_entities import (
    NODE_PLATFORMS,
    SOURCE_PLATFORMS,
    node_entities,
    source_entities,
)
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.payload import Payload
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import MqttSettings

PREFIX = "homeassistant"
MAKER = "streamgenre"
SUBSCRIBE_QOS = 1


def discovery(
    node: str, source: SourceIdentity, settings: MqttSettings, *, components: bool = False
) -> list[tuple[str, Payload | None]]:
    """Return topics and retained payloads, to be sent in order.

    `components`: a message an entity, for versions before 2024.11, instead of one a device. Ids are the
    same either way, so that only one of them may be retained.
    """
    topics = Topics(settings.prefix, node)
    tell = _each_component if components else _whole
    return [
        *tell(_node_device(node), NODE_PLATFORMS, node_entities(topics)),
        *tell(_source_device(node, source), SOURCE_PLATFORMS, source_entities(topics, source, settings)),
    ]


def removal(node: str, source_id: str, settings: MqttSettings) -> list[tuple[str, None]]:
    """Return the topics of a source that has left, for empty payloads; its node stays."""
    object_id = _source_id(node, source_id)
    if settings.discovery != "components":
        return [(_device_topic(object_id), None)]
    return [(_component_topic(object_id, platform, key), None) for key, platform in SOURCE_PLATFORMS.items()]


def _whole(
    device: Payload, platforms: dict[str, str], entities: dict[str, Payload]
) -> list[tuple[str, Payload | None]]:
    (object_id,) = device["identifiers"]
    components = {
        key: {"platform": platforms[key], **_named(object_id, key, entity)}
        for key, entity in entities.items()
    }
    return [(_device_topic(object_id), {**_shared(device), "components": components})]


def _each_component(
    device: Payload, platforms: dict[str, str], entities: dict[str, Payload]
) -> list[tuple[str, Payload | None]]:
    (object_id,) = device["identifiers"]
    return [
        (
            _component_topic(object_id, platforms[key], key),
            {**_named(object_id, key, entity), **_shared(device)},
        )
        for key, entity in entities.items()
    ]


def _named(object_id: str, key: str, entity: Payload) -> Payload:
    return {"unique_id": f"{object_id}_{key}", **entity}


def _shared(device: Payload) -> Payload:
    origin = {"name": MAKER, "sw_version": _version()}
    return {"device": device, "origin": origin, "qos": SUBSCRIBE_QOS}


def _device_topic(object_id: str) -> str:
    return f"{PREFIX}/device/{object_id}/config"


def _component_topic(object_id: str, platform: str, key: str) -> str:
    return f"{PREFIX}/{platform}/{object_id}/{key}/config"


def _node_device(node: str) -> Payload:
    return {
        "identifiers": [_node_id(node)],
        "name": f"{MAKER} {_words(node)}",
        "manufacturer": MAKER,
        "model": "node",
        "sw_version": _version(),
    }


def _source_device(node: str, source: SourceIdentity) -> Payload:
    return {
        "identifiers": [_source_id(node, source.id)],
        "name": _words(source.name) or _sanitised(source.id),
        "manufacturer": MAKER,
        "model": source.model,
        "sw_version": _version(),
        "via_device": _node_id(node),
    }


def _version() -> str:
    return importlib.metadata.version("streamgenre")


def _node_id(node: str) -> str:
    return f"{MAKER}_{_sanitised(node)}"


def _source_id(node: str, source_id: str) -> str:
    return f"{_node_id(node)}_{_sanitised(source_id)}"


def _sanitised(text: str) -> str:
    """Home Assistant takes no other characters in a topic."""
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())


def _words(name: str) -> str:
    """Without line breaks and control characters."""
    kept = (letter for letter in name if letter.isprintable() or letter.isspace())
    return " ".join("".join(kept).split())
