"""What systemd receives, on real sockets of both kinds."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator

import pytest

from streamgenre import sd_notify
from streamgenre.sd_notify import Notifier


class Listener:
    """The end of the socket that systemd holds."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.settimeout(30)

    def received(self) -> list[str]:
        return self.socket.recv(8192).decode().split("\n")


@pytest.fixture(params=["path", "abstract"])
def listener(request, tmp_path) -> Iterator[Listener]:
    abstract = f"@streamgenre-test-{secrets.token_hex(8)}"
    end = Listener(abstract if request.param == "abstract" else str(tmp_path / "notify"))
    with end.socket:
        yield end


@pytest.fixture
def notifier(listener) -> Notifier:
    return Notifier.from_environment({"NOTIFY_SOCKET": listener.address})


def test_each_word_arrives_as_one_datagram(listener, notifier):
    notifier.ready("bar: music jazz 87 %")
    assert listener.received() == ["READY=1", "STATUS=bar: music jazz 87 %"]
    notifier.ready()
    assert listener.received() == ["READY=1"]
    notifier.status("bar: silence")
    assert listener.received() == ["STATUS=bar: silence"]
    notifier.watchdog()
    assert listener.received() == ["WATCHDOG=1"]
    notifier.extend_timeout(12.5)
    assert listener.received() == ["EXTEND_TIMEOUT_USEC=12500000"]
    notifier.stopping("3 events are being sent")
    assert listener.received() == ["STOPPING=1", "STATUS=3 events are being sent"]


def test_a_reload_is_told_with_the_time_at_which_it_began(listener, notifier):
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    word, at = listener.received()
    assert word == "RELOADING=1"
    assert before <= int(at.removeprefix("MONOTONIC_USEC=")) <= after


@pytest.mark.parametrize("character", ["\n", "\r\n", "\0", "\x1b", "\x85", "\u2028"])
def test_a_title_cannot_say_other_words(listener, notifier, character):
    notifier.status(f"bar: {character}READY=1")
    assert listener.received() == ["STATUS=bar:  READY=1"]


def test_a_long_status_is_cut_between_characters(listener, notifier):
    notifier.status("é" * 5000)
    (line,) = listener.received()
    assert line == "STATUS=" + "é" * (sd_notify.LONGEST_STATUS_BYTES // 2)


def test_half_a_character_is_told_as_a_question_mark(listener, notifier):
    notifier.status("bar: \ud800")
    assert listener.received() == ["STATUS=bar: ?"]


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative"])
def test_nothing_is_told_where_nobody_can_be_told(address, caplog):
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
    notifier.ready("bar: music")
    notifier.watchdog()
    assert notifier == Notifier(address=None, watchdog_seconds=None)
    assert caplog.records == []


def test_the_environment_of_the_process_is_what_counts(monkeypatch, listener):
    monkeypatch.setenv("NOTIFY_SOCKET", listener.address)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert Notifier.from_environment() == Notifier(listener.address, 30.0)


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_only_by_whom_it_watches(variables, seconds):
    assert Notifier.from_environment({"NOTIFY_SOCKET": "/run/x", **variables}).watchdog_seconds == seconds


def test_a_socket_that_is_gone_is_logged_and_no_failure(tmp_path, caplog):
    Notifier(str(tmp_path / "gone")).watchdog()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "WATCHDOG=1" in caplog.text


def test_a_systemd_that_does_not_listen_holds_nobody_up(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(sd_notify, "SEND_SECONDS", 0.05)
    listener = Listener(str(tmp_path / "notify"))
    with listener.socket:
        notifier = Notifier(listener.address)
        for _ in range(2000):
            notifier.watchdog()
            if caplog.records:
                break
    assert "timed out" in caplog.text
