"""One source of a report in a line of words, and how its unended stretches are told."""

from __future__ import annotations

from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_stretches import Stretch
from streamgenre.publish.history_text import length, spoken

NOTED_MS = 120_000
"""What goes on is noted every half minute; later it may have ended untold."""


def summary(one: SourceReport) -> str:
    """Return how long it was followed, for how long nothing was to be heard, and its dead air."""
    followed, whole = length(one.total.followed_ms / 1000), length(one.total.length_ms / 1000)
    nothing = [
        f", {length(one.statuses[status] / 1000)} of it {spoken(status)}"
        for status in ("no_signal", "silence")
        if one.statuses[status]
    ]
    return f"{followed} followed of {whole}{''.join(nothing)}. {_dead_air(one)}"


def lasted(report: HistoryReport, stretch: Stretch) -> str:
    """Return its length, and whether it goes on or was left without an end."""
    if not stretch.going_on:
        return length(stretch.seconds)
    current = report.end_ms - stretch.end_ms <= NOTED_MS
    return f"{length(stretch.seconds)}, {'going on' if current else 'no end told'}"


def _dead_air(one: SourceReport) -> str:
    if not one.dead_air:
        return "No dead air."
    return f"Dead air {len(one.dead_air)} ×, {length(sum(span.seconds for span in one.dead_air))} in all."
