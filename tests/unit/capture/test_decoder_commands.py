from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.decoders.decoder_commands import (
    LONGEST_BYTES,
    Close,
    Open,
    fits,
    receive_command,
    send_command,
)


@pytest.fixture
def line():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(ours), closing(theirs):
        yield ours, theirs


def test_commands_arrive_whole_and_in_order_with_their_pipes(line):
    ours, theirs = line
    reading, writing = os.pipe()
    send_command(ours, Open(7, "http://ä.example/\udc80?x=1 2", writing))
    send_command(ours, Close(7))
    opened = receive_command(theirs)
    assert isinstance(opened, Open)
    assert (opened.stream_id, opened.url) == (7, "http://ä.example/\udc80?x=1 2")
    assert receive_command(theirs) == Close(7)
    os.close(writing)
    os.write(opened.pipe, b"heard")
    os.close(opened.pipe)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"heard"


def test_a_side_that_is_gone_is_the_end(line):
    ours, theirs = line
    ours.close()
    assert receive_command(theirs) is None


def test_nobody_waits_for_one_who_does_not_listen(line):
    ours, _ = line

    def send_for_ever():
        while True:
            send_command(ours, Close(1))

    with pytest.raises(BlockingIOError):
        send_for_ever()


@given(st.integers(1, 2 * LONGEST_BYTES))
def test_what_fits_arrives(length):
    url = "http://x/".ljust(length, "y")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(ours), closing(theirs), Path(os.devnull).open("wb") as nowhere:
        if fits(url):
            send_command(ours, Open(1, url, nowhere.fileno()))
            received = receive_command(theirs)
            assert received.url == url
            os.close(received.pipe)
        else:
            assert length > LONGEST_BYTES - 100
