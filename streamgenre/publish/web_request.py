"""One connection of the web server: one request, one answer."""

from __future__ import annotations

import logging
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from typing import Any

from streamgenre.publish.web_pages import Page, text_page

REQUEST_BYTES = 16_384
"""Of a request's line and headers together."""
PATIENCE_SECONDS = 5.0
"""For each read, and for the whole answer to be taken."""

log = logging.getLogger(__name__)


class RequestHandler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.0: a connection is closed after its answer."""

    timeout = PATIENCE_SECONDS
    default_request_version = "HTTP/1.0"  # what is no HTTP is answered in HTTP
    server: Any  # with page(path, accept)

    def setup(self) -> None:
        super().setup()
        self.rfile = _Bounded(self.rfile)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002  # what was sent is not sent back
        """Answer for http.server, which knows methods that are not there as not implemented."""
        self._send(text_page(405 if code == 501 else code))

    def version_string(self) -> str:
        return "streamgenre"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        log.debug("%s: %s", self.client_address[0], format % args)

    def _answer(self) -> None:
        try:
            page = self.server.page(self.path.partition("?")[0], self.headers.get("Accept", ""))
        except Exception:
            log.exception("%r could not be answered", self.path)
            page = text_page(500)
        self._send(page or text_page(404))

    def _send(self, page: Page) -> None:
        self.close_connection = True
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if page.status == 405:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.content)


class _Bounded(BufferedIOBase):
    """The lines of a request, up to REQUEST_BYTES of them."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401  # what socketserver makes of a socket
        self._stream = stream
        self._left = REQUEST_BYTES

    def readline(self, size: int | None = -1, /) -> bytes:
        if self._left <= 0:
            raise LineTooLong("request")
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        line: bytes = self._stream.readline(wanted)
        self._left -= len(line)
        return line

    def close(self) -> None:
        self._stream.close()
        super().close()
