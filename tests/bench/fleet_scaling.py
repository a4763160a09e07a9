"""How much more of an archive two worker processes get done than one, on this machine.

`python -m tests.bench.fleet_scaling [FILES [SECONDS]]`, in a network of its own. Each number of processes
does an archive and one twice as large; the second less the first leaves out what starting Ray takes.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.audio_files import write_wav
from tests.support.fleet_lab.isolation import isolated, why_not
from tests.support.icecast import FFMPEG
from tests.support.program import PROGRAM
from tests.support.sounds import tune

RATE_HZ = 44_100
PROCESSES = (1, 2)
ROUNDS = 3
FILES, FILE_SECONDS = 24, 60.0


def archive(folder: Path, files: int, seconds: float) -> Path:
    """Make a folder with so many MP3 files, all alike."""
    assert FFMPEG is not None
    folder.mkdir()
    sound = write_wav(folder.parent / "sound.wav", tune(seconds, RATE_HZ, channels=2), RATE_HZ)
    first = folder / "0.mp3"
    subprocess.run([FFMPEG, "-nostdin", "-loglevel", "error", "-y", "-i", str(sound), str(first)], check=True)
    for number in range(1, files):
        shutil.copy(first, folder / f"{number}.mp3")
    return folder


def wall_seconds(folder: Path, processes: int, output: Path) -> float:
    """Return how long the whole command takes."""
    command = [PROGRAM, "fleet", "classify", folder, "--output", output]
    options = ["--jobs", processes, "--address", "local", "--format", "json"]
    began = time.monotonic()
    subprocess.run(isolated(*map(str, [*command, *options])), check=True, capture_output=True)
    return time.monotonic() - began


def main() -> int:
    if (reason := why_not()) is not None:
        sys.stderr.write(f"{reason}\n")
        return 2
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else FILE_SECONDS
    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        folder = Path(name)
        small, large = (
            archive(folder / "small", files, seconds),
            archive(folder / "large", 2 * files, seconds),
        )
        least: dict[tuple[int, Path], float] = {}
        for number in range(ROUNDS):
            for processes, sounds in itertools.product(PROCESSES, (small, large)):  # in turns: equal chances
                wall = wall_seconds(sounds, processes, folder / f"{number}-{processes}-{sounds.name}")
                least[processes, sounds] = min(wall, least.get((processes, sounds), wall))
                sys.stdout.write(f"processes: {processes}; archive: {sounds.name}; {wall:.1f} s\n")
    speeds = {one: files * seconds / (least[one, large] - least[one, small]) for one in PROCESSES}
    for processes, speed in speeds.items():
        ratio = speed / speeds[PROCESSES[0]]
        sys.stdout.write(
            f"processes: {processes}; seconds of sound a second: {speed:.0f}; {ratio:.2f} of one\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
