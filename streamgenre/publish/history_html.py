"""The report as one page that needs nothing else: no scripts, no fonts or pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from streamgenre.publish.history_colours import labels_shown, look, shown_as
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_report import HistoryReport, Period, SourceReport
from streamgenre.publish.history_ribbon import Ribbon, RibbonPiece, ribbon
from streamgenre.publish.history_summary import lasted, summary
from streamgenre.publish.history_text import length, percent, printable, spoken

HOUR_PIXELS, ROW_PIXELS, NAME_PIXELS = 34, 24, 80
LETTER_HOURS = 0.2
DAYS_OF_A_YEAR = 365
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

STYLE = """
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1f24; background: #fff; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem; margin: 0 }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; border-top: 1px solid #e3e6ea; padding-top: 1.5rem }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem }
p { margin: .2rem 0 }
.faint { color: #5b6470 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .15rem .9rem .15rem 0; font-weight: normal }
thead th { color: #5b6470; font-size: .85rem }
.bar { display: flex; width: 22rem; max-width: 45vw; height: 1.1rem; gap: 1px }
.bar span { min-width: 1px; overflow: hidden; font-size: .7rem; line-height: 1.1rem; text-align: center;
  white-space: nowrap }
svg { max-width: 100%; height: auto; display: block }
svg text { font: 11px system-ui, sans-serif }
"""


def page(report: HistoryReport) -> Iterator[str]:
    """Yield the page piece by piece; words from the network are escaped."""
    begins, ends = (f"{at_zone(ms, report.zone):%d %b %Y %H:%M}" for ms in (report.start_ms, report.end_ms))
    yield (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>What played, {begins} – {ends}</title><style>{STYLE}</style></head><body>\n"
        f'<h1>What played</h1><p class="faint">{begins} – {ends} · {_safe(report.zone_name)}</p>\n'
    )
    shown = labels_shown(report)
    for one in report.sources:
        yield from _source(report, one, shown)
    if not report.sources:
        yield "<p>Nothing was recorded in this time.</p>\n"
    yield "</body></html>\n"


def _source(report: HistoryReport, one: SourceReport, shown: list[str]) -> Iterator[str]:
    total = one.total
    yield f'<section><h2>{_safe(one.source)} <span class="faint">· {_safe(one.node)}</span></h2>\n'
    yield f"<p>{summary(one)}</p>\n"
    yield from _ribbon(ribbon(report, one), report, shown)
    yield "<h3>Shares</h3>\n" + _table(
        ("", "share", "time", ""),
        (
            (
                _safe(spoken(label)),
                percent(total.share(label)),
                length(ms / 1000),
                _bar([(label, total.share(label))]),
            )
            for label, ms in total.heard.most_common()
        ),
    )
    for title, periods in (("By day", one.days), ("By hour of the day", one.hours_of_day)):
        yield f"<h3>{title}</h3>\n" + _table(
            ("", "followed", "", "most"), (_period(period, shown) for period in periods)
        )
    yield from _spans(report, one)
    yield "</section>\n"


def _period(period: Period, shown: list[str]) -> tuple[str, ...]:
    parts = [(label, period.share(label)) for label in (*shown, *period.heard.keys() - set(shown))]
    most = ", ".join(
        f"{spoken(label)} {percent(period.share(label))}" for label, _ in period.heard.most_common(3)
    )
    return _safe(period.name), length(period.followed_ms / 1000), _bar(parts), _safe(most)


def _bar(parts: Iterable[tuple[str, float]]) -> str:
    pieces = [
        f'<span title="{_safe(spoken(label))} {percent(share)}" style="width:{share:.2%};background:'
        f'{look(label).colour};color:{look(label).ink}">{_safe(spoken(label)) if share > 0.16 else ""}</span>'
        for label, share in parts
        if share
    ]
    return f'<div class="bar">{"".join(pieces)}</div>'


def _ribbon(laid: Ribbon, report: HistoryReport, shown: list[str]) -> Iterator[str]:
    hours = max(24.0, *laid.hours)
    wide, high = NAME_PIXELS + hours * HOUR_PIXELS + 40, len(laid.days) * ROW_PIXELS + 22
    size = f'viewBox="0 0 {wide:g} {high}" width="{wide:g}"'
    yield f'<svg {size} role="img" aria-label="What played, a row a day">\n'
    form = "%a %d %b" if len(laid.days) < DAYS_OF_A_YEAR else "%d %b %Y"
    for row, (day, day_hours) in enumerate(zip(laid.days, laid.hours, strict=True)):
        y = row * ROW_PIXELS + 15
        yield f'<text x="0" y="{y}" fill="#5b6470">{day:{form}}</text>'
        if day_hours != 24:
            x = NAME_PIXELS + hours * HOUR_PIXELS + 4
            yield f'<text x="{x:g}" y="{y}" fill="#5b6470">{day_hours:g} h</text>'
    for piece in laid.pieces:
        yield _piece(piece, report, shown)
    for piece in laid.dead_air:
        yield _dead_air_mark(piece)
    for hour in range(0, 25, 3):
        x = NAME_PIXELS + hour * HOUR_PIXELS
        yield f'<text x="{x}" y="{high - 6}" text-anchor="middle" fill="#5b6470">{hour:02d}:00</text>'
    yield "</svg>\n"


def _dead_air_mark(piece: RibbonPiece) -> str:
    """A black line at the foot of what was dead, wide enough to be seen."""
    x, y = NAME_PIXELS + piece.start_hours * HOUR_PIXELS, piece.row * ROW_PIXELS + 19
    wide = max(3.0, (piece.end_hours - piece.start_hours) * HOUR_PIXELS)
    box = f'<rect x="{x:.2f}" y="{y}" width="{wide:.2f}" height="4" fill="#1c1f24"/>'
    return f"<g><title>dead air</title>{box}</g>\n"


def _piece(piece: RibbonPiece, report: HistoryReport, shown: list[str]) -> str:
    drawn, words = look(shown_as(piece.label, shown)), _safe(spoken(piece.label))
    x, wide = (
        NAME_PIXELS + piece.start_hours * HOUR_PIXELS,
        (piece.end_hours - piece.start_hours) * HOUR_PIXELS,
    )
    y, hint = piece.row * ROW_PIXELS + 1, words
    if piece.stretch is not None:
        begins, ends = (at_zone(ms, report.zone) for ms in (piece.stretch.start_ms, piece.stretch.end_ms))
        hint += f", {begins:%H:%M}–{ends:%H:%M}"
        hint += f", {_safe(piece.stretch.title)}" if piece.stretch.title else ""
    box = f'<rect x="{x:.2f}" y="{y}" width="{max(wide, 0.5):.2f}" height="20" fill="{drawn.colour}"/>'
    if wide < (len(piece.label) * LETTER_HOURS + 0.3) * HOUR_PIXELS:
        return f"<g><title>{hint}</title>{box}</g>\n"
    middle = (
        f'<text x="{x + wide / 2:.2f}" y="{y + 14}" text-anchor="middle" fill="{drawn.ink}">{words}</text>'
    )
    return f"<g><title>{hint}</title>{box}{middle}</g>\n"


def _spans(report: HistoryReport, one: SourceReport) -> Iterator[str]:
    when = "%a %d %b %H:%M:%S"
    if one.longest:
        yield "<h3>Longest stretches</h3>\n" + _table(
            ("", "from", "length", "title"),
            (
                (
                    _safe(spoken(stretch.label)),
                    f"{at_zone(stretch.start_ms, report.zone):{when}}",
                    lasted(report, stretch),
                    _safe(stretch.title or ""),
                )
                for stretch in one.longest
            ),
        )
    if one.alarms:
        yield "<h3>Alarms</h3>\n" + _table(
            ("", "from", "length"),
            (
                (
                    spoken(span.kind),
                    f"{at_zone(span.start_ms, report.zone):{when}}",
                    length(span.seconds) + (", no end told" if span.going_on else ""),
                )
                for span in one.alarms
            ),
        )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n" for cells in rows
    )  # cells are safe already
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n"


def _safe(text: str) -> str:
    return escape(printable(text))
