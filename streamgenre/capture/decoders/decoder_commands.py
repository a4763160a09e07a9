"""What a decoder process is told: one datagram a command, with the pipe of the stream it opens."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass

LONGEST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Open:
    """Begin to decode a stream."""

    stream_id: int
    url: str
    pipe: int
    """File descriptor to write records to; the receiver has one of its own, which it must close."""


@dataclass(frozen=True, slots=True)
class Close:
    """Stop decoding a stream; one that has ended already is no error."""

    stream_id: int


Command = Open | Close


def send_command(control: socket.socket, command: Command) -> None:
    """Send one command, without waiting. Raises OSError when the other side is gone or does not listen."""
    match command:
        case Open(stream_id, url, pipe):
            socket.send_fds(control, [_packed(stream_id, url)], [pipe], socket.MSG_DONTWAIT)
        case Close(stream_id):
            control.send(_packed(stream_id), socket.MSG_DONTWAIT)


def receive_command(control: socket.socket) -> Command | None:
    """Wait for one command; None when the other side is gone."""
    packed, descriptors, _, _ = socket.recv_fds(control, LONGEST_BYTES, 1)
    if not packed:
        return None
    match json.loads(packed):
        case [stream_id, url]:
            return Open(stream_id, url, descriptors[0])
        case [stream_id]:
            return Close(stream_id)
        case other:
            raise ValueError(f"{other} is no command")


def fits(url: str) -> bool:
    """Whether a command can hold it."""
    return len(_packed(1 << 62, url)) <= LONGEST_BYTES


def _packed(*fields: int | str) -> bytes:
    return json.dumps(fields).encode()
