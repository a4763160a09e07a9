"""Many sources in few threads: each is pinned to one of N equal workers, which give their sources turns.

It owns no signal processing. Workers run inference at the same time, and take turns at everything else:
see `baton`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from streamgenre.baton import baton
from streamgenre.errors import StreamgenreError

STOP_SECONDS = 2.0
MEMORY_SECONDS = 10.0
"""Time constant at which load and lag are forgotten."""
SETTLED_SECONDS = 2.0
"""From this age on, a source's own load is taken for what it will cost."""
_LONGEST_SLEEP_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Turns(Protocol):
    """What is scheduled: one source. All its turns are given by one thread."""

    def turn(self) -> float | None:
        """Do what is due, without waiting.

        Return the seconds after which the next turn is wanted (0.0: at once), None at the end.
        """
        ...

    def stop(self) -> None:
        """Ask, from any thread, for an orderly end, which a later turn brings."""
        ...


@dataclass(frozen=True, slots=True)
class SourceLoad:
    """What one source takes, and how late it is served."""

    name: str
    load: float
    """Share of a thread its turns took of late, 0 to 1."""
    lag_seconds: float
    """The most a turn came later than wanted, fading over MEMORY_SECONDS; a turn overdue now counts."""


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """How one worker fares."""

    sources: tuple[SourceLoad, ...]
    turned_at: float
    """Monotonic seconds when it last looked for what is due; asleep for want of it, it does not look."""
    in_turn_seconds: float
    """How long the turn in progress has lasted; 0.0 between turns."""

    @property
    def load(self) -> float:
        """Share of a thread that its sources took of late, 0 to 1."""
        return sum(source.load for source in self.sources)


OnEnd = Callable[[str, BaseException | None], None]
"""Told by the source's worker that a source has ended, and the error if one ended it."""


class Engine:
    """Gives every source its turns until it ends. Any thread may call anything here."""

    def __init__(self, workers: int | None = None, *, on_end: OnEnd | None = None) -> None:
        """`workers`: threads, at least 1; None: one for each core this process may use."""
        count = cores() if workers is None else workers
        if count < 1:
            raise ValueError(f"{count} workers; there must be at least 1")
        self._on_end = on_end
        self._workers = [_Worker(f"engine {number}", self._ended) for number in range(count)]
        self._homes: dict[str, _Worker] = {}
        self._changed = threading.Condition()
        self._telling = 0
        self._stopping = False

    def start(self) -> None:
        """Begin; sources may be added before and after."""
        for worker in self._workers:
            worker.start()

    def add(self, name: str, turns: Turns) -> None:
        """Pin a source to the worker with the least to do. Raises ValueError when the name is taken."""
        with self._changed:
            if self._stopping:
                raise ValueError(f"source {name!r} comes too late: the engine is stopping")
            if name in self._homes:
                raise ValueError(f"there is a source {name!r} already")
            self._homes[name] = worker = self._least_busy()
            worker.add(name, turns)

    def remove(self, name: str) -> None:
        """Ask one source for an orderly end; one that has ended already is no error."""
        with self._changed:
            worker = self._homes.get(name)
        if worker:
            worker.stop(name)

    def wake(self, name: str) -> None:
        """Give a source its next turn now: something has come for it. Ignored after its end."""
        with self._changed:
            worker = self._homes.get(name)
        if worker:
            worker.wake(name)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until no source is left and all ends are told; False when the time is up before."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._homes and not self._telling, timeout_seconds)

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> tuple[str, ...]:
        """End every source in order, then the workers; return the sources that were left behind."""
        with self._changed:
            self._stopping = True
            homes = dict(self._homes)
        for name, worker in homes.items():
            worker.stop(name)
        self.wait(timeout_seconds)
        for worker in self._workers:
            worker.quit()
        with self._changed:
            return tuple(self._homes)

    def loads(self) -> tuple[WorkerLoad, ...]:
        """How every worker fares now."""
        return tuple(worker.loads() for worker in self._workers)

    def _least_busy(self) -> _Worker:
        """What a source takes that is too young to tell counts as much as the others on average."""
        settled = [load for worker in self._workers for load in worker.settled_loads()]
        typical = sum(settled) / len(settled) if settled else 1.0
        return min(self._workers, key=lambda worker: worker.expected_load(typical))

    def _ended(self, name: str, error: BaseException | None) -> None:
        if error is not None:
            trace = None if isinstance(error, StreamgenreError) else error
            word = "was ended by an error" if trace else "ended"
            log.error("source %s %s: %s", name, word, error, exc_info=trace, extra={"source": name})
        with self._changed:
            del self._homes[name]
            self._telling += 1
        try:
            if self._on_end:
                self._on_end(name, error)
        except Exception:
            log.exception("the end of source %s could not be told", name, extra={"source": name})
        with self._changed:
            self._telling -= 1
            self._changed.notify_all()


def cores() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0))


class _Pinned:
    """A source at its worker: when it wants its next turn, and what its turns took."""

    def __init__(self, name: str, turns: Turns) -> None:
        self.name = name
        self.turns = turns
        self.due = self._born = time.monotonic()
        self.ticket = -1
        """Of the entry in the queue that counts; older ones are passed over."""
        self._figures = (0.0, 0.0, self._born)

    def note_turn(self, began: float, ended: float) -> None:
        """Book a turn that was wanted at `due`."""
        load, lag, noted = self._figures
        kept = math.exp((noted - ended) / MEMORY_SECONDS)
        span = max(ended - noted, 1e-9)
        busy = min(1.0, (ended - began) / span)
        self._figures = load * kept + busy * (1 - kept), max(lag * kept, began - self.due), ended

    def load(self, now: float) -> float:
        """Share of the thread, as if it had gone on for ever as in its lifetime."""
        load, _, noted = self._figures
        seen = 1 - math.exp((self._born - now) / MEMORY_SECONDS)
        return min(1.0, load * math.exp((noted - now) / MEMORY_SECONDS) / seen) if seen > 0 else 0.0

    def lag(self, now: float) -> float:
        _, lag, noted = self._figures
        return max(lag * math.exp((noted - now) / MEMORY_SECONDS), 0.0)

    def settled(self, now: float) -> bool:
        return now - self._born >= SETTLED_SECONDS


class _Worker:
    """One thread and the sources pinned to it. The one due earliest comes first; nothing due: it sleeps."""

    def __init__(self, name: str, ended: Callable[[str, BaseException | None], None]) -> None:
        self._ended = ended
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._changed = threading.Condition()
        self._pinned: dict[str, _Pinned] = {}
        self._queue: list[tuple[float, int, _Pinned]] = []
        self._tickets = itertools.count()
        self._in_turn: tuple[_Pinned, float] | None = None
        self._woken = False
        self._quitting = False
        self._turned_at = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def quit(self) -> None:
        """End after the turn in progress."""
        with self._changed:
            self._quitting = True
            self._changed.notify()

    def add(self, name: str, turns: Turns) -> None:
        with self._changed:
            pinned = self._pinned[name] = _Pinned(name, turns)
            self._queue_up(pinned, time.monotonic())

    def stop(self, name: str) -> None:
        with self._changed:
            pinned = self._pinned.get(name)
        if pinned:
            pinned.turns.stop()
            self.wake(name)

    def wake(self, name: str) -> None:
        with self._changed:
            pinned = self._pinned.get(name)
            if pinned is None:
                return
            if self._in_turn and self._in_turn[0] is pinned:
                self._woken = True
            elif pinned.due > (now := time.monotonic()):
                self._queue_up(pinned, now)

    def expected_load(self, typical: float) -> tuple[float, int]:
        """What its sources will take, and how many they are."""
        settled = self.settled_loads()
        count = len(self._pinned)
        return sum(settled) + typical * (count - len(settled)), count

    def settled_loads(self) -> list[float]:
        with self._changed:
            now = time.monotonic()
            return [pinned.load(now) for pinned in self._pinned.values() if pinned.settled(now)]

    def loads(self) -> WorkerLoad:
        with self._changed:
            now = time.monotonic()
            serving, began = self._in_turn or (None, now)
            sources = tuple(
                SourceLoad(
                    name,
                    pinned.load(now),
                    pinned.lag(now) if pinned is serving else max(pinned.lag(now), now - pinned.due),
                )
                for name, pinned in self._pinned.items()
            )
            return WorkerLoad(sources, self._turned_at, now - began)

    def _run(self) -> None:
        while (pinned := self._next()) is not None:
            self._give_turn(pinned)

    def _next(self) -> _Pinned | None:
        """Wait for the source that is due first; None: the end."""
        with self._changed:
            while not self._quitting:
                self._turned_at = now = time.monotonic()
                while self._queue and self._queue[0][1] != self._queue[0][2].ticket:
                    heapq.heappop(self._queue)
                if not self._queue:
                    self._changed.wait()
                elif (pause := self._queue[0][0] - now) > 0:
                    self._changed.wait(min(pause, _LONGEST_SLEEP_SECONDS))
                else:
                    pinned = heapq.heappop(self._queue)[2]
                    self._in_turn = pinned, now
                    return pinned
        return None

    def _give_turn(self, pinned: _Pinned) -> None:
        error: BaseException | None = None
        began = time.monotonic()
        try:
            with baton.held:
                pause = pinned.turns.turn()
        except BaseException as failure:  # noqa: BLE001  # one source's failure is not the others'
            pause, error = None, failure
        now = time.monotonic()
        with self._changed:
            pinned.note_turn(began, now)
            self._in_turn, woken, self._woken = None, self._woken, False
            if pause is not None:
                self._queue_up(pinned, now if woken else now + pause)
                return
            del self._pinned[pinned.name]
        self._ended(pinned.name, error)

    def _queue_up(self, pinned: _Pinned, due: float) -> None:
        pinned.due, pinned.ticket = due, next(self._tickets)
        heapq.heappush(self._queue, (due, pinned.ticket, pinned))
        self._changed.notify()
