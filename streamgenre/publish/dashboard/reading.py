"""Payloads read back into messages; they come over a network, so nothing in them is taken for granted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_args

import numpy as np

from streamgenre.messages import (
    LEVEL_FLOOR_DBFS,
    Alarm,
    Change,
    Diagnostics,
    Float32,
    LabelProbability,
    Level,
    Message,
    ModelIdentity,
    SampleAccounts,
    Segment,
    SourceChange,
    State,
    Status,
    StatusAndGenre,
    TitleChange,
)
from streamgenre.publish.payload import Payload

LONGEST_TEXT = 400
MOST_ROWS = 40
MOST_BANDS = 512
FARTHEST = 10**12
"""JSON can hold integers of any length."""
LAST_SECONDS = 2.0**33
"""Since 1970, to the year 2242: a time that can be written in every zone."""
_STATUSES: dict[str, Status] = {status: status for status in get_args(Status)}


class UnreadableError(Exception):
    """It is none of our messages."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message, its times by the clock of its node: seconds since 1970."""

    message: Message
    time_seconds: float
    audio_seconds: float
    latency_ms: float | None
    alarms: tuple[str, ...]
    """Of a state: kinds of those active."""
    late: bool
    """An event told again, long after."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """How a source sounds now."""

    level: Level | None
    bands: Float32
    """(bands,) float32, maybe none."""


def read(payload: Payload) -> Told:
    """Return what a payload says; raises UnreadableError."""
    make = _MESSAGES.get(str(payload.get("type")))
    if make is None:
        raise UnreadableError
    at = _time(payload.get("time"))
    return Told(
        make(payload, at),
        at,
        _number(payload.get("audio_seconds"), 0.0),
        number_or_none(payload.get("latency_ms")),
        tuple(text(kind) or "" for kind in _list(payload.get("alarms"))[:MOST_ROWS]),
        payload.get("late") is True,
    )


def read_live(payload: Payload) -> Heard:
    """Return how it sounds; raises UnreadableError."""
    rms, peak = number_or_none(payload.get("level_dbfs")), number_or_none(payload.get("peak_dbfs"))
    state = payload.get("state")
    silent = isinstance(state, dict) and cast("Payload", state).get("status") in {"silence", "no_signal"}
    level = None if rms is None else Level(rms, rms if peak is None else peak, silent, digital_zero=False)
    numbers = [_number(value) for value in _list(payload.get("mel"))[:MOST_BANDS]]
    return Heard(level, np.array(numbers, np.float32))


def text(value: object) -> str | None:
    """Return a text that is not endless and can be encoded, or None; JSON can hold half a character."""
    return value[:LONGEST_TEXT].encode(errors="replace").decode() if isinstance(value, str) else None


def _state(payload: Payload, at: float) -> State:
    model = payload.get("model")
    model = cast("Payload", model) if isinstance(model, dict) else {}
    return State(
        audio_seconds=at,
        status=_status(payload.get("status")),
        genre=text(payload.get("genre")),
        confidence=number_or_none(payload.get("confidence")),
        stability="stable" if payload.get("stability") == "stable" else "provisional",
        since_seconds=min(at, _time(payload.get("since"), at)),
        top=_rows(payload.get("top")),
        tags=_rows(payload.get("tags")),
        level_dbfs=number_or_none(payload.get("level_dbfs")),
        title=text(payload.get("title")),
        short=payload.get("short") is True,
        lost_samples=int(_number(payload.get("lost_samples"), 0.0)),
        model=ModelIdentity(text(model.get("name")) or "unknown", text(model.get("sha256")) or ""),
        reason=text(payload.get("reason")),
    )


def _change(payload: Payload, at: float) -> Change:
    lasted = _number(payload.get("previous_seconds"), 0.0)
    return Change(at, _side(payload.get("from")), _side(payload.get("to")), lasted)


def _segment(payload: Payload, at: float) -> Segment:
    return Segment(
        audio_seconds=at,
        start_seconds=_time(payload.get("start")),
        end_seconds=_time(payload.get("end")),
        status=_status(payload.get("status")),
        genre=text(payload.get("genre")),
        mean_confidence=number_or_none(payload.get("mean_confidence")),
        title=text(payload.get("title")),
        reason=text(payload.get("reason")) or "",
    )


def _title(payload: Payload, at: float) -> TitleChange:
    return TitleChange(at, text(payload.get("title")), text(payload.get("previous")))


def _alarm(payload: Payload, at: float) -> Alarm:
    kind: Any = text(payload.get("kind")) or "alarm"
    since = _time(payload.get("since"), at)
    return Alarm(at, kind, payload.get("active") is True, since, number_or_none(payload.get("level_dbfs")))


def _source(payload: Payload, at: float) -> SourceChange:
    state: Any = text(payload.get("state"))
    if not state:
        raise UnreadableError
    return SourceChange(at, state, text(payload.get("reason")))


def _diagnostics(payload: Payload, at: float) -> Diagnostics:
    accounts = payload.get("accounts")
    if not isinstance(accounts, dict):
        raise UnreadableError
    lost = int(_number(cast("Payload", accounts).get("lost"), 0.0))
    captured = int(_number(cast("Payload", accounts).get("captured"), 0.0))
    return Diagnostics(
        audio_seconds=at,
        accounts=SampleAccounts(captured=captured, lost=lost),
        hop_seconds=_number(payload.get("hop_seconds"), 0.0),
        reconnects=int(_number(payload.get("reconnects"), 0.0)),
        clipped_samples=int(_number(payload.get("clipped_samples"), 0.0)),
        lag_seconds=_number(payload.get("lag_seconds"), 0.0),
        upstream_gap_seconds=_number(payload.get("upstream_gap_seconds"), 0.0),
        last_audio_seconds_ago=number_or_none(payload.get("last_audio_seconds_ago")),
    )


_MESSAGES: dict[str, Callable[[Payload, float], Message]] = {
    "state": _state,
    "change": _change,
    "segment": _segment,
    "title": _title,
    "alarm": _alarm,
    "source": _source,
    "diagnostics": _diagnostics,
}


def _side(value: object) -> StatusAndGenre:
    side = cast("Payload", value) if isinstance(value, dict) else {}
    return StatusAndGenre(_status(side.get("status")), text(side.get("genre")))


def _status(value: object) -> Status:
    """A status of a later version is none we know."""
    return _STATUSES.get(value, "unknown") if isinstance(value, str) else "unknown"


def _rows(value: object) -> tuple[LabelProbability, ...]:
    rows = [cast("Payload", row) for row in _list(value)[:MOST_ROWS] if isinstance(row, dict)]
    return tuple(
        LabelProbability(text(row.get("label")) or "?", min(1.0, max(0.0, _number(row.get("p"), 0.0))))
        for row in rows
    )


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def number_or_none(value: object) -> float | None:
    """Return a number that is one, and none beyond reason."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(max(-FARTHEST, min(FARTHEST, value)))


def _number(value: object, otherwise: float = LEVEL_FLOOR_DBFS) -> float:
    found = number_or_none(value)
    return otherwise if found is None else found


def time_of(payload: Payload) -> float | None:
    """Return when it was made, by the clock of its node: seconds since 1970."""
    try:
        return _time(payload.get("time"))
    except UnreadableError:
        return None


def _time(value: object, otherwise: float | None = None) -> float:
    """Read RFC 3339; a time that no clock shows is none."""
    try:
        found = datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        found = None
    if found is not None and 0.0 <= found <= LAST_SECONDS:
        return found
    if otherwise is None:
        raise UnreadableError
    return otherwise
