"""Tables of the page: every figure that its drawings show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streamgenre.publish.history_alarms import AlarmSpan
from streamgenre.publish.history_colours import shown_as
from streamgenre.publish.history_html_ribbon import bar, swatch
from streamgenre.publish.history_html_text import foreign, moment, safe, seconds, share, table
from streamgenre.publish.history_report import HistoryReport, Period, SourceReport
from streamgenre.publish.history_rows import dead_air_in, heard_in
from streamgenre.publish.history_scale import Scale
from streamgenre.publish.history_stretches import Stretch
from streamgenre.publish.history_summary import DeadAir, lasted
from streamgenre.publish.history_text import length, percent, spoken

MOST_STRETCHES = 5000
"""Of all sources together; of more the page shows none by themselves."""
MOST_ALARMS = 1000
FOLDED = 40
"""Longer tables are folded away."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels that are shown, and the number by which the page knows each."""

    shown: list[str]
    numbers: dict[str, int]
    """Of every label; one that is not shown has that of `other`."""

    @classmethod
    def of(cls, shown: list[str], report: HistoryReport) -> Labels:
        heard = {label for one in report.sources for label in one.total.heard}
        numbers = {label: number for number, label in enumerate(shown)}
        return cls(shown, {label: numbers[shown_as(label, shown)] for label in heard} | numbers)

    def in_order(self, period: Period) -> list[tuple[str, float]]:
        """Return shares in the order of the key, so that bars can be compared."""
        return [
            (label, period.share(label)) for label in sorted(period.heard, key=lambda one: self.numbers[one])
        ]


def shares(one: SourceReport, look: Labels) -> str:
    """Return a line for each label, the most heard first."""
    total = one.total
    most = max(total.heard.values(), default=1)
    rows = [
        (
            f"{swatch(look.numbers[label])}{safe(spoken(label))}",
            share(total.share(label)),
            seconds(ms / 1000),
            bar([(label, ms / most)], look.numbers),
        )
        for label, ms in total.heard.most_common()
    ]
    statuses = " · ".join(
        safe(f"{status.replace('_', ' ')} {percent(ms / total.followed_ms)}")
        for status, ms in one.statuses.most_common()
    )
    return table("shares", ("", "share", "time", ""), rows) + f"<p>{statuses}</p>\n"


def days(report: HistoryReport, one: SourceReport, laid: Scale, look: Labels) -> str:
    """Return a line for each day that was followed."""
    marked = ("dead air",) if one.dead_air else ()
    rows: list[Sequence[str]] = []
    for row, period in zip(laid.rows, heard_in(report, one, laid), strict=True):
        times, dead_seconds = dead_air_in(one, row)
        if period.followed_ms or times:
            dead = seconds(dead_seconds, f"{times} ×, {length(dead_seconds)}") if times else ""
            dead_air = [dead][: len(marked)]
            followed = seconds(period.followed_ms / 1000)
            bars = bar(look.in_order(period), look.numbers)
            rows.append((f"{row.begins:%a} {period.name}", followed, *dead_air, bars, _most(period)))
    made = table("days", ("", "followed", *marked, "", "most"), rows)
    return _folded(made, len(rows), "days")


def hours_of_day(one: SourceReport, look: Labels) -> str:
    """Return a line for each hour of the clock that was followed."""
    rows = [
        (
            f"{period.name}:00",
            seconds(period.followed_ms / 1000),
            bar(look.in_order(period), look.numbers),
            _most(period),
        )
        for period in one.hours_of_day
        if period.followed_ms
    ]
    return table("hours", ("", "followed", "", "most"), rows)


def spans(report: HistoryReport, one: SourceReport) -> Iterator[str]:
    """Yield the longest stretches, dead air, other alarms and all stretches, as far as there are any."""
    if one.longest:
        rows = [_stretch(report, stretch) for stretch in one.longest]
        yield "<h3>Longest stretches</h3>\n" + table("longest", ("", "from", "length", "title"), rows)
    others = [span for span in one.alarms if span.kind != "dead_air"]
    for title, name, found in (("Dead air", "dead-air", one.dead_air), ("Other alarms", "alarms", others)):
        if found:
            yield f"<h3>{title}</h3>\n{_alarms(report, name, found)}"
    if one.stretches and sum(len(each.stretches) for each in report.sources) <= MOST_STRETCHES:
        rows = [_stretch(report, stretch) for stretch in one.stretches]
        yield "<h3>All stretches</h3>\n"
        yield _folded(table("stretches", ("", "from", "length", "title"), rows), len(rows), "stretches")


def sources(report: HistoryReport) -> str:
    """Return a line for each source."""
    heads = ("source", "followed", "music", "speech", "silent", "dead air", "in all", "longest", "most")
    return table("sources", heads, [_source(number, one) for number, one in enumerate(report.sources)])


def _source(number: int, one: SourceReport) -> Sequence[str]:
    followed, dead = one.total.followed_ms, DeadAir.of(one)
    silent = one.statuses["silence"] + one.statuses["no_signal"]
    parts = (one.statuses["music"], one.statuses["speech"], silent)
    most = one.total.heard.most_common(1)
    return (
        f'<a href="#s{number}">{safe(f"{one.node}/{one.source}")}</a>',
        share(followed / (one.total.length_ms or 1)),
        *(share(ms / followed) if followed else "" for ms in parts),
        f"{dead.times} ×" if dead.times else "",
        seconds(dead.seconds) if dead.times else "",
        seconds(dead.longest_seconds) if dead.times else "",
        _unbroken(f"{spoken(most[0][0])} {percent(one.total.share(most[0][0]))}") if most else "",
    )


def _most(period: Period) -> str:
    labels = [label for label, _ in period.heard.most_common(3)]
    return ", ".join(_unbroken(f"{spoken(label)} {percent(period.share(label))}") for label in labels)


def _unbroken(words: str) -> str:
    return f'<span class="nb">{safe(words)}</span>'


def _stretch(report: HistoryReport, stretch: Stretch) -> Sequence[str]:
    return (
        safe(spoken(stretch.label)),
        moment(stretch.start_ms, report.zone, report.moment_form),
        seconds(stretch.seconds, lasted(report, stretch)),
        foreign(stretch.title or ""),
    )


def _alarms(report: HistoryReport, name: str, found: Sequence[AlarmSpan]) -> str:
    chosen = sorted(found, key=lambda span: -span.seconds)[:MOST_ALARMS]
    rows = [
        (
            moment(span.start_ms, report.zone, report.moment_form),
            "" if span.going_on else moment(span.end_ms, report.zone, report.moment_form),
            seconds(span.seconds, lasted(report, span)),
            *([] if name == "dead-air" else [safe(spoken(span.kind))]),
        )
        for span in sorted(chosen, key=lambda span: span.start_ms)
    ]
    heads = ("from", "to", "length") if name == "dead-air" else ("from", "to", "length", "kind")
    words = "alarms" if len(found) == len(chosen) else f"longest of {len(found)}; CSV and JSON hold all"
    return _folded(table(name, heads, rows), len(rows), words)


def _folded(made: str, rows: int, words: str) -> str:
    return made if rows <= FOLDED else f"<details><summary>{rows} {words}</summary>\n{made}</details>\n"
