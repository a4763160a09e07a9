"""What stays on the terminal when the dashboard has gone."""

from __future__ import annotations

from collections import defaultdict

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import genre_style
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.ribbon import ribbon
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.text import Line, clean, clock, fit, heading, shorten, span
from streamgenre.publish.dashboard.verdict import bar

NAME_WIDTH = 14


def summary(picture: Picture, width: int, look: Look) -> Lines:
    """Draw what was heard as shares of the time and as a ribbon, a line each and at most `width` wide."""
    width = min(width, 100)
    lines: list[Line] = [heading(f"heard {clock(picture.audio_seconds or 0.0)}", width, look)]
    seconds: defaultdict[tuple[str, str | None], float] = defaultdict(float)
    for passage in picture.passages:
        seconds[passage.name, passage.genre] += passage.end_seconds - passage.start_seconds
    total = max(1e-9, sum(seconds.values()))
    for (name, genre), lasted in sorted(seconds.items(), key=lambda item: -item[1]):
        label = shorten(clean(name, look), NAME_WIDTH - 1, look).ljust(NAME_WIDTH)
        drawn = bar(lasted / total, width - NAME_WIDTH - 17, genre_style(genre, look), look)
        lines.append([span(label), *drawn, span(f"{clock(lasted):>9}{100 * lasted / total:6.0f} %")])
    lines += ribbon(picture, width, look)[1:] if picture.passages else []
    return Lines(tuple(fit(line, width) for line in lines))
