"""The sources of the configuration, each followed by a session in the engine, whatever becomes of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from streamgenre.backoff import Backoff
from streamgenre.capture.open_source import open_spec
from streamgenre.capture.source import AudioSource
from streamgenre.capture.source_spec import SourceSpec, parse_source
from streamgenre.clock import Clock, SystemClock
from streamgenre.daemon.following import Following
from streamgenre.daemon.switches import Memory, Switches
from streamgenre.engine import Engine, SourceLoad
from streamgenre.errors import PermanentSourceError
from streamgenre.health import engine_trouble, source_trouble
from streamgenre.messages import Stamped
from streamgenre.pipeline import SourcePipeline
from streamgenre.publish.commands import Command
from streamgenre.publish.health_report import HealthReport, SourceHealth
from streamgenre.session import Session
from streamgenre.settings import SessionSettings

CRASH_PAUSE_SECONDS = (10.0, 600.0)
"""Until a source that an unforeseen error ended is begun anew, at first and at most."""

Sink = Callable[[str, Stamped], None]
Meter = Callable[[str, SourcePipeline], None]
OpenSource = Callable[[str, SourceSpec], AudioSource]
"""Given the id of the source, too."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    following: Following
    session: Session
    enabled: bool
    next: Following | None = None
    """Takes its place as soon as it has ended."""
    leaving: bool = False
    over: bool = False
    begin_at: float | None = None
    """After a crash: when to begin anew."""
    began_at: float = 0.0
    """When its session began, by the clock."""
    pauses: Backoff = field(default_factory=lambda: Backoff(*CRASH_PAUSE_SECONDS))


class Roster:
    """Any thread may call anything here."""

    def __init__(
        self,
        sink: Sink,
        memory: Memory | None,
        *,
        meter: Meter | None = None,
        clock: Clock | None = None,
        open_source: OpenSource | None = None,
        workers: int | None = None,
    ) -> None:
        """`memory`: see Switches. `workers`: threads of the engine; None: one a core."""
        self._sink = sink
        self._open_source = open_source or _open
        self._switches = Switches(memory)
        self._meter = meter
        self._clock = clock or SystemClock()
        self._engine = Engine(workers, on_end=self._ended)
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.RLock()
        self._stopping = False

    def start(self, followings: Sequence[Following]) -> None:
        """Begin to follow these."""
        self._engine.start()
        self.replace(followings)

    def replace(self, followings: Sequence[Following]) -> None:
        """Follow these from now on; what did not change goes on as if nothing had been said."""
        wanted = {following.settings.id: following for following in followings}
        with self._lock:
            for source in self._entries.keys() - wanted.keys():
                self._leave(source)
            for source, following in wanted.items():
                if source in self._entries:
                    self._change(source, following)
                else:
                    self._entries[source] = self._begin(following)
        self._switches.write_aside()

    def command(self, source: str, command: Command) -> str | None:
        """Do what was asked over MQTT; return what went wrong, or None."""
        with self._lock:
            entry = self._entries.get(source)
            if entry is None or entry.leaving:
                return "there is no such source"
            if entry.over:
                return "it has ended"
            if command.enabled is not None:
                self._enable(entry, enabled=command.enabled)
            elif command.hop_seconds is not None:
                entry.session.want_hop(command.hop_seconds)
            elif command.reset:
                entry.session.forget()
        self._engine.wake(source)
        self._switches.write()  # under the lock, a slow disk would stop everybody
        return None

    def tick(self) -> None:
        """Begin anew what crashed and has rested; called several times a second."""
        now = self._clock.monotonic()
        with self._lock:
            for source, entry in self._entries.items():
                if entry.begin_at is not None and now >= entry.begin_at:
                    entry.begin_at, entry.began_at = None, now
                    entry.session = self._session(entry.following, enabled=entry.enabled)
                    self._engine.add(source, entry.session)

    def health(self) -> HealthReport:
        """Return the two facts as they are now."""
        now = self._clock.monotonic()
        with self._lock:
            entries = [(source, entry) for source, entry in self._entries.items() if not entry.leaving]
            vitals = {source: entry.session.vitals() for source, entry in entries}
            turning = [
                vitals[source] for source, entry in entries if not entry.over and entry.begin_at is None
            ]
        busy = [worker.in_turn_seconds for worker in self._engine.loads()]
        sources = tuple(
            SourceHealth(
                source, entry.enabled, "failed" if entry.begin_at else source_trouble(vitals[source], now)
            )
            for source, entry in entries
        )
        return HealthReport(engine_trouble(turning, busy, now), sources)

    def present(self) -> frozenset[str]:
        """Ids of all that are followed, those included that are asked to end and have not ended yet."""
        with self._lock:
            return frozenset(self._entries)

    def loads(self) -> tuple[SourceLoad, ...]:
        """What each source takes of its worker's thread, and how late it is served."""
        return tuple(load for worker in self._engine.loads() for load in worker.sources)

    def lag_seconds(self) -> float:
        """How late the source that is served latest is served."""
        return max((load.lag_seconds for load in self.loads()), default=0.0)

    def all_explained(self) -> bool:
        """Whether every source is in a state that says why it is not heard."""
        with self._lock:
            states = [entry.session.vitals().state for entry in self._entries.values()]
        return all(state not in (None, "online") for state in states)

    def all_files_over(self) -> bool:
        """Whether there was nothing but files, and all have ended."""
        with self._lock:
            entries = list(self._entries.values())
        return bool(entries) and all(entry.over and entry.following.recording for entry in entries)

    def stop(self, timeout_seconds: float) -> None:
        """End every source in order; one that hangs is left behind."""
        with self._lock:
            self._stopping = True
        for source in self._engine.stop(timeout_seconds):
            log.warning("%s did not end within %.0f s and is left behind", source, timeout_seconds)

    def _begin(self, following: Following) -> _Entry:
        enabled = self._switches.enabled(following.settings)
        session = self._session(following, enabled=enabled)
        self._engine.add(following.settings.id, session)
        return _Entry(following, session, enabled, began_at=self._clock.monotonic())

    def _session(self, following: Following, *, enabled: bool) -> Session:
        settings = following.settings
        spec = parse_source(settings.source)
        meter = self._meter
        session = Session(
            lambda: self._open_source(settings.id, spec),
            following.model,
            SessionSettings(settings.pipeline, name=settings.id, persistent=not following.recording),
            sink=lambda stamped: self._sink(settings.id, stamped),
            meter=(lambda pipeline: meter(settings.id, pipeline)) if meter else None,
            clock=self._clock,
        )
        if not enabled:
            session.enable(enabled=False)
        return session

    def _change(self, source: str, following: Following) -> None:
        entry = self._entries[source]
        before, after = (entry.next or entry.following).settings, following.settings
        if entry.leaving or before.source != after.source:
            self._exchange(source, entry, following)
        elif entry.next:
            entry.next = following
        elif entry.over and after.enabled and (_failed(entry) or not before.enabled):
            self._entries[source] = self._begin(following)
        else:
            self._adjust(source, entry, following)

    def _exchange(self, source: str, entry: _Entry, following: Following) -> None:
        """Have another session under the same name, as soon as the one there is has ended."""
        if entry.over or entry.begin_at is not None:
            self._entries[source] = self._begin(following)
            return
        entry.leaving, entry.next = False, following
        entry.enabled = following.settings.enabled
        self._engine.remove(source)

    def _adjust(self, source: str, entry: _Entry, following: Following) -> None:
        """Go on in the session there is."""
        before, entry.following = entry.following, following
        settings = following.settings
        if before.settings.pipeline != settings.pipeline or before.model is not following.model:
            entry.session.reconfigure(following.model, settings.pipeline)
        if before.settings.enabled != settings.enabled:
            self._enable(entry, enabled=settings.enabled)
        self._engine.wake(source)

    def _leave(self, source: str) -> None:
        entry = self._entries[source]
        if entry.over or entry.begin_at is not None:
            del self._entries[source]
        else:
            entry.leaving, entry.next = True, None
            self._engine.remove(source)

    def _enable(self, entry: _Entry, *, enabled: bool) -> None:
        entry.enabled = enabled
        entry.session.enable(enabled=enabled)
        self._switches.switch((entry.next or entry.following).settings, enabled=enabled)

    def _ended(self, source: str, error: BaseException | None) -> None:
        """Called by the source's worker."""
        with self._lock:
            entry = self._entries[source]
            if self._stopping:
                entry.over = True
            elif entry.leaving:
                del self._entries[source]
            elif entry.next:
                self._entries[source] = self._begin(entry.next)
            elif error is None or isinstance(error, PermanentSourceError):
                entry.over = True
            else:
                self._crashed(source, entry)
        self._switches.write_aside()

    def _crashed(self, source: str, entry: _Entry) -> None:
        """The engine has logged why."""
        now = self._clock.monotonic()
        if now - entry.began_at > CRASH_PAUSE_SECONDS[1]:
            entry.pauses.reset()
        pause_seconds = entry.pauses.next_pause_seconds()
        entry.begin_at = now + pause_seconds
        log.error("%s begins anew in %.0f s", source, pause_seconds)


def _open(_source: str, spec: SourceSpec) -> AudioSource:
    return open_spec(spec)


def _failed(entry: _Entry) -> bool:
    """Whether it was given up: what was wrong may have been mended since."""
    return entry.session.vitals().state == "failed"
