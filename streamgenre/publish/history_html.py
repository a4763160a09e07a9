"""The report as one page that needs nothing else: no scripts, no fonts or pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from html import escape

from streamgenre.publish import history_html_tables as tables
from streamgenre.publish.history_colours import OTHER, labels_shown
from streamgenre.publish.history_hours import HOUR_MS, at_zone
from streamgenre.publish.history_html_ribbon import Drawing, DrawnRow, ribbon_figure, swatch
from streamgenre.publish.history_html_style import STYLE, label_styles, patterns
from streamgenre.publish.history_html_text import foreign, safe
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_ribbon import Ribbon, RibbonPiece, ribbon
from streamgenre.publish.history_scale import Row, Scale, scale, ticks, whole
from streamgenre.publish.history_summary import summary
from streamgenre.publish.history_text import length, spoken

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
MOST_TICKS = 9
MANY_ROWS = 62
"""Beyond, only the first day of a month is named."""
FOOT = (
    "Shares are of the time followed, silence and no signal included. A genre counts where one was published,"
    " else the status. Times are of the zone named above; those in the page's source carry their offset."
)


def page(report: HistoryReport) -> Iterator[str]:
    """Yield the page piece by piece; words from the network are escaped."""
    begins, ends = (f"{at_zone(ms, report.zone):%d %b %Y %H:%M}" for ms in (report.start_ms, report.end_ms))
    shown = labels_shown(report)
    yield (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>What played, {begins} – {ends}</title>\n"
        f"<style>{STYLE}{label_styles(shown)}</style></head><body>\n{patterns(shown)}"
        f'<header><h1>What played</h1><p class="faint">{begins} – {ends} · {safe(report.zone_name)}</p>'
        "</header>\n<main>\n"
    )
    yield from _body(report, shown)
    yield f"</main>\n<footer><p>{FOOT}</p></footer>\n</body></html>\n"


def _body(report: HistoryReport, shown: list[str]) -> Iterator[str]:
    laid = scale(report)
    if laid is None:
        yield "<p>Nothing was recorded in this time.</p>\n"
        return
    look = tables.Labels.of(shown, report)
    if len(report.sources) > 1:
        yield from _overview(report, look)
    for index, one in enumerate(report.sources):
        name = f'{foreign(one.source)} <span class="faint">· {foreign(one.node)}</span>'
        yield f'<section id="s{index}"><h2>{name}</h2>\n'
        yield from _source(report, one, laid, look)
        yield "</section>\n"


def _overview(report: HistoryReport, look: tables.Labels) -> Iterator[str]:
    yield f'<section id="all"><h2>All sources</h2>\n{tables.sources(report)}'
    laid = whole(report)
    if laid is not None:
        drawn = [ribbon(report, one, laid) for one in report.sources]
        rows = [
            DrawnRow(f'<a href="#s{index}">{safe(name)}</a>', each.pieces, each.dead_air)
            for index, (name, each) in enumerate(zip(_names(report), drawn, strict=True))
        ]
        caption = f"All of them under one scale{_hourly(report)}{_dead_air_key(drawn)}"
        drawing = _drawing(report, laid, rows, caption, "All sources, a row each")
        yield from ribbon_figure(drawing, look.numbers, partial(_hint, report, laid))
    yield f"{_key(look)}</section>\n"


def _names(report: HistoryReport) -> list[str]:
    """Return the ids of the sources, with their nodes where these share ids."""
    ids = [one.source for one in report.sources]
    return ids if len(set(ids)) == len(ids) else [f"{one.node}/{one.source}" for one in report.sources]


def _source(report: HistoryReport, one: SourceReport, laid: Scale, look: tables.Labels) -> Iterator[str]:
    if not one.total.followed_ms and not one.alarms:
        yield "<p>Nothing was recorded of it in this time.</p>\n"
        return
    told = escape(summary(one))
    yield f"<p>{told}</p>\n"
    drawn = ribbon(report, one, laid)
    rows = [
        DrawnRow(_row_name(laid, row), pieces, dead)
        for row, pieces, dead in zip(
            laid.rows, _by_row(laid, drawn.pieces), _by_row(laid, drawn.dead_air), strict=True
        )
    ]
    what = "A row a day" if laid.unit == "day" else _from_to(report, laid.rows[0])
    caption = f"{what}{_hourly(report)}{_dead_air_key([drawn])}"
    described = f"What {safe(one.source)} played when. {told} The tables below say the same in figures."
    drawing = _drawing(report, laid, rows, caption, described)
    yield from ribbon_figure(drawing, look.numbers, partial(_hint, report, laid))
    if one.total.followed_ms:
        yield f"<h3>Shares of the time followed</h3>\n{tables.shares(one, look)}"
    if laid.unit == "day":
        yield f"<h3>By day</h3>\n{tables.days(report, one, laid, look)}"
    if one.total.followed_ms:
        yield f"<h3>By hour of the day</h3>\n{tables.hours_of_day(one, look)}"
    yield from tables.spans(report, one)


def _drawing(
    report: HistoryReport, laid: Scale, rows: Sequence[DrawnRow], caption: str, described: str
) -> Drawing:
    return Drawing(rows, laid.hours, ticks(laid, report.zone, MOST_TICKS), caption, described)


def _by_row(laid: Scale, pieces: Sequence[RibbonPiece]) -> list[list[RibbonPiece]]:
    rows: list[list[RibbonPiece]] = [[] for _ in laid.rows]
    for piece in pieces:
        rows[piece.row].append(piece)
    return rows


def _row_name(laid: Scale, row: Row) -> str:
    if laid.unit == "time":
        return ""
    if len(laid.rows) > MANY_ROWS:
        return f"{row.begins:%b %Y}" if row.begins.day == 1 else ""
    return f"{row.begins:%a %d %b}" + (f" ({row.hours:g} h)" if row.hours != 24 else "")


def _from_to(report: HistoryReport, row: Row) -> str:
    begins, ends = (at_zone(ms, report.zone) for ms in (row.start_ms, row.end_ms))
    same = begins.date() == ends.date()
    return f"{begins:%a %d %b %H:%M:%S} – {ends:{'%H:%M:%S' if same else '%a %d %b %H:%M:%S'}}"


def _hint(report: HistoryReport, laid: Scale, piece: RibbonPiece) -> str:
    """Return what is said of a piece: what, from when to when, for how long, the title."""
    start = laid.rows[piece.row].start_ms
    span = (start + round(hours * HOUR_MS) for hours in (piece.start_hours, piece.end_hours))
    mostly = "" if piece.stretch or piece.label == "dead_air" else "mostly "
    if piece.stretch:
        span = (piece.stretch.start_ms, piece.stretch.end_ms)
    start_ms, end_ms = span
    begins, ends = (at_zone(ms, report.zone) for ms in (start_ms, end_ms))
    end_form = "%H:%M:%S" if begins.date() == ends.date() else report.moment_form
    words = f"{mostly}{spoken(piece.label)}, {begins:{report.moment_form}} – {ends:{end_form}}"
    title = f", {piece.stretch.title}" if piece.stretch and piece.stretch.title else ""
    return safe(f"{words}, {length((end_ms - start_ms) / 1000)}{title}")


def _hourly(report: HistoryReport) -> str:
    return "" if report.in_detail else ", each hour as what was heard most in it"


def _dead_air_key(drawn: Sequence[Ribbon]) -> str:
    return " · dead air is underlined" if any(each.dead_air for each in drawn) else ""


def _key(look: tables.Labels) -> str:
    items = "".join(
        f"<li>{swatch(number)}{safe(spoken(label) if label != OTHER else 'other genres')}</li>"
        for number, label in enumerate(look.shown)
    )
    return f'<ul class="key">{items}</ul>\n'
