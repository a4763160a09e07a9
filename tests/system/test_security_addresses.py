"""Where an address may lead: a station, a redirect or a playlist opens nothing that nobody meant."""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.stations import http as stations_http
from streamgenre.capture.stations import nearness
from streamgenre.capture.stations.http import Download
from streamgenre.capture.stations.nearness import is_public, require_public
from streamgenre.capture.stations.stream_decoder import StreamDecoder
from streamgenre.errors import PermanentSourceError, SourceError
from tests.support.audio_files import write_encoded
from tests.support.local_http import RawServer, file_server, fixed_answer, raw_server
from tests.support.program import PROGRAM
from tests.support.sounds import tone

pytestmark = pytest.mark.system
RATE_HZ = 22_050
FAR = "127.0.0.2"
"""Loopback, too; in these tests it passes for an address of the public network."""


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations_http, "is_public", lambda host: host == FAR)
    monkeypatch.setattr(nearness, "is_public", lambda host: host == FAR)


@contextmanager
def far_server(answers: dict[str, bytes]) -> Iterator[str]:
    """A server whose peers see FAR as its address."""

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answers[self.path])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer((FAR, 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://{FAR}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def redirect(target: str) -> bytes:
    return f"HTTP/1.0 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()


def playlist(*targets: str) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Type: audio/x-mpegurl\r\n\r\n" + "\n".join(targets).encode()


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("localhost", False),
        ("", False),
    ],
)
def test_what_everybody_can_reach_is_public(host, wanted):
    assert is_public(host) is wanted


@pytest.mark.usefixtures("far")
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_public_server_does_not_lead_home(name):
    """What is asked there would come from this machine, which others may trust."""
    with fixed_answer(b"HTTP/1.0 200 OK\r\n\r\n") as home:
        address = home.address.replace("127.0.0.1", name)
        answers = {"/r": redirect(address), "/p": playlist(address), "/q": playlist("/r")}
        with far_server(answers) as server:
            for path in answers:
                with pytest.raises(PermanentSourceError, match="give that address itself") as refusal:
                    StreamDecoder(server + path)
                assert "127.0.0.1" in str(refusal.value)
        assert not any(home.requests)


@pytest.mark.usefixtures("far")
def test_what_is_near_may_lead_anywhere_and_what_is_given_is_asked():
    with (
        far_server({"/x": b"HTTP/1.0 200 OK\r\n\r\nsound", "/again": redirect("/x")}) as server,
        fixed_answer(redirect(server + "/again")) as near,
        closing(Download(near.address)) as found,
    ):
        assert found.read(5) == b"sound"
        assert found.from_public
    with (
        fixed_answer(b"HTTP/1.0 200 OK\r\n\r\nsound") as home,
        fixed_answer(redirect(home.address)) as near,
        closing(Download(near.address)) as found,
    ):
        assert found.read(5) == b"sound"
        assert not found.from_public


@pytest.mark.usefixtures("far")
def test_a_public_playlist_does_not_lead_to_a_camera_at_home():
    with (
        far_server({"/p": playlist("rtsp://localhost:1/camera")}) as server,
        pytest.raises(PermanentSourceError, match="own network"),
    ):
        StreamDecoder(f"{server}/p")
    require_public(f"rtsp://{FAR}/x")
    require_public("rtsp://no.such.host.invalid/x")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoded(tmp_path_factory.mktemp("secret") / "secret.mp3", tone(2, RATE_HZ, 440), RATE_HZ)


@pytest.mark.parametrize(
    "name",
    [
        "file://{path}",
        "{path}",
        "file:{path}",
        "crypto:file:{path}",
        "crypto+file://{path}",
        "concat:{path}|{path}",
        "concatf:{path}",
        "subfile,,start,0,end,0,,:{path}",
        "async:file:{path}",
        "cache:file:{path}",
        "pipe:0",
        "fd:0",
        "unix:/run/dbus/system_bus_socket",
        "tcp://127.0.0.1:1",
        "udp://127.0.0.1:1",
        "ftp://127.0.0.1:1/x",
        "gopher://127.0.0.1:1/x",
        "rtmp://127.0.0.1:1/x",
    ],
)
def test_segments_open_nothing_of_this_machine(secret, name):
    """An HLS list is read by FFmpeg, which knows all of these; a key or a map is opened like a segment."""
    named = name.format(path=secret)
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
    lists = {
        "segment": f"{head}#EXTINF:2,\n{named}\n#EXT-X-ENDLIST\n",
        "map": f'{head}#EXT-X-MAP:URI="{named}"\n#EXTINF:2,\nmissing.mp3\n#EXT-X-ENDLIST\n',
        "key": f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{named}"\n#EXTINF:2,\nmissing.mp3\n#EXT-X-ENDLIST\n',
        "variant": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{named}\n",
    }

    def answer(connection: socket.socket, request: str) -> None:
        text = lists.get(request.split(" ")[1].strip("/").partition(".")[0])
        if text is None:
            connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
            return
        kind = b"Content-Type: application/vnd.apple.mpegurl\r\n\r\n"
        connection.sendall(b"HTTP/1.0 200 OK\r\n" + kind + text.encode())

    with raw_server(answer) as server:
        for kind in lists:
            assert heard_samples(f"{server.address}/{kind}.m3u8") == 0


def heard_samples(url: str) -> int:
    try:
        with closing(StreamDecoder(url)) as decoder:
            return sum(np.count_nonzero(block.samples) for block in decoder.blocks())
    except SourceError:
        return 0


def test_a_list_of_segments_plays_where_they_are_on_the_web(secret):
    """So that the test before this one proves something."""
    (secret.parent / "good.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp3\n#EXT-X-ENDLIST\n"
    )
    with file_server(secret.parent) as address:
        assert heard_samples(f"{address}/good.m3u8") > RATE_HZ


def test_what_a_server_says_of_itself_is_bounded_and_printable():
    nasty = "\x1b[2J\x9b31m" + "x" * 3000
    for head in (f"HTTP/1.0 200 OK\r\nContent-Encoding: {nasty}\r\n", f"HTTP/1.0 500 {nasty}\r\n"):
        with fixed_answer(head.encode("latin-1") + b"\r\n") as server:
            assert is_quiet(refusal_of(server))
    with fixed_answer(redirect("gopher://host/" + "x" * 3000)) as server:
        assert is_quiet(refusal_of(server))
    with fixed_answer(playlist("gopher://host/\x1b[2J\u202e" + "x" * 3000)) as server:
        assert is_quiet(refusal_of(server))


def refusal_of(server: RawServer) -> str:
    with pytest.raises(SourceError) as refusal:
        StreamDecoder(server.address)
    return str(refusal.value)


def is_quiet(words: str) -> bool:
    return words.isprintable() and len(words) < 1000


IN_A_NETWORK = """
set -e
ip link set lo up
ip addr add 9.9.9.9/32 dev lo
exec "$@"
"""
SERVED = """
import http.server, subprocess, sys, threading
asked = []
def server(host, location):
    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(host)
            self.send_response(302 if location else 200)
            if location:
                self.send_header("Location", location)
            self.end_headers()
        def log_message(self, *_): pass
    made = http.server.ThreadingHTTPServer((host, 0), Answering)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return f"http://{host}:{made.server_address[1]}/"
home = server("127.0.0.1", None)
public = server("9.9.9.9", home)
done = subprocess.run([sys.argv[1], "listen", "--json", public], capture_output=True, text=True)
print(done.returncode, asked, done.stderr)
"""


def test_in_a_real_network_a_redirect_home_is_refused():
    """A network of its own, where an address of the public one is this machine's."""
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (util-linux, iproute2)")
    enter = ["unshare", "--map-root-user", "--net", "sh", "-c", IN_A_NETWORK, "sh"]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace may be made here")
    done = subprocess.run(
        [*enter, sys.executable, "-c", SERVED, str(PROGRAM)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout.startswith("4 ['9.9.9.9']"), done
    assert "a public server leads to 127.0.0.1" in done.stdout
