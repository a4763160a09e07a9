"""One source followed from opening to end: reading, waiting, reopening, stamping with the clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from queue import SimpleQueue

from streamgenre.attempts import Attempts
from streamgenre.backoff import Backoff
from streamgenre.capture.aside import Aside
from streamgenre.capture.source import AudioSource
from streamgenre.clock import Clock, SystemClock
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from streamgenre.health import SourceVitals
from streamgenre.messages import (
    AudioBlock,
    AudioFormat,
    Diagnostics,
    Event,
    Message,
    SourceChange,
    SourceState,
    Stamped,
    State,
)
from streamgenre.outage import Outage
from streamgenre.overload import OverloadGuard
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.reception import NO_SIGNAL_SECONDS, Finding, Reception
from streamgenre.settings import PipelineSettings, SessionSettings
from streamgenre.stamping import Stamper

READ_TIMEOUT_SECONDS = 0.1
POLL_SECONDS = 0.05
"""Until the next look at a source that cannot wait for its own sound."""
STEADY_SECONDS = 15.0
"""After being online for so long the pauses between tries begin anew."""
PERSISTENT_SECONDS = 30.0
"""Between two tries of what failed for good as far as anyone can tell."""
TITLE_SECONDS = 10.0
"""Until a title that a station does not repeat at once when it is opened again is taken for gone."""
DIAGNOSTICS_SECONDS = 60.0
_UNKNOWN_FORMAT = AudioFormat(48_000, 1)
"""Of a source that could not be opened yet: it has no samples to count."""

Meter = Callable[[SourcePipeline], None]
Sink = Callable[[Stamped], None]

log = logging.getLogger(__name__)


class Session:
    """Follows one source, step by step.

    Either iterate over it, once, in one thread, which waits for sound; or give it a `sink` and call
    turn(), which never waits, so that one thread may serve many. Any thread may call stop() and vitals().
    """

    def __init__(
        self,
        open_source: Callable[[], AudioSource],
        model: Classifier,
        settings: SessionSettings,
        *,
        meter: Meter | None = None,
        sink: Sink | None = None,
        clock: Clock | None = None,
        aside: Aside | None = None,
    ) -> None:
        self._settings = settings
        self._meter = meter
        self._sink = sink
        self._clock = clock or SystemClock()
        self._attempts = Attempts(open_source, aside or Aside(), self._clock)
        self._stamper = Stamper(self._clock)
        self._stamp = self._stamper.stamp
        self._stopping = threading.Event()
        self._wishes = SimpleQueue[Callable[[], Iterable[Message]]]()
        self._enabled = True
        self._backoff = Backoff()
        self._source: AudioSource | None = None
        self._pipeline = SourcePipeline(_UNKNOWN_FORMAT, model, settings.pipeline)
        self._guard = self._new_guard()
        self._format = _UNKNOWN_FORMAT
        self._offset = 0
        self._openings = 0
        self._lived = False
        now = self._clock.monotonic()
        self._reception = Reception(now)
        self._state: SourceState | None = None
        self._state_at = self._told = self._reopen_at = self._turned_at = self._attached_at = now
        self._outage = Outage(settings.name, self._clock)
        self._titled = True
        self._next_diagnostics = now + DIAGNOSTICS_SECONDS
        self._pause_seconds = 0.0
        self._failure: PermanentSourceError | None = None
        self._finished = self._over = False

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stopping.set()

    def want_hop(self, seconds: float) -> None:
        """Ask for another hop, 0.1 to 3.0 s."""
        self._wishes.put(lambda: self._guard.want(seconds))

    def forget(self) -> None:
        """Ask to believe anew, as at the start."""
        self._wishes.put(self._pipeline.forget)

    def enable(self, enabled: bool) -> None:  # noqa: FBT001  # the one thing it tells
        """Ask to let go of the source, or to open it again."""
        self._wishes.put(lambda: self._set_enabled(enabled))

    def reconfigure(self, model: Classifier, settings: PipelineSettings) -> None:
        """Ask for another model or other rules; the source stays open, time and accounts go on."""
        self._wishes.put(lambda: self._rebuild(model, settings))

    def vitals(self) -> SourceVitals:
        """Return what health is told from, by the session's clock."""
        return SourceVitals(
            name=self._settings.name,
            state=self._state,
            state_at=self._state_at,
            turned_at=self._turned_at,
            audio_at=self._reception.audio_at,
            decided_at=self._stamper.decided_at,
            hop_seconds=self._guard.hop_seconds,
        )

    def __iter__(self) -> Iterator[Stamped]:
        """Yield what is believed, until the source ends or stop() is called.

        A live source that breaks is opened again, with growing pauses, for as long as it takes: once it
        has been heard, even a missing device may come back. Raises PermanentSourceError otherwise.
        """
        try:
            while not self._over:
                yield from self._advance(READ_TIMEOUT_SECONDS)
        finally:
            self._let_go()
            self._attempts.closed()

    def turn(self) -> float | None:
        """Take what has arrived, hand what is believed to the sink, and return without waiting.

        Returns the seconds after which it wants its next turn, None when it is over; raises as iterating
        does, and is over then too.
        """
        assert self._sink is not None, "turns need a sink"
        try:
            for stamped in self._advance(0.0):
                self._sink(stamped)
        except BaseException as error:
            self._let_go()
            if not isinstance(error, PermanentSourceError):
                self._break_down(self._sink, error)
            raise
        return None if self._over else self._pause_seconds

    def _advance(self, wait_seconds: float) -> Iterator[Stamped]:
        """Go on by one step, which may wait so long for something to come."""
        self._turned_at = self._clock.monotonic()
        self._pause_seconds = POLL_SECONDS
        if self._finished:
            self._leave(wait_seconds)
            return
        while not self._wishes.empty():
            yield from self._stamp(self._wishes.get()())
        try:
            yield from self._go_on(wait_seconds)
        except TransientSourceError as error:
            yield from self._reconnect(error)
        except PermanentSourceError as error:
            if self._lived:
                yield from self._reconnect(error)
            elif self._settings.persistent:
                yield from self._fail_for_now(error)
            else:
                self._failure = error
                self._let_go()
                yield from self._finish("failed", str(error))

    def _go_on(self, wait_seconds: float) -> Iterator[Stamped]:
        if self._stopping.is_set():
            yield from self._end("stopped")
        elif not self._enabled:
            self._stopping.wait(min(POLL_SECONDS, wait_seconds))
            yield from self._report()
        elif self._source:
            yield from self._read(self._source, wait_seconds)
        elif self._clock.monotonic() < self._reopen_at:
            yield from self._rest(wait_seconds)
        else:
            yield from self._open(wait_seconds)

    def _set_enabled(self, enabled: bool) -> Iterator[Message]:  # noqa: FBT001  # the one thing it tells
        if enabled == self._enabled:
            return
        self._enabled = enabled
        if enabled:
            self._reopen_at = self._told = self._clock.monotonic()
            self._reception.resumed(self._reopen_at)
            yield from self._changed("reconnecting", "enabled again")
            return
        self._let_go()
        yield from self._pipeline.pause()
        yield from self._guard.reset()
        yield from self._changed("disabled")
        yield from self._pipeline.no_signal()

    def _rebuild(self, model: Classifier, settings: PipelineSettings) -> Iterator[Message]:
        yield from self._guard.reset()
        self._settings = replace(self._settings, pipeline=settings)
        yield from self._pipeline.rebuild(model, settings)
        self._guard = self._new_guard()

    def _new_guard(self) -> OverloadGuard:
        settings = self._settings
        return OverloadGuard(self._pipeline, settings.pipeline.hop_seconds, settings.governor, settings.name)

    def _open(self, wait_seconds: float) -> Iterator[Stamped]:
        source = self._attempts.opened(wait_seconds)
        if source is None:
            yield from self._tell_no_signal(self._clock.monotonic())
            yield from self._report()
            return
        self._source = source
        self._pause_seconds = 0.0
        yield from self._attach(source)

    def _attach(self, source: AudioSource) -> Iterator[Stamped]:
        self._attached_at = now = self._clock.monotonic()
        self._format = source.format
        if not self._openings:
            self._pipeline.name_title(source.title)
        self._openings += 1
        yield from self._stamp(self._pipeline.reopened(source.format))
        self._offset = self._pipeline.position
        self._titled = self._openings == 1
        self._reception.opened(now)

    def _read(self, source: AudioSource, wait_seconds: float) -> Iterator[Stamped]:
        try:
            block = source.read(wait_seconds)
        except EOFError:
            if self._lived and not source.live:
                raise TransientSourceError("the live source came back as a recording, which ended") from None
            yield from self._end("end of input")
            return
        now = self._clock.monotonic()
        found = self._reception.looked(source, block, self._format.sample_rate_hz, now)
        if found:
            yield from self._turn_to_found(found)
        if block is None:
            yield from self._tell_no_signal(now)
        else:
            yield from self._hear(source, block, now)
            limit = self._limit()
            if limit is not None and self._pipeline.position >= limit:
                yield from self._end("duration reached")
                return
        if found and found.state == "reconnecting":
            raise TransientSourceError(f"{found.reason}; it is opened again")
        yield from self._report()

    def _turn_to_found(self, found: Finding) -> Iterator[Stamped]:
        waiting = self._state == "reconnecting" and found.state == "stalled"  # until it is heard again
        if not waiting and found.state != "reconnecting":
            yield from self._turn_to(found.state, found.reason)

    def _hear(self, source: AudioSource, block: AudioBlock, now: float) -> Iterator[Stamped]:
        self._lived |= source.live
        self._pause_seconds = 0.0
        if self._state == "online" and now - self._state_at >= STEADY_SECONDS:
            self._backoff.reset()
        yield from self._stamp(self._change_title(source.title, now))
        block = AudioBlock(block.samples, block.first_sample + self._offset).until(self._limit())
        backlog_seconds = source.backlog_seconds if source.live else 0.0
        self._stamper.heard(now - backlog_seconds)
        yield from self._stamp(self._guard.process(block, backlog_seconds, now))
        if self._meter:
            self._meter(self._pipeline)

    def _change_title(self, title: str | None, now: float) -> list[State | Event]:
        """Take what the source says; that a station opened again has not said it yet is no change."""
        self._titled |= title is not None or now - self._attached_at >= TITLE_SECONDS
        return self._pipeline.change_title(title) if self._titled else []

    def _tell_no_signal(self, now: float) -> Iterator[Stamped]:
        if now >= self._no_signal_at():
            self._told = now
            yield from self._stamp(self._pipeline.no_signal())

    def _no_signal_at(self) -> float:
        """When the next state of a silent line falls due, by the clock."""
        return max(
            self._reception.waiting_from + NO_SIGNAL_SECONDS, self._told + self._settings.pipeline.hop_seconds
        )

    def _reconnect(self, error: SourceError) -> Iterator[Stamped]:
        self._let_go()
        at_once = isinstance(error, TransientSourceError) and error.at_once
        pause_seconds = POLL_SECONDS if at_once else self._backoff.next_pause_seconds()
        self._outage.meet(error, pause_seconds)
        yield from self._stamp(self._guard.reset())
        yield from self._turn_to("reconnecting", str(error))
        self._reopen_at = self._clock.monotonic() + pause_seconds
        self._pause_seconds = 0.0

    def _fail_for_now(self, error: PermanentSourceError) -> Iterator[Stamped]:
        """Nothing says that it will ever open, but nobody is there to start us again when it does."""
        self._let_go()
        self._outage.meet(error, PERSISTENT_SECONDS, logging.ERROR)
        yield from self._turn_to("failed", str(error))
        self._reopen_at = self._clock.monotonic() + PERSISTENT_SECONDS
        self._pause_seconds = 0.0

    def _rest(self, wait_seconds: float) -> Iterator[Stamped]:
        """Let time pass until the next try."""
        now = self._clock.monotonic()
        self._stopping.wait(min(self._reopen_at - now, wait_seconds))
        yield from self._tell_no_signal(now)
        yield from self._report()
        due = min(self._reopen_at, self._no_signal_at(), self._next_diagnostics)
        self._pause_seconds = max(0.0, due - self._clock.monotonic())

    def _end(self, reason: str) -> Iterator[Stamped]:
        if self._source and self._source.damage:
            name = self._settings.name
            log.warning("%s: the input was not whole: %s", name, self._source.damage, extra={"source": name})
        self._let_go()
        yield from self._finish("ended", reason)

    def _let_go(self) -> None:
        self._attempts.abandon()
        if self._source:
            self._attempts.close(self._source)
        self._source = None

    def _leave(self, wait_seconds: float) -> None:
        """Be over as soon as the source is closed."""
        if self._attempts.closed(wait_seconds):
            self._over = True
            if self._failure:
                raise self._failure

    def _finish(self, state: SourceState, reason: str) -> Iterator[Stamped]:
        at_once = self._stopping.is_set() or not self._openings
        yield from self._stamp(self._pipeline.stop() if at_once else self._pipeline.flush())
        yield from self._stamp(self._guard.reset())
        yield from self._turn_to(state, reason)
        yield from self._stamp([self._diagnostics()])
        self._finished = True
        self._pause_seconds = 0.0

    def _break_down(self, sink: Sink, error: BaseException) -> None:
        """What was believed until an unforeseen error is still told, if that can be."""
        with suppress(Exception):
            for stamped in self._stamp(self._pipeline.stop()):
                sink(stamped)
        with suppress(Exception):
            for stamped in self._turn_to("failed", f"internal error: {error!r}"):
                sink(stamped)

    def _report(self) -> Iterator[Stamped]:
        if self._clock.monotonic() >= self._next_diagnostics:
            self._next_diagnostics = self._clock.monotonic() + DIAGNOSTICS_SECONDS
            yield from self._stamp([self._diagnostics()])

    def _diagnostics(self) -> Diagnostics:
        found = replace(self._pipeline.diagnostics(), reconnects=max(0, self._openings - 1))
        if not self._lived:
            return found  # the clock says nothing of a recording, and must not show in what is told of it
        return replace(
            found,
            lag_seconds=self._source.backlog_seconds if self._source else 0.0,
            upstream_gap_seconds=self._reception.upstream_gap_seconds,
            last_audio_seconds_ago=self._reception.silent_seconds(self._clock.monotonic()),
        )

    def _turn_to(self, state: SourceState, reason: str | None = None) -> Iterator[Stamped]:
        yield from self._stamp(self._changed(state, reason))

    def _changed(self, state: SourceState, reason: str | None = None) -> Iterator[SourceChange]:
        if state != self._state:
            self._state, self._state_at = state, self._clock.monotonic()
            if state == "online":
                self._outage.end()
            yield SourceChange(self._pipeline.audio_seconds, state, reason)

    def _limit(self) -> int | None:
        """Absolute index at which to end, or None."""
        seconds = self._settings.duration_seconds
        return None if seconds is None else round(seconds * self._format.sample_rate_hz)
