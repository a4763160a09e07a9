"""Pinning, order, failure, waking and ending, with scripted turns; and the real model among others."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from streamgenre.capture.demonstration.programme import PROGRAMME, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.classify import load_model
from streamgenre.engine import Engine, cores
from streamgenre.errors import TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat, Diagnostics, State
from streamgenre.session import Session
from streamgenre.settings import SessionSettings
from tests.support.fake_model import FakeModel
from tests.support.fake_source import FakeSource
from tests.support.sounds import tune

LONG = 3600.0
PATIENCE = 20.0


class Scripted:
    """Takes the pauses of a script, or raises them; notes who gave each turn, and when."""

    def __init__(self, *script: float | Exception | None, work=None) -> None:
        self.script = list(script)
        self.threads: list[str] = []
        self.times: list[float] = []
        self.work = work
        self.stopped = False

    def turn(self) -> float | None:
        self.threads.append(threading.current_thread().name)
        self.times.append(time.monotonic())
        if self.work:
            self.work()
        if self.stopped or not self.script:
            return None
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def engine_of():
    made: list[Engine] = []

    def make(workers=1, **changes) -> Engine:
        made.append(Engine(workers, **changes))
        return made[-1]

    yield make
    for engine in made:
        engine.stop(0.5)


def until(condition) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def run(engine: Engine, **sources) -> None:
    for name, turns in sources.items():
        engine.add(name, turns)
    engine.start()
    assert engine.wait(PATIENCE)


def test_every_source_keeps_one_worker_and_workers_get_equally_many(engine_of):
    sources = {f"s{number}": Scripted(*[0.0] * 20) for number in range(6)}
    run(engine_of(3), **sources)
    assert [len(set(source.threads)) for source in sources.values()] == [1] * 6
    assert sorted(source.threads[0] for source in sources.values()) == [
        "engine 0", "engine 0", "engine 1", "engine 1", "engine 2", "engine 2",
    ]  # fmt: skip


def test_a_new_source_goes_where_least_time_is_taken(engine_of, monkeypatch):
    monkeypatch.setattr("streamgenre.engine.SETTLED_SECONDS", 0.0)
    engine = engine_of(2)
    busy = Scripted(*[0.0] * 10_000, work=lambda: time.sleep(0.002))
    idle = [Scripted(LONG), Scripted(LONG)]
    engine.add("busy", busy)
    engine.add("idle", idle[0])
    engine.start()
    until(lambda: [load.load > 0.5 for load in engine.loads()] == [True, False])
    engine.add("idle too", idle[1])
    until(lambda: idle[1].threads)
    assert idle[1].threads == idle[0].threads != busy.threads[:1]


def test_the_earliest_due_comes_first_and_none_starves(engine_of):
    order: list[str] = []
    hungry = Scripted(*[0.0] * 200, work=lambda: order.append("hungry"))
    modest = Scripted(*[0.0] * 200, work=lambda: order.append("modest"))
    run(engine_of(), hungry=hungry, modest=modest)
    assert order[:400:2] == ["hungry"] * 200
    assert order[1:400:2] == ["modest"] * 200


def test_a_pause_is_kept_while_others_go_on(engine_of):
    patient = Scripted(0.2)
    hungry = Scripted(*[0.0] * 500)
    run(engine_of(), patient=patient, hungry=hungry)
    assert patient.times[1] - patient.times[0] >= 0.2
    assert hungry.times[10] < patient.times[1]


@pytest.mark.parametrize(
    ("failure", "has_trace"), [(TransientSourceError("cable"), False), (KeyError("a bug"), True)]
)
def test_a_source_that_fails_is_ended_and_told_once_and_the_others_go_on(
    engine_of, caplog, failure, has_trace
):
    ended: list = []
    engine = engine_of(on_end=lambda *end: ended.append(end))
    healthy = Scripted(*[0.001] * 50)
    with caplog.at_level(logging.ERROR):
        run(engine, broken=Scripted(0.0, failure), healthy=healthy)
    assert len(healthy.times) == 51
    assert ended == [("broken", failure), ("healthy", None)]
    (record,) = caplog.records
    assert "source broken" in record.getMessage()
    assert bool(record.exc_info) == has_trace


def test_who_is_told_of_an_end_cannot_break_the_worker(engine_of, caplog):
    def broken(_name, _error):
        raise RuntimeError("listener")

    last = Scripted(0.01, 0.01)
    run(engine_of(on_end=broken), first=Scripted(), last=last)
    assert len(last.times) == 3
    assert "could not be told" in caplog.text


def test_waking_brings_a_turn_at_once_even_while_one_is_given(engine_of):
    engine = engine_of()
    inside, leave = threading.Event(), threading.Event()

    def work():
        inside.set()
        assert leave.wait(PATIENCE)

    asleep, in_turn = Scripted(LONG, None), Scripted(LONG, None, work=work)
    engine.add("in turn", in_turn)
    engine.start()
    assert inside.wait(PATIENCE)
    engine.wake("in turn")
    leave.set()
    engine.add("asleep", asleep)
    until(lambda: asleep.times)
    engine.wake("asleep")
    assert engine.wait(PATIENCE)
    assert (len(asleep.times), len(in_turn.times)) == (2, 2)


def test_a_worker_with_nothing_due_sleeps(engine_of):
    engine = engine_of()
    asleep = Scripted(LONG)
    engine.add("asleep", asleep)
    engine.start()
    until(lambda: asleep.times and engine.loads()[0].in_turn_seconds == 0.0)
    before = engine.loads()[0].turned_at
    time.sleep(0.3)
    assert engine.loads()[0].turned_at == before


def test_what_hangs_is_seen_and_left_behind_in_time(engine_of):
    engine = engine_of(2)
    release = threading.Event()
    hanging = Scripted(0.0, work=lambda: release.wait(PATIENCE))
    waiting, elsewhere = Scripted(LONG), Scripted(LONG)
    engine.add("hanging", hanging)
    engine.add("elsewhere", elsewhere)
    engine.add("behind it", waiting)
    engine.start()
    until(lambda: hanging.times and elsewhere.times)
    time.sleep(0.05)
    stuck = next(worker for worker in engine.loads() if worker.in_turn_seconds)
    assert {source.name for source in stuck.sources} == {"hanging", "behind it"}
    assert max(source.lag_seconds for source in stuck.sources) >= 0.05
    began = time.monotonic()
    assert set(engine.stop(0.3)) == {"hanging", "behind it"}
    assert time.monotonic() - began < PATIENCE
    release.set()


def test_stop_ends_every_source_in_order(engine_of):
    ended: list = []
    engine = engine_of(2, on_end=lambda *end: ended.append(end))
    for number in range(5):
        engine.add(f"s{number}", Scripted(LONG))
    engine.start()
    assert engine.stop(PATIENCE) == ()
    assert sorted(ended) == [(f"s{number}", None) for number in range(5)]
    with pytest.raises(ValueError, match="too late"):
        engine.add("another", Scripted())


def test_a_removed_source_ends_and_its_name_is_free_again(engine_of):
    ended = threading.Event()
    engine = engine_of(on_end=lambda *_: ended.set())
    engine.add("one", Scripted(LONG, LONG))
    engine.start()
    with pytest.raises(ValueError, match="already"):
        engine.add("one", Scripted())
    engine.remove("one")
    assert ended.wait(PATIENCE)
    again = Scripted()
    engine.add("one", again)
    assert engine.wait(PATIENCE)
    engine.remove("one")
    engine.wake("one")
    assert len(again.times) == 1


def test_load_is_the_share_of_time_its_turns_take(engine_of):
    engine = engine_of()
    half = Scripted(*[0.01] * 10_000, work=lambda: time.sleep(0.01))
    engine.add("half", half)
    engine.add("idle", Scripted(LONG))
    engine.start()
    until(lambda: len(half.times) > 20)
    loads = {source.name: source.load for source in engine.loads()[0].sources}
    assert 0.0 <= loads["idle"] < loads["half"] <= 1.0
    assert engine.loads()[0].load == pytest.approx(sum(loads.values()), abs=0.1)


def test_workers_are_at_least_one_and_by_default_as_many_as_cores():
    with pytest.raises(ValueError, match="at least 1"):
        Engine(0)
    assert len(Engine().loads()) == cores() >= 1


def test_a_source_that_takes_long_to_open_holds_up_no_other(engine_of):
    engine = engine_of()
    connected = threading.Event()
    heard: dict[str, list] = {"slow": [], "quick": []}

    def open_slowly():
        assert connected.wait(PATIENCE)
        return FakeSource([tune(1.0, 8000)])

    def session(name, open_source):
        return Session(open_source, FakeModel(), SessionSettings(), sink=heard[name].append)

    engine.add("slow", session("slow", open_slowly))
    engine.add("quick", session("quick", lambda: FakeSource([tune(4.0, 8000)])))
    engine.start()
    until(lambda: heard["quick"] and isinstance(heard["quick"][-1].message, Diagnostics))
    # On a busy machine that may take so long that it is told to have no signal.
    assert all(isinstance(one.message, State) and one.message.status == "no_signal" for one in heard["slow"])
    connected.set()
    assert engine.wait(PATIENCE)
    assert isinstance(heard["slow"][-1].message, Diagnostics)


class Recording:
    """A finite source of a few seconds, in short blocks."""

    live = False
    reopens = False
    backlog_seconds = 0.0
    title = None
    damage = None
    format = AudioFormat(RATE_HZ, 2)

    def __init__(self, sound, block_samples: int) -> None:
        starts = range(0, len(sound), block_samples)
        self._blocks = iter([AudioBlock(sound[at : at + block_samples], at) for at in starts])

    def read(self, timeout_seconds: float) -> AudioBlock:
        assert timeout_seconds == 0.0
        block = next(self._blocks, None)
        if block is None:
            raise EOFError
        return block

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def programmes():
    return [render(stretch)[: 6 * RATE_HZ] for stretch in (PROGRAMME[0], PROGRAMME[3], PROGRAMME[5])]


def heard_together(workers: int, sounds: dict) -> dict[str, list]:
    model = load_model("genre")
    heard: dict[str, list] = {name: [] for name in sounds}
    engine = Engine(workers)
    for number, (name, sound) in enumerate(sounds.items()):
        source = Recording(sound, 1000 + 777 * number)
        sink = heard[name].append
        engine.add(name, Session(lambda source=source: source, model, SessionSettings(), sink=sink))
    engine.start()
    assert engine.wait(PATIENCE)
    engine.stop()
    return {name: [stamped.message for stamped in found] for name, found in heard.items()}


def test_the_messages_of_a_source_are_the_same_alone_and_among_others(programmes):
    sounds = {f"s{number}": sound for number, sound in enumerate(programmes)}
    alone = {name: heard_together(1, {name: sound})[name] for name, sound in sounds.items()}
    assert [len([m for m in found if isinstance(m, State)]) for found in alone.values()] == [12] * 3
    assert len({str(found) for found in alone.values()}) == 3
    assert heard_together(1, sounds) == alone
    assert heard_together(2, sounds) == alone
