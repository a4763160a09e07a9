"""What each label looks like in charts: the dashboard's colours, and a pattern beside each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from streamgenre.publish.dashboard.palette import genre_colour
from streamgenre.publish.history_report import HistoryReport

OTHER = "other"
MOST_LABELS = 16

# Greys and near-greys, told apart by pattern; nothing there is nearly white.
STATUS_LOOKS = {
    "music": ("#b9c6d3", ""),
    "speech": ("#c9b79c", ".."),
    "noise": ("#a8a8a8", "xx"),
    "unknown": ("#cfcfcf", ""),
    "silence": ("#d9dce2", "--"),
    "no_signal": ("#e6e8ec", "//"),
    OTHER: ("#5f6b76", ""),
}
PATTERNS = {
    "blues": "\\\\\\\\",
    "classical": "//",
    "country": "\\\\",
    "disco": "--",
    "electronic": "||",
    "hiphop": "..",
    "jazz": "xx",
    "metal": "++",
    "pop": "",
    "reggae": "////",
    "rock": "",  # far darker than pop
}
FURTHER_PATTERNS = ("//", "xx", "--", "..", "++")
DARK, LIGHT = "#1c1f24", "#ffffff"


@dataclass(frozen=True, slots=True)
class Look:
    """How one label is drawn."""

    colour: str
    """As #rrggbb."""
    pattern: str
    """As matplotlib names hatches."""
    ink: str
    """Colour of words upon it."""
    pattern_ink: str
    """Colour of the pattern, with its opacity."""


def labels_shown(report: HistoryReport) -> list[str]:
    """Return genres, most heard first, then statuses; the rarest beyond a number are `other`."""
    heard: Counter[str] = Counter()
    for one in report.sources:
        heard.update(one.total.heard)
    genres = [label for label, _ in heard.most_common() if label not in STATUS_LOOKS]
    statuses = [label for label in STATUS_LOOKS if heard[label]]
    room = MOST_LABELS - len(statuses)
    return genres[:room] + statuses + ([OTHER] if len(genres) > room else [])


def shown_as(label: str, shown: Iterable[str]) -> str:
    """Return the label, or `other` where it is not one of those shown."""
    return label if label in shown else OTHER


def look(label: str) -> Look:
    """Return how a genre, a status or `other` is drawn."""
    if label in STATUS_LOOKS:
        colour, pattern = STATUS_LOOKS[label]
    else:
        found = genre_colour(label, "many")
        colour = found.get_truecolor().hex if found is not None else "#5f6b76"
        pattern = PATTERNS.get(label, FURTHER_PATTERNS[len(label) % len(FURTHER_PATTERNS)])
    ink = LIGHT if contrast(LIGHT, colour) > contrast(DARK, colour) else DARK
    return Look(colour, pattern, ink, f"{DARK}66" if label in STATUS_LOOKS else f"{LIGHT}59")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
