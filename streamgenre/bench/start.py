"""Cold start: from the start of a process to its first decision, with kernels already compiled on disk."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from streamgenre.bench.effort import Effort
from streamgenre.bench.listening import LISTEN
from streamgenre.bench.peers import HOW_TO_GET, peer
from streamgenre.bench.recordings import write_recording
from streamgenre.bench.rows import SHARE, Row, compared, measured, missing
from streamgenre.bench.sounds import music_in_stereo
from streamgenre.bench.subjects import Subject
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.classify.registry import load_genre_model
from streamgenre.errors import StreamgenreError
from streamgenre.settings import LogMelSettings

SECTION = "start"
NAME, UNIT = "listen, to the first decision", "s"
OURS, LIBROSA = "listen", "librosa and onnxruntime"
MODEL = "genre"
HEARD_SECONDS = 4.0
DECIDED = b'"top": [{'
"""In the first line that says what was heard."""

_SCRIPT = Path(__file__).with_name("librosa_script.py")


def subjects(effort: Effort) -> Iterator[Subject]:
    """`listen` on a file, and a script that does the same."""
    yield Subject(NAME, partial(_start, effort))


def _start(effort: Effort) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sound.flac"
        write_recording(file, music_in_stereo(HEARD_SECONDS), RATE_HZ)
        starts = {OURS: partial(_seconds_until, DECIDED, [*LISTEN, "--as-fast-as-possible", str(file)])}
        if peer("librosa"):
            starts[LIBROSA] = partial(_seconds_until, b"", _script(file))
        times = _in_turns(starts, effort.processes)
    note = "seconds of the clock; files and compiled kernels were read before"
    if LIBROSA in times:
        yield compared(
            SECTION, NAME, UNIT, times[OURS], LIBROSA, times[LIBROSA], ratio_is=SHARE, note=note
        )  # fmt: skip
    else:
        yield measured(SECTION, NAME, UNIT, times[OURS], note=note)
        yield missing(SECTION, NAME, UNIT, LIBROSA, HOW_TO_GET)


def _in_turns(starts: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Start each once a round, after one round that does not count unless it is all there is."""
    found: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(rounds + 1 if rounds > 1 else 1):
        for name, start in starts.items():
            found[name].append(start())
    return {name: seconds[-rounds:] for name, seconds in found.items()}


def _seconds_until(sign: bytes, command: Sequence[str]) -> float:
    """Start a program; the time until it writes a line that holds `sign`."""
    begin = time.perf_counter()
    with subprocess.Popen(  # noqa: S603  # ourselves, and the script beside this module
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if sign in line:
                seconds = time.perf_counter() - begin
                process.stdout.read()
                return seconds
    raise StreamgenreError(f"{' '.join(command)} ended with {process.returncode} and decided nothing")


def _script(file: Path) -> list[str]:
    model = load_genre_model(MODEL)
    mel = model.front_end.frames
    assert isinstance(mel, LogMelSettings)
    numbers = (mel.sample_rate_hz, mel.n_fft, mel.hop_samples, mel.n_mels, model.front_end.window_frames)
    graph = model.card.path.with_name(model.card.graph_file)
    return [sys.executable, str(_SCRIPT), str(file), str(graph), *map(str, numbers)]
