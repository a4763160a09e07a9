"""Turns frames into what a terminal must be sent: the lines that differ from those it shows."""

from __future__ import annotations

from rich.color import ColorSystem
from rich.console import Console

from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.text import Line

_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}
EVERY_LINE_FRAMES = 20
"""After so many frames all lines are sent, as others may have written over them."""
CLEAR = "\x1b[0m\x1b[2J"


class Painter:
    """For one terminal, on a screen of its own."""

    def __init__(self, console: Console) -> None:
        self._system = _SYSTEMS.get(console.color_system or "", ColorSystem.STANDARD)
        self._shown: tuple[Line, ...] = ()
        self._size = (0, 0)
        self._frames = 0

    def forget(self) -> None:
        """Whatever it shows is not ours any more."""
        self._shown, self._size = (), (0, 0)

    def paint(self, lines: Lines, width: int, height: int) -> str:
        """Return what turns the frame shown into this one."""
        sent: list[str] = []
        if self._size != (width, height):
            sent.append(CLEAR)
            self._shown, self._size = (), (width, height)
        self._frames += 1
        if self._frames % EVERY_LINE_FRAMES == 0:
            self._shown = ()
        for row, line in enumerate(lines.lines[:height]):
            if row >= len(self._shown) or line != self._shown[row]:
                sent.append(f"\x1b[{row + 1};1H{self._styled(line)}")
        self._shown = lines.lines[:height]
        return "".join(sent)

    def _styled(self, line: Line) -> str:
        return "".join(
            style.render(text, color_system=self._system) if style else text for text, style, _ in line
        )
