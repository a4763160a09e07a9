"""A real Icecast on a free loopback port, with ffmpeg feeding its mounts."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
ICECAST = shutil.which("icecast2", path=SEARCH_PATH) or shutil.which("icecast", path=SEARCH_PATH)
FFMPEG = shutil.which("ffmpeg")
SOURCE_PASSWORD = "feed"
ENCODINGS = {
    "mp3": ("-c:a", "libmp3lame", "-b:a", "128k", "-content_type", "audio/mpeg", "-f", "mp3"),
    "aac": ("-c:a", "aac", "-b:a", "96k", "-content_type", "audio/aac", "-f", "adts"),
    "ogg": ("-c:a", "libvorbis", "-b:a", "112k", "-content_type", "application/ogg", "-f", "ogg"),
    "opus": ("-c:a", "libopus", "-b:a", "96k", "-content_type", "application/ogg", "-f", "ogg"),
    "flac": ("-c:a", "flac", "-content_type", "application/ogg", "-f", "ogg"),
}
CONFIGURATION = """\
<icecast>
  <limits><clients>50</clients><sources>20</sources><burst-size>65535</burst-size></limits>
  <authentication>
    <source-password>{password}</source-password>
    <admin-user>admin</admin-user><admin-password>{password}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths>
    <basedir>{share}</basedir><logdir>{folder}</logdir>
    <webroot>{share}/web</webroot><adminroot>{share}/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
</icecast>
"""


@dataclass(slots=True)
class Icecast:
    """One running server and the encoders that feed it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    feeds: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])

    def url(self, mount: str) -> str:
        return f"http://127.0.0.1:{self.port}/{mount}"

    def feed(self, mount: str, sound: Path, *encoding: str) -> None:
        """Play `sound` for ever on a mount, named as its encoding unless one is given; wait for it."""
        self._start_feed(mount, sound, *encoding)
        self._wait_for_mount(mount)

    def feed_all(self, sound: Path) -> None:
        """Play `sound` on a mount of every encoding; wait for all."""
        for mount in ENCODINGS:
            self._start_feed(mount, sound)
        for mount in ENCODINGS:
            self._wait_for_mount(mount)

    def _start_feed(self, mount: str, sound: Path, *encoding: str) -> None:
        assert FFMPEG is not None
        target = f"icecast://source:{SOURCE_PASSWORD}@127.0.0.1:{self.port}/{mount}"
        quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1")
        command = [FFMPEG, *quiet, "-i", str(sound), *(encoding or ENCODINGS[mount]), target]
        with (self.folder / f"{mount}.log").open("wb") as log:
            self.feeds[mount] = subprocess.Popen(command, stdout=log, stderr=log)

    def set_title(self, mount: str, song: str, charset: str = "utf-8") -> None:
        """Tell the server what plays on an MP3 or AAC mount, as a studio does."""
        query = urllib.parse.urlencode(
            {"mount": f"/{mount}", "mode": "updinfo", "charset": charset, "song": song.encode(charset)}
        )
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/admin/metadata?{query}")
        request.add_header("Authorization", f"Basic {_encoded(f'admin:{SOURCE_PASSWORD}')}")
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert b"<return>1</return>" in answer.read()

    @contextmanager
    def studio(self, mount: str, content_type: str) -> Iterator[socket.socket]:
        """Be the source of a mount oneself: what is sent into the socket goes out to the listeners."""
        head = (
            f"SOURCE /{mount} HTTP/1.0\r\nAuthorization: Basic {_encoded(f'source:{SOURCE_PASSWORD}')}\r\n"
            f"Content-Type: {content_type}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.sendall(head.encode())
            assert b" 200 " in line.recv(4096)
            yield line

    def stop_feed(self, mount: str) -> None:
        """Take the encoder away, as a studio that goes off the air."""
        end(self.feeds.pop(mount))

    def freeze(self) -> None:
        """Let the server hang with its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the server as a crash would."""
        self.process.kill()
        self.process.wait(10)

    def restart(self) -> None:
        """Start again after a kill, at the same place and without mounts."""
        for mount in tuple(self.feeds):
            self.stop_feed(mount)
        configuration = str(self.folder / "icecast.xml")
        with (self.folder / "output").open("ab") as output:
            command = [str(ICECAST), "-c", configuration]
            self.process = subprocess.Popen(command, stdout=output, stderr=output, **unprivileged())
        wait_until_open(self)

    def _wait_for_mount(self, mount: str) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up and self.feeds[mount].poll() is None:
            try:
                with urllib.request.urlopen(self.url(mount), timeout=5) as answer:
                    if answer.read(1):
                        return
            except urllib.error.HTTPError:
                time.sleep(0.05)
        raise RuntimeError(f"/{mount} did not come up:\n{(self.folder / f'{mount}.log').read_text()}")


@contextmanager
def running_icecast() -> Iterator[Icecast]:
    """Start a server without mounts; whatever it has started ends with it."""
    if ICECAST is None or FFMPEG is None:
        pytest.skip("icecast2 or ffmpeg is not installed")
    # Not pytest's own folder: Icecast gives up root, and only root may look in there.
    with tempfile.TemporaryDirectory(prefix="icecast-") as name:
        folder = Path(name)
        port = free_port()
        share = next((p for p in ("/usr/share/icecast2", "/usr/share/icecast") if Path(p).is_dir()), name)
        configuration = folder / "icecast.xml"
        configuration.write_text(
            CONFIGURATION.format(password=SOURCE_PASSWORD, port=port, folder=folder, share=share)
        )
        folder.chmod(0o777)
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [ICECAST, "-c", str(configuration)], stdout=output, stderr=output, **unprivileged()
            )
        server = Icecast(folder, port, process)
        try:
            wait_until_open(server)
            yield server
        finally:
            for feed in server.feeds.values():
                end(feed)
            server.thaw()
            end(server.process)


def _encoded(credentials: str) -> str:
    return base64.b64encode(credentials.encode()).decode()


def unprivileged() -> dict[str, Any]:
    """Icecast refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def wait_until_open(server: Icecast) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up and server.process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"icecast did not start:\n{(server.folder / 'output').read_text(errors='replace')}")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def icecast() -> Iterator[Icecast]:
    """A running server of this test's own, without mounts; ended by its process id."""
    with running_icecast() as server:
        yield server
