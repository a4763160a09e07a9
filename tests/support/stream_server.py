"""A radio server that answers every request with the same bytes, in the pieces it is told, and hangs up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent, and how."""

    content: bytes
    """Everything, the head of the answer too."""
    piece_bytes: int = 65_536
    """Sent at a time."""
    reset: bool = False
    """End with a reset, not in order."""


@contextmanager
def stream_server(answer: Answer) -> Iterator[str]:
    """Serve on loopback; yields the address without a slash at its end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, answer: Answer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection, answer), daemon=True).start()


def _answer(connection: socket.socket, answer: Answer) -> None:
    with connection:
        connection.settimeout(10)
        try:
            connection.recv(65_536)
            for at in range(0, len(answer.content), answer.piece_bytes):
                connection.sendall(answer.content[at : at + answer.piece_bytes])
            if answer.reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65_536)
        except OSError:
            return  # the listener has heard enough
