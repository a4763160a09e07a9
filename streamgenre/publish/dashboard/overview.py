"""Every source of a board on one screen: the table, what happened lately, and one of them in detail."""

from __future__ import annotations

from dataclasses import replace

from streamgenre.publish.dashboard.board_picture import BoardPicture, NodePicture
from streamgenre.publish.dashboard.controls import Controls
from streamgenre.publish.dashboard.fleet_line import fleet_lines, most_fleet_lines
from streamgenre.publish.dashboard.fleet_page import FleetView, fleet_page
from streamgenre.publish.dashboard.happenings import Happening, happening_line
from streamgenre.publish.dashboard.help_page import help_page
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, good_style, warn_style
from streamgenre.publish.dashboard.screen import Foot, Lines, clock_warning, render
from streamgenre.publish.dashboard.standing import SIGNS
from streamgenre.publish.dashboard.table import heads, lay_out, source_line
from streamgenre.publish.dashboard.text import (
    Line,
    clean,
    fit,
    heading,
    justify,
    line_width,
    moment,
    separated,
    shorten,
    span,
)

HEADS_HEIGHT = 6
LATEST_HEIGHT = 4
"""A heading, air above it and two events at least."""
BOTH_LATEST_HEIGHT = 10
BOTH_DETAIL_HEIGHT = 24
"""So many lines below the table, and the chosen source is shown there, too."""


def compose(board: BoardPicture, controls: Controls, width: int, height: int, look: Look) -> Lines:
    """Draw what the controls ask for in exactly `width` by `height` cells."""
    if controls.helping:
        return help_page(width, height, look, many=True, fleets=bool(board.fleets))
    if controls.shows_fleet(board.fleet_names):
        return _fleet(board, controls, width, height, look)
    if controls.shows_detail(board.keys):
        place = f"{controls.place(board.keys) + 1} of {len(board.keys)}  "
        keys = f"{place * (len(board.keys) > 1 and width >= 60)}? help  q quit" if width >= 50 else "? help"
        return _detail(board, controls, width, height, look, keys)
    if shows_both(board, height):
        upper_height = _upper_height(board, height)
        upper = overview(board, controls, width, upper_height, look, footed=False)
        keys = "Enter this alone  ? help  q quit" if width >= 60 else "? help"
        lower = _detail(board, controls, width, height - upper_height - 1, look, keys)
        return Lines((*upper.lines, fit([], width), *lower.lines))
    return overview(board, controls, width, height, look)


def shows_both(board: BoardPicture, height: int) -> bool:
    """Whether the chosen source has room below the table."""
    return bool(board.keys) and height > _upper_height(board, height) + BOTH_DETAIL_HEIGHT


def _upper_height(board: BoardPicture, height: int) -> int:
    return 2 + most_fleet_lines(len(board.fleets), height) + len(board.keys) + BOTH_LATEST_HEIGHT


def _fleet(board: BoardPicture, controls: Controls, width: int, height: int, look: Look) -> Lines:
    """Draw the page of a fleet; nobody can scroll farther than it goes."""
    view = FleetView(controls.fleet_place(board.fleet_names), controls.scrolled)
    urgent = _urgent(board, controls)
    lines, most = fleet_page(board.fleets, view, board.wall_seconds, (width, height), look, urgent)
    controls.scrolled = min(controls.scrolled, most)
    return lines


def _detail(board: BoardPicture, controls: Controls, width: int, height: int, look: Look, keys: str) -> Lines:
    picture = board.at(controls.place(board.keys))
    picture = replace(picture, note=picture.note or board.note)
    return render(picture, width, height, look, Foot(keys, _urgent(board, controls)))


def overview(
    board: BoardPicture, controls: Controls, width: int, height: int, look: Look, *, footed: bool = True
) -> Lines:
    """Draw the table."""
    foot = [_foot(board, controls, width, look)] * (footed and height > 2)
    lines = [_top(board, width, look), *fleet_lines(board.fleets, width, height, look)][:height]
    room = height - len(lines) - len(foot)
    lines += _rows(board, controls, width, room, look)
    room = height - len(lines) - len(foot)
    if room >= LATEST_HEIGHT and board.happenings:
        lines += _latest(board, width, room, look)
    lines = lines[: height - len(foot)]
    lines += [[]] * (height - len(foot) - len(lines)) + foot
    return Lines(tuple(fit(line, width) for line in lines))


def _rows(board: BoardPicture, controls: Controls, width: int, room: int, look: Look) -> list[Line]:
    if not board.keys:
        waiting = board.awaited or "no source was told of yet"
        waiting = clean("nothing is known yet" if board.trouble else waiting, look)
        return [[], [span(f"  {waiting}", BOLD if board.awaited else DIM)]][: max(0, room)]
    names = _names(board, look)
    layout = lay_out(names, max(one.known_seconds for one in board.outlines), width)
    lines = [heads(layout, width)] if room >= HEADS_HEIGHT else []
    place = controls.place(board.keys)
    first, last = visible(len(names), place, room - len(lines))
    lines += (
        source_line(board.at(at), names[at], layout, width, look, selected=at == place)
        for at in range(first, last)
    )
    if room > 1 and (hidden := _hidden(board, first, last, look)):
        lines.append([span("    "), *hidden])
    return lines


def _hidden(board: BoardPicture, first: int, last: int, look: Look) -> Line:
    """Count the sources that have no line, and those among them that are in trouble."""
    troubled = _wants_help(board)
    line: Line = []
    for flags, where in ((troubled[:first], "above"), (troubled[last:], "below")):
        if flags:
            line.append(span(f"{', ' * bool(line)}{len(flags)} more {where}", DIM))
        if any(flags):
            line.append(span(f" {look.signs.alarm} {sum(flags)} in trouble", warn_style(look)))
    if board.left_out:
        line.append(span(f"{', ' * bool(line)}{board.left_out} more not shown", DIM))
    return line


def _names(board: BoardPicture, look: Look) -> list[str]:
    with_node = _several(board)
    return [clean(f"{one.node}/{one.source}" if with_node else one.source, look) for one in board.outlines]


def _several(board: BoardPicture) -> bool:
    return len({node for node, _ in board.keys}) > 1


def visible(count: int, chosen: int, room: int) -> tuple[int, int]:
    """Return which lines are shown, the chosen one among them; a line is kept to count the others."""
    if count <= room:
        return 0, count
    shown = max(1, room - 1)
    first = min(max(0, chosen - shown // 2), count - shown)
    return first, first + shown


def _top(board: BoardPicture, width: int, look: Look) -> Line:
    """Count them, name the nodes, tell the time."""
    count, troubled = len(board.keys), sum(_wants_help(board))
    words: list[Line] = [[span("streamgenre", BOLD)]] if width >= 50 else []
    words.append([span(f"{count} source{'s' * (count != 1)}", BOLD)])
    if board.left_out:
        words.append([span(f"and {board.left_out} more not shown", warn_style(look))])
    if troubled:
        words.append([span(f"{look.signs.alarm} {troubled} in trouble", warn_style(look))])
    elif count:
        words.append([span("all well", good_style(look))])
    words += [_node(node, look) for node in board.nodes if node.online is False]
    if width >= 60:
        words += [_node(node, look) for node in board.nodes if node.online is not False]
    time = [span(" "), span(moment(board.wall_seconds), DIM)]
    left = separated(words, look, width - line_width(time) - 2)
    rest = width - line_width(time) - line_width(left) - 1
    return justify([*left, span(" " + look.signs.rule * max(0, rest), DIM)], time, width)


def _wants_help(board: BoardPicture) -> list[bool]:
    return [one.wants_help for one in board.outlines]


def _node(node: NodePicture, look: Look) -> Line:
    unicode = 0 if look.unicode else 1
    name = clean(node.id, look)
    if node.online is False:
        return [span(f"{SIGNS['offline'][unicode]} {name} offline", warn_style(look))]
    return [span(name, PLAIN), span(f" {node.sources}", DIM), *_clock_words(node, look)]


def _clock_words(node: NodePicture, look: Look) -> Line:
    return [span(" "), *found[0]] if (found := clock_warning(node.ahead_seconds, look)) else []


def _latest(board: BoardPicture, width: int, room: int, look: Look) -> list[Line]:
    """Draw the newest events, newest first; one that is told late stands where it belongs."""
    newest = _newest(board, room - 2)
    with_node = _several(board)
    lines = [happening_line(one, width, look, with_node=with_node) for one in newest]
    return [[], heading("latest", width, look), *lines]


def _newest(board: BoardPicture, count: int) -> list[Happening]:
    """Choose the newest; up to half of them are what trouble that lasts began with, whatever came since."""
    lasting = [board.urgent[key] for key in board.troubled if key in board.urgent]
    kept = sorted(lasting, key=_when)[-(count // 2) :] if count > 1 else []
    others = [one for one in sorted(board.happenings, key=_when, reverse=True)[:count] if one not in kept]
    return sorted([*kept, *others[: count - len(kept)]], key=_when, reverse=True)


def _when(one: Happening) -> float:
    return one.time_seconds


def _foot(board: BoardPicture, controls: Controls, width: int, look: Look) -> Line:
    keys = "  Enter detail  ? help  q quit" if width >= 60 else "  ? help"
    keys = f"  f fleet{keys}" if board.fleets and width >= 60 else keys
    room = width - len(keys)
    urgent = _urgent(board, controls)
    left = span(shorten(clean(urgent or board.note or "", look), room, look))
    if urgent:
        left = span(left.text, warn_style(look))
    return justify([left], [span(keys, DIM)], width)


def _urgent(board: BoardPicture, controls: Controls) -> str | None:
    if controls.paused:
        return f"the picture stands still since {moment(board.wall_seconds)}; Space lets it go on"
    return board.trouble
