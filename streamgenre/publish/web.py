"""Metrics and health over HTTP: small, on loopback, and not to be held up by any client."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import Protocol

from streamgenre.errors import ConfigurationError
from streamgenre.publish.health_report import HealthReport, SourceHealth
from streamgenre.publish.listen_address import ListenAddress, parse_listen
from streamgenre.publish.web_pages import BUSY, Page, readiness, start_page, text_page
from streamgenre.publish.web_request import RequestHandler
from streamgenre.settings import MetricsSettings

__all__ = ["HealthReport", "SourceHealth", "WebServer", "serve"]

MAX_CONNECTIONS = 16
CONNECTION_SECONDS = 10.0
"""No connection lives longer, however slowly it is written or read."""
POLL_SECONDS = 0.2
STOP_SECONDS = 0.8

log = logging.getLogger(__name__)


class Metrics(Protocol):
    """What is asked of the metrics."""

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return them and their content type, in the format that an Accept header asks for."""
        ...


class WebServer:
    """Threads of its own: one that listens, and one for each connection, of which there are few."""

    def __init__(
        self, metrics: Metrics, health: Callable[[], HealthReport], settings: MetricsSettings
    ) -> None:
        """Raises ConfigurationError for an address that makes no sense, or is public unasked."""
        self._metrics = metrics
        self._health = health
        self._listen = parse_listen(settings)
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def address(self) -> ListenAddress:
        """Where it listens; the port is known once it has started."""
        return self._server.bound if self._server else self._listen

    def start(self) -> None:
        """Begin to listen; raises ConfigurationError where the address cannot be had."""
        try:
            self._server = _Server(self._listen, self._page)
        except OSError as error:
            raise ConfigurationError(
                f"metrics.listen: {self._listen} cannot be had: {error.strerror or error}; choose another, "
                "or stop what listens there"
            ) from error
        self._thread.start()
        log.info("metrics and health at http://%s/", self.address)

    def stop(self, timeout_seconds: float) -> None:
        """Take no more connections and end those that there are."""
        if self._server is None:
            return
        ending = threading.Thread(target=self._server.end, name="web-end", daemon=True)
        ending.start()
        ending.join(min(timeout_seconds, STOP_SECONDS))

    def _run(self) -> None:
        assert self._server is not None, "start() made it"
        self._server.serve_forever(POLL_SECONDS)

    def _page(self, path: str, accept: str) -> Page | None:
        """Return what is there; None: nothing."""
        match path:
            case "/metrics":
                content, content_type = self._metrics.render(accept)
                return Page(200, content_type, content)
            case "/healthz":
                return text_page(200, "ok")
            case "/readyz":
                return readiness(self._health())
            case "/":
                return start_page()
            case _:
                return None


def serve(
    metrics: Metrics, health: Callable[[], HealthReport], listen: str, *, allow_public: bool = False
) -> WebServer:
    """Return a server that has started."""
    server = WebServer(metrics, health, MetricsSettings(listen, allow_public))
    server.start()
    return server


class _Server(ThreadingMixIn, TCPServer):
    """Bounded in connections, and each of those in time."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, listen: ListenAddress, page: Callable[[str, str], Page | None]) -> None:
        self.address_family = listen.family
        self.page = page
        self._open: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        super().__init__((listen.host, listen.port), RequestHandler)
        self.bound = ListenAddress(*self.socket.getsockname()[:2])

    def get_request(self) -> tuple[socket.socket, object]:
        """Take the next connection; while there is no descriptor left for it, not again at once."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(POLL_SECONDS)
            raise

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Give the connection a thread, or turn it away."""
        assert isinstance(request, socket.socket), "TCP"
        with self._lock:
            full = len(self._open) >= MAX_CONNECTIONS
            if not full:
                self._open[request] = time.monotonic() + CONNECTION_SECONDS
        if full:
            request.settimeout(0)
            with suppress(OSError):  # it has gone already
                request.send(BUSY)
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        assert isinstance(request, socket.socket), "TCP"
        with self._lock:
            self._open.pop(request, None)
            super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called by the listening thread several times a second."""
        self._end_connections(time.monotonic())

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # as declared
        log.debug("a request from %s came to nothing", client_address)

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        self._end_connections(float("inf"))

    def _end_connections(self, now: float) -> None:
        """Shut those that are overdue, which wakes their threads; a thread closes its own."""
        with self._lock:
            for connection, until in self._open.items():
                if until <= now:
                    with suppress(OSError):  # it has gone already
                        connection.shutdown(socket.SHUT_RDWR)
