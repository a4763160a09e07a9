"""Entries as journald gets them, taken by a socket of the same kind."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamgenre.logs.entry import Entry
from streamgenre.logs.journal import Journal, datagram, stderr_is_journal

ENTRY = Entry(0.0, 40, "streamgenre.engine", "bar was ended", "bar", None, "/a/engine.py", 154, "_ended")


@pytest.fixture
def receiver(tmp_path, monkeypatch) -> Iterator[socket.socket]:
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 bytes, pytest's folders are deep
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("journal")
        made.settimeout(20)
        yield made


@pytest.fixture
def journal(receiver: socket.socket) -> Iterator[Journal]:  # noqa: ARG001  # it must be there first
    made = Journal(Path("journal"))
    yield made
    made.close()


def fields(content: bytes) -> dict[str, str]:
    """Read as journald does."""
    found: dict[str, str] = {}
    while content:
        head, _, content = content.partition(b"\n")
        name, equals, value = head.partition(b"=")
        if not equals:
            length = int.from_bytes(content[:8], "little")
            value, content = content[8 : 8 + length], content[8 + length + 1 :]
        found[name.decode()] = value.decode()
    return found


def test_the_fields(journal, receiver):
    journal.write(ENTRY)
    assert fields(receiver.recv(65536)) == {
        "MESSAGE": "bar was ended",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "streamgenre",
        "LOGGER": "streamgenre.engine",
        "CODE_FILE": "/a/engine.py",
        "CODE_LINE": "154",
        "CODE_FUNC": "_ended",
        "STREAMGENRE_SOURCE": "bar",
    }


def test_lines_of_a_traceback_forge_no_field():
    forged = Entry(0.0, 40, "x", "it broke", exception="Traceback\nPRIORITY=0\nERROR=y")
    found = fields(datagram(forged))
    assert found["PRIORITY"] == "3"
    assert found["MESSAGE"].splitlines() == ["it broke", "    Traceback", "    PRIORITY=0", "    ERROR=y"]
    assert "ERROR" not in found
    assert "STREAMGENRE_SOURCE" not in found


def test_what_is_too_large_for_a_datagram_comes_as_a_sealed_file(journal, receiver):
    large = Entry(0.0, 30, "x", "y" * 4_000_000)
    journal.write(large)
    content, files, _, _ = socket.recv_fds(receiver, 65536, 1)
    with os.fdopen(files[0], "rb") as file:
        file.seek(0)
        assert file.read() == datagram(large)
        with pytest.raises(OSError, match=os.strerror(errno.EPERM)):
            os.ftruncate(file.fileno(), 0)
    assert content == b""


def test_a_journald_that_was_started_anew_is_found_again(journal, receiver):
    journal.write(ENTRY)
    receiver.close()
    with pytest.raises(ConnectionRefusedError):
        journal.write(ENTRY)
    Path("journal").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as next_one:
        next_one.bind("journal")
        journal.write(ENTRY)
        next_one.settimeout(20)
        assert fields(next_one.recv(65536))["MESSAGE"] == "bar was ended"


def test_without_journald_it_cannot_be_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "none")


def test_stderr_is_the_journal_where_systemd_says_so(monkeypatch):
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    assert not stderr_is_journal()
    with os.fdopen(2, "w", closefd=False) as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        found = os.fstat(2)
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        assert stderr_is_journal()
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino + 1}")
        assert not stderr_is_journal()
    monkeypatch.setattr("sys.stderr", None)
    assert not stderr_is_journal()
