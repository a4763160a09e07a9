"""One source followed from opening to end: reading, waiting, reopening, stamping with the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from streamgenre.backoff import Backoff
from streamgenre.capture.aside import Closing, Opening
from streamgenre.capture.source import AudioSource
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from streamgenre.messages import AudioBlock, Message, SourceChange, SourceState, Stamped, State
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.settings import PipelineSettings

READ_TIMEOUT_SECONDS = 0.1
POLL_SECONDS = 0.05
"""Until the next look at a source that cannot wait for its own sound."""
NO_SIGNAL_SECONDS = 2.0
DIAGNOSTICS_SECONDS = 60.0

Meter = Callable[[SourcePipeline], None]
Sink = Callable[[Stamped], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How one source is followed."""

    pipeline: PipelineSettings = PipelineSettings()
    duration_seconds: float | None = None
    """Audio to hear before ending; None: to the end."""


class Session:
    """Follows one source, step by step.

    Either iterate over it, once, in one thread, which waits for sound; or give it a `sink` and call
    turn(), which never waits, so that one thread may serve many. Any thread may call stop().
    """

    def __init__(
        self,
        open_source: Callable[[], AudioSource],
        model: Classifier,
        settings: SessionSettings,
        *,
        meter: Meter | None = None,
        sink: Sink | None = None,
    ) -> None:
        self._open_source = open_source
        self._model = model
        self._settings = settings
        self._meter = meter
        self._sink = sink
        self._stopping = threading.Event()
        self._backoff = Backoff()
        self._opening: Opening | None = None
        self._source: AudioSource | None = None
        self._closing: Closing | None = None
        self._pipeline: SourcePipeline | None = None
        self._rate_hz = 0
        self._offset = 0
        self._lived = False
        self._state: SourceState | None = None
        self._arrived = self._told = self._reopen_at = time.monotonic()
        self._next_diagnostics = self._arrived + DIAGNOSTICS_SECONDS
        self._pause_seconds = 0.0
        self._failure: PermanentSourceError | None = None
        self._finished = self._over = False

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stopping.set()

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
            if self._closing:
                self._closing.wait()

    def turn(self) -> float | None:
        """Take what has arrived, hand what is believed to the sink, and return without waiting.

        Returns the seconds after which it wants its next turn, None when it is over; raises as iterating
        does, and is over then too.
        """
        assert self._sink is not None, "turns need a sink"
        try:
            for stamped in self._advance(0.0):
                self._sink(stamped)
        except BaseException:
            self._let_go()
            raise
        return None if self._over else self._pause_seconds

    def _advance(self, wait_seconds: float) -> Iterator[Stamped]:
        """Go on by one step, which may wait so long for something to come."""
        self._pause_seconds = POLL_SECONDS
        if self._finished:
            self._leave(wait_seconds)
            return
        try:
            yield from self._go_on(wait_seconds)
        except TransientSourceError as error:
            yield from self._reconnect(error)
        except PermanentSourceError as error:
            if self._lived:
                yield from self._reconnect(error)
            else:
                self._failure = error
                self._let_go()
                yield from self._finish("failed", str(error))

    def _go_on(self, wait_seconds: float) -> Iterator[Stamped]:
        if self._stopping.is_set():
            yield from self._end("stopped")
        elif self._source:
            yield from self._read(self._source, wait_seconds)
        elif time.monotonic() < self._reopen_at:
            yield from self._rest(wait_seconds)
        else:
            yield from self._open(wait_seconds)

    def _open(self, wait_seconds: float) -> Iterator[Stamped]:
        if self._closing and not self._closing.wait(wait_seconds):
            return  # a device cannot be opened again before it is closed
        self._closing = None
        self._opening = self._opening or Opening(self._open_source)
        source = self._opening.wait(wait_seconds)
        if source is None:
            yield from self._tell_no_signal(time.monotonic())
            yield from self._report()
            return
        self._opening, self._source = None, source
        self._pause_seconds = 0.0
        yield from self._attach(source)

    def _attach(self, source: AudioSource) -> Iterator[Stamped]:
        if self._pipeline:
            yield from self._stamp(self._pipeline.reopened(source.format))
        else:
            self._pipeline = SourcePipeline(source.format, self._model, self._settings.pipeline)
            self._pipeline.name_title(source.title)
        self._rate_hz = source.format.sample_rate_hz
        self._offset = self._pipeline.position
        self._arrived = time.monotonic()
        yield from self._turn_to("online")

    def _read(self, source: AudioSource, wait_seconds: float) -> Iterator[Stamped]:
        try:
            block = source.read(wait_seconds)
        except EOFError:
            if self._lived and not source.live:
                raise TransientSourceError("the live source came back as a recording, which ended") from None
            yield from self._end("end of input")
            return
        if block is None:
            yield from self._miss()
        else:
            self._lived |= source.live
            yield from self._hear(source.title, block)
            if self._is_over():
                yield from self._end("duration reached")
                return
        yield from self._report()

    def _hear(self, title: str | None, block: AudioBlock) -> Iterator[Stamped]:
        assert self._pipeline is not None
        self._arrived = time.monotonic()
        self._pause_seconds = 0.0
        self._backoff.reset()
        yield from self._turn_to("online")
        yield from self._stamp(self._pipeline.change_title(title))
        block = self._cut(AudioBlock(block.samples, block.first_sample + self._offset))
        yield from self._stamp(self._pipeline.process(block))
        if self._meter:
            self._meter(self._pipeline)

    def _miss(self) -> Iterator[Stamped]:
        """Nothing has come: after a while that is a fact of its own."""
        now = time.monotonic()
        if self._pipeline is None or now - self._arrived < NO_SIGNAL_SECONDS:
            return
        yield from self._turn_to("stalled", f"no samples for {NO_SIGNAL_SECONDS:g} s")
        yield from self._tell_no_signal(now)

    def _tell_no_signal(self, now: float) -> Iterator[Stamped]:
        if self._pipeline and now >= self._no_signal_at():
            self._told = now
            yield from self._stamp(self._pipeline.no_signal())

    def _no_signal_at(self) -> float:
        """When the next state of a silent line falls due, in monotonic seconds."""
        return max(self._arrived + NO_SIGNAL_SECONDS, self._told + self._settings.pipeline.hop_seconds)

    def _reconnect(self, error: SourceError) -> Iterator[Stamped]:
        self._let_go()
        pause_seconds = self._backoff.next_pause_seconds()
        log.warning("%s; trying again in %.1f s", error, pause_seconds)
        yield from self._turn_to("reconnecting", str(error))
        self._reopen_at = time.monotonic() + pause_seconds
        self._pause_seconds = 0.0

    def _rest(self, wait_seconds: float) -> Iterator[Stamped]:
        """Let time pass until the next try."""
        now = time.monotonic()
        self._stopping.wait(min(self._reopen_at - now, wait_seconds))
        yield from self._tell_no_signal(now)
        yield from self._report()
        due = [self._reopen_at]
        if self._pipeline:
            due += [self._no_signal_at(), self._next_diagnostics]
        self._pause_seconds = max(0.0, min(due) - time.monotonic())

    def _end(self, reason: str) -> Iterator[Stamped]:
        if self._source:
            self._tell_damage(self._source)
        self._let_go()
        yield from self._finish("ended", reason)

    def _let_go(self) -> None:
        if self._opening:
            self._opening.abandon()
        if self._source:
            self._closing = Closing(self._source)
        self._opening = self._source = None

    def _leave(self, wait_seconds: float) -> None:
        """Be over as soon as the source is closed."""
        if self._closing is None or self._closing.wait(wait_seconds):
            self._closing = None
            self._over = True
            if self._failure:
                raise self._failure

    def _tell_damage(self, source: AudioSource) -> None:
        if source.damage:
            log.warning("the input was not whole: %s", source.damage)

    def _finish(self, state: SourceState, reason: str) -> Iterator[Stamped]:
        if self._pipeline:
            stopped = self._stopping.is_set()
            yield from self._stamp(self._pipeline.stop() if stopped else self._pipeline.flush())
            yield from self._turn_to(state, reason)
            yield from self._stamp([self._pipeline.diagnostics()])
        self._finished = True
        self._pause_seconds = 0.0

    def _report(self) -> Iterator[Stamped]:
        if self._pipeline and time.monotonic() >= self._next_diagnostics:
            self._next_diagnostics = time.monotonic() + DIAGNOSTICS_SECONDS
            yield from self._stamp([self._pipeline.diagnostics()])

    def _turn_to(self, state: SourceState, reason: str | None = None) -> Iterator[Stamped]:
        if state != self._state:
            self._state = state
            audio_seconds = self._pipeline.audio_seconds if self._pipeline else 0.0
            yield from self._stamp([SourceChange(audio_seconds, state, reason)])

    def _is_over(self) -> bool:
        limit = self._limit()
        return limit is not None and self._pipeline is not None and self._pipeline.position >= limit

    def _limit(self) -> int | None:
        """Absolute index at which to end, or None."""
        seconds = self._settings.duration_seconds
        return None if seconds is None else round(seconds * self._rate_hz)

    def _cut(self, block: AudioBlock) -> AudioBlock:
        limit = self._limit()
        if limit is None or block.end_sample <= limit:
            return block
        return AudioBlock(block.samples[: max(0, limit - block.first_sample)], block.first_sample)

    def _stamp(self, messages: Iterable[Message]) -> Iterator[Stamped]:
        for message in messages:
            waiting = isinstance(message, State) and message.status == "no_signal"
            latency_ms = None if waiting else (time.monotonic() - self._arrived) * 1000
            yield Stamped(message, datetime.now(UTC), latency_ms)
