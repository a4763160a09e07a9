"""A week of a bar's radio as its events would tell it: made up from a seed, never heard."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streamgenre.publish.payload import rfc3339

DAYPARTS = (
    (0, {"electronic": 5, "hiphop": 3, "disco": 2}),
    (3, {"classical": 4, "jazz": 2}),
    (6, {"pop": 5, "country": 2, "rock": 2}),
    (10, {"pop": 3, "rock": 4, "reggae": 2, "blues": 1}),
    (15, {"rock": 3, "hiphop": 3, "pop": 2, "metal": 1}),
    (19, {"jazz": 5, "blues": 3, "reggae": 1}),
    (22, {"disco": 4, "electronic": 4, "hiphop": 1}),
)
START = datetime(2026, 11, 14, tzinfo=ZoneInfo("Europe/Berlin"))


def events(
    *, seed: int = 6, days: float = 7, start: datetime = START, node: str = "bar", source: str = "main"
) -> Iterator[dict[str, Any]]:
    """Yield payloads in order: segments and changes, titles, a few alarms, a daily outage."""
    chance, at, end, seq = random.Random(seed), start, start + timedelta(days=days), 0
    before = ("unknown", None)
    while at < end:
        status, genre, seconds = _next(chance, at)
        stop = min(at + timedelta(seconds=seconds), end)
        played = [
            ("change", at, {"from": _side(*before), "to": _side(status, genre), "previous_seconds": 1.0})
        ]
        if status == "music":
            played.append(
                ("title", at, {"title": f"Artist {chance.randrange(400)} - Song", "previous": None})
            )
        if status == "silence" and seconds > 30:
            since = rfc3339(at)
            fields = {"kind": "dead_air", "since": since, "level_dbfs": -96.0}
            played.append(("alarm", at + timedelta(seconds=30), {"active": True} | fields))
            played.append(("alarm", stop, {"active": False} | fields))
        played.append(("segment", stop, segment_fields(at, stop, status, genre, chance)))
        for kind, time, fields in played:
            seq += 1
            yield event(kind, time, fields, seq, node, source)
        before, at = (status, genre), stop


def segment_fields(start, end, status, genre, chance=None) -> dict[str, Any]:
    """Return the fields of a segment."""
    return {
        "start": rfc3339(start),
        "end": rfc3339(end),
        "start_seconds": 0.0,
        "end_seconds": (end - start).total_seconds(),
        "status": status,
        "genre": genre,
        "mean_confidence": round(chance.uniform(0.5, 0.99), 4) if chance else 0.9,
        "title": None if chance is None or status != "music" else f"Artist {chance.randrange(400)} - Song",
        "reason": "change",
    }


def event(kind, time, fields, seq, node="bar", source="main") -> dict[str, Any]:
    """Return a payload."""
    head = {"schema": 1, "type": kind, "node": node, "source": source, "seq": seq, "time": rfc3339(time)}
    return head | {"audio_seconds": float(seq)} | fields


def segment(start, end, status="music", genre="jazz", seq=1, **more) -> dict[str, Any]:
    """Return the payload of one segment."""
    places = {key: more.pop(key) for key in ("node", "source") if key in more}
    return event("segment", end, segment_fields(start, end, status, genre) | more, seq, **places)


def state(start, now, status="music", genre="jazz", node="bar", source="main") -> dict[str, Any]:
    """Return the state of a stretch that goes on."""
    fields = {"status": status, "genre": genre, "confidence": 0.8, "stability": "stable"}
    more = {"since": rfc3339(start), "title": "Now - Playing"}
    return event("state", now, fields | more, 1, node, source)


def _side(status, genre):
    return {"status": status, "genre": genre}


def _next(chance: random.Random, at: datetime) -> tuple[str, str | None, float]:
    local = at.astimezone(UTC).astimezone(START.tzinfo)
    dice = chance.random()
    if dice < 0.14 + 0.14 * (6 <= local.hour < 10):
        return "speech", None, chance.uniform(40, 420)
    if dice < 0.16 or (local.hour == 4 and dice < 0.5):
        return "silence", None, chance.choice((8, 12, 95, 900))
    if dice < 0.17:
        return "no_signal", None, chance.uniform(120, 2400)
    if dice < 0.20:
        return "music", None, chance.uniform(20, 200)
    weights = [genres for hour, genres in DAYPARTS if hour <= local.hour][-1]
    genre = chance.choices(list(weights), list(weights.values()))[0]
    return "music", genre, chance.uniform(240, 4200)
