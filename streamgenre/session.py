"""One source followed from opening to end: reading, waiting, reopening, stamping with the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from streamgenre.backoff import Backoff
from streamgenre.capture.source import AudioSource
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from streamgenre.messages import AudioBlock, Message, SourceChange, SourceState, Stamped, State
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.settings import PipelineSettings

READ_TIMEOUT_SECONDS = 0.1
NO_SIGNAL_SECONDS = 2.0
DIAGNOSTICS_SECONDS = 60.0

Meter = Callable[[SourcePipeline], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How one source is followed."""

    pipeline: PipelineSettings = PipelineSettings()
    duration_seconds: float | None = None
    """Audio to hear before ending; None: to the end."""


class Session:
    """Follows one source. One thread iterates over it, once; any thread may call stop()."""

    def __init__(
        self,
        open_source: Callable[[], AudioSource],
        model: Classifier,
        settings: SessionSettings,
        *,
        meter: Meter | None = None,
    ) -> None:
        self._open_source = open_source
        self._model = model
        self._settings = settings
        self._meter = meter
        self._stopping = threading.Event()
        self._backoff = Backoff()
        self._pipeline: SourcePipeline | None = None
        self._rate_hz = 0
        self._offset = 0
        self._lived = False
        self._state: SourceState | None = None
        self._arrived = self._told = time.monotonic()
        self._next_diagnostics = self._arrived + DIAGNOSTICS_SECONDS

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stopping.set()

    def __iter__(self) -> Iterator[Stamped]:
        """Yield what is believed, until the source ends or stop() is called.

        A live source that breaks is opened again, with growing pauses, for as long as it takes: once it
        has been heard, even a missing device may come back. Raises PermanentSourceError otherwise.
        """
        reason = "stopped"
        try:
            while not self._stopping.is_set():
                try:
                    with closing(self._open_source()) as source:
                        yield from self._attach(source)
                        reason = yield from self._follow(source)
                        self._tell_damage(source)
                        break
                except TransientSourceError as error:
                    yield from self._wait_to_reopen(error)
                except PermanentSourceError as error:
                    if not self._lived:
                        raise
                    yield from self._wait_to_reopen(error)
        except PermanentSourceError as error:
            yield from self._finish("failed", str(error))
            raise
        yield from self._finish("ended", reason)

    def _attach(self, source: AudioSource) -> Iterator[Stamped]:
        if self._pipeline:
            yield from self._stamp(self._pipeline.reopened(source.format))
        else:
            self._pipeline = SourcePipeline(source.format, self._model, self._settings.pipeline)
            self._pipeline.name_title(source.title)
        self._rate_hz = source.format.sample_rate_hz
        self._offset = self._pipeline.position
        self._arrived = time.monotonic()
        yield from self._turn("online")

    def _follow(self, source: AudioSource) -> Generator[Stamped, None, str]:
        """Read to the end; returns the reason it ended for."""
        while not self._stopping.is_set():
            try:
                block = source.read(READ_TIMEOUT_SECONDS)
            except EOFError:
                if self._lived and not source.live:
                    raise TransientSourceError(
                        "the live source came back as a recording, which ended"
                    ) from None
                return "end of input"
            if block is None:
                yield from self._miss()
            else:
                self._lived |= source.live
                yield from self._hear(source.title, block)
                if self._is_over():
                    return "duration reached"
            yield from self._report()
        return "stopped"

    def _hear(self, title: str | None, block: AudioBlock) -> Iterator[Stamped]:
        assert self._pipeline is not None
        self._arrived = time.monotonic()
        self._backoff.reset()
        yield from self._turn("online")
        yield from self._stamp(self._pipeline.change_title(title))
        block = self._cut(AudioBlock(block.samples, block.first_sample + self._offset))
        yield from self._stamp(self._pipeline.process(block))
        if self._meter:
            self._meter(self._pipeline)

    def _miss(self) -> Iterator[Stamped]:
        """Nothing came within the read timeout: after a while that is a fact of its own."""
        now = time.monotonic()
        if self._pipeline is None or now - self._arrived < NO_SIGNAL_SECONDS:
            return
        yield from self._turn("stalled", f"no samples for {NO_SIGNAL_SECONDS:g} s")
        yield from self._tell_no_signal(now)

    def _tell_no_signal(self, now: float) -> Iterator[Stamped]:
        hop_seconds = self._settings.pipeline.hop_seconds
        if self._pipeline and now - self._arrived >= NO_SIGNAL_SECONDS and now - self._told >= hop_seconds:
            self._told = now
            yield from self._stamp(self._pipeline.no_signal())

    def _wait_to_reopen(self, error: SourceError) -> Iterator[Stamped]:
        pause_seconds = self._backoff.next_pause_seconds()
        log.warning("%s; trying again in %.1f s", error, pause_seconds)
        yield from self._turn("reconnecting", str(error))
        until = time.monotonic() + pause_seconds
        while (now := time.monotonic()) < until and not self._stopping.wait(
            min(until - now, READ_TIMEOUT_SECONDS)
        ):
            yield from self._tell_no_signal(now)
            yield from self._report()

    def _tell_damage(self, source: AudioSource) -> None:
        if source.damage:
            log.warning("the input was not whole: %s", source.damage)

    def _finish(self, state: SourceState, reason: str) -> Iterator[Stamped]:
        if self._pipeline:
            stopped = self._stopping.is_set()
            yield from self._stamp(self._pipeline.stop() if stopped else self._pipeline.flush())
            yield from self._turn(state, reason)
            yield from self._stamp([self._pipeline.diagnostics()])

    def _report(self) -> Iterator[Stamped]:
        if self._pipeline and time.monotonic() >= self._next_diagnostics:
            self._next_diagnostics = time.monotonic() + DIAGNOSTICS_SECONDS
            yield from self._stamp([self._pipeline.diagnostics()])

    def _turn(self, state: SourceState, reason: str | None = None) -> Iterator[Stamped]:
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
