"""A real Icecast with a mount a station, in every codec, each station at an address of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.icecast import FFMPEG
from tests.support.many_mounts import Loop, encoded_loops, many_mounts
from tests.support.sounds import tune

RATE_HZ = 44_100
LOOP_SECONDS = 20
TURNS = 60
"""How often a loop is in a stream of Ogg: its pages are numbered and dated, so that it cannot begin again."""
OGG = {
    "vorbis": ("-c:a", "libvorbis", "-b:a", "112k"),
    "opus": ("-c:a", "libopus", "-b:a", "96k"),
    "flac": ("-c:a", "flac"),
}


@dataclass(frozen=True, slots=True)
class Radio:
    """The server on the air."""

    port: int
    stations: tuple[str, ...]
    """Ids; also the names of the mounts."""

    def url(self, station: str) -> str:
        return f"http://{self.host(station)}:{self.port}/{station}"

    def host(self, station: str) -> str:
        """Return the station's own address: whoever is connected to it hears that station."""
        number = self.stations.index(station)
        return f"127.1.{number // 200}.{number % 200 + 1}"


@contextmanager
def on_air(count: int, folder: Path) -> Iterator[Radio]:
    """Start it with so many mounts."""
    with many_mounts(count, every_codec(folder), bind_address="0.0.0.0") as urls:
        port = urlsplit(urls[0]).port
        assert port is not None
        yield Radio(port, tuple(urlsplit(url).path.strip("/") for url in urls))


def every_codec(folder: Path) -> list[Loop]:
    """Encode the same sound once in each."""
    sound = tune(LOOP_SECONDS, RATE_HZ, channels=2)
    plain = encoded_loops(sound, RATE_HZ, folder)
    return [*plain, *(_ogg(folder / "loop.wav", folder / f"{codec}.ogg", how) for codec, how in OGG.items())]


def _ogg(sound: Path, path: Path, how: tuple[str, ...]) -> Loop:
    once = path.with_suffix(".once.ogg")
    _ffmpeg("-i", str(sound), *how, str(once))
    _ffmpeg("-stream_loop", str(TURNS - 1), "-i", str(once), "-c", "copy", "-f", "ogg", str(path))
    return Loop("application/ogg", path.read_bytes(), float(LOOP_SECONDS * TURNS))


def _ffmpeg(*arguments: str) -> None:
    assert FFMPEG is not None
    command = [FFMPEG, "-nostdin", "-loglevel", "error", *arguments]
    subprocess.run(command, check=True, timeout=120)
