"""The hours of the clock on the wall between two moments: across midnights and changes of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class LocalHour:
    """What lies between two full hours of the clock; cut where the clock is changed within."""

    start_ms: int
    """Since 1970, UTC."""
    end_ms: int
    day: date
    hour: int
    """0 to 23; the same twice in a day when the clock is put back."""
    label: str
    """Its beginning with its offset, ISO 8601."""


def local_hours(start_ms: int, end_ms: int, zone: tzinfo) -> list[LocalHour]:
    """Return the hours between, in order and without holes; the first and the last may be cut."""
    hours: list[LocalHour] = []
    at = start_ms
    while at < end_ms:
        ends = min(end_ms, _next_hour(at, zone))
        local = at_zone(at, zone)
        hours.append(LocalHour(at, ends, local.date(), local.hour, local.isoformat(timespec="seconds")))
        at = ends
    return hours


def at_zone(ms: int, zone: tzinfo) -> datetime:
    """Return the moment as the clock on the wall showed it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone)


def midnight(day: date, zone: tzinfo) -> int:
    """Return when a day began, in milliseconds since 1970."""
    return round(datetime.combine(day, time(), tzinfo=zone).timestamp() * 1000)


def _next_hour(at_ms: int, zone: tzinfo) -> int:
    local = at_zone(at_ms, zone)
    into_hour = (local.minute * 60 + local.second) * 1000 + local.microsecond // 1000
    ends = at_ms + HOUR_MS - into_hour
    if at_zone(ends, zone).utcoffset() == local.utcoffset():
        return ends
    return _clock_change(at_ms, ends, zone)


def _clock_change(before_ms: int, after_ms: int, zone: tzinfo) -> int:
    """Return the millisecond at which the offset of `before_ms` no longer holds."""
    offset = at_zone(before_ms, zone).utcoffset()
    while after_ms - before_ms > 1:
        middle = (before_ms + after_ms) // 2
        if at_zone(middle, zone).utcoffset() == offset:
            before_ms = middle
        else:
            after_ms = middle
    return after_ms
