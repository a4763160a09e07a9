"""The demo as pictures: `python -m tests.support.demo_pictures FOLDER` draws dashboard.png and demo.webp.

The programme goes through the real pipeline, with a clock that passes with the audio; so every picture is
the same on every run, but for the lag.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streamgenre.capture.demonstration.programme import ProgrammeSource
from streamgenre.classify.registry import load_genre_model
from streamgenre.cli.demo import SHOWN_AS, Listener, parts_of_programme
from streamgenre.messages import Float32, Level
from streamgenre.pipeline import SourcePipeline
from streamgenre.publish.dashboard import DashboardView, Look, Part, heard_parts, part_report
from streamgenre.publish.dashboard.screen import Foot, Lines, render
from streamgenre.session import Session
from streamgenre.settings import SessionSettings
from tests.support.dashboard_pictures import as_png, as_svg

COLUMNS, ROWS = 80, 24
STEP_SECONDS = 0.75
"""Of the audio, from one frame to the next."""
FRAMES_PER_SECOND = 6
REPORT_SECONDS = 4.0
PIXELS = 832
STILL_SECONDS = 61.5
METER_SECONDS = 0.1
LARGEST_BYTES = 1_500_000


class Show:
    """A demonstration that takes place in audio time."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.seconds = 0.0
        self.view = DashboardView("bar", SHOWN_AS, "genre", parts=parts, now=lambda: self.seconds)
        self.listener = Listener(self.view)
        self._metered = 0.0
        self._model = load_genre_model("genre")
        self._session = Session(
            lambda: ProgrammeSource(paced=False, block_samples=4410),
            self._model,
            SessionSettings(),
            meter=self._meter,
        )

    def frames(self, step_seconds: float, width: int, height: int) -> Iterator[Lines]:
        """Draw a frame for every so many seconds of the audio."""
        due = step_seconds
        for stamped in self._session:
            self.listener(stamped)
            while self.seconds >= due:
                yield render(self.view.picture(), width, height, Look(), Foot("? help  Ctrl-C ends"))
                due += step_seconds

    def report(self, width: int) -> Lines:
        """Draw what stays on the terminal."""
        picture = self.view.picture()
        heard = heard_parts(picture.parts, self.listener.states, self._model.labels)
        return part_report(picture, heard, width, Look())

    def _meter(self, pipeline: SourcePipeline) -> None:
        level: Level | None = pipeline.level
        self.seconds = pipeline.audio_seconds
        if level is not None and self.seconds - self._metered >= METER_SECONDS - 1e-6:
            self._metered = self.seconds
            rows: Float32 = pipeline.last_rows(METER_SECONDS)
            self.view.meter(level, rows)


def still(path: Path) -> None:
    """Draw the dashboard of `listen` near the end of the programme."""
    count = round(STILL_SECONDS / 0.5)
    frames = Show(()).frames(0.5, 100, 30)
    frame = next(frame for number, frame in enumerate(frames, 1) if number == count)
    as_png(as_svg(frame, 100, 30), path)


def moving(path: Path) -> None:
    """Draw the whole demo, and its report."""
    show = Show(parts_of_programme())
    frames = list(show.frames(STEP_SECONDS, COLUMNS, ROWS))
    frames += [filled(show.report(COLUMNS), ROWS)] * round(REPORT_SECONDS * FRAMES_PER_SECOND)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        names = [Path(folder) / f"{number:04}.png" for number in range(len(frames))]
        list(
            pool.map(
                lambda pair: as_png(as_svg(pair[0], COLUMNS, ROWS), pair[1], PIXELS),
                zip(frames, names, strict=True),
            )
        )
        animate(Path(folder), path)
    if path.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {LARGEST_BYTES}")


def filled(lines: Lines, rows: int) -> Lines:
    return Lines((*lines.lines, *[[] for _ in range(rows - len(lines.lines))]))


def animate(folder: Path, path: Path) -> None:
    """Make one picture of all in a folder, without loss: that is smaller here than with some."""
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg is not None
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-y", "-framerate", str(FRAMES_PER_SECOND)]
    command += [
        "-i",
        str(folder / "%04d.png"),
        "-c:v",
        "libwebp_anim",
        "-lossless",
        "1",
        "-loop",
        "0",
        str(path),
    ]
    subprocess.run(command, check=True, timeout=600)


def main(folder: Path) -> None:
    still(folder / "dashboard.png")
    moving(folder / "demo.webp")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
