"""The real daemon among strangers: one exhausts a decoder, one forges lines, and no door opens unasked."""

from __future__ import annotations

import http.server
import itertools
import json
import resource
import signal
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.audio_files import write_wav
from tests.support.daemon import Daemon, daemon, free_port
from tests.support.live_station import live_station
from tests.support.media_samples import KINDS, written
from tests.support.program import run
from tests.support.sounds import tune

pytestmark = pytest.mark.system
RATE_HZ = 22_050
BLOCK_BYTES = 4000
BLOCK_SECONDS = 1.0
"""At 32 kbit/s."""
FORGED = 'A\x1b[2J\x9bB\u202eC\n{"schema": 1}\r\u2028D' + "x" * 800


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", tune(300, RATE_HZ), RATE_HZ)


def configuration(folder: Path, **sources: Path | str) -> str:
    named = [
        f'[[sources]]\nid = "{name}"\nsource = {json.dumps(str(where))}' for name, where in sources.items()
    ]
    return "\n".join(['[node]\nid = "bar"', *named, f'[json_lines]\npath = "{folder}/lines"\n[history]\n'])


def decoders(running: Daemon) -> list[int]:
    """The processes that decode streams for it."""
    assert running.process is not None
    children = Path(f"/proc/{running.process.pid}/task").glob("*/children")
    pids = {int(pid) for task in children for pid in task.read_text().split()}
    return [pid for pid in pids if b"decoder_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_decoder_that_takes_too_much_ends_alone_and_its_stream_comes_back(tmp_path: Path, song: Path):
    """Its limit is drawn in while it works, as if it had asked for all there is."""
    with (
        live_station() as station,
        daemon(tmp_path, configuration(tmp_path, file=song, station=f"{station}/x")) as running,
    ):
        for name in ("file", "station"):
            running.wait_line("source", name, state="online")
        (doomed,) = decoders(running)
        resource.prlimit(doomed, resource.RLIMIT_DATA, (1 << 20, 1 << 30))
        with live_station() as other:
            running.configure(configuration(tmp_path, file=song, station=f"{station}/x", other=f"{other}/y"))
            running.send(signal.SIGHUP)
            running.wait_line("source", "other", state="online")
            running.wait(lambda: decoders(running) not in ([], [doomed]), "another decoder")
            running.wait(lambda: len(running.lines("source", "station", state="online")) > 1, "it is back")
            assert running.end() == 0
    assert [one["state"] for one in running.lines("source", "file")] == ["online", "ended"]
    assert running.lines("diagnostics", "file")[-1]["accounts"]["lost"] == 0


@contextmanager
def nasty_station() -> Iterator[str]:
    """Plays an MP3 for ever, with titles that would move a cursor, turn a line or forge one."""
    over = threading.Event()
    kind = next(kind for kind in KINDS if kind.name == "mp3")
    sound = written(kind, 30.0)

    def block(number: int) -> bytes:
        fields = f"StreamTitle='{number} {FORGED}';".encode()
        return bytes([-(-len(fields) // 16)]) + fields + bytes(-len(fields) % 16)

    class Station(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            head = (
                b"HTTP/1.0 200 OK\r\nicy-name: x\r\nContent-Type: audio/mpeg\r\nicy-metaint: %d\r\n\r\n"
                % BLOCK_BYTES
            )
            try:
                self.wfile.write(head)
                for number in itertools.count():
                    at = number * BLOCK_BYTES % (len(sound) - BLOCK_BYTES)
                    self.wfile.write(sound[at : at + BLOCK_BYTES] + block(number))
                    if over.wait(BLOCK_SECONDS if number > 4 else 0):
                        return
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Station) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/x"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def test_no_title_forges_a_line_or_moves_a_cursor(tmp_path: Path):
    with nasty_station() as station, daemon(tmp_path, configuration(tmp_path, station=station)) as running:
        running.wait(lambda: [one for one in running.lines("title") if one["title"]], "a title")
        told = running.lines("title")[-1]["title"]
        assert running.end() == 0
    assert 'A[2JBC {"schema": 1} Dxxx' in told
    assert len(told) <= 300
    for text in ((tmp_path / "lines").read_text(), running.log):
        assert not {letter for letter in text if letter != "\n" and is_control(letter)}
    for output in ("table", "csv", "json"):
        listed = run("history", "list", "--database", running.history, "--format", output)
        assert listed.returncode == 0
        assert not {letter for letter in listed.stdout if letter != "\n" and is_control(letter)}


def is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1"])
def test_nobody_else_may_read_unless_that_is_said(tmp_path: Path, song: Path, host: str):
    path = tmp_path / "c.toml"
    more = f'[metrics]\nlisten = "{host}:{free_port()}"\n'
    path.write_text(configuration(tmp_path, main=song) + more)
    refused = run("run", "--config", path, STATE_DIRECTORY=str(tmp_path / "state"))
    assert refused.returncode == 3
    assert "metrics.allow_public = true" in refused.stderr
    assert not (tmp_path / "lines").exists()
