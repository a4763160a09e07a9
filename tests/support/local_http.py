"""Small HTTP and TCP servers on loopback, each for one way a station can behave."""

from __future__ import annotations

import functools
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest


class _QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True


class _Statuses(_QuietFiles):
    def do_GET(self) -> None:
        """Answer /401 with status 401."""
        self.send_error(int(self.path.partition("?")[0].strip("/")))


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Serve a folder; yields the address without a slash at its end."""
    with serving(functools.partial(_QuietFiles, directory=str(folder))) as address:
        yield address


@contextmanager
def status_server() -> Iterator[str]:
    """Answer every path with the status it names."""
    with serving(_Statuses) as address:
        yield address


@contextmanager
def silent_server(greeting: bytes = b"") -> Iterator[str]:
    """Accept every connection, send the greeting, and then nothing for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                kept.append(connection)
                connection.sendall(greeting)

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in kept:
                connection.close()


@dataclass(slots=True)
class RawServer:
    """A server of single answers, and what it was asked."""

    address: str
    requests: list[str] = field(default_factory=list[str])


@contextmanager
def raw_server(answer: Callable[[socket.socket, str], None]) -> Iterator[RawServer]:
    """Give each connection and its request to `answer`, then close it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def serve(connection: socket.socket) -> None:
            with connection:
                try:
                    request = connection.recv(65_536).decode("latin-1")
                    server.requests.append(request)
                    answer(connection, request)
                except OSError:
                    return  # the other side has heard enough

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def fixed_answer(data: bytes) -> Iterator[RawServer]:
    """Send the same bytes, head and all, to every request."""
    with raw_server(lambda connection, _: connection.sendall(data)) as server:
        yield server


@contextmanager
def trickling_server(beginning: bytes, drop: bytes, pause_seconds: float) -> Iterator[RawServer]:
    """Send the beginning, then `drop` again and again: a slow-loris."""

    def trickle(connection: socket.socket, _: str) -> None:
        connection.sendall(beginning)
        while True:
            time.sleep(pause_seconds)
            connection.sendall(drop)

    with raw_server(trickle) as server:
        yield server


@contextmanager
def tls_file_server(folder: Path, certificate: Path) -> Iterator[str]:
    """Serve a folder over TLS with a certificate from `self_signed`."""
    with serving(functools.partial(_QuietFiles, directory=str(folder)), certificate) as address:
        yield address.replace("http:", "https:")


def self_signed(folder: Path, name: str = "localhost") -> Path:
    """Make a certificate for a name and 127.0.0.1, its key in the same file; it is its own authority."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    names = ["-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    subprocess.run(
        [*command, *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    return certificate


@contextmanager
def broken_download(data: bytes, sent_bytes: int) -> Iterator[str]:
    """Promise all of `data` to every request, send its beginning, and close the connection."""

    class Breaking(_QuietFiles):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:sent_bytes])

    with serving(Breaking) as address:
        yield address


@contextmanager
def serving(
    handler: object, certificate: Path | None = None, over: threading.Event | None = None
) -> Iterator[str]:
    """Serve on a free port of this machine; `over` is set before the end, for answers that go on."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            if over is not None:
                over.set()
            server.shutdown()
            thread.join()
