"""The history on a terminal: rows, and the tables of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamgenre.cli.tables import one_line
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_reader import HistoryRow
from streamgenre.publish.history_report import HistoryReport, Period, SourceReport
from streamgenre.publish.history_summary import lasted, summary
from streamgenre.publish.history_text import length, percent, printable, spoken
from streamgenre.publish.payload import Payload

BAR_CELLS = 24
UNBROKEN = ("from", "length", "time", "share", "followed", "confidence")
FIGURES = ("share", "confidence", "length", "time", "followed")


def rows_table(rows: Iterable[HistoryRow], zone: tzinfo) -> Table:
    """Return a table with a line a row."""
    table = _table("from", "length", "source", "what", "confidence", "title or reason")
    for row in rows:
        payload = row.payload
        confidence = payload.get("mean_confidence", payload.get("confidence"))
        table.add_row(
            _when(row.start_ms, zone),
            _length(row),
            _words(f"{payload['node']}/{payload['source']}"),
            _what(payload),
            "" if confidence is None else percent(confidence),
            _words(_note(payload)),
        )
    return table


def print_report(console: Console, report: HistoryReport) -> None:
    """Print the tables of each source."""
    begins, ends = (_when(ms, report.zone) for ms in (report.start_ms, report.end_ms))
    console.print(Text(f"{begins} – {ends} · {report.zone_name}", style="dim"))
    for one in report.sources:
        console.print()
        console.print(Text.assemble((printable(one.source), "bold"), (f" · {printable(one.node)}", "dim")))
        console.print(Text(summary(one)))
        for title, table in _tables(report, one):
            if table.row_count:
                console.print(Text(f"\n{title}", style="bold"))
                console.print(table)


def _tables(report: HistoryReport, one: SourceReport) -> Iterator[tuple[str, Table]]:
    shares = _table("", "share", "time", "")
    for label, ms in one.total.heard.most_common():
        share = one.total.share(label)
        bar = "█" * round(share * BAR_CELLS) or "▏"
        shares.add_row(_words(spoken(label)), percent(share), length(ms / 1000), bar)
    yield "Shares of the time followed", shares
    statuses = _table("", "share", "time")
    for status, ms in one.statuses.most_common():
        statuses.add_row(
            _words(status.replace("_", " ")), percent(ms / one.total.followed_ms), length(ms / 1000)
        )
    yield "Music, speech and the rest", statuses
    yield "By day", _periods_table(one.days)
    yield "By hour of the day", _periods_table(one.hours_of_day)
    yield "Longest stretches", _longest_table(report, one)
    yield "Alarms", _alarms_table(report, one)


def _periods_table(periods: Iterable[Period]) -> Table:
    table = _table("", "followed", "most")
    for period in periods:
        if period.followed_ms:
            most = [
                f"{spoken(label)} {percent(period.share(label))}" for label, _ in period.heard.most_common(4)
            ]
            table.add_row(period.name, length(period.followed_ms / 1000), _words(", ".join(most)))
    return table


def _longest_table(report: HistoryReport, one: SourceReport) -> Table:
    table = _table("", "from", "length", "title")
    for stretch in one.longest:
        begun = _when(stretch.start_ms, report.zone)
        table.add_row(
            _words(spoken(stretch.label)), begun, lasted(report, stretch), _words(stretch.title or "")
        )
    return table


def _alarms_table(report: HistoryReport, one: SourceReport) -> Table:
    table = _table("", "from", "length")
    for span in one.alarms:
        told = length(span.seconds) + (", no end told" if span.going_on else "")
        table.add_row(spoken(span.kind), _when(span.start_ms, report.zone), told)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in headings:
        table.add_column(
            heading,
            overflow="fold",
            no_wrap=heading in UNBROKEN,
            justify="right" if heading in FIGURES else "left",
        )
    return table


def _when(ms: int, zone: tzinfo) -> str:
    return f"{at_zone(ms, zone):%Y-%m-%d %H:%M:%S}"


def _length(row: HistoryRow) -> str:
    if row.start_ms == row.end_ms:
        return ""
    return length((row.end_ms - row.start_ms) / 1000) + (" …" if row.going_on else "")


def _what(payload: Payload) -> Text:
    match payload["type"]:
        case "title":
            return Text("title")
        case "source":
            return _words(f"source {payload['state']}")
        case "alarm":
            return _words(f"{spoken(payload['kind'])} {'begins' if payload['active'] else 'ended'}")
        case "change":
            before, after = (payload[side]["genre"] or payload[side]["status"] for side in ("from", "to"))
            return _words(f"{spoken(before)} → {spoken(after)}")
        case _:
            return Text(printable(spoken(payload["genre"] or payload["status"])), style="bold")


def _note(payload: Payload) -> str:
    return payload.get("title") or payload.get("reason") or ""


def _words(text: str) -> Text:
    return Text(one_line(printable(text)))
