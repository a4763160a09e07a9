"""What a watcher of a broker hears: the topics of every node, or of one, and what each says."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Literal, cast

from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.payload import Payload

SOURCE_LEAVES = frozenset({"state", "event", "availability", "live"})


@dataclass(frozen=True, slots=True)
class Overheard:
    """One message of a node."""

    node: str
    source: str | None
    """None: it is of the node as a whole."""
    leaf: str
    """status, diagnostics, fleet, state, event, availability or live."""
    text: str
    kept: bool
    """The broker kept it: it was sent some time ago."""

    @property
    def word(self) -> Literal["online", "offline"] | None:
        """What status and availability say; None: it was taken back."""
        return cast("Literal['online', 'offline']", self.text) if self.text in {"online", "offline"} else None

    @property
    def payload(self) -> Payload | None:
        """What all else says; None: it is no JSON object, or was taken back."""
        try:
            found = json.loads(self.text, parse_constant=lambda _: None, parse_float=_finite)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        own = {"node": self.node} | ({"source": self.source} if self.source else {})
        return cast("Payload", found) | own


def _finite(number: str) -> float | None:
    """1e999 is JSON."""
    found = float(number)
    return found if math.isfinite(found) else None


def watched_filters(prefix: str, node: str | None) -> list[str]:
    """Return the topic filters of all nodes, or of one."""
    topics = Topics(prefix, node or "+")
    of_sources = [topics.of("+", leaf) for leaf in ("availability", "state", "event", "live")]
    return [topics.status, *of_sources, topics.diagnostics, topics.fleet]


def overhear(prefix: str, topic: str, payload: bytes, *, kept: bool) -> Overheard | None:
    """Return what a message is; None: it is no business of a watcher's."""
    if not topic.startswith(f"{prefix}/"):
        return None
    text = payload.decode(errors="replace")
    match topic.removeprefix(f"{prefix}/").split("/"):
        case [node, ("status" | "diagnostics" | "fleet") as leaf] if node:
            return Overheard(node, None, leaf, text, kept)
        case [node, source, leaf] if node and source and leaf in SOURCE_LEAVES:
            return Overheard(node, source, leaf, text, kept)
        case _:
            return None
