"""Streaming GETs that neither hang nor grow. The only importer of httpx."""

from __future__ import annotations

import functools
import logging
import math
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import httpx

from streamgenre.capture.source_text import cut, printable, shown
from streamgenre.capture.stations.nearness import is_public, leads_home
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError

CONNECT_TIMEOUT_SECONDS = 5.0
STALL_TIMEOUT_SECONDS = 3.0
OPENING_SECONDS = 10.0
"""For the way to the audio: redirects, headers, however slowly they trickle."""
MAX_REDIRECTS = 5
_CLOSE_SECONDS = 0.5
_ENDLESS_BYTES = 1 << 40
"""Some stations declare a length, as great a one as they can."""
_HEADERS = {
    "User-Agent": "streamgenre",
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # a compressed stream would be a bomb or a mistake
    "Icy-MetaData": "1",
}
_TIMEOUTS = httpx.Timeout(STALL_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
_PERMANENT_STATUSES = {
    401: "the server wants other credentials (HTTP 401); check user and password",
    403: "the server forbids it (HTTP 403); check the address and your rights",
    404: "the server has no such stream (HTTP 404); check the address",
    410: "the server has no such stream any more (HTTP 410); check the address",
}
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)

# httpx writes every address to its log, credentials and all.
logging.getLogger("httpx").setLevel(logging.WARNING)


class _NetworkStream(Protocol):
    read: Callable[..., bytes]

    def close(self) -> None: ...

    def get_extra_info(self, info: str, /) -> Any: ...  # noqa: ANN401 - httpcore's own word for it


class Download:
    """One GET, answered with 200. Read by one thread, closed by any."""

    def __init__(
        self, url: str, opening_seconds: float = OPENING_SECONDS, *, from_public: bool = False
    ) -> None:
        """Follow redirects and wait for the headers. Raises SourceError.

        `from_public`: a public server named this address, so it must not lie in this network.
        """
        self._shown = shown(url)
        self._line = _Line(self._shown, opening_seconds, from_public)
        self._reading = threading.Lock()
        self._held = b""
        self._client = self._made_client()
        try:
            self._userinfo = httpx.URL(url).userinfo
            self._response = self._answer(url)
            self._chunks = self._response.iter_raw()
            self._refuse_compression()
        except _FAILURES as error:
            self.close()
            raise _source_error(error, self._shown) from None
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where the redirects ended, with the credentials that hold there."""
        asked = self._response.request
        if "authorization" not in asked.headers or asked.url.userinfo:
            return str(asked.url)
        return str(asked.url.copy_with(userinfo=self._userinfo))

    @property
    def from_public(self) -> bool:
        """Whether a public server sent this, or named the address."""
        return self._line.from_public

    @property
    def content_type(self) -> str:
        """In lower case, without parameters; empty when the server does not say."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def content_length(self) -> int | None:
        """How many bytes the server says will come; None where it does not, or makes a station of them."""
        length = self.header("content-length").strip()
        declared = (
            int(length) if length.isascii() and length.isdigit() and len(length) < 20 else _ENDLESS_BYTES
        )
        return declared if declared < _ENDLESS_BYTES else None

    @property
    def is_station(self) -> bool:
        """Whether the headers are those of an ICY station, which has no end whatever its length says."""
        return any(name.lower().startswith("icy-") for name in self._response.headers)

    def header(self, name: str) -> str:
        """Return one header of the answer; empty when it is not there."""
        return self._response.headers.get(name, "")

    def read(self, max_bytes: int) -> bytes:
        """Wait for bytes and return what is there; empty at the end. Raises SourceError."""
        with self._reading:
            if not self._held:
                self._held = self._next_chunk()
            data, self._held = self._held[:max_bytes], self._held[max_bytes:]
            return data

    def peek(self, wanted_bytes: int) -> bytes:
        """Return the next bytes, which stay to be read; fewer only at the end. Raises SourceError."""
        with self._reading:
            while len(self._held) < wanted_bytes and (chunk := self._next_chunk()):
                self._held += chunk
            return self._held[:wanted_bytes]

    def settle(self) -> None:
        """Audio has come: from now on only silence is too slow."""
        self._line.deadline = math.inf

    def close(self) -> None:
        """Hang up; whoever reads is woken."""
        self._line.hang_up()
        if self._reading.acquire(timeout=_CLOSE_SECONDS):
            try:
                if hasattr(self, "_response"):
                    self._response.close()
                self._client.close()
            finally:
                self._reading.release()

    def _made_client(self) -> httpx.Client:
        try:
            certificates = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
            return httpx.Client(timeout=_TIMEOUTS, headers=_HEADERS, verify=_authorities(*certificates))
        except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
            # The text of an InvalidURL may quote a password.
            why = "" if isinstance(error, httpx.InvalidURL) else f": {error}"
            raise PermanentSourceError(
                f"{self._shown}: the proxy or certificates that the environment names cannot be used{why}"
            ) from None

    def _answer(self, url: str) -> httpx.Response:
        trace = {"trace": self._line.watch}
        request: httpx.Request | None = self._client.build_request("GET", url, extensions=trace)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            request = response.next_request
            if request is None:
                self._require_success(response)
                return response
            response.close()
            if request.url.scheme not in {"http", "https"}:
                raise PermanentSourceError(
                    f"{self._shown}: the server redirects to {cut(shown(str(request.url)), 200)}; "
                    "only http and https are followed"
                )
        raise PermanentSourceError(
            f"{self._shown}: the server redirects more than {MAX_REDIRECTS} times; check the address"
        )

    def _require_success(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        response.close()
        if status in _PERMANENT_STATUSES:
            raise PermanentSourceError(f"{self._shown}: {_PERMANENT_STATUSES[status]}")
        raise TransientSourceError(f"{self._shown}: the server failed (HTTP {status})")

    def _refuse_compression(self) -> None:
        coding = self.header("content-encoding").strip().lower()
        if coding not in {"", "identity"}:
            said = cut(printable(coding), 40)
            raise PermanentSourceError(
                f"{self._shown}: the server compresses what it sends ({said}), though asked not to"
            )

    def _next_chunk(self) -> bytes:
        try:
            return next(self._chunks, b"")
        except _FAILURES as error:
            raise _source_error(error, self._shown) from None


class _Line:
    """The connection under a request: ended from outside, limited in time, tolerant of old stations."""

    def __init__(self, station: str, opening_seconds: float, from_public: bool) -> None:  # noqa: FBT001
        self._shown = station
        self.from_public = from_public
        self._seconds = opening_seconds
        self._socket: socket.socket | None = None
        self._hung_up = False
        self.deadline = time.monotonic() + opening_seconds

    def watch(self, event: str, details: dict[str, Any]) -> None:
        """Hear from httpcore what a request has come to; get hold of every connection it makes."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            stream: _NetworkStream = details["return_value"]
            self._socket = stream.get_extra_info("socket")
            stream.read = _with_status_lines(functools.partial(self._read, stream.read))
            if self._hung_up:
                self.hang_up()
            self._keep_distance(stream)

    def _keep_distance(self, stream: _NetworkStream) -> None:
        """Ask nothing of a machine near by because one far away says so; a name may lead anywhere."""
        host = str(stream.get_extra_info("server_addr")[0])
        public = is_public(host)
        if self.from_public and not public:
            stream.close()
            raise leads_home(self._shown, host)
        self.from_public |= public

    def hang_up(self) -> None:
        """Wake whoever waits for bytes, with the end of them."""
        self._hung_up = True
        if self._socket is not None:
            try:
                # Not SSLSocket.shutdown, which takes the encryption from under a reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return

    def _read(self, read: Callable[..., bytes], max_bytes: int, timeout: float | None = None) -> bytes:
        left = max(0.0, self.deadline - time.monotonic())
        try:
            data = read(max_bytes, left if timeout is None else min(left, timeout))
        except Exception:
            self._keep_deadline()
            raise
        self._keep_deadline()
        return data

    def _keep_deadline(self) -> None:
        if time.monotonic() >= self.deadline:
            raise TransientSourceError(f"{self._shown}: no audio came within {self._seconds:.0f} s") from None


def _with_status_lines(read: Callable[..., bytes]) -> Callable[..., bytes]:
    """Wrap `read` so that an answer which begins `ICY 200 OK`, as old SHOUTcast's does, begins with HTTP."""
    held = b""
    begun = False

    def reading(max_bytes: int, timeout: float | None = None) -> bytes:
        nonlocal held, begun
        if begun:
            return read(max_bytes, timeout)
        while len(held) < 4 and b"ICY ".startswith(held):
            data = read(max_bytes, timeout)
            if not data:
                break
            held += data
        begun = True
        return b"HTTP/1.0 " + held[4:] if held.startswith(b"ICY ") else held

    return reading


@functools.cache
def _authorities(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:  # noqa: ARG001 - the cache's key
    """Trust what httpx trusts (SSL_CERT_FILE, SSL_CERT_DIR or certifi), and what this system does."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _source_error(error: BaseException, station: str) -> SourceError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PermanentSourceError(
                f"{station}: the server's certificate is not trusted ({cause.verify_message}); "
                "check the address, or name its authority in SSL_CERT_FILE"
            )
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return PermanentSourceError(
            f"{station}: not an address that can be asked; it should look like http://host:port/path"
        )
    return TransientSourceError(f"{station}: {_reason(error, causes)}")


def _reason(error: BaseException, causes: list[BaseException]) -> str:
    for kind, reason in _REASONS.items():
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    if isinstance(error, httpx.ConnectError):
        return f"cannot connect ({error}); check the address and the network"
    if isinstance(error, httpx.RemoteProtocolError) and not _BROKEN_OFF.search(str(error)):
        return "what the server answers is not HTTP; check the address"  # h11's text quotes it at any length
    return "the connection was lost; check the address and the network"


_BROKEN_OFF = re.compile("disconnected|closed connection")

_REASONS: dict[type[BaseException], str] = {
    httpx.ConnectTimeout: f"no connection within {CONNECT_TIMEOUT_SECONDS:.0f} s; check address and network",
    httpx.TimeoutException: f"the server sent nothing for {STALL_TIMEOUT_SECONDS:.0f} s",
    ConnectionRefusedError: "connection refused; is the server running on that port?",
    socket.gaierror: "the host is unknown; check the address and the network",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(8):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
