"""The public JSON: the same objects as NDJSON lines, MQTT payloads and history rows (schema 1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from streamgenre.messages import (
    Alarm,
    AlarmKind,
    Change,
    Diagnostics,
    LabelProbability,
    Message,
    Segment,
    SourceChange,
    Stamped,
    State,
    StatusAndGenre,
    TitleChange,
)
from streamgenre.publish.clock_anchors import ClockAnchors

SCHEMA = 1
TOP_IN_STATE = 5

Payload = dict[str, Any]


class Encoder:
    """Turns the messages of one source into payloads and numbers its events from 1, without holes."""

    def __init__(self, node: str, source: str) -> None:
        self._unnumbered = UnnumberedEncoder(node, source)
        self._seq = 0

    def encode(self, stamped: Stamped) -> Payload:
        """Return the payload, its keys in the order of the contract."""
        self._seq += is_event(stamped.message)
        return self._unnumbered.encode(stamped, self._seq)


def is_event(message: Message) -> bool:
    """Whether it is numbered and kept until it is sent."""
    return not isinstance(message, State | Diagnostics)


class UnnumberedEncoder:
    """Turns the messages of one source into payloads; their numbers are given elsewhere."""

    def __init__(self, node: str, source: str, epoch: int | None = None) -> None:
        """`epoch`: in a fleet, of who speaks for the source."""
        self._node = node
        self._source = source
        self._epoch: Payload = {} if epoch is None else {"epoch": epoch}
        self._since: datetime | None = None
        """When the status and genre that hold now began: audio time stands still while none comes."""
        self._alarms_since: dict[AlarmKind, datetime] = {}
        """When each active alarm's cause began."""
        self._anchors = ClockAnchors()

    def encode(self, stamped: Stamped, seq: int | None = None) -> Payload:
        """Return the payload, its keys in the order of the contract; every message once, in order."""
        message = stamped.message
        self._anchors.note(message.audio_seconds, stamped.time)
        self.hear(stamped)
        since = self._since or stamped.time
        if isinstance(message, Alarm):
            since = self._alarm_since(message)
        kind, fields = _fields(stamped, since)
        if isinstance(message, State) and self._alarms_since:
            fields["alarms"] = sorted(self._alarms_since)
        if isinstance(message, Segment):
            self._since = None
        return {
            "schema": SCHEMA,
            "type": kind,
            "node": self._node,
            "source": self._source,
            "seq": seq,
            **self._epoch,
            "time": rfc3339(stamped.time),
            "audio_seconds": _seconds(message.audio_seconds),
            **fields,
        }

    def resume(self, since: datetime | None, alarms: Mapping[AlarmKind, datetime]) -> None:
        """Go on with a stretch that began then, if that is known, and with these alarms active since."""
        self._since = since
        self._alarms_since = dict(alarms)

    def began(self, time: datetime) -> None:
        """Have the stretch begin then, where no state has told when it did."""
        self._since = self._since or time

    def hear(self, stamped: Stamped) -> None:
        """Note when a stretch begins, from a state that is not published itself."""
        message = stamped.message
        if isinstance(message, State) and self._since is None:
            self._since = stamped.time - timedelta(seconds=message.audio_seconds - message.since_seconds)

    def as_if_ended(self, stamped: Stamped) -> Payload:
        """Return the payload of a segment that has not ended yet."""
        return copy(self).encode(stamped)

    def active_alarms(self) -> list[Payload]:
        """Return kind and beginning of the alarms that have not ended."""
        return [{"kind": kind, "since": rfc3339(since)} for kind, since in self._alarms_since.items()]

    def _alarm_since(self, alarm: Alarm) -> datetime:
        """By the clock, and the same at its end as at its beginning, however long no audio came between."""
        since = self._anchors.clock_at(alarm.since_seconds)
        if alarm.active:
            return self._alarms_since.setdefault(alarm.kind, since)
        return self._alarms_since.pop(alarm.kind, since)


def to_json(payload: Payload | list[Payload]) -> str:
    """Return one line of JSON, in UTF-8 as it is, without NaN or infinities."""
    return json.dumps(payload, ensure_ascii=False, allow_nan=False)


def rfc3339(time: datetime) -> str:
    """Return UTC with milliseconds, as 2026-11-21T10:15:30.250Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def probabilities(rows: Iterable[LabelProbability]) -> list[Payload]:
    """Return the rows of a top or tag list."""
    return [{"label": row.label, "p": _probability(row.p)} for row in rows]


def _fields(stamped: Stamped, since: datetime) -> tuple[str, Payload]:
    match stamped.message:
        case State() as state:
            found = "state", _state(state, stamped, since)
        case Change() as change:
            found = "change", _change(change)
        case Segment() as segment:
            clock = {"start": rfc3339(since), "end": rfc3339(stamped.time)}
            found = "segment", segment_fields(segment) | clock
        case TitleChange() as title:
            found = "title", {"title": title.title, "previous": title.previous}
        case Alarm() as alarm:
            found = "alarm", _alarm(alarm, since)
        case SourceChange() as source:
            found = "source", {"state": source.state, "reason": source.reason}
        case Diagnostics() as diagnostics:
            found = "diagnostics", _diagnostics(diagnostics, stamped)
    return found


def _state(state: State, stamped: Stamped, since: datetime) -> Payload:
    fields: Payload = {
        "status": state.status,
        "genre": state.genre,
        "confidence": _probability(state.confidence),
        "stability": state.stability,
        "since": rfc3339(since),
        "top": probabilities(state.top[:TOP_IN_STATE]),
        "tags": probabilities(state.tags),
        "level_dbfs": _tenths(state.level_dbfs),
        "title": state.title,
        "short": state.short,
        "lost_samples": state.lost_samples,
        "latency_ms": _tenths(stamped.latency_ms),
        "model": {"name": state.model.name, "sha256": state.model.sha256},
    }
    if state.reason is not None:
        fields["reason"] = state.reason
    return fields


def _change(change: Change) -> Payload:
    return {
        "from": _side(change.from_),
        "to": _side(change.to),
        "previous_seconds": _seconds(change.previous_seconds),
    }


def segment_fields(segment: Segment) -> Payload:
    """Return a segment's fields without its clock times."""
    return {
        "start": None,
        "end": None,
        "start_seconds": _seconds(segment.start_seconds),
        "end_seconds": _seconds(segment.end_seconds),
        "status": segment.status,
        "genre": segment.genre,
        "mean_confidence": _probability(segment.mean_confidence),
        "title": segment.title,
        "reason": segment.reason,
    }


def _alarm(alarm: Alarm, since: datetime) -> Payload:
    return {
        "kind": alarm.kind,
        "active": alarm.active,
        "since": rfc3339(since),
        "level_dbfs": _tenths(alarm.level_dbfs),
    }


def _diagnostics(diagnostics: Diagnostics, stamped: Stamped) -> Payload:
    accounts = diagnostics.accounts
    return {
        "accounts": {
            "captured": accounts.captured,
            "analysed": accounts.analysed,
            "skipped": accounts.skipped,
            "lost": accounts.lost,
            "pending": accounts.pending,
        },
        "not_finite_samples": accounts.not_finite,
        "clipped_samples": diagnostics.clipped_samples,
        "hop_seconds": diagnostics.hop_seconds,
        "reconnects": diagnostics.reconnects,
        "latency_ms": _tenths(stamped.latency_ms),
        "dc_offset": round(diagnostics.dc_offset, 4) + 0.0,
        "lag_seconds": _seconds(diagnostics.lag_seconds),
        "upstream_gap_seconds": _seconds(diagnostics.upstream_gap_seconds),
        "last_audio_seconds_ago": _seconds_or_none(diagnostics.last_audio_seconds_ago),
    }


def _side(side: StatusAndGenre) -> Payload:
    return {"status": side.status, "genre": side.genre}


def _seconds(seconds: float) -> float:
    return round(seconds, 3)


def _seconds_or_none(seconds: float | None) -> float | None:
    return None if seconds is None else _seconds(seconds)


def _probability(p: float | None) -> float | None:
    return None if p is None else round(p, 4)


def _tenths(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
