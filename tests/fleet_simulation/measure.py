"""What a followed station costs in cores: `python -m tests.fleet_simulation.measure`, some ten minutes.

A real Icecast plays a minute of music on a mount a codec, encoded beforehand and fed as a stream copy. The
ordinary daemon follows one mount sixteen times over on one core and one engine worker; CPU time of its
threads and of its decoder processes is read from the kernel, and divided by the sound that was decided on.
The ways take turns, and each turn is a daemon of its own. A way's figure is the median of its turns.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from streamgenre.bench.sounds import music_in_stereo
from tests.support.audio_files import write_wav
from tests.support.daemon import daemon, free_port, get
from tests.support.icecast import ENCODINGS, FFMPEG, Icecast, running_icecast

SOUND_RATE_HZ = 44_100
SOUND_SECONDS = 60.0
SETTLING_SECONDS = 8.0
TICK_HZ = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
CODECS = tuple(ENCODINGS)
HOPS_SECONDS = (0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Way:
    """A kind of station."""

    codec: str
    hop_seconds: float
    model: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn found; per station and second of sound, in core seconds."""

    way: Way
    engine: float
    """The thread that gives the sources their turns."""
    decoding: float
    """The decoder processes."""
    other: float
    """All other threads of the daemon: readers of decoded sound, dispatcher, main loop."""
    sound_share: float
    """Sound decided on, of the time that passed; 1.0: it kept up."""
    daemon_pss_mib: float
    decoders_pss_mib: float


WAYS = (
    *(Way(codec, 1.0, "genre") for codec in CODECS),
    *(Way("mp3", hop, "genre") for hop in HOPS_SECONDS if hop != 1.0),
    Way("mp3", 0.5, "genre-light"),
    Way("mp3", 1.0, "genre-light"),
    Way("opus", 0.25, "genre"),
)
"""Each codec, each hop, each model; the last tells whether what they add may be added up."""


def main() -> int:
    options = _options()
    turns: list[Turn] = []
    with tempfile.TemporaryDirectory(prefix="costs-") as name, running_icecast() as server:
        folder = Path(name)
        _feed(server, folder)
        for number in range(options.turns):
            ways = WAYS if number % 2 == 0 else tuple(reversed(WAYS))
            for way in ways:
                turns.append(_turn(folder, server.url(way.codec), way, options.stations, options.seconds))
                sys.stderr.write(f"{turns[-1]}\n")
    sys.stdout.write(json.dumps([_summary(way, turns) for way in WAYS], indent=2) + "\n")
    return 0


def _feed(server: Icecast, folder: Path) -> None:
    sound = write_wav(folder / "music.wav", music_in_stereo(SOUND_SECONDS), SOUND_RATE_HZ)
    for codec, encoding in ENCODINGS.items():
        container = encoding[encoding.index("-f") + 1]
        encoded = folder / f"{codec}.{container}"
        quiet = (str(FFMPEG), "-nostdin", "-loglevel", "error", "-i", str(sound))
        coding = encoding[: encoding.index("-content_type")]
        subprocess.run([*quiet, *coding, "-f", container, str(encoded)], check=True, timeout=120)
        server.feed(codec, encoded, "-c:a", "copy", *encoding[encoding.index("-content_type") :])


def _turn(folder: Path, url: str, way: Way, stations: int, seconds: float) -> Turn:
    port = free_port()
    home = Path(tempfile.mkdtemp(dir=folder))
    with daemon(home, _configuration(url, way, stations, port)) as running:
        assert running.process is not None
        process = running.process.pid
        os.sched_setaffinity(process, {min(os.sched_getaffinity(0))})
        running.wait(lambda: _heard(port) >= stations, f"{stations} stations are heard")
        time.sleep(SETTLING_SECONDS)
        began, sound, spent = time.monotonic(), _sound_seconds(port, way), _spent(process)
        time.sleep(seconds)
        passed, sound_after, spent_after = (
            time.monotonic() - began,
            _sound_seconds(port, way),
            _spent(process),
        )
        heard = sound_after - sound
        engine = max(
            (after - spent.threads.get(thread, 0.0) for thread, after in spent_after.threads.items()),
        )
        whole = spent_after.whole - spent.whole
        decoders = _children(process)
        return Turn(
            way,
            engine / heard,
            (spent_after.decoders - spent.decoders) / heard,
            (whole - engine) / heard,
            heard / passed / stations,
            _pss_mib([process]),
            _pss_mib(decoders),
        )


@dataclass(frozen=True, slots=True)
class _Spent:
    whole: float
    """Of the daemon itself, threads that have ended included."""
    threads: dict[int, float]
    decoders: float


def _spent(process: int) -> _Spent:
    threads: dict[int, float] = {}
    for task in (_PROC / str(process) / "task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            threads[int(task.name)] = _cpu_seconds(task)
    whole = _cpu_seconds(_PROC / str(process))
    return _Spent(whole, threads, sum(_cpu_seconds(_PROC / str(child)) for child in _children(process)))


def _cpu_seconds(folder: Path) -> float:
    """User and system time; proc(5): fields 14 and 15 of stat, after a name that may hold spaces."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK_HZ


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in (_PROC / str(process) / "task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended meanwhile
            found += [int(child) for child in (task / "children").read_text().split()]
    return found + [grandchild for child in found for grandchild in _children(child)]


def _pss_mib(processes: list[int]) -> float:
    return sum(_pss_lines(process) for process in processes) / 1024


def _pss_lines(process: int) -> int:
    lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _heard(port: int) -> float:
    return sum(_values(port, r"streamgenre_source_status\{.*status=\"music\"\}"))


def _sound_seconds(port: int, way: Way) -> float:
    """Sound decided on by all stations so far; a decision's latency is counted with each."""
    return sum(_values(port, r"streamgenre_source_decision_latency_seconds_count\{.*\}")) * way.hop_seconds


def _values(port: int, series: str) -> Iterator[float]:
    _, text = get(f"http://127.0.0.1:{port}/metrics")
    return (float(found) for found in re.findall(rf"^{series} (\S+)$", text, re.MULTILINE))


def _configuration(url: str, way: Way, stations: int, port: int) -> str:
    sources = (
        f'[[sources]]\nid = "s{number}"\nsource = "{url}"\nmodel = "{way.model}"\n'
        f"hop_seconds = {way.hop_seconds}\n"
        for number in range(stations)
    )
    return "".join(sources) + f'[metrics]\nlisten = "127.0.0.1:{port}"\n'


def _summary(way: Way, turns: list[Turn]) -> dict[str, object]:
    mine = [turn for turn in turns if turn.way == way]
    totals = [turn.engine + turn.decoding + turn.other for turn in mine]
    medians = {
        part: round(statistics.median(getattr(turn, part) for turn in mine), 6)
        for part in ("engine", "decoding", "other", "sound_share", "daemon_pss_mib", "decoders_pss_mib")
    }
    return asdict(way) | medians | {
        "total": round(statistics.median(totals), 6),
        "least": round(min(totals), 6),
        "most": round(max(totals), 6),
        "n": len(mine),
    }  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet_simulation.measure", description=__doc__)
    parser.add_argument("--stations", type=int, default=16, help="followed at once (default 16)")
    parser.add_argument("--seconds", type=float, default=15.0, help="that count, in each turn (default 15)")
    parser.add_argument("--turns", type=int, default=3, help="of each way (default 3)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
