"""What a terminal can show, and the signs that say the same with less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.console import Console

from streamgenre.messages import Status

Depth = Literal["none", "few", "many"]


@dataclass(frozen=True, slots=True)
class Signs:
    """One set of characters; every one is a single cell wide."""

    rule: str
    eighths: str
    """From nothing to a whole cell, filling from the left."""
    shades: str
    """From nothing to a whole cell, darkening."""
    bar_rest: str
    peak: str
    mark: str
    """Points from a label up to the change it names."""
    edge: str
    """Between two stretches of the ribbon."""
    bullet: str
    ellipsis: str
    minus: str
    swatch: str
    note: str
    alarm: str
    cursor: str
    """Before the line that is chosen."""
    provisional: str
    """Before a time that began with little evidence."""
    right: str
    wrong: str
    status: dict[Status, str]
    fills: dict[Status, str]
    """What a stretch without a genre is drawn with."""


FULL_SIGNS = Signs(
    rule="─",
    eighths=" ▏▎▍▌▋▊▉█",
    shades=" ░▒▓█",
    bar_rest="┄",
    peak="┃",
    mark="╰",
    edge="▏",
    bullet="·",
    ellipsis="…",
    minus="−",
    swatch="■",
    note="♫",
    alarm="▲",
    cursor="›",
    provisional="~",
    right="✓",
    wrong="✗",
    status={"music": "♪", "speech": "❝", "noise": "≈", "silence": "○", "no_signal": "✕", "unknown": "?"},
    fills={"music": " ", "speech": "╌", "noise": "░", "silence": "·", "no_signal": "×", "unknown": " "},
)
ASCII_SIGNS = Signs(
    rule="-",
    eighths=" #",
    shades=" .:+#",
    bar_rest=".",
    peak="|",
    mark="`",
    edge="|",
    bullet="-",
    ellipsis="~",
    minus="-",
    swatch="#",
    note="*",
    alarm="!",
    cursor=">",
    provisional="~",
    right="+",
    wrong="x",
    status={"music": "*", "speech": '"', "noise": "~", "silence": "o", "no_signal": "x", "unknown": "?"},
    fills={"music": "=", "speech": "-", "noise": "~", "silence": ".", "no_signal": "x", "unknown": " "},
)


@dataclass(frozen=True, slots=True)
class Look:
    """How the dashboard may draw."""

    unicode: bool = True
    """Block characters can be shown; otherwise ASCII only."""
    depth: Depth = "many"
    """none: no colour; few: the terminal's own 16; many: 256 or more."""

    @classmethod
    def of(cls, console: Console) -> Look:
        if console.no_color or console.color_system is None:
            depth: Depth = "none"
        else:
            depth = "few" if console.color_system in {"standard", "windows"} else "many"
        return cls(unicode=console.encoding.lower().startswith("utf"), depth=depth)

    @property
    def signs(self) -> Signs:
        return FULL_SIGNS if self.unicode else ASCII_SIGNS
