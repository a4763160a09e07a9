"""What a running streamgenre says of its health, told in words; and who else may sit at its address."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streamgenre.doctor import running as room
from streamgenre.doctor.check import Check
from streamgenre.doctor.running import Running, ask_running
from streamgenre.publish.health_report import HealthReport, SourceHealth
from streamgenre.publish.web import serve
from streamgenre.settings import MetricsSettings, Settings, SourceSettings


class NoMetrics:
    def render(self, _accept: str = "") -> tuple[bytes, str]:
        return b"", "text/plain"


@contextmanager
def streamgenre(engine: str | None, **troubles: str | None) -> Iterator[str]:
    """Serve health as the daemon does."""
    sources = tuple(SourceHealth(name, trouble != "disabled", trouble) for name, trouble in troubles.items())
    server = serve(NoMetrics(), lambda: HealthReport(engine, sources), "127.0.0.1:0")
    try:
        yield str(server.address)
    finally:
        server.stop(10)


def ask(listen: str | None, *sources: str) -> tuple[list[Check], Running]:
    metrics = None if listen is None else MetricsSettings(listen)
    settings = Settings("bar", tuple(SourceSettings(name, "mic") for name in sources), metrics=metrics)
    running = Running()
    return list(ask_running(settings, running)), running


def test_all_is_well():
    with streamgenre(None, main=None) as listen:
        found, running = ask(listen, "main")
    assert [(check.name, check.verdict, check.remedy) for check in found] == [
        ("health", "ok", None),
        ("engine", "ok", None),
        ("health main", "ok", None),
    ]
    assert running.follows("main")


def test_each_trouble_has_its_words_and_what_to_do():
    troubles = {
        "a": "reconnecting",
        "b": "stalled",
        "c": "failed",
        "d": "no audio has come yet",
        "e": "no samples for 7 s",
        "f": "no decision for 9 s",
    }
    with streamgenre("a turn has lasted 25 s", **troubles, off="disabled", done="ended") as listen:
        found, running = ask(listen, *troubles, "off", "done", "new", "newer")
    told = {check.name: check for check in found}
    assert len({told[f"health {name}"].found.partition(": ")[2] for name in troubles}) == 6
    for name, trouble in troubles.items():
        assert told[f"health {name}"].found.startswith(trouble)
        assert (told[f"health {name}"].verdict, bool(told[f"health {name}"].remedy)) == ("warning", True)
        assert not running.follows(name)
    assert [told[f"health {name}"].verdict for name in ("off", "done")] == ["ok", "ok"]
    assert told["engine"].verdict == "failed"
    assert "a turn has lasted 25 s" in told["engine"].found
    assert "watchdog" in str(told["engine"].remedy)
    assert (found[-1].found, found[-1].verdict) == (
        "the running streamgenre does not know new, newer",
        "warning",
    )
    assert "reload" in str(found[-1].remedy)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    (check,), _ = ask(address)
    assert (check.verdict, "it is free" in check.found) == ("ok", True)


def test_a_port_that_may_not_be_had(monkeypatch):
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setattr(socket.socket, "bind", refused)
    (check,), _ = ask(address)
    assert (check.verdict, check.found) == ("failed", f"{address} cannot be had: Permission denied")


@pytest.mark.parametrize(
    "answer", [b"ok", b"[]", b'{"ready": true, "engine": 1, "sources": []}', b'{"ready": 1}', b"\xff"]
)
def test_something_else_listens(answer):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok" if self.path == "/healthz" else answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            (check,), running = ask(f"127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()
            thread.join()
    assert (check.verdict, running.troubles) == ("failed", {})
    assert "not streamgenre" in check.found


def test_something_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(room, "ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        (check,), _ = ask(f"127.0.0.1:{server.getsockname()[1]}")
    assert (check.verdict, "does not answer" in check.found) == ("failed", True)
    assert "restart" in str(check.remedy)


def test_without_metrics_it_cannot_be_asked():
    (check,), _ = ask(None)
    assert (check.verdict, "[metrics]" in check.found) == ("ok", True)
    assert list(ask_running(None, Running())) == []
