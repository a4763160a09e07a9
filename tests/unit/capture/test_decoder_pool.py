"""Which group a stream goes to, with groups made up."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from streamgenre.capture.decoders import decoder_pool
from streamgenre.capture.decoders.decoder_pool import DecoderPool
from streamgenre.errors import PermanentSourceError, TransientSourceError

PATIENCE_SECONDS = 20.0


class FakeGroup:
    """A process that keeps to itself what it is told; as it were the number-th."""

    def __init__(self, on_end, number):
        self._on_end = on_end
        self.process_id = number
        self.alive, self.crashed, self.deaf = True, False, False
        self.pipes = {}
        self.ended = threading.Event()

    def open(self, stream_id, _url, pipe):
        if self.deaf or not self.alive:
            raise BrokenPipeError(32, "Broken pipe")
        self.pipes[stream_id] = os.dup(pipe)

    def close(self, stream_id):
        pass

    def die(self, *, crashed=True):
        self.alive, self.crashed = False, crashed
        for pipe in self.pipes.values():
            os.close(pipe)
        self.pipes.clear()
        self._on_end(self)

    def end(self):
        self.ended.set()
        if self.alive:
            self.die(crashed=False)

    def how_it_ended(self):
        return "crashed" if self.crashed else "ended"


class Yard:
    """A pool of made-up groups, and the streams opened in it."""

    def __init__(self, **how):
        self.groups, self._starting = [], threading.Lock()
        self.pool = DecoderPool(start_group=self.start, **how)
        self.streams = []

    def start(self, on_end):
        with self._starting:
            self.groups.append(FakeGroup(on_end, len(self.groups)))
            return self.groups[-1]

    def open(self, *urls):
        self.streams += (opened := [self.pool.open(url) for url in urls])
        return opened

    def close(self, stream):
        stream.close()
        stream.ended()

    def sizes(self):
        return [len(group.pipes) for group in self.groups]


@pytest.fixture
def yard(request):
    made = Yard(**getattr(request, "param", {"group_streams": 4, "idle_seconds": 3600.0}))
    yield made
    made.pool.end()
    for stream in made.streams:
        stream.pipe.close()


def urls(*numbers):
    return [f"http://station/{number}" for number in numbers]


def test_groups_are_filled_one_after_the_other(yard):
    yard.open(*urls(*range(9)))
    assert yard.sizes() == [4, 4, 1]
    assert yard.pool.process_ids == (0, 1, 2)


def test_a_place_given_back_is_taken_before_a_new_group_is_started(yard):
    streams = yard.open(*urls(*range(8)))
    yard.close(streams[1])
    (again,) = yard.open(*urls(1))
    assert again.process_id == 0
    assert len(yard.groups) == 2


def test_the_fullest_group_takes_the_next_so_that_others_may_end(yard):
    streams = yard.open(*urls(*range(8)))
    for stream in (*streams[:3], streams[5]):
        yard.close(stream)
    (newcomer,) = yard.open(*urls(9))
    assert newcomer.process_id == 1


def test_streams_opened_at_once_share_groups_too(yard):
    with ThreadPoolExecutor(12) as many:
        yard.streams += many.map(yard.pool.open, urls(*range(12)))
    assert yard.sizes() == [4, 4, 4]
    assert len({(stream.process_id, stream._id) for stream in yard.streams}) == 12


def test_a_crash_makes_suspects_of_its_group_alone(yard):
    yard.open(*urls(*range(5)))
    yard.groups[0].die()
    back = yard.open(*urls(0, 1, 2, 3))
    assert len({stream.process_id for stream in back}) == 4  # a quarter of four
    (other,) = yard.open(*urls(4))
    assert other.process_id == 1
    (newcomer,) = yard.open(*urls(7))
    assert newcomer.process_id == 1  # nobody joins a suspect


def test_one_killed_from_outside_was_nobodys_fault(yard):
    yard.open(*urls(*range(4)))
    yard.groups[0].die(crashed=False)
    assert {stream.process_id for stream in yard.open(*urls(*range(4)))} == {1}


def test_one_that_ended_before_the_crash_is_no_suspect(yard):
    first, _ = yard.open(*urls(0, 1))
    yard.close(first)
    yard.groups[0].die()
    assert [stream.process_id for stream in yard.open(*urls(0, 2, 1))] == [1, 1, 2]


def test_a_group_that_died_unnoticed_is_passed_over(yard):
    yard.open(*urls(0))
    yard.groups[0].deaf = True
    (stream,) = yard.open(*urls(1))
    assert stream.process_id == 1
    assert len(yard.open(*urls(2, 3))) == 2
    assert yard.sizes() == [1, 3]


def test_no_process_to_be_had_may_change(yard):
    def start(_on_end):
        raise OSError(12, "Cannot allocate memory")

    yard.pool._start_group = start
    with pytest.raises(TransientSourceError, match=r"x/y: no decoder process .*Cannot allocate memory"):
        yard.pool.open("http://me:hush@x/y")


def test_an_endless_address_is_refused(yard):
    with pytest.raises(PermanentSourceError, match="too long"):
        yard.pool.open("http://x/" + "y" * 100_000)
    assert yard.groups == []


def test_a_stream_that_hangs_in_closing_keeps_others_out_until_it_ends(yard, monkeypatch):
    monkeypatch.setattr(decoder_pool, "HUNG_SECONDS", -1.0)
    hung, _ = yard.open(*urls(0, 1))
    hung.close()
    assert [stream.process_id for stream in yard.open(*urls(2))] == [1]
    hung.ended()
    yard.close(yard.streams[2])
    assert [stream.process_id for stream in yard.open(*urls(3))] == [0]


@pytest.mark.parametrize("yard", [{"group_streams": 4, "idle_seconds": 0.05}], indirect=True)
@pytest.mark.parametrize("hangs", [False, True])
def test_a_group_ends_after_its_last_stream_even_if_that_hangs(yard, hangs):
    first, second = yard.open(*urls(0, 1))
    yard.close(first)
    time.sleep(0.2)
    assert not yard.groups[0].ended.is_set()
    second.close()
    if not hangs:
        second.ended()
    assert yard.groups[0].ended.wait(PATIENCE_SECONDS)
    assert yard.pool.process_ids == ()
    assert [stream.process_id for stream in yard.open(*urls(2))] == [1]


def test_closing_twice_gives_one_place_back(yard):
    streams = yard.open(*urls(0, 1))
    for _ in range(2):
        yard.close(streams[0])
    assert len(yard.pool._members[0].streams) == 1
