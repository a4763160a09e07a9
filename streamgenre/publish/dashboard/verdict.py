"""Who is heard, what is playing, and how sure that is."""

from __future__ import annotations

import math

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamgenre.messages import Alarm, State
from streamgenre.publish.dashboard.lettering import banner, can_write
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, REVERSE, genre_style, good_style, warn_style
from streamgenre.publish.dashboard.picture import NOT_SURE, SURE, Picture
from streamgenre.publish.dashboard.standing import SIGNS, Standing
from streamgenre.publish.dashboard.text import (
    Line,
    clean,
    clock,
    heading,
    justify,
    percent,
    separated,
    shorten,
    span,
)


def headline(picture: Picture) -> str:
    """Say in a word or two what is on."""
    state = picture.state
    if not is_told(picture) or picture.standing.condition == "starting":
        return picture.standing.condition
    if state is None or (state.status == "unknown" and state.reason == "filling"):
        return "listening"
    return state.genre or state.status.replace("_", " ")


def standing_span(picture: Picture, look: Look, width: int) -> Segment:
    """Say how the source is; silence from the program itself is told apart from digital silence."""
    standing = picture.standing
    words = shorten(clean(standing.words, look), width - 2, look)
    return span(f"{standing_sign(standing, look)} {words}", standing_style(standing, look))


def standing_sign(standing: Standing, look: Look) -> str:
    return SIGNS.get(standing.condition, ("?", "?"))[0 if look.unicode else 1]


def standing_style(standing: Standing, look: Look) -> Style:
    if standing.in_trouble:
        return warn_style(look)
    return good_style(look) if standing.condition == "online" else DIM


def header(picture: Picture, width: int, look: Look) -> Line:
    name = f"{clean(picture.node, look)} / {clean(picture.source, look)}"
    left = [span("streamgenre  ", DIM), span(name, BOLD)]
    if width < 50:
        left = left[1:]
    return justify(left, [span(" "), standing_span(picture, look, width // 2)], width)


def is_told(picture: Picture) -> bool:
    """Whether what is believed is of now; a source elsewhere may have gone since."""
    return picture.standing.current or not picture.by_clock


def _headline_style(picture: Picture, look: Look) -> Style:
    state = picture.state
    if not is_told(picture):
        return warn_style(look) if picture.standing.in_trouble else DIM
    if state is None or state.genre is None:
        return DIM if state is None or state.status in {"silence", "unknown"} else BOLD
    return genre_style(state.genre, look, bold=True)


def big_name(picture: Picture, width: int, rows: int, look: Look) -> list[Line]:
    """Write the headline as large as `rows` and `width` allow, at least as one bold line."""
    word = headline(picture) + (" ?" if picture.unsure and is_told(picture) else "")
    style = _headline_style(picture, look)
    if look.unicode and can_write(word):
        for scale in (2, 1):
            lines = banner(word, scale)
            if len(lines) <= rows and len(lines[0]) < width:
                return [[span(" " + line, style)] for line in lines]
    sign = look.signs.status[picture.state.status] if picture.state else look.signs.ellipsis
    sign = sign if is_told(picture) else standing_sign(picture.standing, look)
    plain = shorten(f"{sign} {clean(word, look).upper()}", width, look)
    return [[span(plain, style + BOLD)]]


def _sureness(confidence: float) -> str:
    return "sure" if confidence >= SURE else "fairly sure" if confidence >= NOT_SURE else "not sure"


def lasted_seconds(picture: Picture, state: State) -> float:
    """Return for how long this has been believed."""
    return max(picture.now_seconds, state.audio_seconds) - state.since_seconds


def _stability(picture: Picture, state: State) -> str:
    return f"{state.stability} for {clock(lasted_seconds(picture, state))}"


def _last_told(picture: Picture, state: State, look: Look) -> Line:
    name = state.genre or state.status.replace("_", " ")
    ago = clock(picture.now_seconds - state.audio_seconds)
    return [span("last told: ", DIM), span(f"{clean(name, look)}, {ago} ago")]


def verdict_line(picture: Picture, width: int, look: Look) -> Line:
    """Alarms, then status, confidence and stability in words."""
    state = picture.state
    if state is None:
        return [span("waiting for the first sound" if is_told(picture) else "nothing was told yet", DIM)]
    items: list[Line] = [alarm_span(alarm, picture, look) for alarm in picture.alarms]
    if not is_told(picture):
        return separated([*items, _last_told(picture, state, look)], look, width)
    items.append([span(f"{look.signs.status[state.status]} {state.status.replace('_', ' ')}", BOLD)])
    if state.confidence is not None:
        weak = state.confidence < NOT_SURE
        words = f"{percent(state.confidence)} {_sureness(state.confidence)}"
        items.append([span(words, warn_style(look) if weak else BOLD)])
    items.append([span(_stability(picture, state), DIM if state.stability == "stable" else BOLD)])
    if state.reason:
        items.append([span(clean(state.reason, look))])
    if state.short:
        items.append([span("less than a window heard")])
    return separated(items, look, width)


def alarm_span(alarm: Alarm, picture: Picture, look: Look) -> Line:
    """Name what is wrong, and for how long it has been."""
    return [span(f" {alarm_words(alarm, picture, look)} ", warn_style(look) + REVERSE)]


def alarm_words(alarm: Alarm, picture: Picture, look: Look) -> str:
    words = f"{look.signs.alarm} {clean(alarm.kind.replace('_', ' '), look)}"
    lasted = max(picture.now_seconds, alarm.audio_seconds) - alarm.since_seconds
    return f"{words} {clock(lasted)}" if math.isfinite(lasted) else words


def title_line(picture: Picture, width: int, look: Look) -> Line:
    title = clean(picture.title or "", look)
    if picture.part is not None:
        part = picture.parts[picture.part]
        title = f"{part.title}: {part.style} (part {picture.part + 1} of {len(picture.parts)})"
    if not title:
        return [span("no title announced", DIM)]
    return [span(f"{look.signs.note} ", DIM), span(shorten(title, width - 2, look))]


def tag_line(picture: Picture, width: int, look: Look) -> Line:
    tags = picture.state.tags if picture.state else ()
    items = [[span(clean(tag.label, look)), span(f" {percent(tag.p)}", DIM)] for tag in tags]
    return [span("tags  ", DIM), *separated(items, look, width - 6)] if items else []


def top_list(picture: Picture, width: int, rows: int, look: Look) -> list[Line]:
    """Draw the model's labels as bars, best first; `rows` counts the heading."""
    top = picture.state.top if picture.state else ()
    heard_as_music = picture.state is None or picture.state.status in {"music", "unknown"}
    words = "top" if heard_as_music else "top, if it were music"
    lines = [
        _named_heading(words, f"model {clean(picture.model or '', look)}" * bool(picture.model), width, look)
    ]
    if not top:
        return [*lines, [span("nothing classified", DIM)]][:rows]
    name_width = min(max(len(row.label) for row in top) + 1, max(6, width // 3))
    for place, row in enumerate(top[: rows - 1]):
        label = shorten(clean(row.label, look), name_width - 1, look)
        style = BOLD if place == 0 else Style.null()
        bar_width = width - name_width - 8
        lines.append(
            [
                span(label.ljust(name_width), style),
                *bar(row.p, bar_width, genre_style(row.label, look), look),
                span(f"{100 * row.p:6.1f} %", style),
            ]
        )
    return lines


def _named_heading(words: str, end: str, width: int, look: Look) -> Line:
    """Draw a heading with a word at its end, where there is room."""
    if not end or cell_len(words) + cell_len(end) + 6 > width:
        return heading(words, width, look)
    return [*heading(words, width - cell_len(end) - 1, look), span(f" {end}", DIM)]


def bar(share: float, width: int, style: Style, look: Look) -> Line:
    """Fill a share of the width, to an eighth of a cell."""
    steps = len(look.signs.eighths) - 1
    eighths = round(min(1.0, max(0.0, share)) * max(0, width) * steps)
    whole, part = divmod(eighths, steps)
    drawn = look.signs.eighths[-1] * whole + (look.signs.eighths[part] if part else "")
    return [span(drawn, style), span(look.signs.bar_rest * (width - len(drawn)), DIM)]
