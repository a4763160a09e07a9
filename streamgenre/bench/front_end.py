"""Sound to log-mel: a clip at once, and a window each hop of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from streamgenre.bench.effort import Effort
from streamgenre.bench.goals import HOPS_SECONDS, LARGE, SMALL
from streamgenre.bench.kaldi import NEAREST, NOTE, kaldi_fbank
from streamgenre.bench.log_mel_peers import RFFT_ALONE, librosa_decibels, log_mel_peers
from streamgenre.bench.peers import HOW_TO_GET, peer
from streamgenre.bench.rows import SHARE, Row, compared, measured, missing
from streamgenre.bench.sounds import music, noise
from streamgenre.bench.subjects import Subject
from streamgenre.bench.timer import Run, Way, at_once, interleaved
from streamgenre.features.log_mel import LogMel
from streamgenre.features.rolling import RollingWindows
from streamgenre.messages import Float32
from streamgenre.settings import FrontEndSettings, LogMelSettings

SECTION = "front-end"
FRONT_ENDS = {LARGE: LogMelSettings(), SMALL: LogMelSettings(16000, 512, 256, 96, 0.0, 8000.0)}
WINDOW_SECONDS = 3
MICROSECONDS = 1e6
OURS = "streamgenre"


def subjects(effort: Effort) -> Iterator[Subject]:
    """Both front ends of the goals, and Kaldi's."""
    for name, settings in FRONT_ENDS.items():
        for label, sound_of in ((f"whole clip, {name}", music), (f"whole clip of noise, {name}", noise)):
            yield Subject(label, partial(_whole_clip, label, settings, sound_of, effort))
        for hop in HOPS_SECONDS:
            label = f"a {WINDOW_SECONDS} s window each {hop:g} s, {name}"
            yield Subject(label, partial(_streaming, label, settings, hop, effort))
    yield Subject("Kaldi's filterbank", partial(_kaldi, effort))


def _whole_clip(
    name: str, settings: LogMelSettings, sound_of: Callable[[float, int], Float32], effort: Effort
) -> Iterator[Row]:
    sound = sound_of(effort.clip_seconds, settings.sample_rate_hz)
    frames = len(LogMel(settings).process(sound))
    peers = log_mel_peers(settings, sound)
    runs = {OURS: log_mel_run(settings, sound)} | {name: run for name, run in peers.items() if run}
    times = interleaved({name: at_once(run, frames / MICROSECONDS) for name, run in runs.items()}, effort)
    unit = "µs a frame"
    yield measured(SECTION, name, unit, times[OURS])
    for label in peers:
        if label not in times:
            yield missing(SECTION, name, unit, label, HOW_TO_GET)
        elif label == RFFT_ALONE:
            yield compared(SECTION, name, unit, times[OURS], label, times[label], ratio_is=SHARE)
        else:
            yield compared(SECTION, name, unit, times[OURS], label, times[label])


def log_mel_run(settings: LogMelSettings, sound: Float32) -> Run:
    front_end = LogMel(settings)

    def run() -> object:
        front_end.reset()
        return front_end.process(sound)

    return run


def _streaming(name: str, settings: LogMelSettings, hop_seconds: float, effort: Effort) -> Iterator[Row]:
    rate, hop = settings.sample_rate_hz, settings.hop_samples
    step = round(hop_seconds * rate)
    front_end = FrontEndSettings(settings, 1 + (WINDOW_SECONDS * rate - settings.n_fft) // hop)
    sound = music(effort.stream_seconds + WINDOW_SECONDS, rate)
    starts = range(WINDOW_SECONDS * rate, len(sound) - step + 1, step)
    ways = {OURS: Way(partial(_stream, front_end, sound, starts, step), len(starts) / MICROSECONDS)}
    librosa = peer("librosa")
    whole, fresh = "librosa, whole window", "librosa, new frames only"
    if librosa:
        pieces = {whole: front_end.window_samples, fresh: settings.n_fft + (step // hop - 1) * hop}
        for label, size in pieces.items():
            run = partial(librosa_decibels, librosa, settings, sound[:size])
            ways[label] = at_once(run, 1 / MICROSECONDS)
    times, unit = interleaved(ways, effort), "µs a window"
    yield measured(SECTION, name, unit, times[OURS])
    for label in (whole, fresh):
        if librosa:
            yield compared(SECTION, name, unit, times[OURS], label, times[label])
        else:
            yield missing(SECTION, name, unit, label, HOW_TO_GET)


def _stream(front_end: FrontEndSettings, sound: Float32, starts: range, step: int) -> Run:
    """A stream whose first window lies behind it."""
    windows = RollingWindows(front_end)
    windows.process(sound[: starts[0]])

    def run() -> None:
        for start in starts:
            windows.process(sound[start : start + step])
            windows.window_at(windows.samples_seen)

    return run


def _kaldi(effort: Effort) -> Iterator[Row]:
    name, unit, label = "whole clip, 16000 Hz/512/160/80 HTK", "µs a frame", "kaldi-native-fbank"
    sound = music(effort.clip_seconds, NEAREST.sample_rate_hz)
    frames, kaldi = len(LogMel(NEAREST).process(sound)), peer(label)
    runs = {OURS: log_mel_run(NEAREST, sound)} | ({label: kaldi_fbank(kaldi, sound)} if kaldi else {})
    times = interleaved({name: at_once(run, frames / MICROSECONDS) for name, run in runs.items()}, effort)
    if kaldi:
        yield compared(SECTION, name, unit, times[OURS], label, times[label], note=NOTE)
    else:
        yield measured(SECTION, name, unit, times[OURS])
        yield missing(SECTION, name, unit, label, HOW_TO_GET)
