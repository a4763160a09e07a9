"""`streamgenre fleet status` for people: what fails, then which machines and groups carry what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamgenre.cli.history_paper import Paper
from streamgenre.publish.dashboard.fleet_failing import failing_lines
from streamgenre.publish.dashboard.fleet_line import fact_spans, fleet_sign, wrapped
from streamgenre.publish.dashboard.fleet_picture import FleetPicture, GroupPicture, MachinePicture, lags
from streamgenre.publish.dashboard.fleet_reading import read_fleet
from streamgenre.publish.dashboard.fleet_rows import FIGURES, Row, fleet_rows, row_words
from streamgenre.publish.dashboard.fleet_table import fleet_heads, lay_out_fleet, row_line
from streamgenre.publish.dashboard.fleet_words import part_words, plural, since_words
from streamgenre.publish.dashboard.palette import BOLD, DIM, warn_style
from streamgenre.publish.dashboard.text import Line, clean, moment, separated, span
from streamgenre.publish.payload import Payload

MOST_FAILING = 10
MOST_ROWS = 24
"""Of machines and groups on a terminal; beyond, only what is in trouble is listed with its machine."""
MOST_PROBLEMS = 10
ELSEWHERE = ": --json"
MOST_FACT_LINES = 8
NOTHING = "-"


def print_fleet_status(console: Console, status: Payload) -> None:
    """Print it as wide as the terminal, cut where that is more than one look; all of it elsewhere."""
    fleet, paper = read_fleet(status), Paper.of(console)
    for line in _head(fleet, paper):
        _print(console, line)
    if paper.cut:
        for line in _screenful(fleet, paper):
            _print(console, line)
    else:
        for heading, table in _tables(fleet, paper):
            console.print(f"\n{heading}", highlight=False)
            console.print(table)
    for line in _problems(fleet, paper):
        console.print(line, soft_wrap=not paper.cut, highlight=False)


def _print(console: Console, line: Line) -> None:
    text = Text.assemble(*((part.text, part.style or "") for part in line))
    text.rstrip()
    console.print(text, no_wrap=True, crop=True, overflow="crop")


def _head(fleet: FleetPicture, paper: Paper) -> list[Line]:
    """Say how it is, and where it is led from."""
    look = paper.look
    first: list[Line] = [[fleet_sign(fleet, look), span(" fleet ", DIM), span(clean(fleet.node, look), BOLD)]]
    if fleet.version:
        first.append([span(f"version {clean(fleet.version, look)}", DIM)])
    if fleet.time_seconds is not None:
        first.append([span(moment(fleet.time_seconds), DIM)])
    parts = [("supervisor", fleet.supervisor), ("publisher", fleet.publisher)]
    led: list[Line] = [[span(clean(part_words(*one), look), DIM)] for one in parts]
    facts = wrapped(fact_spans(fleet, look), MOST_FACT_LINES, paper.width, look)
    return [separated(first, look, paper.width), *facts, *wrapped(led, len(led), paper.width, look)]


def _screenful(fleet: FleetPicture, paper: Paper) -> Iterable[Line]:
    """Draw what a terminal can show in one look."""
    width, look = paper.width, paper.look
    if fleet.failing_count:
        yield from ([], [span("failing", BOLD)])
        yield from failing_lines(fleet, width, MOST_FAILING, look, ELSEWHERE)
    rows = fleet_rows(fleet)
    if not rows:
        return
    shown = rows if len(rows) <= MOST_ROWS else [row for row in rows if _matters(row)][:MOST_ROWS]
    layout = lay_out_fleet(shown, width)
    yield from ([], fleet_heads(layout, look))
    for row in shown:
        yield row_line(row_words(row, 0.0), layout, look, old=False)
    if more := _more(fleet, shown):
        yield [span(f"  and {more} more{ELSEWHERE}", DIM)]


def _matters(row: Row) -> bool:
    return isinstance(row, MachinePicture) or row.in_trouble or lags(row.lag_seconds)


def _more(fleet: FleetPicture, shown: Sequence[Row]) -> str:
    groups = sum(isinstance(row, GroupPicture) for row in shown)
    left = ((len(fleet.machines) - len(shown) + groups, "machine"), (fleet.group_count - groups, "group"))
    return " and ".join(plural(count, noun) for count, noun in left if count > 0)


def _tables(fleet: FleetPicture, paper: Paper) -> Iterable[tuple[str, Table]]:
    """Lay out everything; a word is never cut, and no column is empty."""
    if fleet.failing:
        failing = paper.table("station", "since", "seconds", "group", "why")
        for one in fleet.newest_failing_first():
            lasted = "" if one.seconds is None else f"{one.seconds:.1f}"
            since = since_words(fleet.time_seconds, one.seconds)
            _add(failing, paper, (one.shown_as, since, lasted, one.group or "", one.why))
        yield "failing", failing
    if rows := fleet_rows(fleet):
        table = paper.table("machine, group", "state", "load", *FIGURES, "trouble")
        for row in rows:
            words = row_words(row, 0.0)
            name = words.name if words.is_machine else f"  {words.name}"
            load = words.load.words if words.load_share is not None else ""
            figures = (figure.words for figure in words.figures)
            _add(table, paper, (name, words.state, load, *figures, words.trouble or ""))
        yield "machines and groups", table


def _add(table: Table, paper: Paper, cells: Sequence[str]) -> None:
    table.add_row(*(paper.text(cell or NOTHING) for cell in cells))


def _problems(fleet: FleetPicture, paper: Paper) -> Iterable[Text]:
    """Write whole what there was no room for above, and what is wrong with the list of stations."""
    told = [*_troubles(fleet, paper), *fleet.problems]
    if not told:
        return
    most = MOST_PROBLEMS if paper.cut else len(told)
    yield Text("")
    yield paper.text("problems", BOLD)
    for words in told[:most]:
        yield Text.assemble((f"{paper.look.signs.alarm} ", warn_style(paper.look)), clean(words, paper.look))
    if len(told) > most:
        yield Text(f"  and {len(told) - most} more{ELSEWHERE}", style=DIM)


def _troubles(fleet: FleetPicture, paper: Paper) -> Iterable[str]:
    parts = (("supervisor", fleet.supervisor.trouble), ("publisher", fleet.publisher.trouble))
    in_table = not paper.cut or lay_out_fleet(fleet_rows(fleet), paper.width).trouble_width > 0
    groups = [] if in_table else [(one.id, one.trouble) for one in fleet.groups]
    return (f"{name}: {trouble}" for name, trouble in (*parts, *groups) if trouble)
