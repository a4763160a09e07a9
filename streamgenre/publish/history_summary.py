"""One source of a report in a line of words, and how its unended stretches are told."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.publish.history_alarms import AlarmSpan
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_stretches import Stretch
from streamgenre.publish.history_text import length, spoken

NOTED_MS = 120_000
"""What goes on is noted every half minute; later it may have ended untold."""
LEAST_TOLD_MS = 1000
"""A gap shorter than this is no news."""


@dataclass(frozen=True, slots=True)
class DeadAir:
    """Dead air of one source in figures."""

    times: int
    seconds: float
    """In all."""
    longest_seconds: float

    @classmethod
    def of(cls, one: SourceReport) -> DeadAir:
        lasted = [span.seconds for span in one.dead_air]
        return cls(len(lasted), sum(lasted), max(lasted, default=0.0))


def summary(one: SourceReport) -> str:
    """Return how long it was followed, for how long nothing was to be heard, and its dead air."""
    nothing = [
        f", {length(one.statuses[status] / 1000)} of it {spoken(status)}"
        for status in ("no_signal", "silence")
        if one.statuses[status]
    ]
    return f"{_followed(one)}{''.join(nothing)}. {_dead_air(DeadAir.of(one))}"


def lasted(report: HistoryReport, span: Stretch | AlarmSpan) -> str:
    """Return its length, and whether it goes on or was left without an end."""
    if not span.going_on:
        return length(span.seconds)
    current = report.end_ms - span.end_ms <= NOTED_MS
    return f"{length(span.seconds)}, {'going on' if current else 'no end told'}"


def _followed(one: SourceReport) -> str:
    """Return how much of the time; what is missing by itself where rounding would hide it."""
    followed, whole = (length(ms / 1000) for ms in (one.total.followed_ms, one.total.length_ms))
    missing_ms = one.total.length_ms - one.total.followed_ms
    if followed == whole and missing_ms >= LEAST_TOLD_MS:
        return f"{whole} but for {length(missing_ms / 1000)} followed"
    return f"{followed} followed of {whole}"


def _dead_air(dead: DeadAir) -> str:
    if not dead.times:
        return "No dead air."
    longest = f", the longest {length(dead.longest_seconds)}" if dead.times > 1 else ""
    return f"Dead air {dead.times} ×, {length(dead.seconds)} in all{longest}."
