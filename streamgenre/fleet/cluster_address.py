"""Where the Ray cluster is: said, found on this machine, or nowhere; Ray is not needed to know."""

from __future__ import annotations

import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from streamgenre.errors import StreamgenreError, UsageError

ANSWER_SECONDS = 3.0
HTTP2_SETTINGS = bytes(3) + b"\x04" + bytes(5)
"""An empty frame: its length in three bytes, its type, flags and stream (RFC 9113, 4.1 and 6.5)."""
HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HTTP2_SETTINGS
MOST_PORT = 65_535
PROCESSES = Path("/proc")


def require_address(address: str) -> None:
    """Raise UsageError where this can be no address of a cluster."""
    is_address = re.fullmatch(r"[^\s/]+:\d{1,5}", address) and int(address.rpartition(":")[2]) <= MOST_PORT
    if address not in ("auto", "local") and not is_address:
        raise UsageError(f"--address {address}: it must be auto, local, or HOST:PORT of a Ray cluster's head")


def cluster_at(address: str) -> tuple[str | None, str | None]:
    """Return where the cluster is, None if one is to be started, and a remark on that."""
    if address == "local":
        return None, None
    if address != "auto":
        return _require_answer(address), None
    if named := os.environ.get("RAY_ADDRESS"):
        return (None, None) if named == "local" else (_require_answer(named), None)
    here = _last_started_here()
    if here is None or answers(here):
        return here, None
    return None, f"the cluster that was started here at {here} does not answer"


def _require_answer(address: str) -> str:
    require_address(address)
    if not answers(address):
        raise StreamgenreError(
            f"no Ray cluster answers at {address}; start its head there (ray start --head), or look at the "
            "address and the firewall"
        )
    return address


def answers(address: str) -> bool:
    """Whether something there speaks HTTP/2, as a head does: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS) as peer:
            if os.environ.get("RAY_USE_TLS", "0") != "0":
                return True
            peer.sendall(HTTP2_GREETING)
            with peer.makefile("rb") as answer:
                return answer.read(len(HTTP2_SETTINGS))[3:4] == HTTP2_SETTINGS[3:4]
    except (OSError, ValueError):
        return False


def _last_started_here() -> str | None:
    """`ray start` notes where the cluster is that this machine belongs to."""
    with suppress(OSError):
        return (Path(temporary()) / "ray" / "ray_current_cluster").read_text().strip() or None
    return None


def temporary() -> str:
    """Return the folder in which Ray keeps its own."""
    return os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()


def require_membership(address: str) -> None:
    """Raise StreamgenreError where no raylet here is of the cluster: Ray would end the process, unsaid."""
    port = address.rpartition(":")[2]
    if not any(_is_ours(words, port) for words in _raylets()):
        raise StreamgenreError(not_a_member(address))


def not_a_member(address: str) -> str:
    """Say that this machine has not joined."""
    return (
        f"this machine is no part of the cluster at {address}: join it first "
        f"(ray start --address={address}), then run this again"
    )


def _raylets() -> Iterator[list[str]]:
    """Yield the command lines: a machine of a cluster runs one."""
    for command_line in PROCESSES.glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = os.fsdecode(command_line.read_bytes()).split("\0")
            if words[0].endswith("raylet"):
                yield words


def _is_ours(words: list[str], heads_port: str) -> bool:
    """Whether the head is there, and the socket for programs like ours open to this one."""
    options = dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)
    at_head = options.get("gcs-address", "").endswith(f":{heads_port}")
    return at_head and os.access(options.get("raylet_socket_name", ""), os.W_OK)
