"""Small HTTP and TCP servers on loopback, each for one way a station can behave."""

from __future__ import annotations

import functools
import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class _QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class _Statuses(_QuietFiles):
    def do_GET(self) -> None:
        """Answer /401 with status 401."""
        self.send_error(int(self.path.strip("/")))


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Serve a folder; yields the address without a slash at its end."""
    with _serving(functools.partial(_QuietFiles, directory=str(folder))) as address:
        yield address


@contextmanager
def status_server() -> Iterator[str]:
    """Answer every path with the status it names."""
    with _serving(_Statuses) as address:
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


@contextmanager
def broken_download(data: bytes, sent_bytes: int) -> Iterator[str]:
    """Promise all of `data` to every request, send its beginning, and close the connection."""

    class Breaking(_QuietFiles):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:sent_bytes])

    with _serving(Breaking) as address:
        yield address


@contextmanager
def _serving(handler: object) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
