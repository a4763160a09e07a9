"""From captured blocks to the windows that fall due: levels, rates, gaps and the sample accounts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Self

from streamgenre.features.downmix import DownMix
from streamgenre.features.held_blocks import HeldBlocks
from streamgenre.features.resampler import Resampler
from streamgenre.features.rolling import RollingWindows
from streamgenre.features.sample_ledger import SampleLedger
from streamgenre.features.sanitise import replace_not_finite
from streamgenre.features.sound_meter import SoundMeter, SoundReading
from streamgenre.messages import AudioBlock, AudioFormat, Float32, Level, Moment, SampleAccounts, Window
from streamgenre.settings import AlarmSettings, FrontEndSettings

LEAST_SOUND_SECONDS = 1.0
LATEST_SECONDS = 5.0
"""More than a window may be decided behind the newest sample."""


@dataclass(frozen=True, slots=True)
class _Due:
    sample: int
    sound: SoundReading


class WindowFeed:
    """Everything between one source's blocks and its decisions, in the order of the samples.

    A decision falls due at each multiple of the hop, counted from the start of the source; its window
    is the last complete frames at or before it. What comes out depends on the samples alone. Blocks are
    held until a decision needs them, or somebody asks: a long block costs hardly more than a short one.
    """

    def __init__(
        self,
        audio_format: AudioFormat,
        front_end: FrontEndSettings,
        hop_seconds: float,
        silence_dbfs: float,
        alarms: AlarmSettings | None = None,
    ) -> None:
        alarms = alarms or AlarmSettings()
        self._rate_hz = audio_format.sample_rate_hz
        self._model_rate_hz = front_end.frames.sample_rate_hz
        self._hop_ms = _milliseconds(hop_seconds)
        self._channels = audio_format.channels
        self._resampler = Resampler(self._rate_hz, self._model_rate_hz)
        self._windows = RollingWindows(front_end)
        self._hop_samples = front_end.frames.hop_samples
        self._first_frame = 0
        kept_seconds = front_end.window_seconds + LATEST_SECONDS
        self._sound = SoundMeter(self._rate_hz, silence_dbfs, alarms.sound_seconds, kept_seconds)
        self._down_mix = DownMix(alarms)
        self._held = HeldBlocks()
        self._ledger = SampleLedger()
        self._due: deque[_Due] = deque()
        self._due_index = 1
        self._base = 0
        self._position = 0
        self._heard_to = 0
        self._concluded_at = -1
        self._clipped_before = 0

    @property
    def format(self) -> AudioFormat:
        """Of what is heard now."""
        return AudioFormat(self._rate_hz, self._channels)

    @property
    def accounts(self) -> SampleAccounts:
        """Where every sample went so far."""
        self._hear_held()
        return self._ledger.accounts()

    @property
    def clipped_samples(self) -> int:
        """Samples at full scale in runs, over all channels."""
        self._hear_held()
        return self._clipped_before + self._sound.clipped_samples

    @property
    def dc_offset(self) -> float:
        """The mean of the channel where it is greatest in magnitude, over the last whole second."""
        self._hear_held()
        return self._sound.dc_offset

    @property
    def hop_seconds(self) -> float:
        """Hop in force."""
        return self._hop_ms / 1000

    @property
    def position(self) -> int:
        """Absolute index of the next sample."""
        return self._held.end_sample or self._position

    @property
    def audio_seconds(self) -> float:
        """Seconds of audio heard or lost so far."""
        return self.position / self._rate_hz

    @property
    def level(self) -> Level | None:
        """The level now."""
        self._hear_held()
        return self._sound.level

    def last_rows(self, seconds: float) -> Float32:
        """(frames, bands) float32: the newest frames, for a display; none while the first window fills."""
        self._hear_held()
        return self._windows.last_rows(seconds)

    def process(self, block: AudioBlock) -> list[Moment]:
        """Take the next block and return the moments it completed.

        Raises ValueError when the block begins before the end of the one before it.
        """
        if block.first_sample < self.position:
            message = f"block begins at sample {block.first_sample}, but {self.position} were heard already"
            raise ValueError(message)
        if not self._held.continued_by(block):
            self._hear_held()
        self._held.add(block)
        return [] if self._may_wait(block) else self._hear_held()

    def interrupted(self, reason: str = "gap") -> list[Moment]:
        """Note a break of unknown length: what follows does not continue what came before."""
        self._hear_held()
        self._windows.process(self._resampler.flush())
        moments = self._take_due(at_end=True)
        self._ledger.skip_pending(reason)
        self._resampler.reset()
        self._first_frame += self._windows.samples_seen // self._hop_samples + 1
        self._windows.reset()
        self._sound.reset(self._position)
        self._base = self._heard_to = self._position
        return moments

    def skip(self, samples: int, reason: str) -> list[Moment]:
        """Pass over samples that were received and will not be heard: a gap, booked as skipped for `reason`.

        Of the decisions that fall due within, the last one is given. Raises ValueError for less than none.
        """
        if samples < 0:
            raise ValueError(f"{samples} samples cannot be skipped")
        if samples == 0:
            return []
        moments = self.interrupted()
        self._ledger.skip(samples, reason)
        return moments + self._pass_over(self._position + samples, reason)[-1:]

    def set_hop(self, hop_seconds: float) -> None:
        """Let decisions fall due at the multiples of another hop, from the next one after now."""
        hop_ms = _milliseconds(hop_seconds)
        self._hear_held()
        self._hop_ms = hop_ms
        self._due_index = self._next_due_index()

    def reformat(self, audio_format: AudioFormat) -> list[Moment]:
        """Note a break after which the source goes on in another format; its time goes on too."""
        moments, before_hz = self.interrupted(), self._rate_hz
        self._rate_hz, self._channels = audio_format.sample_rate_hz, audio_format.channels
        self._resampler = Resampler(self._rate_hz, self._model_rate_hz)
        self._down_mix.reset()
        next_sample = -(-self._position * self._rate_hz // before_hz)  # up: time never goes back
        self._position = self._base = self._heard_to = next_sample
        self._sound.reformat(self._rate_hz, self._position)
        self._ledger.renumber(self._position)
        self._due_index = self._next_due_index()
        return moments

    def continuing(self, before: WindowFeed) -> Self:
        """Go on where another one, that was interrupted, left off: its time and its accounts."""
        self._ledger = before._ledger
        self._clipped_before = before.clipped_samples
        self._position = self._base = self._heard_to = before.position
        self._sound.reset(self._position)
        self._due_index = self._next_due_index()
        return self

    def flush(self) -> list[Moment]:
        """End the source: what was still due, then one last window, right-aligned to the last sample."""
        self._hear_held()
        self._windows.process(self._resampler.flush())
        moments = self._take_due(at_end=True)
        if self._concluded_at != self._position:
            moments.append(self._last_moment())
        self._ledger.skip_pending("tail")
        return moments

    def stop(self, reason: str = "stopped") -> None:
        """End the source without a last window."""
        self._hear_held()
        self._ledger.skip_pending(reason)

    def _next_due_sample(self) -> int:
        return -(-self._due_index * self._hop_ms * self._rate_hz // 1000)

    def _next_due_index(self) -> int:
        return self._position * 1000 // (self._hop_ms * self._rate_hz) + 1

    def _may_wait(self, block: AudioBlock) -> bool:
        """Whether hearing all that is held could decide nothing yet."""
        return not self._due and block.end_sample < self._next_due_sample()

    def _hear_held(self) -> list[Moment]:
        block = self._held.take()
        return [] if block is None else self._hear_block(block)

    def _hear_block(self, block: AudioBlock) -> list[Moment]:
        moments: list[Moment] = []
        if block.first_sample > self._position:
            moments += self._bridge(block.first_sample)
        if block.samples.shape[1] != self._channels:
            moments += self.interrupted()
            self._channels = block.samples.shape[1]
            self._down_mix.reset()
        samples, not_finite = replace_not_finite(block.samples)
        self._ledger.capture(len(samples), not_finite)
        while len(samples):
            piece = samples[: self._next_due_sample() - self._position]
            samples = samples[len(piece) :]
            moments += self._hear(piece)
        return moments

    def _hear(self, piece: Float32) -> list[Moment]:
        self._position += len(piece)
        ended = self._sound.process(piece)
        mono = self._down_mix.process(piece, self._position, ended)
        self._windows.process(self._resampler.process(mono))
        if self._position == self._next_due_sample():
            self._due.append(_Due(self._position, self._sound.take()))
            self._due_index += 1
        return self._take_due()

    def _bridge(self, first_sample: int) -> list[Moment]:
        moments = self.interrupted()
        self._ledger.lose(first_sample - self._position)
        return moments + self._pass_over(first_sample, "gap")

    def _pass_over(self, first_sample: int, reason: str) -> list[Moment]:
        """Go on at another sample; what falls due until there has nothing to go by."""
        moments: list[Moment] = []
        while self._next_due_sample() <= first_sample:
            moments.append(self._moment(self._next_due_sample(), SoundReading(), None, reason=reason))
            self._due_index += 1
        self._position = self._base = self._heard_to = first_sample
        self._sound.reset(first_sample)
        return moments

    def _take_due(self, *, at_end: bool = False) -> list[Moment]:
        moments: list[Moment] = []
        while self._due and (at_end or self._windows.ready(self._to_model(self._due[0].sample))):
            moments.append(self._decide_due(self._due.popleft()))
        return moments

    def _decide_due(self, due: _Due) -> Moment:
        found = self._windows.window_at(self._to_model(due.sample))
        if found is None:
            window, missing = None, "filling"
        else:
            features, first, end = found
            frame = self._first_frame + first // self._hop_samples
            span = self._to_source(first), self._to_source(end, up=True)
            window, missing = self._window(features, *span, first_frame=frame), None
        if window or (due.sound.level and due.sound.level.silent):
            self._concluded_at = due.sample
        return self._moment(due.sample, due.sound, window, reason=missing)

    def _last_moment(self) -> Moment:
        found = self._windows.last_window()
        sound = self._sound.take()
        if found is None:
            silent = sound.level is not None and sound.level.silent
            self._ledger.skip_pending("silence" if silent else "too short")
            return self._moment(self._position, sound, None, reason="too short")
        features, first, _, short = found
        window = self._window(features, self._to_source(first), self._position, short=short)
        return self._moment(self._position, sound, window, reason=None)

    def _window(
        self, features: Float32, first: int, end: int, *, short: bool = False, first_frame: int | None = None
    ) -> Window:
        end = min(end, self._position)
        self._ledger.analyse(first, end)
        return Window(features, first, end, self._sound.audible_seconds(first, end), short, first_frame)

    def _moment(
        self, sample: int, sound: SoundReading, window: Window | None, *, reason: str | None
    ) -> Moment:
        level, evidence = sound.level, 0.0
        if level is not None and level.silent:
            window, reason = None, "digital zero" if level.digital_zero else "silence"
        elif window is not None and window.audible_seconds < LEAST_SOUND_SECONDS:
            window, reason = None, "too little sound"
        if window is not None:
            evidence = self._sound.audible_seconds(
                max(window.first_sample, self._heard_to), window.end_sample
            )
            self._heard_to = window.end_sample
        seconds = round(sample / self._rate_hz, 3)
        heard = sound.conditions, sound.quiet
        return Moment(sample, seconds, level, window, evidence, self._ledger.lost, reason, *heard)

    def _to_model(self, sample: int) -> int:
        return (sample - self._base) * self._model_rate_hz // self._rate_hz

    def _to_source(self, model_sample: int, *, up: bool = False) -> int:
        scaled = model_sample * self._rate_hz
        return self._base + (-(-scaled // self._model_rate_hz) if up else scaled // self._model_rate_hz)


def _milliseconds(hop_seconds: float) -> int:
    hop_ms = round(hop_seconds * 1000)
    if hop_ms < 1:
        raise ValueError(f"a hop of {hop_seconds} s is less than a millisecond")
    return hop_ms
