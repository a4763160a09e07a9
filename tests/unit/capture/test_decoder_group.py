"""Real decoder processes: how they end, with whom, and what they may do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.decoders.decoder_group import DecoderGroup
from streamgenre.capture.decoders.decoder_pool import DecoderPool
from streamgenre.capture.decoders.stream_receiver import StreamReceiver
from streamgenre.capture.decoders.stream_source import StreamSource
from streamgenre.errors import TransientSourceError
from tests.support.audio_files import random_int16, write_wav
from tests.support.live_station import live_station
from tests.support.local_http import file_server, silent_server

PATIENCE_SECONDS = 30.0


@pytest.fixture
def pool():
    made = DecoderPool(group_streams=4, idle_seconds=0.2)
    yield made
    made.end()
    assert made.process_ids == ()


@pytest.fixture
def station():
    with live_station() as address:
        yield address


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def gone(process_id: int) -> bool:
    return not Path(f"/proc/{process_id}").exists()


def no_children_left(process_ids) -> bool:
    """Also as zombies they would be there."""
    return all(gone(process_id) for process_id in process_ids)


def ending_of(receiver: StreamReceiver) -> Exception:
    while True:
        try:
            assert receiver.read(8000, PATIENCE_SECONDS) is not None
        except (EOFError, TransientSourceError) as ending:
            return ending


def test_streams_of_a_group_share_a_process_and_each_has_its_own_pace(tmp_path, pool):
    """One whose reader sleeps while its ring and its pipe are full does not hold the others up."""
    sound = random_int16(40 * 8000, 1)
    write_wav(tmp_path / "a.wav", sound, 8000)
    with file_server(tmp_path) as address:
        sleeper, *others = [StreamReceiver(f"{address}/a.wav?{i}", pool) for i in range(3)]
        assert len({r.process_id for r in (sleeper, *others)}) == 1
        sleeper.wait_until_open()
        wait_until(lambda: sleeper.unread_samples == 80_000)
        for other in others:
            heard = []
            while sum(map(len, heard)) < len(sound):
                heard.append(other.read(8000, PATIENCE_SECONDS).samples)
            assert np.array_equal(np.concatenate(heard), sound / np.float32(32768))
            with pytest.raises(EOFError):
                other.read(8000, PATIENCE_SECONDS)
        assert sleeper.unread_samples == 80_000
        for receiver in (sleeper, *others):
            receiver.close()
    assert sleeper.lost_samples == 0


@pytest.mark.parametrize(
    ("sent", "told", "together"), [(signal.SIGSEGV, "Segmentation", 1), (signal.SIGKILL, "Killed", 4)]
)
def test_a_dead_process_breaks_its_own_streams_and_they_come_back(station, pool, sent, told, together):
    receivers = [StreamReceiver(f"{station}/{i}", pool) for i in range(5)]
    for receiver in receivers:
        receiver.wait_until_open()
    *broken, spared = receivers
    process_id = broken[0].process_id
    assert {r.process_id for r in broken} == {process_id} != {spared.process_id}
    os.kill(process_id, sent)
    for number, receiver in enumerate(broken):
        ending = ending_of(receiver)
        assert isinstance(ending, TransientSourceError)
        assert f"/{number}: its decoder process ended unexpectedly ({told}" in str(ending)
    assert gone(process_id)
    back = [StreamReceiver(f"{station}/{i}", pool) for i in range(4)]
    for receiver in back:
        receiver.wait_until_open()
    everyone = [r.process_id for r in back]
    assert max(everyone.count(process_id) for process_id in everyone) <= together
    received = spared.unread_samples
    wait_until(lambda: spared.unread_samples > received + 800)
    for receiver in (*receivers, *back):
        receiver.close()
    wait_until(lambda: no_children_left({*everyone, spared.process_id}))


def test_how_a_process_ended_is_told_after_its_end_was_taken_into_account():
    """Else a stream may be opened again before its pool knows that it is a suspect."""
    taken_into_account = threading.Event()

    def take_into_account(_group):
        time.sleep(0.3)
        taken_into_account.set()

    group = DecoderGroup(take_into_account)
    os.kill(group.process_id, signal.SIGSEGV)
    assert "Segmentation" in group.how_it_ended()
    assert taken_into_account.is_set()
    group.end()


def test_the_last_stream_takes_its_process_with_it(station, pool):
    receivers = [StreamReceiver(f"{station}/{i}", pool) for i in range(2)]
    for receiver in receivers:
        receiver.wait_until_open()
    (process_id,) = pool.process_ids
    receivers[0].close()
    time.sleep(0.5)
    assert pool.process_ids == (process_id,)
    receivers[1].close()
    wait_until(lambda: gone(process_id))


def test_a_process_that_hangs_is_left_and_ended(station, pool):
    receiver = StreamReceiver(f"{station}/0", pool)
    receiver.wait_until_open()
    os.kill(receiver.process_id, signal.SIGSTOP)
    receiver.close()
    time.sleep(0.5)
    with closing(StreamReceiver(f"{station}/0", pool)) as again:
        again.wait_until_open()
        assert again.process_id != receiver.process_id
    wait_until(lambda: gone(receiver.process_id))
    receiver._thread.join(PATIENCE_SECONDS)
    assert not receiver._thread.is_alive()


def test_closing_one_that_is_still_being_opened_takes_no_time(pool):
    with silent_server() as address:
        receiver = StreamReceiver(f"{address}/x", pool)
        receiver.close()
    receiver._thread.join(PATIENCE_SECONDS)
    assert not receiver._thread.is_alive()


def test_the_signals_that_end_a_service_are_its_parents_business(station, pool):
    with closing(StreamReceiver(f"{station}/0", pool)) as receiver:
        receiver.wait_until_open()
        os.kill(receiver.process_id, signal.SIGTERM)
        received = receiver.unread_samples
        wait_until(lambda: receiver.unread_samples > received + 4000)
        assert pool.process_ids == (receiver.process_id,)


def test_no_audio_and_no_core_can_reach_the_disk(station, pool):
    with closing(StreamReceiver(f"{station}/0", pool)) as receiver:
        receiver.wait_until_open()
        limits = Path(f"/proc/{receiver.process_id}/limits").read_text().splitlines()
        found = {line[:25].strip(): line[25:].split()[:2] for line in limits}
        assert found["Max file size"] == ["0", "0"]
        assert found["Max core file size"] == ["0", "0"]
        assert int(found["Max data size"][0]) <= 1 << 30
        command_line = Path(f"/proc/{receiver.process_id}/cmdline").read_bytes()
        assert b"127.0.0.1" not in command_line
        assert os.getpriority(os.PRIO_PROCESS, receiver.process_id) == os.getpriority(os.PRIO_PROCESS, 0)


PROGRAM = """
import os, sys, time
from streamgenre.capture.decoders.decoder_pool import shared_pool
from streamgenre.capture.decoders.stream_receiver import StreamReceiver
receivers = [StreamReceiver(f"{sys.argv[1]}/{i}") for i in range(3)]
for receiver in receivers:
    receiver.wait_until_open()
{then}
"""


def program(then: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM.replace("{then}", then), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


TELL = "print(*shared_pool.process_ids, flush=True)\n"


def test_a_parent_that_is_killed_takes_its_decoders_with_it(station):
    parent = program(TELL + "time.sleep(3600)", station)
    process_ids = [int(word) for word in parent.stdout.readline().split()]
    assert len(process_ids) == 1
    assert not any(map(gone, process_ids))
    parent.kill()
    parent.communicate()
    wait_until(lambda: no_children_left(process_ids))


def test_a_parent_that_just_ends_leaves_nothing_and_says_nothing(station):
    parent = program(TELL, station)
    told, complaints = parent.communicate(timeout=PATIENCE_SECONDS)
    assert complaints == b""
    assert parent.returncode == 0
    wait_until(lambda: no_children_left(map(int, told.split())))


def test_a_forked_child_has_decoders_of_its_own_and_does_not_keep_its_parents_alive(station):
    then = f"""
{TELL}
child = os.fork()
if child == 0:
    assert shared_pool.process_ids == ()
    mine = StreamReceiver(sys.argv[1] + "/0")
    mine.wait_until_open()
    {TELL.strip()}
    mine.close()
    sys.stdin.read()
    shared_pool.end()
    os._exit(0)
time.sleep(3600)
"""
    parent = program(then, station)
    parents, childs = ([int(word) for word in parent.stdout.readline().split()] for _ in range(2))
    assert len(parents) == len(childs) == 1
    assert parents != childs
    parent.kill()
    parent.wait()
    wait_until(lambda: no_children_left(parents))  # while the forked child still lives
    _, complaints = parent.communicate()
    assert complaints == b""
    wait_until(lambda: no_children_left(childs))


def test_streams_opened_and_closed_by_many_threads_leave_nothing(station, pool):
    failures = []

    def come_and_go(number):
        try:
            for turn in range(3):
                with closing(StreamReceiver(f"{station}/{number}-{turn}", pool)) as receiver:
                    receiver.wait_until_open()
        except TransientSourceError as error:
            failures.append(error)

    threads = [threading.Thread(target=come_and_go, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)
    wait_until(lambda: pool.process_ids == ())


def test_a_source_shows_what_waits_and_that_it_may_be_opened_again(station, pool):
    with closing(StreamSource(f"{station}/0", pool=pool)) as source:
        wait_until(lambda: source.backlog_seconds > 3.0)  # the burst at the beginning
        assert source.live
        assert source.reopens
        assert source.title is None
        while source.backlog_seconds > 1.0:
            assert source.read(1.0) is not None


def test_a_source_that_cannot_be_opened_leaves_no_stream(pool):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    receiver = StreamReceiver(f"http://127.0.0.1:{port}/x", pool)
    with pytest.raises(TransientSourceError, match="connection refused"):
        receiver.wait_until_open()
    receiver.close()
    wait_until(lambda: pool.process_ids == ())
