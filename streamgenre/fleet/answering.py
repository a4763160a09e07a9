"""Whether somebody takes connections at an address."""

from __future__ import annotations

import socket

ANSWER_SECONDS = 3.0


def answers(address: str) -> bool:
    """Whether the server at HOST:PORT does; waits no longer than ANSWER_SECONDS for each way there."""
    try:
        connect(address)
    except (OSError, ValueError, OverflowError):
        return False
    return True


def connect(address: str) -> None:
    """Raise ConnectionRefusedError where nobody is there, another OSError where nobody answers."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
