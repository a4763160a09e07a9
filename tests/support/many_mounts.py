"""A real Icecast with many mounts, all fed by one thread with sound that was encoded once."""

from __future__ import annotations

import base64
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.media import decode
from tests.support.audio_files import write_wav
from tests.support.icecast import FFMPEG, ICECAST, SOURCE_PASSWORD, end, free_port, unprivileged

ENCODED_SECONDS = 30
HEAD_START_SECONDS = 4.0
"""Sound sent ahead: a station that has been on the air has a burst for those who tune in."""
_PAUSE_SECONDS = 0.1
_TRANSPARENT = ("-c:a", "libmp3lame", "-b:a", "128k", "-reservoir", "0", "-write_xing", "0")
ENCODINGS = {
    "audio/mpeg": (*_TRANSPARENT, "-id3v2_version", "0", "-f", "mp3"),
    "audio/aac": ("-c:a", "aac", "-b:a", "96k", "-f", "adts"),
}
"""Whose frames stand for themselves, so that the end may be followed by the beginning."""
CONFIGURATION = """\
<icecast>
  <limits><clients>500</clients><sources>200</sources><burst-size>65535</burst-size></limits>
  <authentication>
    <source-password>{password}</source-password>
    <admin-user>admin</admin-user><admin-password>{password}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>{port}</port><bind-address>{bind_address}</bind-address></listen-socket>
  <paths>
    <basedir>{folder}</basedir><logdir>{folder}</logdir><webroot>{folder}</webroot>
    <adminroot>{folder}</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>2</loglevel></logging>
</icecast>
"""


@dataclass(frozen=True, slots=True)
class Loop:
    """Encoded sound that is sent over and over."""

    content_type: str
    data: bytes
    seconds: float

    def between(self, begin_seconds: float, end_seconds: float) -> bytes:
        """Return what is to be sent in that stretch of time."""
        begin, stop = (round(t / self.seconds * len(self.data)) for t in (begin_seconds, end_seconds))
        whole, first = divmod(begin, len(self.data))
        last = stop - whole * len(self.data)
        return (self.data * (last // len(self.data) + 1))[first:last]


def encoded_loops(sound: np.ndarray, rate_hz: int, folder: Path) -> list[Loop]:
    """Encode (samples, 2) float32 in every way there is."""
    assert FFMPEG is not None
    source = write_wav(folder / "loop.wav", sound, rate_hz)
    loops = []
    for content_type, how in ENCODINGS.items():
        path = folder / content_type.replace("/", "-")
        quiet = (FFMPEG, "-nostdin", "-loglevel", "error", "-i", str(source))
        subprocess.run([*quiet, *how, str(path)], check=True, timeout=120)
        seconds = sum(len(block.samples) for block in decode(path)) / rate_hz
        loops.append(Loop(content_type, path.read_bytes(), seconds))
    return loops


class _Studio(threading.Thread):
    """Feeds every mount at the pace of its sound, until told to stop."""

    def __init__(self, port: int, mounts: dict[str, Loop]) -> None:
        super().__init__(name="studio", daemon=True)
        self._lines = [(_source_line(port, mount, loop), loop) for mount, loop in mounts.items()]
        self._over = threading.Event()

    def run(self) -> None:
        began, sent = time.monotonic() - HEAD_START_SECONDS, 0.0
        while not self._over.wait(_PAUSE_SECONDS):
            due = time.monotonic() - began
            for line, loop in self._lines:
                line.sendall(loop.between(sent, due))
            sent = due

    def stop(self) -> None:
        self._over.set()
        self.join(10)
        for line, _ in self._lines:
            line.close()


def _source_line(port: int, mount: str, loop: Loop) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=20)
    secret = base64.b64encode(f"source:{SOURCE_PASSWORD}".encode()).decode()
    head = (
        f"SOURCE /{mount} HTTP/1.0",
        f"Authorization: Basic {secret}",
        f"Content-Type: {loop.content_type}",
        f"ice-name: {mount}",
    )
    line.sendall("\r\n".join((*head, "", "")).encode())
    answer = line.recv(4096)
    if b" 200 " not in answer.partition(b"\r\n")[0]:
        raise RuntimeError(f"/{mount} was refused: {answer!r}")
    return line


@contextmanager
def many_mounts(count: int, loops: list[Loop], *, bind_address: str = "127.0.0.1") -> Iterator[list[str]]:
    """Start a server with so many mounts on the air; yields their URLs."""
    if ICECAST is None or FFMPEG is None:
        pytest.skip("icecast2 or ffmpeg is not installed")
    # Not pytest's own folder: Icecast gives up root, and only root may look in there.
    with tempfile.TemporaryDirectory(prefix="icecast-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o777)
        configuration = folder / "icecast.xml"
        configuration.write_text(
            CONFIGURATION.format(
                password=SOURCE_PASSWORD, port=port, folder=folder, bind_address=bind_address
            )
        )
        with (folder / "output").open("wb") as output:
            server = subprocess.Popen(
                [ICECAST, "-c", str(configuration)], stdout=output, stderr=output, **unprivileged()
            )
        try:
            _wait_until_open(server, port, folder / "output")
            mounts = {f"station{i}": loops[i % len(loops)] for i in range(count)}
            studio = _Studio(port, mounts)
            studio.start()
            try:
                yield [f"http://127.0.0.1:{port}/{mount}" for mount in mounts]
            finally:
                studio.stop()
        finally:
            end(server)


def _wait_until_open(server: subprocess.Popen[bytes], port: int, output: Path) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up and server.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"icecast did not start:\n{output.read_text(errors='replace')}")
