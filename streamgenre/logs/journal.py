"""journald's own protocol: named fields in one datagram, so that lines can be asked for by source.

See https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
from pathlib import Path

from streamgenre.logs.entry import Entry
from streamgenre.logs.lines import priority

SOCKET = Path("/run/systemd/journal/socket")
PATIENCE_SECONDS = 2.0
"""A journal that takes nothing for longer loses the line."""
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_TOO_LARGE = (errno.EMSGSIZE, errno.ENOBUFS)


def stderr_is_journal() -> bool:
    """Whether what we write to stderr goes to journald: systemd names the stream it connected."""
    stated = os.environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or replaced by something without a descriptor
        return False
    return stated == f"{found.st_dev}:{found.st_ino}"


class Journal:
    """Sends entries to journald; used by one thread at a time."""

    def __init__(self, path: Path = SOCKET) -> None:
        """Raises OSError where there is no journald to reach."""
        self._path = str(path)
        with _datagrams() as probe:
            probe.connect(self._path)
        # Unconnected, it finds a journald that was started anew.
        self._socket = _datagrams()

    def write(self, entry: Entry) -> None:
        """Raises OSError where it is not taken."""
        content = datagram(entry)
        try:
            self._socket.sendto(content, self._path)
        except OSError as error:
            if error.errno not in _TOO_LARGE:
                raise
            self._send_file(content)

    def close(self) -> None:
        self._socket.close()

    def _send_file(self, content: bytes) -> None:
        """Hand over a sealed file in memory in place of a datagram that is too large."""
        file = os.memfd_create("streamgenre-log", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(file, "wb", closefd=False) as writer:
                writer.write(content)
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, file.to_bytes(4, sys.byteorder))
            self._socket.sendmsg([], [rights], 0, self._path)
        finally:
            os.close(file)


def _datagrams() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    made.settimeout(PATIENCE_SECONDS)
    return made


def datagram(entry: Entry) -> bytes:
    """Return the entry as fields."""
    fields = {
        "MESSAGE": "\n".join(entry.lines),
        "PRIORITY": str(priority(entry.level)),
        "SYSLOG_IDENTIFIER": "streamgenre",
        "LOGGER": entry.logger,
        "CODE_FILE": entry.path,
        "CODE_LINE": str(entry.line),
        "CODE_FUNC": entry.function,
    }
    if entry.source is not None:
        fields["STREAMGENRE_SOURCE"] = entry.source
    return b"".join(_field(name, value.encode("utf-8", "backslashreplace")) for name, value in fields.items())


def _field(name: str, value: bytes) -> bytes:
    """With a line feed in it, a value needs its length before it; else it could forge fields."""
    if b"\n" in value:
        return name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name.encode() + b"=" + value + b"\n"
