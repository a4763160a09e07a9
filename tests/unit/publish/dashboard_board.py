"""A made-up evening of several sources, told in payloads, for the dashboard's tests and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from streamgenre.messages import Level
from streamgenre.publish.dashboard.board import Board, BoardPicture, Key
from streamgenre.publish.payload import Payload, rfc3339

EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC).timestamp()
TITLES = {
    "jazz": "Nora Lind Trio - Blue Hour",
    "electronic": "Tern - Lower Orbit",
    "classical": "Quartet in D - II. Adagio",
    "rock": "The Late Bus - Second Gear",
    "reggae": "Harbour Lights - Slow Tide",
    "pop": "Ada Voss - Paper Moons",
    "blues": "Old Ferry - Rain on Tin",
    "country": "Wes Marlow - Gravel",
}
# Stretches as (minutes before the end, status, genre, confidence).
STATIONS: dict[Key, tuple[tuple[float, str, str | None, float], ...]] = {
    ("bar", "counter"): ((34, "music", "jazz", 0.91), (3.4, "music", "blues", 0.66)),
    ("bar", "garden"): ((12, "speech", None, 0.8), (7.5, "music", "reggae", 0.83)),
    ("bar", "stage"): ((9, "silence", None, 1.0), (6, "music", "rock", 0.7), (0.05, "music", "pop", 0.41)),
    ("studio", "antenne-nord"): ((11, "music", "pop", 0.8), (4, "speech", None, 0.93)),
    ("studio", "classic-24"): ((128, "music", "classical", 0.97),),
    ("studio", "club-one"): ((15, "music", "electronic", 0.88),),
    ("studio", "riverside"): ((13, "music", "country", 0.6), (1, "silence", None, 1.0)),
    ("studio", "webradio"): ((20, "music", "pop", 0.72), (0.3, "no_signal", None, 1.0)),
}


class Evening:
    """A board with a clock of its own, both told to the last minute."""

    def __init__(self, *, watched: bool = True, stale_seconds: float = 90.0) -> None:
        self.seconds = 0.0
        self.board = Board(
            stale_seconds=stale_seconds,
            watched=watched,
            now=lambda: 1000.0 + self.seconds,
            wall=lambda: EVENING + self.seconds,
        )

    def tell_all(self) -> BoardPicture:
        """Play half an hour, then all that can be wrong."""
        events = sorted(
            ((start, payload) for key in STATIONS for start, payload in told(key)), key=lambda pair: pair[0]
        )
        for node in ("bar", "studio", "cellar"):
            self.board.node_is(node, online=True)
        events += [
            (-29.0, alarm("studio", "riverside", -29.0, "dead_air", -60.0)),
            (-21.0, source("studio", "webradio", -21.0, "reconnecting", "connection refused")),
        ]
        for at, payload in sorted(events, key=lambda pair: pair[0]):
            self.seconds = at
            self.board.tell(payload)
        self.seconds = -20.0
        for node, hours in (("bar", 30), ("studio", 212)):
            self.board.tell(
                diagnostics(node, -20.0, 3600.0 * hours, [key[1] for key in STATIONS if key[0] == node])
            )
        self.seconds = -12.0
        self.board.node_is("cellar", online=False)
        self.seconds = 0.0
        return self.board.picture()

    def sound(self, key: Key, seconds: float = 40.0) -> None:
        """Let a source sound like music for a while, up to now."""
        rng = np.random.default_rng(7)
        bands = np.linspace(-14, -62, 96, dtype=np.float32)
        for at in np.arange(-seconds, 0, 0.25):
            self.seconds = float(at)
            beat = 9 * np.exp(-4 * (at % 0.5))
            chord = 14 * np.sin(np.arange(96) * (0.31 + 0.05 * (int(at / 2) % 4))) ** 4
            row = bands + beat + chord + rng.normal(0, 2.5, 96)
            self.board.meter(key, Level(-19.5 + beat / 3, -8.2 + beat / 3, False, False), np.float32(row))
        self.seconds = 0.0


def stamp(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(EVENING + at, UTC))


def told(key: Key) -> Iterator[tuple[float, Payload]]:
    """A state every ten seconds, and the event of each change."""
    stretches = STATIONS[key]
    ends = [-60 * minutes for minutes, *_ in stretches[1:]] + [0.0]
    before: tuple[str, str | None] | None = None
    begun = 0.0
    for (minutes, status, genre, confidence), end in zip(stretches, ends, strict=True):
        start = -60 * minutes
        if before:
            yield start, change(key, start, before, (status, genre), start - begun)
        for at in np.arange(start, end, 10.0):
            yield float(at), state(*key, float(at), start, status, genre, confidence)
        yield end - 0.4, state(*key, end - 0.4, start, status, genre, confidence)
        before, begun = (status, genre), start


def state(
    node: str, name: str, at: float, since: float, status: str, genre: str | None, p: float
) -> dict[str, Any]:
    others = [label for label in TITLES if label != genre]
    shares = [p, *((1 - p) * share for share in (0.5, 0.25, 0.15, 0.1))]
    labels = [genre or others.pop(0), *others[:4]]
    return {
        "schema": 1,
        "type": "state",
        "node": node,
        "source": name,
        "seq": 3,
        "time": stamp(at),
        "audio_seconds": 7200.0 + at,
        "status": status,
        "genre": genre,
        "confidence": p,
        "stability": "stable" if at - since > 4 else "provisional",
        "since": stamp(since),
        "top": [{"label": one, "p": round(q, 4)} for one, q in zip(labels, shares, strict=True)]
        if status == "music"
        else [],
        "tags": [{"label": "instrumental", "p": 0.41}, {"label": "guitar", "p": 0.33}] if genre else [],
        "level_dbfs": -120.0 if status == "silence" else -17.0 - 3 * (len(name) % 4),
        "title": TITLES.get(genre or ""),
        "short": False,
        "lost_samples": 0,
        "latency_ms": 38.0 + len(name),
        "model": {"name": "genre", "sha256": "ab" * 32},
    } | ({"alarms": ["dead_air"]} if status == "silence" and at - since > 30 else {})


def change(
    key: Key, at: float, before: tuple[str, str | None], after: tuple[str, str | None], lasted: float
) -> Payload:
    sides = [{"status": status, "genre": genre} for status, genre in (before, after)]
    return _event("change", *key, at) | {"from": sides[0], "to": sides[1], "previous_seconds": lasted}


def source(node: str, name: str, at: float, state: str, reason: str | None) -> Payload:
    return _event("source", node, name, at) | {"state": state, "reason": reason}


def alarm(node: str, name: str, at: float, kind: str, since: float, *, active: bool = True) -> Payload:
    fields = {"kind": kind, "active": active, "since": stamp(since), "level_dbfs": -120.0}
    return _event("alarm", node, name, at) | fields


def diagnostics(node: str, at: float, uptime_seconds: float, sources: list[str]) -> Payload:
    """What a node tells of itself."""
    accounts = [
        _event("diagnostics", node, name, at)
        | {
            "accounts": {"captured": 44100, "lost": 0},
            "hop_seconds": 0.5,
            "reconnects": len(name) % 3,
            "lag_seconds": 0.0,
        }
        for name in sources
    ]
    own = {"version": "0.1.0", "uptime_seconds": uptime_seconds, "sources": accounts}
    return {"schema": 1, "type": "diagnostics", "node": node, "time": stamp(at)} | own


def title(node: str, name: str, at: float, words: str) -> Payload:
    return _event("title", node, name, at) | {"title": words, "previous": None}


def _event(kind: str, node: str, name: str, at: float) -> Payload:
    return {
        "schema": 1,
        "type": kind,
        "node": node,
        "source": name,
        "seq": 4,
        "time": stamp(at),
        "audio_seconds": 7200.0 + at,
    }
