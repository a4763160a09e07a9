"""The report as a picture, SVG or PNG; the only importer of matplotlib, which is an extra."""

# pyright: reportMissingImports=false, reportUnknownParameterType=false
# matplotlib is not installed everywhere and only partly typed.
from __future__ import annotations

import io
from collections import defaultdict
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Literal

from streamgenre.errors import StreamgenreError
from streamgenre.publish.history_colours import labels_shown, look, shown_as
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_report import HistoryReport, Period, SourceReport
from streamgenre.publish.history_ribbon import Ribbon, RibbonPiece, ribbon
from streamgenre.publish.history_scale import scale, ticks
from streamgenre.publish.history_text import brief, length, percent, printable, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

INK, FAINT, RULE = "#1c1f24", "#6b7280", "#e3e6ea"
WIDTH_INCHES = 12.5
HEAD_INCHES = 0.75
ROW_INCHES, MOST_RIBBON_INCHES = 0.27, 9.0
NAME_INCHES = 0.13
LEGIBLE_ROW_INCHES = 0.15
"""Lower rows have no room for words."""
HOURS_INCHES = 1.35
MOST_PIXELS = 60_000
LEAST_SEEN_SHARE = 0.0033
"""Of the width of the ribbon: what is shorter is drawn as long as that."""
SWATCH = 0.16
"""Of the width of the shares: room for a pattern, however short the bar."""
LETTER_SHARE = 0.0071
"""Width of a letter, of that of the ribbon."""
LONGEST_NAME = 20

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "axes.edgecolor": RULE,
    "hatch.linewidth": 0.7,
    "text.parse_math": False,
    "svg.hashsalt": "streamgenre",
}


def chart(report: HistoryReport, form: Literal["svg", "png"]) -> bytes:
    """Draw the report. Raises StreamgenreError where matplotlib is not installed."""
    try:
        import matplotlib as mpl  # noqa: PLC0415  # an extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise StreamgenreError(
            f"{form.upper()} charts need matplotlib, an extra: pip install 'streamgenre[charts]'.\n"
            "An HTML report (--format html) needs nothing more."
        ) from error
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, HEAD_INCHES + 1), facecolor="white")
        _draw(figure, report)
        out = io.BytesIO()
        dpi = min(150.0, MOST_PIXELS / figure.get_figheight())
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(out, format=form, dpi=dpi, metadata=metadata)
    return out.getvalue()


def _draw(figure: Figure, report: HistoryReport) -> None:
    shown, rows_of_time = labels_shown(report), scale(report)
    ribbons = [ribbon(report, one, rows_of_time) for one in report.sources] if rows_of_time else []
    heights = [
        _height(one, laid, len(shown)) for one, laid in zip(report.sources, ribbons, strict=bool(ribbons))
    ]
    height = HEAD_INCHES + (sum(heights) or 1.0)
    figure.set_figheight(height)
    begins, ends = (at_zone(ms, report.zone) for ms in (report.start_ms, report.end_ms))
    left = 0.9 / WIDTH_INCHES
    figure.text(left, 1 - 0.3 / height, "What played", fontsize=15, weight="bold", va="center")
    when = f"{begins:%d %b %Y %H:%M} – {ends:%d %b %Y %H:%M} · {printable(report.zone_name)}"
    when += "" if report.in_detail else " · each hour as what was heard most in it"
    figure.text(left, 1 - 0.56 / height, when, fontsize=8.5, color=FAINT, va="center")
    if not ribbons:
        figure.text(left, 0.3, "Nothing was recorded in this time.", fontsize=10)
        return
    rows = figure.subfigures(len(ribbons) + 1, 1, squeeze=False, height_ratios=[HEAD_INCHES, *heights])[:, 0]
    for part, one, laid, inches in zip(rows[1:], report.sources, ribbons, heights, strict=True):
        _draw_source(part, report, one, laid, inches)


def _height(one: SourceReport, laid: Ribbon, shown: int) -> float:
    hours = HOURS_INCHES + 0.3 if len(_followed(one)) > 1 else 0.0
    return max(_ribbon_inches(laid) + hours + 0.95, min(shown, len(one.total.heard)) * 0.24 + 1.1)


def _followed(one: SourceReport) -> list[Period]:
    return [period for period in one.hours_of_day if period.followed_ms]


def _ribbon_inches(laid: Ribbon) -> float:
    return max(0.5, min(len(laid.scale.rows) * ROW_INCHES, MOST_RIBBON_INCHES))


def _draw_source(
    part: SubFigure, report: HistoryReport, one: SourceReport, laid: Ribbon, inches: float
) -> None:
    shown = labels_shown(report)
    left, wide, bars = 0.9 / WIDTH_INCHES, 7.9 / WIDTH_INCHES, 10.05 / WIDTH_INCHES
    name = printable(f"{one.source} · {one.node}")
    part.text(left, 1 - 0.16 / inches, name, fontsize=11, weight="bold", va="center")
    ribbon_height = _ribbon_inches(laid)
    top = inches - 0.36 - ribbon_height
    days = part.add_axes((left, top / inches, wide, ribbon_height / inches))
    _draw_ribbon(days, one, laid, shown)
    _dress_ribbon(days, laid, report.zone)
    followed = _followed(one)
    if len(followed) > 1:
        below = top - 0.62 - HOURS_INCHES
        hours = part.add_axes((left, below / inches, wide, HOURS_INCHES / inches))
        _draw_hours(hours, followed, shown, 24.0 if laid.scale.unit == "time" else laid.scale.hours)
    used = [label for label in shown if _as_shown(one.total, shown)[label]]
    high = max(0.3, len(used) * 0.24)
    shares = part.add_axes((bars, (inches - 0.36 - high) / inches, 1.0 / WIDTH_INCHES, high / inches))
    _draw_shares(shares, one.total, used, shown)


def _draw_ribbon(axes: Axes, one: SourceReport, laid: Ribbon, shown: list[str]) -> None:
    by_label: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    legible = _ribbon_inches(laid) / len(laid.scale.rows) >= LEGIBLE_ROW_INCHES
    letter = LETTER_SHARE * laid.scale.hours
    for piece in laid.pieces:
        label = shown_as(piece.label, shown)
        by_label[label].append((piece.start_hours, piece.row, piece.end_hours, piece.row))
        if legible:
            _name_piece(axes, piece, label, letter)
    for label, spans in by_label.items():
        _fill(axes, label, [(start, row - 0.41, end, row + 0.41) for start, row, end, _ in spans])
    _mark_dead_air(axes, one, laid)


def _name_piece(axes: Axes, piece: RibbonPiece, label: str, letter_hours: float) -> None:
    """Write the name where it fits, clear of the pattern."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    words, drawn = _name(label), look(label)
    if piece.end_hours - piece.start_hours < letter_hours * (len(words) + 1.2):
        return
    written = axes.text(
        (piece.start_hours + piece.end_hours) / 2,
        piece.row,
        words,
        ha="center",
        va="center_baseline",
        fontsize=6.5,
        color=drawn.ink,
    )
    written.set_path_effects([withStroke(linewidth=2.5, foreground=drawn.colour)])


def _fill(axes: Axes, label: str, boxes: list[tuple[float, float, float, float]]) -> None:
    from matplotlib.collections import PolyCollection  # noqa: PLC0415

    drawn = look(label)
    corners = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes]
    axes.add_collection(
        PolyCollection(
            corners,
            facecolor=drawn.colour,
            hatch=drawn.pattern,
            edgecolor=drawn.pattern_ink,
            linewidth=0,
            zorder=1,
        )
    )


def _mark_dead_air(axes: Axes, one: SourceReport, laid: Ribbon) -> None:
    """A black line under what was dead, at least wide enough to be seen."""
    if one.dead_air:
        note = f"▬ dead air, {len(one.dead_air)} ×"
        axes.text(1, 1.02, note, transform=axes.transAxes, ha="right", va="bottom", fontsize=7.5, color=INK)
    for piece in laid.dead_air:
        ends = max(piece.end_hours, piece.start_hours + LEAST_SEEN_SHARE * laid.scale.hours)
        axes.plot([piece.start_hours, ends], [piece.row + 0.41] * 2, color=INK, linewidth=2.2)


def _dress_ribbon(axes: Axes, laid: Ribbon, zone: tzinfo) -> None:
    rows, hours = laid.scale.rows, laid.scale.hours
    axes.set_xlim(0, hours)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    named = _named_rows(laid)
    axes.set_yticks(list(named), list(named.values()))
    times = ticks(laid.scale, zone, 9)
    axes.set_xticks([tick.hours for tick in times], [tick.words for tick in times])
    axes.tick_params(length=0, pad=4)
    axes.grid(axis="x", color=RULE, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    for index, row in enumerate(rows):
        if laid.scale.unit == "day" and row.hours != 24:
            axes.text(hours * 1.004, index, f"{row.hours:g} h", va="center", fontsize=6.5, color=FAINT)


def _named_rows(laid: Ribbon) -> dict[int, str]:
    """Return the rows that are named: all, or the first of each month where they are too many."""
    rows = laid.scale.rows
    if laid.scale.unit == "time":
        return {0: f"{rows[0].begins:%a %d %b}"}
    if len(rows) * NAME_INCHES <= _ribbon_inches(laid):
        return {index: f"{row.begins:%a %d %b}" for index, row in enumerate(rows)}
    return {index: f"{row.begins:%b %Y}" for index, row in enumerate(rows) if row.begins.day == 1}


def _draw_hours(axes: Axes, periods: list[Period], shown: list[str], hours: float) -> None:
    base = [0.0] * len(periods)
    for label in shown:
        shares = [_as_shown(period, shown)[label] / (period.followed_ms or 1) for period in periods]
        boxes = [
            (int(period.name) + 0.04, low, int(period.name) + 0.96, low + share)
            for period, low, share in zip(periods, base, shares, strict=True)
            if share
        ]
        _fill(axes, label, boxes)
        base = [low + share for low, share in zip(base, shares, strict=True)]
    axes.set_xlim(0, hours)
    axes.set_xticks(range(0, 25, 3), [f"{hour:02d}:00" for hour in range(0, 25, 3)])
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.set_title("by hour of the day", loc="left", fontsize=8, color=FAINT, pad=5)
    axes.tick_params(length=0, pad=4)
    axes.spines[:].set_visible(False)


def _draw_shares(axes: Axes, total: Period, used: list[str], shown: list[str]) -> None:
    """A legend with bars: name, pattern, share and time."""
    heard = _as_shown(total, shown)
    most = max([heard[label] for label in used], default=1)
    for row, label in enumerate(used):
        begins = SWATCH + 0.05
        ends = begins + (1 - begins) * heard[label] / most
        _fill(axes, label, [(0, row - 0.36, SWATCH, row + 0.36), (begins, row - 0.36, ends, row + 0.36)])
        words = f"{percent(heard[label] / (total.followed_ms or 1))}  ·  {length(heard[label] / 1000)}"
        axes.text(1.08, row, words, va="center", fontsize=7.5, color=FAINT, clip_on=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(max(len(used), 1) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks(range(len(used)), [_name(label) for label in used], color=INK)
    axes.tick_params(length=0, pad=5)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{length(total.followed_ms / 1000)} followed", loc="left", fontsize=8, color=FAINT, pad=5)


def _name(label: str) -> str:
    return brief(spoken(label), LONGEST_NAME)


def _as_shown(period: Period, shown: list[str]) -> dict[str, int]:
    heard: dict[str, int] = defaultdict(int)
    for label, ms in period.heard.items():
        heard[shown_as(label, shown)] += ms
    return heard
