"""What was played from one moment to another: shares by hour and day, longest stretches, dead air."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from itertools import chain, groupby

from streamgenre.publish.history_alarms import AlarmSpan, alarm_spans
from streamgenre.publish.history_file import SourceKey
from streamgenre.publish.history_hours import LocalHour, at_zone, local_hours, midnight
from streamgenre.publish.history_reader import LONGEST_ALARM_MS, HistoryQuery, HistoryReader, HistoryRow
from streamgenre.publish.history_stretches import Stretch, StretchSum
from streamgenre.publish.payload import Payload, rfc3339

DAYS_IN_DETAIL = 31
"""Longer reports keep the hours, not every stretch."""
DAY_MS = 86_400_000
CLOCK_BACK_MS = 3_600_000
"""A month in which the clock is put back is that much longer."""
MOST_EMPTY_DAYS = 400
"""Of a longer time, what lies before the first stretch is left out: every hour is a row."""
ALARMS_LOOKED_BACK = 100
"""Begins and ends of each source before what is read whole, in which one that still lasts is looked for."""


@dataclass(frozen=True, slots=True)
class Period:
    """Some time and what was heard in it."""

    name: str
    length_ms: int
    """Of the clock's time, whether anything was followed or not."""
    heard: Counter[str]
    """Milliseconds by label: the genre where there is one, else the status."""

    @property
    def followed_ms(self) -> int:
        return sum(self.heard.values())

    def share(self, label: str) -> float:
        """Return the label's part of what was heard, 0 to 1."""
        return self.heard[label] / self.followed_ms if self.followed_ms else 0.0


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source over the time of the report."""

    node: str
    source: str
    total: Period
    statuses: Counter[str]
    """Milliseconds by status."""
    genres: Counter[str]
    """Milliseconds by genre, of music that has one."""
    days: list[Period]
    hours: list[Period]
    hours_of_day: list[Period]
    """All days laid over one another, 24 of them."""
    longest: list[Stretch]
    """Longest first."""
    stretches: list[Stretch]
    """Empty in long reports."""
    alarms: list[AlarmSpan]

    @property
    def dead_air(self) -> list[AlarmSpan]:
        return [span for span in self.alarms if span.kind == "dead_air"]


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """Several sources over the same time."""

    start_ms: int
    """Since 1970, UTC."""
    end_ms: int
    zone: tzinfo
    hours: list[LocalHour]
    sources: list[SourceReport]

    @property
    def in_detail(self) -> bool:
        return self.end_ms - self.start_ms <= DAYS_IN_DETAIL * DAY_MS + CLOCK_BACK_MS

    @property
    def zone_name(self) -> str:
        return str(self.zone)

    @property
    def moment_form(self) -> str:
        """How strftime writes a moment: with its year where there are several."""
        years = {at_zone(ms, self.zone).year for ms in (self.start_ms, self.end_ms - 1)}
        return "%a %d %b %H:%M:%S" if len(years) == 1 else "%a %d %b %Y %H:%M:%S"


def report(reader: HistoryReader, query: HistoryQuery, zone: tzinfo) -> HistoryReport:
    """Read and sum up; `query` must say since and until. Raises HistoryUnreadableError."""
    start, end = query.since_ms, query.until_ms
    if start is None or end is None or start >= end:
        raise ValueError(f"a report needs a beginning before its end, not {start} and {end}")
    start = _without_empty_years(reader, query, start, end, zone)
    hours = local_hours(start, end, zone)
    made = HistoryReport(start, end, zone, hours, [])
    sums = {key: StretchSum(hours, keep=made.in_detail) for key in reader.asked_for(query)}
    for row in chain(reader.rows(query), reader.going_on(query)):
        payload = row.payload
        sums[_key(payload)].take(row, payload)
    alarms = _alarms(reader, query, sums)
    for key in sorted(sums):
        sums[key].end()
        followed_ms = max([start, sums[key].last_ms or start, *(row.end_ms for row in alarms[key])])
        spans = alarm_spans(alarms[key], start, min(end, followed_ms))
        made.sources.append(_source_report(key, sums[key], hours, spans))
    return made


def _without_empty_years(
    reader: HistoryReader, query: HistoryQuery, start_ms: int, end_ms: int, zone: tzinfo
) -> int:
    latest = end_ms - MOST_EMPTY_DAYS * DAY_MS
    if start_ms >= latest:
        return start_ms
    first = reader.first_start(query)
    return max(
        start_ms, latest if first is None else min(latest, midnight(at_zone(first, zone).date(), zone))
    )


def to_object(made: HistoryReport) -> Payload:
    """Return the report as JSON's values: times in UTC, days and hours of the zone."""
    return {
        "schema": 1,
        "since": _utc(made.start_ms),
        "until": _utc(made.end_ms),
        "time_zone": made.zone_name,
        "sources": [_source_object(one) for one in made.sources],
    }


def _alarms(
    reader: HistoryReader, query: HistoryQuery, sums: dict[SourceKey, StretchSum]
) -> dict[SourceKey, list[HistoryRow]]:
    since = (query.since_ms or 0) - LONGEST_ALARM_MS  # a beginning may be told long before the end
    earlier = HistoryQuery(("alarm",), since, query.until_ms, query.nodes, query.sources)
    crashes = replace(earlier, types=("segment",), reason="restart")
    found = {key: {row.row_id: row for row in _alarms_on(reader, key, since)} for key in sums}
    for row in chain(reader.rows(earlier), reader.rows(crashes)):
        found[_key(row.payload)][row.row_id] = row
    return {key: list(rows.values()) for key, rows in found.items()}


def _alarms_on(reader: HistoryReader, key: SourceKey, at_ms: int) -> Iterator[HistoryRow]:
    """Yield what tells of alarms that had begun by then and not ended, however long before."""
    asked = HistoryQuery(("alarm",), until_ms=at_ms, sources=["/".join(key)], newest=ALARMS_LOOKED_BACK)
    rows = list(reader.rows(asked))
    begun = [span.start_ms for span in alarm_spans(rows, 0, at_ms) if span.going_on]
    if begun:
        yield from rows
        crashes = replace(asked, types=("segment",), since_ms=min(begun), reason="restart", newest=None)
        yield from reader.rows(crashes)


def _source_report(
    key: SourceKey, summed: StretchSum, hours: Sequence[LocalHour], alarms: list[AlarmSpan]
) -> SourceReport:
    periods = [
        Period(hour.label, hour.end_ms - hour.start_ms, heard)
        for hour, heard in zip(hours, summed.by_hour, strict=True)
    ]
    pairs = list(zip(hours, periods, strict=True))
    by_hour_of_day = _grouped(sorted(pairs, key=lambda pair: pair[0].hour), lambda hour: f"{hour.hour:02d}")
    return SourceReport(
        *key,
        total=_together("total", periods),
        statuses=summed.by_status,
        genres=summed.by_genre,
        days=_grouped(pairs, lambda hour: hour.day.isoformat()),
        hours=periods,
        hours_of_day=by_hour_of_day,
        longest=summed.longest(),
        stretches=summed.stretches,
        alarms=alarms,
    )


def _grouped(pairs: Sequence[tuple[LocalHour, Period]], name: Callable[[LocalHour], str]) -> list[Period]:
    """Join neighbours of the same name."""
    groups = groupby(pairs, key=lambda pair: name(pair[0]))
    return [_together(shared, [period for _, period in group]) for shared, group in groups]


def _together(name: str, periods: Sequence[Period]) -> Period:
    heard: Counter[str] = Counter()
    for period in periods:
        heard.update(period.heard)
    return Period(name, sum(period.length_ms for period in periods), heard)


def _key(payload: Payload) -> SourceKey:
    return payload["node"], payload["source"]


def _source_object(one: SourceReport) -> Payload:
    return {
        "node": one.node,
        "source": one.source,
        "seconds": one.total.length_ms / 1000,
        "followed_seconds": one.total.followed_ms / 1000,
        "status_seconds": _seconds(one.statuses),
        "genre_seconds": _seconds(one.genres),
        "days": [_period_object("day", period) for period in one.days],
        "hours": [_period_object("hour", period) for period in one.hours],
        "hours_of_day": [_period_object("hour_of_day", period) for period in one.hours_of_day],
        "longest": [_stretch_object(stretch) for stretch in one.longest],
        "alarms": [_alarm_object(span) for span in one.alarms],
    }


def _period_object(what: str, period: Period) -> Payload:
    return {
        what: period.name,
        "seconds": period.length_ms / 1000,
        "followed_seconds": period.followed_ms / 1000,
        "label_seconds": _seconds(period.heard),
    }


def _stretch_object(stretch: Stretch) -> Payload:
    return {
        "start": _utc(stretch.start_ms),
        "end": None if stretch.going_on else _utc(stretch.end_ms),
        "seconds": stretch.seconds,
        "status": stretch.status,
        "genre": stretch.genre,
        "title": stretch.title,
    }


def _alarm_object(span: AlarmSpan) -> Payload:
    return {
        "kind": span.kind,
        "start": _utc(span.start_ms),
        "end": None if span.going_on else _utc(span.end_ms),
        "seconds": span.seconds,
    }


def _seconds(counted: Counter[str]) -> dict[str, float]:
    return {label: ms / 1000 for label, ms in counted.most_common()}


def _utc(ms: int) -> str:
    return rfc3339(at_zone(ms, UTC))
