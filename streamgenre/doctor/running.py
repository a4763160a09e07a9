"""The streamgenre that runs here, if one does: what its health says, in words, and what to do."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from streamgenre.doctor.check import Check
from streamgenre.publish.listen_address import ListenAddress, parse_listen
from streamgenre.settings import Settings

ANSWER_SECONDS = 5.0
MOST_BYTES = 1_000_000
RESTART = "restart it (systemctl restart streamgenre) and report it with what the log says"
_WORDS = {
    "reconnecting": (
        "it cannot be had just now and is tried again by itself",
        "look at its device or server",
    ),
    "stalled": ("it is open and too little sound comes", "look at its device, server or network"),
    "failed": ("it cannot be opened, and trying again cannot help", "correct its `source`, then reload"),
    "ended": ("it has come to its end", None),
    "disabled": ("it was told not to listen", None),
    "no audio has come yet": ("it is being opened", "wait a few seconds, then look at its server or device"),
}
"""What to make of a source's trouble, and what to do; None: nothing is wrong."""
_SILENT = (
    "samples stopped coming",
    "it is opened anew by itself; look at its device or server if that lasts",
)
_UNDECIDED = ("samples come and are not classified in time", "take a longer hop_seconds or fewer sources")


@dataclass(slots=True)
class Running:
    """What a running streamgenre says of its sources."""

    troubles: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """By id; None: it is alive."""

    def follows(self, source: str) -> bool:
        """Whether samples and decisions of it come."""
        return source in self.troubles and self.troubles[source] is None


def ask_running(settings: Settings | None, running: Running) -> Iterator[Check]:
    """Tell of `metrics.listen` and of who answers there; put what it says into `running`."""
    if settings is None:
        return
    if settings.metrics is None:
        told = "without a [metrics] section a running streamgenre cannot be asked how it is"
        yield Check("health", "ok", told, "add [metrics] for /healthz, /readyz and /metrics")
        return
    address = parse_listen(settings.metrics)
    try:
        alive, ready = _get(address, "/healthz"), _get(address, "/readyz")
    except ConnectionRefusedError:
        yield _free(address)
    except TimeoutError:
        remedy = f"if it is streamgenre, it hangs: {RESTART}"
        yield Check("health", "failed", f"what listens at {address} does not answer", remedy)
    except (OSError, http.client.HTTPException):
        yield _of_another(address)
    else:
        yield from _told(address, alive, ready, running, [source.id for source in settings.sources])


def _free(address: ListenAddress) -> Check:
    try:
        with socket.socket(address.family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
    except OSError as error:
        told = f"{address} cannot be had: {error.strerror}"
        return Check("health", "failed", told, "choose another metrics.listen")
    return Check("health", "ok", f"no streamgenre runs at {address}, and nothing else: it is free")


def _of_another(address: ListenAddress) -> Check:
    told = f"{address} is in use by something that is not streamgenre"
    return Check("health", "failed", told, "stop that, or choose another metrics.listen")


def _get(address: ListenAddress, path: str) -> bytes:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104  # not to bind
    connection = http.client.HTTPConnection(host, address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().read(MOST_BYTES)
    finally:
        connection.close()


def _told(
    address: ListenAddress, alive: bytes, ready: bytes, running: Running, configured: list[str]
) -> Iterator[Check]:
    report = _parsed(ready)
    if alive.strip() != b"ok" or report is None:
        yield _of_another(address)
        return
    yield Check("health", "ok", f"a streamgenre runs and answers at {address}")
    yield _engine(report["engine"])
    running.troubles.update((str(one["source"]), one["trouble"]) for one in report["sources"])
    yield from (_source(source, trouble) for source, trouble in running.troubles.items())
    if unknown := [source for source in configured if source not in running.troubles]:
        told = f"the running streamgenre does not know {', '.join(unknown)}"
        yield Check("health", "warning", told, "let it read its configuration: systemctl reload streamgenre")


def _parsed(ready: bytes) -> dict[str, Any] | None:
    try:
        report = json.loads(ready)
        known = "ready" in report and "trouble" in report["engine"]
        known = known and all({"source", "trouble"} <= one.keys() for one in report["sources"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return cast("dict[str, Any]", report) if known else None


def _engine(engine: dict[str, Any]) -> Check:
    if engine["trouble"] is None:
        told = "the engine is alive: every source advances, or is being brought back"
        return Check("engine", "ok", told)
    told = f"the engine is not alive: {engine['trouble']}"
    return Check("engine", "failed", told, f"systemd's watchdog ends and restarts it; without it {RESTART}")


def _source(source: str, trouble: str | None) -> Check:
    name = f"health {source}"
    if trouble is None:
        return Check(name, "ok", "alive: samples come, and decisions are made of them")
    begins = trouble.partition(" for ")[0]
    usual = _UNDECIDED if begins == "no decision" else _SILENT
    meaning, remedy = _WORDS.get(trouble, usual)
    return Check(name, "warning" if remedy else "ok", f"{trouble}: {meaning}", remedy)
