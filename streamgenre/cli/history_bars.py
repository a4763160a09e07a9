"""Shares as bars: of all the time, and of each hour of the day."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from streamgenre.cli.history_paper import Paper
from streamgenre.cli.history_ribbon import run_words
from streamgenre.publish.dashboard.palette import DIM
from streamgenre.publish.dashboard.text import shorten
from streamgenre.publish.dashboard.verdict import bar
from streamgenre.publish.history_colours import shown_as
from streamgenre.publish.history_report import Period, SourceReport
from streamgenre.publish.history_text import length, percent

LONGEST_NAME = 20
LEAST_BAR = 8
MOST_BAR = 60


def shares(paper: Paper, one: SourceReport) -> Table:
    """Return a line for each label: its sign, name, share, time and bar; the longest bar fills the line."""
    total = one.total
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    names = {label: shorten(paper.label(label), LONGEST_NAME, paper.look) for label in total.heard}
    width = max((Text(name).cell_len for name in names.values()), default=0)
    room = paper.width - (3 + 1 + width + 1 + 5 + 1)
    timed = room >= LEAST_BAR + 12
    bar_width = max(1, min(MOST_BAR, room - 12 * timed))
    most = max(total.heard.values(), default=1)
    for label, ms in total.heard.most_common():
        drawn = bar(ms / most, bar_width, paper.bar_style(label), paper.look)
        cells: list[RenderableType] = [
            paper.swatch(label),
            Text(names[label]),
            Text(percent(total.share(label)).rjust(5)),
        ]
        if timed:
            cells.append(Text(length(ms / 1000).rjust(11)))
        table.add_row(*cells, Text.assemble(*((part.text, part.style or "") for part in drawn)))
    return table


def statuses(paper: Paper, one: SourceReport) -> Text:
    """Return the shares of music, speech and the rest in a line."""
    parts = [
        f"{paper.say(status.replace('_', ' '))} {percent(ms / one.total.followed_ms)}"
        for status, ms in one.statuses.most_common()
    ]
    return paper.text(" · ".join(parts))


def hours_of_day(paper: Paper, one: SourceReport) -> list[Text]:
    """Return a bar for each hour of the day that was followed, cut by what was heard in it."""
    followed = [period for period in one.hours_of_day if period.followed_ms]
    told = paper.width >= 50
    width = max(8, min(100, paper.width - 3 - (12 if told else 0)))
    lines: list[Text] = []
    for period in followed:
        line = Text.assemble((f"{period.name} ", DIM), _stacked(paper, period, width))
        if told:
            line.append(length(period.followed_ms / 1000).rjust(12), DIM)
        lines.append(line)
    return lines


def _stacked(paper: Paper, period: Period, width: int) -> Text:
    heard = dict.fromkeys(paper.shown, 0)
    for label, ms in period.heard.items():
        heard[shown_as(label, paper.shown)] += ms
    line = Text()
    for label, cells in zip(heard, apportioned(list(heard.values()), width), strict=True):
        line.append(*run_words(paper, label, cells))
    return line


def apportioned(amounts: Sequence[float], cells: int) -> list[int]:
    """Share out cells by amount; who has the largest remainder gets what is left over."""
    whole = sum(amounts) or 1
    exact = [amount * cells / whole for amount in amounts]
    given = [int(one) for one in exact]
    ahead = sorted(range(len(exact)), key=lambda at: given[at] - exact[at])
    for at in ahead[: round(sum(exact)) - sum(given)]:
        given[at] += 1
    return given


def most_heard(paper: Paper, period: Period, count: int) -> str:
    """Return what was heard most, with its shares, as words."""
    return ", ".join(
        f"{short_label(paper, label)} {percent(period.share(label))}"
        for label, _ in period.heard.most_common(count)
    )


def short_label(paper: Paper, label: str) -> str:
    """Return a genre or status as words, cut where columns count: models name genres as they like."""
    return shorten(paper.label(label), LONGEST_NAME, paper.look) if paper.cut else paper.label(label)
