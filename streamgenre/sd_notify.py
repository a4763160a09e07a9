"""Telling systemd how the service is: datagrams to the socket it names, nothing where it names none."""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

SEND_SECONDS = 1.0
LONGEST_STATUS_BYTES = 2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notifier:
    """What systemd wants to be told; every method is silent where nobody asked, and none raises."""

    address: str | None = None
    """A path, or a name of the abstract namespace after an `@`; None: nobody listens."""
    watchdog_seconds: float | None = None
    """Without `watchdog()` for so long the service is killed; None: it is not watched."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """Return the notifier that systemd's variables ask for."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        return cls(address, _watchdog_seconds(environment))

    def ready(self, status: str = "") -> None:
        """Say that the service runs, or that a reload is over."""
        self._send("READY=1", *([_status(status)] if status else []))

    def status(self, text: str) -> None:
        """Say in a line what is going on, for `systemctl status`."""
        self._send(_status(text))

    def watchdog(self) -> None:
        """Say that the engine is alive."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Say that the configuration is read again; `ready()` must follow."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str = "") -> None:
        """Say that the service ends, and what it still does."""
        self._send("STOPPING=1", *([_status(status)] if status else []))

    def extend_timeout(self, seconds: float) -> None:
        """Ask for so long from now to start, to stop, or to go on with what is being done."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def _send(self, *assignments: str) -> None:
        if self.address is None:
            return
        # A leading zero byte is how the kernel spells the abstract namespace.
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SEND_SECONDS)
                sender.sendto("\n".join(assignments).encode(), address)
        except OSError as error:
            _log.warning("systemd was not told %s: %s", assignments[0], error)


def _status(text: str) -> str:
    """Return the assignment in one line: what a station calls its titles must not become another."""
    line = _CONTROL.sub(" ", text).encode(errors="replace")[:LONGEST_STATUS_BYTES]
    return f"STATUS={line.decode(errors='ignore')}"


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    microseconds = environment.get("WATCHDOG_USEC", "")
    meant_for = environment.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or meant_for not in ("", str(os.getpid())):
        return None
    return int(microseconds) / 1e6
