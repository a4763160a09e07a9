"""The dashboard as pictures: `python -m tests.support.dashboard_pictures FOLDER` draws those of docs/."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME

from streamgenre.publish.dashboard.controls import Controls
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.overview import compose
from streamgenre.publish.dashboard.screen import Lines
from tests.support.fleet_messages import NODE, STATIONS_CSV, fleet_message
from tests.unit.publish.dashboard_board import Evening, stamp

CONVERTER = shutil.which("rsvg-convert")
Theme = Literal["dark", "light"]


def as_svg(
    lines: Lines, width: int, height: int, *, theme: Theme = "dark", colours: str = "truecolor"
) -> str:
    """Draw a frame; spaces stay spaces, which not every reader of SVG keeps by itself."""
    console = Console(
        record=True, file=io.StringIO(), width=width, height=height, force_terminal=True,
        color_system=colours, legacy_windows=False, _environ={},  # type: ignore[arg-type]
    )  # fmt: skip
    console.print(lines, end="")
    themes = {"dark": SVG_EXPORT_THEME, "light": DEFAULT_TERMINAL_THEME}
    svg = console.export_svg(title="streamgenre", theme=themes[theme], unique_id="streamgenre")
    return svg.replace("&#160;", " ").replace("<text ", '<text xml:space="preserve" ')


def as_png(svg: str, path: Path, pixels: int = 1600) -> None:
    assert CONVERTER is not None
    command = [CONVERTER, "--width", str(pixels), "--output", str(path)]
    subprocess.run(command, input=svg.encode(), check=True, timeout=120)


def evening_frame(view: str, width: int, height: int, look: Look) -> Lines:
    """Draw the made-up evening: its table, one of its sources, a fleet beside it, or the help."""
    evening = Evening()
    evening.tell_all()
    if view == "fleet":
        evening.board.node_is(NODE, online=True)
        evening.board.tell(
            fleet_message(
                stamp(0), machines=5, groups_each=2, failing=4, waiting=1, lost=1, problems=[STATIONS_CSV]
            )
        )
    controls = Controls(chosen=("bar", "counter"), helping=view == "help")
    controls.view = view if view in {"detail", "fleet"} else "table"  # type: ignore[assignment]
    evening.sound(("bar", "counter"))
    return compose(evening.board.picture(("bar", "counter")), controls, width, height, look)


def main(folder: Path) -> None:
    for name, view, width, height in (
        ("dashboard-table", "table", 128, 24),
        ("dashboard-detail", "detail", 100, 36),
        ("dashboard-fleet", "fleet", 100, 36),
    ):
        as_png(as_svg(evening_frame(view, width, height, Look()), width, height), folder / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
