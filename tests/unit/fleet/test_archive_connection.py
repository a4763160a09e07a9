"""Which cluster is meant, and what is said where it does not let us in; Ray itself is not needed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.fleet import cluster_address, connection
from streamgenre.fleet.cluster_address import cluster_at, require_address, require_membership

MISMATCH = """Version mismatch: The cluster was started with:
    Ray: 2.61.0
    Python: 3.12.3
This process on 10.0.0.2 was started with:
    Ray: 2.60.0
    Python: 3.11.2
"""


@contextmanager
def answering(what: bytes) -> Iterator[str]:
    """Run a server that says the same to everybody, and nothing more."""

    def greet(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                peer, _ = server.accept()
                greeted.append(peer)
                peer.sendall(what)

    greeted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet, args=[server], daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    for peer in greeted:
        peer.close()


@pytest.fixture
def listening() -> Iterator[str]:
    with answering(b"\0\0\x06\x04" + bytes(11)) as address:
        yield address


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which `ray start` notes the address."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    (tmp_path / "ray").mkdir()
    return tmp_path / "ray" / "ray_current_cluster"


@pytest.mark.parametrize(
    "address", ["", "cluster", "a.example", "ray://a.example:1", "a:123456", "a b:1", "a:99999"]
)
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(UsageError, match="must be auto, local, or HOST:PORT"):
        require_address(address)


@pytest.mark.parametrize("address", ["auto", "local", "radio.example:6379", "10.0.0.1:1", "[::1]:6379"])
def test_what_is_an_address_is_taken(address: str):
    assert require_address(address) is None


def test_auto_is_the_cluster_of_this_machine_where_it_answers(here: Path, listening: str):
    assert cluster_at("auto") == (None, None)
    here.write_text("127.0.0.1:1\n")
    assert cluster_at("auto") == (
        None,
        "the cluster that was started here at 127.0.0.1:1 does not answer",
    )
    here.write_text(listening)
    assert cluster_at("auto") == (listening, None)
    assert cluster_at("local") == (None, None)


@pytest.mark.parametrize("what", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\n", b"+"])
def test_what_listens_and_is_no_head_is_no_cluster(what: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster_address, "ANSWER_SECONDS", 0.2)
    with answering(what) as address, pytest.raises(StreamgenreError, match="no Ray cluster answers at"):
        cluster_at(address)


def test_ray_address_goes_before_and_must_answer(here: Path, listening: str, monkeypatch: pytest.MonkeyPatch):
    here.write_text("127.0.0.1:2")
    monkeypatch.setenv("RAY_ADDRESS", listening)
    assert cluster_at("auto") == (listening, None)
    monkeypatch.setenv("RAY_ADDRESS", "local")
    assert cluster_at("auto") == (None, None)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(StreamgenreError, match=r"no Ray cluster answers at 127.0.0.1:1; start its head"):
        cluster_at("auto")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            RuntimeError(MISMATCH),
            "runs Ray 2.61.0, Python 3.12.3, and this machine Ray 2.60.0, Python 3.11.2",
        ),
        (
            RuntimeError("Token authentication is enabled but no token"),
            "asks for a token: copy ~/.ray/auth_token",
        ),
        (RuntimeError("This node has an IP address of 10.0.0.2"), "ray start --address=radio.example:6379"),
        (RuntimeError("odd\nand odder"), "Ray refuses the connection to radio.example:6379: odd and odder"),
    ],
)
def test_a_refusal_is_told_in_our_words(error: Exception, told: str):
    assert told in connection._refusal("radio.example:6379", error)


def test_a_machine_that_has_not_joined_is_told_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster_address, "PROCESSES", tmp_path)
    (tmp_path / "socket").touch()
    raylet, seen, unseen = "/usr/bin/raylet", f"{tmp_path}/socket", f"{tmp_path}/elsewhere"
    processes = (
        [raylet, "--gcs-address=10.0.0.1:6380", f"--raylet_socket_name={seen}"],
        [raylet, "--gcs-address=10.0.0.1:6381", f"--raylet_socket_name={unseen}"],
        ["sh", "--gcs-address=10.0.0.1:6382"],
        [""],
    )
    for number, words in enumerate(processes):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "cmdline").write_text("\0".join(words))
    for port in (6379, 6381, 6382):
        with pytest.raises(
            StreamgenreError, match=rf"join it first \(ray start --address=a.example:{port}\)"
        ):
            require_membership(f"a.example:{port}")
    require_membership("a.example:6380")
