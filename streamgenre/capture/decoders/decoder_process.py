"""The program of a decoder process: decodes as many streams as it is told to, each to a pipe of its own.

A process of its own because FFmpeg starves behind a busy interpreter, and because a crash in a decoder
then interrupts the streams of one group only. It ends when its stdin does, that is, with its parent.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
from collections.abc import Callable

from streamgenre.capture.decoders.decoder_commands import Close, Open, receive_command
from streamgenre.capture.decoders.decoding import Decoder, Decoding
from streamgenre.capture.stations.stream_decoder import StreamDecoder

MEMORY_BYTES = 1 << 30
"""Writable memory of a group. Sixteen stations take a fifth of it; what asks for more is broken."""
OPEN_FILES = 512
"""Of a group. Sixteen stations take three dozen, lists of segments some more."""
_PR_SET_NO_NEW_PRIVS = 38


def limit_resources() -> None:
    """No audio and no core goes to disk, and no stream takes the machine's memory or descriptors."""
    for what, limit in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (allowed, allowed))


def give_up_privileges() -> None:
    """No program that is started from here gains rights by its owner; an old kernel may refuse, silently."""
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def serve(control: socket.socket, open_decoder: Callable[[str], Decoder]) -> None:
    """Obey until the parent is gone."""
    streams: dict[int, Decoding] = {}
    while (command := receive_command(control)) is not None:
        match command:
            case Open(stream_id, url, pipe):
                streams = {known: decoding for known, decoding in streams.items() if not decoding.over}
                streams[stream_id] = decoding = Decoding(url, os.fdopen(pipe, "wb"), open_decoder)
                decoding.start()
            case Close(stream_id):
                if decoding := streams.pop(stream_id, None):
                    decoding.close()


def main() -> None:
    signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # a service manager means the parent, which ends us in order
    limit_resources()
    give_up_privileges()
    serve(socket.socket(fileno=0), StreamDecoder)
    os._exit(0)  # not held up by what is still being decoded


if __name__ == "__main__":
    main()
