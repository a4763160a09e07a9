"""Metrics and health over real sockets: what is answered, and what a bad client cannot do."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from streamgenre.errors import ConfigurationError
from streamgenre.publish import web, web_request
from streamgenre.publish.listen_address import parse_listen
from streamgenre.publish.web import HealthReport, SourceHealth, WebServer, serve
from streamgenre.settings import MetricsSettings
from tests.support.metrics import full_metrics
from tests.support.reading import wait_until

WELL = HealthReport(None, (SourceHealth("main", enabled=True, trouble=None),))


class Health:
    def __init__(self) -> None:
        self.report = WELL

    def __call__(self) -> HealthReport:
        return self.report


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def server(health) -> Iterator[WebServer]:
    server = serve(full_metrics(), health, "127.0.0.1:0")
    yield server
    server.stop(1.0)


def ask(
    server: WebServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(server.address.host, server.address.port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def ended(connection: socket.socket) -> bool:
    """Whether the other end closes it without a word; with what it never read, that is a reset."""
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def raw(server: WebServer, sent: bytes) -> bytes:
    """Send bytes and return all that comes until the connection ends."""
    with socket.create_connection((server.address.host, server.address.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass  # the answer came before all of the request was read
        return received


def test_metrics_come_in_the_format_asked_for(server):
    response, content = ask(server, "/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"\nstreamgenre_source_genre{" in content
    assert content.endswith(b"\n")
    response, content = ask(server, "/metrics?x=1", Accept="application/openmetrics-text;version=1.0.0")
    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    assert content.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("engine", "sources", "status"),
    [
        (None, [("a", True, None)], 200),
        (None, [("a", True, "stalled"), ("b", True, None)], 200),
        (None, [("a", True, "stalled")], 503),
        (None, [("a", False, None)], 503),
        (None, [], 503),
        ("a turn has lasted 30 s", [("a", True, None)], 503),
    ],
)
def test_ready_is_an_engine_and_a_source_alive(server, health, engine, sources, status):
    health.report = HealthReport(
        engine,
        tuple(SourceHealth(name, enabled=enabled, trouble=trouble) for name, enabled, trouble in sources),
    )
    response, content = ask(server, "/readyz")
    told = json.loads(content)
    assert (response.status, told["ready"]) == (status, status == 200)
    assert response.headers["Content-Type"] == "application/json"
    assert told["engine"] == {"alive": engine is None, "trouble": engine}
    assert [(row["source"], row["enabled"], row["trouble"]) for row in told["sources"]] == sources
    assert ask(server, "/healthz")[0].status == 200


def test_a_question_that_cannot_be_answered_is_an_error_and_no_end(server, monkeypatch, caplog):
    monkeypatch.setattr(server, "_health", lambda: 1 / 0)
    assert ask(server, "/readyz")[0].status == 500
    assert ask(server, "/healthz")[1] == b"ok\n"
    assert "'/readyz' could not be answered" in caplog.text


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz"])
def test_head_is_get_without_its_content(server, path):
    got, content = ask(server, path)
    head, nothing = ask(server, path, "HEAD")
    assert (head.status, nothing) == (got.status, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    if path != "/metrics":
        assert int(head.headers["Content-Length"]) == len(content)


def test_what_is_not_there_is_said_without_a_version(server):
    assert ask(server, "/nothing")[0].status == 404
    assert ask(server, "/../../etc/passwd")[0].status == 404
    for method in ("POST", "PUT", "DELETE", "BREW"):
        response, content = ask(server, "/metrics", method)
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
        assert content == b"Method Not Allowed\n"
    response, _ = ask(server, "/")
    assert response.headers["Server"] == "streamgenre"
    assert response.status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\n" + b"X: %s\r\n" % (b"y" * 40_000), b"431"),
        (b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 200, b"431"),
        (b"GET /" + b"y" * 40_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
    ],
)
def test_a_request_is_bounded(server, sent, status):
    assert raw(server, sent).startswith(b"HTTP/1.0 " + status)
    assert ask(server, "/healthz")[0].status == 200


def test_slow_clients_are_let_go_and_hold_up_nobody(health, monkeypatch):
    """They say a byte, then nothing; one more than fits is told so."""
    monkeypatch.setattr(web, "CONNECTION_SECONDS", 600.0)
    monkeypatch.setattr(web, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(web_request.RequestHandler, "timeout", 600.0)
    server = serve(full_metrics(), health, "127.0.0.1:0")
    where = (server.address.host, server.address.port)
    slow = [socket.create_connection(where, timeout=10) for _ in range(3)]
    for connection in slow:
        connection.sendall(b"G")
    assert ask(server, "/healthz")[0].status == 200
    listening = server._server
    assert listening is not None
    wait_until(lambda: len(listening._open) == len(slow))
    slow.append(socket.create_connection(where, timeout=10))
    slow[-1].sendall(b"G")
    assert raw(server, b"").startswith(b"HTTP/1.0 503 ")
    with listening._lock:
        listening._open.update(dict.fromkeys(listening._open, 0.0))  # their time is over
    assert all(ended(connection) for connection in slow)
    wait_until(lambda: ask(server, "/healthz")[0].status == 200)
    server.stop(1.0)
    for connection in slow:
        connection.close()


def test_a_client_that_does_not_read_is_let_go(health, monkeypatch):
    monkeypatch.setattr(web_request.RequestHandler, "timeout", 2.0)

    metrics = full_metrics()
    monkeypatch.setattr(metrics, "render", lambda _: (b"x" * 50_000_000, "text/plain"))
    server = serve(metrics, health, "127.0.0.1:0")
    with socket.create_connection((server.address.host, server.address.port), timeout=10) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert connection.recv(1000)
        wait_until(lambda: not [each for each in threading.enumerate() if "process_request" in each.name])
    server.stop(1.0)


def test_it_ends_at_once_and_its_port_is_free_again(health):
    server = serve(full_metrics(), health, "127.0.0.1:0")
    address = server.address
    with socket.create_connection((address.host, address.port)) as idle:
        idle.sendall(b"GET")
        server.stop(1.0)
        assert ended(idle)
    server._thread.join(60)
    assert not server._thread.is_alive()
    wait_until(lambda: server._server and server._server.socket.fileno() == -1)
    again = serve(full_metrics(), health, str(address))
    assert ask(again, "/healthz")[0].status == 200
    again.stop(1.0)


def test_ipv6_is_served(health):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = serve(full_metrics(), health, "[::1]:0")
    assert str(server.address).startswith("[::1]:")
    assert ask(server, "/healthz")[1] == b"ok\n"
    server.stop(1.0)


def test_a_process_without_descriptors_does_not_spin():
    """A connection that cannot be taken stays there to be taken."""
    script = (
        "import os, resource, socket, time\n"
        "from contextlib import suppress\n"
        "from streamgenre.publish.metrics import MetricsPublisher\n"
        "from streamgenre.publish.web import HealthReport, serve\n"
        "server = serve(MetricsPublisher('1'), lambda: HealthReport(None, ()), '127.0.0.1:0')\n"
        "client = socket.socket()\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "with suppress(OSError):\n"
        "    while True:\n"
        "        held = os.dup(0)\n"
        "client.connect((server.address.host, server.address.port))\n"
        "before = time.process_time()\n"
        "time.sleep(2)\n"
        "used = time.process_time() - before\n"
        "os.close(held)\n"
        "client.sendall(b'GET /healthz HTTP/1.0\\r\\n\\r\\n')\n"
        "client.settimeout(30)\n"
        "print(used, client.recv(12).decode())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    used, answer = done.stdout.split(maxsplit=1)
    assert float(used) < 0.3, "of two seconds"
    assert answer == "HTTP/1.0 200\n"


def test_a_server_that_never_started_may_be_stopped(health):
    server = WebServer(full_metrics(), health, MetricsSettings())
    server.stop(1.0)
    assert str(server.address) == "127.0.0.1:9464"


def test_a_port_in_use_is_told_with_the_remedy(server, health):
    with pytest.raises(ConfigurationError, match=r"metrics\.listen: .* in use; choose another, or stop"):
        serve(full_metrics(), health, str(server.address))


@pytest.mark.parametrize(
    ("listen", "where"),
    [
        ("127.0.0.1:9464", "127.0.0.1:9464"),
        ("localhost:1", "127.0.0.1:1"),
        ("[::1]:9464", "[::1]:9464"),
        ("127.9.9.9:0", "127.9.9.9:0"),
    ],
)
def test_loopback_addresses(listen, where):
    assert str(parse_listen(MetricsSettings(listen))) == where


@pytest.mark.parametrize("listen", ["0.0.0.0:9464", "[::]:9464", "192.168.1.5:9464"])
def test_a_public_address_must_be_asked_for(listen):
    with pytest.raises(ConfigurationError, match=r"metrics\.allow_public"):
        parse_listen(MetricsSettings(listen))
    assert str(parse_listen(MetricsSettings(listen, allow_public=True))) == listen


@pytest.mark.parametrize(
    "listen",
    ["", "9464", ":9464", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:-1", "example.org:80", "::1:80"],
)
def test_what_is_no_address_is_refused(listen):
    with pytest.raises(ConfigurationError, match=r"metrics\.listen = "):
        parse_listen(MetricsSettings(listen, allow_public=True))
