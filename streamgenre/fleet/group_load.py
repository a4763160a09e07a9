"""What a group takes of its machine: as a whole, and for each station."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass

from streamgenre.capture.decoders.decoder_pool import shared_pool
from streamgenre.clock import Clock
from streamgenre.daemon.roster import Roster
from streamgenre.fleet.station_watch import StationWatch

MEMORY_SECONDS = 10.0
"""Time constant of the group's load."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class _Decoding:
    """What decoding one station took, as of its last account."""

    opening: int
    seconds: float
    at: float
    cores: float = 0.0


class GroupLoad:
    """Cores in use; measured by whoever calls measure(), every half a second or so."""

    def __init__(self, clock: Clock, roster: Roster, watch: StationWatch) -> None:
        self._clock = clock
        self._roster = roster
        self._watch = watch
        self.cores = 0.0
        """Of the whole group, its decoder processes included, over the last MEMORY_SECONDS."""
        self._measured = (clock.monotonic(), time.process_time(), dict[int, float]())
        self._decodings: dict[str, _Decoding] = {}
        self._turns: dict[str, float] = {}

    def measure(self) -> None:
        """Look at the processes and at every station."""
        now, own, decoders = self._clock.monotonic(), time.process_time(), _decoder_seconds()
        before, own_before, decoders_before = self._measured
        if now > before:
            used = own - own_before
            used += sum(max(0.0, taken - decoders_before.get(pid, 0.0)) for pid, taken in decoders.items())
            kept = math.exp((before - now) / MEMORY_SECONDS)
            self.cores = self.cores * kept + used / (now - before) * (1 - kept)
        self._measured = now, own, decoders
        self._turns = {load.name: load.load for load in self._roster.loads()}
        self._decodings = {station: self._decoding(station, now) for station in self._turns}

    def of(self, station: str) -> float:
        """Return the cores a station takes; 0.0 while that is not known."""
        decoding = self._decodings.get(station)
        return self._turns.get(station, 0.0) + (decoding.cores if decoding else 0.0)

    def _decoding(self, station: str, now: float) -> _Decoding:
        """Accounts come every few seconds of sound: between two of them the last one holds."""
        opening, seconds = self._watch.decoding_seconds(station)
        last = self._decodings.get(station)
        if last is None or last.opening != opening:
            return _Decoding(opening, seconds, now)
        if seconds == last.seconds:
            return last
        cores = (seconds - last.seconds) / max(now - last.at, 1e-9)
        return _Decoding(opening, seconds, now, min(cores, 1.0))


def _decoder_seconds() -> dict[int, float]:
    """Processor time of each decoder process so far."""
    found: dict[int, float] = {}
    for pid in shared_pool.process_ids:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # often
                fields = file.read().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        found[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    return found
