"""A real RTSP server on free loopback ports, fed by ffmpeg. It carries sound by UDP alone."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.icecast import FFMPEG, end, free_port

RTSP_SERVER = shutil.which("rtsp-server-perl")


@dataclass(slots=True)
class RtspServer:
    """One running server with one feed."""

    url: str
    process: subprocess.Popen[bytes]
    feed: subprocess.Popen[bytes]


@contextmanager
def running_rtsp_server(sound: Path) -> Iterator[RtspServer]:
    """Play `sound` for ever; everything ends with the context."""
    if RTSP_SERVER is None or FFMPEG is None:
        pytest.skip("rtsp-server-perl or ffmpeg is not installed")
    listen, publish = free_port(), free_port()
    local = ("--client_listen_address", "127.0.0.1", "--source_listen_address", "127.0.0.1")
    ports = ("-c", str(listen), "-s", str(publish), "--rtp_start_port", str(free_port() & ~1))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([RTSP_SERVER, *local, *ports, "-l", "0"], **quiet)
    feed = None
    try:
        wait_until_open(listen)
        wait_until_open(publish)
        target = f"rtsp://127.0.0.1:{publish}/station"
        how = ("-c:a", "aac", "-b:a", "96k", "-f", "rtsp", "-rtsp_transport", "udp", target)
        source = ("-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(sound))
        feed = subprocess.Popen([FFMPEG, *source, *how], **quiet)
        yield RtspServer(f"rtsp://127.0.0.1:{listen}/station", process, feed)
    finally:
        if feed is not None:
            end(feed)
        end(process)


def wait_until_open(port: int) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")
