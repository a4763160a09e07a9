"""Everything that belongs to one source, from its blocks to what is published of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from streamgenre.decide.alarms import AlarmWatch
from streamgenre.decide.decider import Decider
from streamgenre.decide.timeline import Timeline
from streamgenre.decide.verdict import FileTally
from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import (
    AudioBlock,
    AudioFormat,
    Belief,
    Diagnostics,
    Event,
    Float32,
    Level,
    ModelIdentity,
    Moment,
    Observation,
    Scores,
    State,
    TitleChange,
    Verdict,
    Window,
)
from streamgenre.settings import CalibrationSettings, FrontEndSettings, PipelineSettings


class Scorer(Protocol):
    """What scores the windows of one source, in order."""

    def process(self, window: Window) -> Scores: ...
    def reset(self) -> None:
        """Forget the windows before."""
        ...


class Classifier(Protocol):
    """What the pipeline asks of a model."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def gate_labels(self) -> tuple[str, ...]: ...
    @property
    def tag_labels(self) -> tuple[str, ...]: ...
    @property
    def front_end(self) -> FrontEndSettings: ...
    @property
    def calibration(self) -> CalibrationSettings:
        """What the beliefs made of its scores proved to be worth."""
        ...

    @property
    def identity(self) -> ModelIdentity: ...
    def stream(self) -> Scorer:
        """Start on one source."""
        ...


class SourcePipeline:
    """One source's whole way. Give it blocks; it gives back states and events, in order.

    It holds no clock and starts no thread: the same samples give the same messages, in blocks of any size.
    """

    def __init__(self, audio_format: AudioFormat, model: Classifier, settings: PipelineSettings) -> None:
        self._feed = _feed(audio_format, model, settings)
        self._listen_by(model, settings)
        self._timeline = Timeline()
        self._title: str | None = None
        self._short = False
        self._reconnects = 0

    @property
    def position(self) -> int:
        """Absolute index of the next sample, at the source's rate now."""
        return self._feed.position

    @property
    def audio_seconds(self) -> float:
        """Seconds of audio heard or lost so far."""
        return self._feed.audio_seconds

    @property
    def level(self) -> Level | None:
        """The level now, for a meter."""
        return self._feed.level

    def last_rows(self, seconds: float) -> Float32:
        """(frames, bands) float32: the newest log-mel frames, for a display; none before the first window."""
        return self._feed.last_rows(seconds)

    def process(self, block: AudioBlock) -> list[State | Event]:
        """Take the next block; return what it completed. Raises ValueError when blocks overlap."""
        return self._decide_all(self._feed.process(block))

    def skip(self, samples: int, reason: str = "overload") -> list[State | Event]:
        """Pass over samples that were received and will not be heard; at most one state tells of them."""
        if samples == 0:
            return []
        messages = self._decide_all(self._feed.skip(samples, reason))
        self._scorer.reset()
        return messages

    def set_hop(self, seconds: float) -> None:
        """Decide at the multiples of another hop from now on."""
        self._feed.set_hop(seconds)

    def reopened(self, audio_format: AudioFormat) -> list[State | Event]:
        """Note a break of unknown length after which the source goes on, perhaps in another format."""
        self._reconnects += 1
        messages = self._decide_all(self._feed.reformat(audio_format))
        self._scorer.reset()
        return messages

    def flush(self, reason: str = "end") -> list[State | Event]:
        """End the source: the last decisions, then the open segment closed for `reason`, then every alarm."""
        return [*self._decide_all(self._feed.flush(), at_end=True), *self._close(reason)]

    def stop(self) -> list[State | Event]:
        """End at once, without another decision: segment and alarms closed, the accounts settled."""
        self._feed.stop()
        return self._close("end")

    def pause(self, reason: str = "disabled") -> list[State | Event]:
        """Close segment and alarms as at an end; the source may go on later, through reopened()."""
        self._feed.stop(reason)
        self._decider.forget()
        return self._close("end")

    def forget(self) -> list[State | Event]:
        """Begin to believe anew, as at the start; what was due is decided first."""
        messages = self._decide_all(self._feed.interrupted())
        self._scorer.reset()
        self._decider.forget()
        return messages

    def rebuild(self, model: Classifier, settings: PipelineSettings) -> list[State | Event]:
        """Go on with another model, or by other rules: beliefs begin anew, time and accounts go on."""
        messages = [*self._decide_all(self._feed.interrupted("reconfigured")), *self._close("reconfigured")]
        self._feed = _feed(self._feed.format, model, settings).continuing(self._feed)
        self._listen_by(model, settings)
        return messages

    def no_signal(self) -> list[State | Event]:
        """Decide that no samples have come for too long; the caller holds the clock."""
        messages = self._decide_all(self._feed.interrupted())
        self._scorer.reset()
        self._short = False
        belief = self._decider.no_signal(self.audio_seconds)
        state = self._state(self.audio_seconds, belief, None, self._feed.accounts.lost)
        return [*messages, *self._timeline.process(state), state]

    def verdict(self) -> Verdict:
        """Return the belief over everything heard so far."""
        return self._tally.verdict(short=self._short)

    def name_title(self, title: str | None) -> None:
        """Set the title known from the start, which is no event."""
        self._title = title

    def change_title(self, title: str | None) -> list[State | Event]:
        """Take a new title from the stream."""
        if title == self._title:
            return []
        previous, self._title = self._title, title
        return [TitleChange(self.audio_seconds, title, previous)]

    def diagnostics(self) -> Diagnostics:
        """Return the accounts now."""
        return Diagnostics(
            audio_seconds=self.audio_seconds,
            accounts=self._feed.accounts,
            hop_seconds=self._feed.hop_seconds,
            reconnects=self._reconnects,
            clipped_samples=self._feed.clipped_samples,
            dc_offset=self._feed.dc_offset,
        )

    def _listen_by(self, model: Classifier, settings: PipelineSettings) -> None:
        self._model = model
        self._scorer = model.stream()
        self._alarms = AlarmWatch(settings.decide.dead_air_seconds, settings.alarms)
        gate_labels = model.gate_labels or None
        self._decider = Decider(
            model.labels,
            settings.decide,
            gate_labels=gate_labels,
            tag_labels=model.tag_labels,
            window_seconds=model.front_end.window_seconds,
            sharpness=model.calibration.of(settings.decide.smoothing),
        )
        self._tally = FileTally(
            model.labels,
            settings.decide,
            gate_labels=gate_labels,
            tag_labels=model.tag_labels,
            sharpness=model.calibration.verdict,
        )

    def _close(self, reason: str) -> list[State | Event]:
        last = self._timeline.finish(self.audio_seconds, reason)
        return [*([last] if last else []), *self._alarms.finish(self.audio_seconds)]

    def _decide_all(self, moments: Iterable[Moment], *, at_end: bool = False) -> list[State | Event]:
        return [message for moment in moments for message in self._tell(moment, at_end=at_end)]

    def _tell(self, moment: Moment, *, at_end: bool) -> list[State | Event]:
        """Events stand before the state that reflects them."""
        state = self._decide(moment)
        return [*self._timeline.process(state, at_end=at_end), *self._alarms.process(moment), state]

    def _decide(self, moment: Moment) -> State:
        window = moment.window
        scores = self._scorer.process(window) if window else None
        observation = Observation(
            moment.audio_seconds, moment.level, scores, moment.evidence_seconds, moment.reason
        )
        self._tally.process(observation)
        self._short = window is not None and window.short
        belief = self._decider.process(observation)
        return self._state(moment.audio_seconds, belief, moment.level, moment.lost_samples)

    def _state(self, audio_seconds: float, belief: Belief, level: Level | None, lost_samples: int) -> State:
        return State(
            audio_seconds=audio_seconds,
            status=belief.status,
            genre=belief.genre,
            confidence=belief.confidence,
            stability=belief.stability,
            since_seconds=belief.since_seconds,
            top=belief.top,
            tags=belief.tags,
            level_dbfs=level.rms_dbfs if level else None,
            title=self._title,
            short=self._short,
            lost_samples=lost_samples,
            model=self._model.identity,
            reason=belief.reason,
        )


def _feed(audio_format: AudioFormat, model: Classifier, settings: PipelineSettings) -> WindowFeed:
    return WindowFeed(
        audio_format, model.front_end, settings.hop_seconds, settings.decide.silence_dbfs, settings.alarms
    )


def model_windows(
    blocks: Iterable[AudioBlock], audio_format: AudioFormat, front_end: FrontEndSettings, hop_seconds: float
) -> list[Window]:
    """Every window a model would be given of a whole source, as `listen` would give it.

    This is what training learns from. Raises ValueError when blocks overlap.
    """
    feed = WindowFeed(audio_format, front_end, hop_seconds, PipelineSettings().decide.silence_dbfs)
    moments = [moment for block in blocks for moment in feed.process(block)] + feed.flush()
    return [moment.window for moment in moments if moment.window is not None]
