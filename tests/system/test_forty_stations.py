"""Many real stations in one process: all are heard, and a dying decoder interrupts its own group only."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from streamgenre.capture.decoders.decoder_pool import GROUP_STREAMS, DecoderPool
from streamgenre.capture.decoders.stream_source import StreamSource
from streamgenre.classify.registry import load_genre_model
from streamgenre.engine import Engine
from streamgenre.messages import Diagnostics, SampleAccounts, SourceChange, Stamped, State
from streamgenre.session import Session
from streamgenre.settings import SessionSettings
from tests.support.fake_model import FakeModel
from tests.support.many_mounts import ENCODED_SECONDS, Loop, encoded_loops, many_mounts
from tests.support.sounds import tune

pytestmark = pytest.mark.system
RATE_HZ = 44_100
PATIENCE_SECONDS = 120.0
GOAL_BYTES = 25e6


@pytest.fixture(scope="module")
def loops(tmp_path_factory) -> list[Loop]:
    sound = tune(ENCODED_SECONDS, RATE_HZ, channels=2)
    return encoded_loops(sound, RATE_HZ, tmp_path_factory.mktemp("loops"))


@dataclass(slots=True)
class Station:
    """One followed station, and what it told."""

    url: str
    pool: DecoderPool
    source: StreamSource | None = None
    """The one that was opened last."""
    told: list[SourceChange] = field(default_factory=list)
    decisions: int = 0
    """States with a status that sound was heard for."""
    accounts: SampleAccounts = field(default_factory=SampleAccounts)
    hop_seconds: float = 0.0

    def open(self) -> StreamSource:
        self.source = StreamSource(self.url, pool=self.pool)
        return self.source

    def hear(self, stamped: Stamped) -> None:
        match stamped.message:
            case SourceChange() as change:
                self.told.append(change)
            case State(status="music"):
                self.decisions += 1
            case Diagnostics(accounts=accounts, hop_seconds=hop_seconds):
                self.accounts, self.hop_seconds = accounts, hop_seconds

    @property
    def states(self) -> list[str]:
        return [change.state for change in self.told]


@contextmanager
def followed(urls: list[str], pool: DecoderPool, model) -> Iterator[list[Station]]:
    """Follow every station until the block is left; then the last accounts are there."""
    engine = Engine()
    engine.start()
    stations = [Station(url, pool) for url in urls]
    try:
        for station in stations:
            engine.add(station.url, Session(station.open, model, SessionSettings(), sink=station.hear))
        yield stations
        assert engine.stop(PATIENCE_SECONDS) == ()
    finally:
        engine.stop()
        pool.end()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, f"waited in vain until {what}"
        time.sleep(0.05)


def wait_for_decisions(stations: list[Station], more: int) -> None:
    wanted = [station.decisions + more for station in stations]
    wait_until(
        lambda: all(s.decisions >= count for s, count in zip(stations, wanted, strict=True)),
        f"every station has {more} more decisions",
    )


def kill_a_decoder(stations: list[Station], pool: DecoderPool) -> tuple[list[Station], list[Station]]:
    """Return those whose decoder it was, and the others."""
    victim = pool.process_ids[0]
    hit = [station for station in stations if station.source.process_id == victim]
    os.kill(victim, signal.SIGKILL)
    return hit, [station for station in stations if station not in hit]


def check_one_group_breaks_and_comes_back(stations: list[Station], pool: DecoderPool, group: int) -> None:
    hit, spared = kill_a_decoder(stations, pool)
    assert len(hit) == group
    wait_until(
        lambda: all(s.states[-2:] == ["reconnecting", "online"] for s in hit), "the group is back by itself"
    )
    wait_for_decisions(stations, 3)
    for station in hit:
        assert "its decoder process ended unexpectedly (Killed)" in station.told[1].reason
    for station in spared:
        assert station.states == ["online"]


def check_accounts(stations: list[Station]) -> None:
    for station in stations:
        found = station.accounts
        assert found.captured > RATE_HZ
        assert found.lost == 0
        assert found.captured == found.analysed + sum(found.skipped.values()) + found.lost + found.pending
        assert station.states[-1] == "ended"


def test_a_dying_decoder_interrupts_its_own_stations_only(loops):
    pool = DecoderPool(group_streams=2)
    with many_mounts(6, loops) as urls, followed(urls, pool, FakeModel()) as stations:
        wait_for_decisions(stations, 3)
        assert len(pool.process_ids) == 3
        check_one_group_breaks_and_comes_back(stations, pool, 2)
    check_accounts(stations)


def proportional_bytes(process_ids: tuple[int, ...]) -> float:
    """Memory of these processes, shared pages counted in part."""
    rollups = [Path(f"/proc/{process_id}/smaps_rollup").read_text() for process_id in process_ids]
    lines = [line for rollup in rollups for line in rollup.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) for line in lines) * 1024.0


def processor_seconds(process_ids: tuple[int, ...]) -> float:
    fields = [Path(f"/proc/{i}/stat").read_text().rpartition(")")[2].split() for i in process_ids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a station takes, on average."""

    here_bytes: float
    """Memory in this process, beyond what it had before."""
    decoding_bytes: float
    """Memory in the decoder processes."""
    decoding_share: float
    """Of a core, for decoding."""

    @property
    def bytes(self) -> float:
        return self.here_bytes + self.decoding_bytes

    def __str__(self) -> str:
        return (
            f"a station takes {self.bytes / 1e6:.1f} MB PSS: {self.here_bytes / 1e6:.1f} here and "
            f"{self.decoding_bytes / 1e6:.1f} in decoders, which take {self.decoding_share:.2%} of a core"
        )


def measured_cost(stations: list[Station], pool: DecoderPool, before_bytes: float) -> Cost:
    decoders, count = pool.process_ids, len(stations)
    here, decoding = proportional_bytes((os.getpid(),)), proportional_bytes(decoders)
    began, spent = time.monotonic(), processor_seconds(decoders)
    wait_for_decisions(stations, 5)
    share = (processor_seconds(decoders) - spent) / (time.monotonic() - began)
    return Cost((here - before_bytes) / count, decoding / count, share / count)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_forty_stations_in_one_process(loops, capsys):
    pool, count = DecoderPool(), 40
    model = load_genre_model("genre-light")
    with many_mounts(count, loops) as urls:
        before_bytes = proportional_bytes((os.getpid(),))
        with followed(urls, pool, model) as stations:
            wait_for_decisions(stations, 20)  # by then every ring has been filled once
            assert len(pool.process_ids) == -(-count // GROUP_STREAMS)
            cost = measured_cost(stations, pool, before_bytes)
            check_one_group_breaks_and_comes_back(stations, pool, GROUP_STREAMS)
    check_accounts(stations)
    with capsys.disabled():
        longest_seconds = max(station.hop_seconds for station in stations)
        sys.stdout.write(f"\n{cost}; the longest hop at the end was {longest_seconds} s\n")
    assert cost.bytes <= GOAL_BYTES
