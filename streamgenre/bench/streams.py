"""How many sources a core serves, and what a second worker adds: the real engine and the real pipelines.

Every source is fed a round's sound as fast as it takes it. All have heard more than a window before the
first round that counts, so that a round is the steady state: no filling, no first window. How much they
have heard differs by a block, as that of live sources would: they do not all decide in the same turn.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from streamgenre.capture.demonstration.programme import PROGRAMME, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.capture.sample_format import from_pcm_bytes
from streamgenre.engine import Engine
from streamgenre.features.resampler import Resampler
from streamgenre.messages import AudioBlock, AudioFormat, Float32
from streamgenre.pipeline import Classifier, SourcePipeline, model_windows
from streamgenre.settings import PipelineSettings

MONO_16K = AudioFormat(16000, 1)
STEREO_44K = AudioFormat(44100, 2)
BLOCK_SECONDS = 0.1
WARM_UP_SECONDS = 5.0
SOURCES = 8
ROUNDS = 9
_APART_BLOCKS = 37
_BARE_BLOCKS = 200
_BARE_TIMES = 3
_UNTIL_WOKEN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class StreamsACore:
    """How many sources one core serves while they sound."""

    audio_format: AudioFormat
    hop_seconds: float
    sources: int
    """Served in turn by one worker."""
    rounds: tuple[float, ...]
    """Seconds of sound served in a second of the process's CPU time, in each round."""

    @property
    def streams(self) -> float:
        """The median."""
        return statistics.median(self.rounds)


@dataclass(frozen=True, slots=True)
class TwoWorkers:
    """What a second worker adds where there are two cores."""

    audio_format: AudioFormat
    hop_seconds: float
    sources: int
    one: tuple[float, ...]
    """Seconds of sound served in a second of the clock by one worker, in each round."""
    two: tuple[float, ...]
    """The same by two workers, in the same rounds."""
    bare: tuple[float, ...]
    """What the machine allows, in the same rounds: two threads against one at inference and nothing else."""

    @property
    def ratio(self) -> float:
        """Two against one in the same round, the median."""
        return statistics.median(two / one for one, two in zip(self.one, self.two, strict=True))

    @property
    def bare_ratio(self) -> float:
        """The median of `bare`."""
        return statistics.median(self.bare)


def streams_a_core(
    model: Classifier,
    *,
    audio_format: AudioFormat = MONO_16K,
    hop_seconds: float = 1.0,
    sources: int = SOURCES,
    rounds: int = ROUNDS,
    round_seconds: float = 6.0,
) -> StreamsACore:
    """Serve PCM sources with one worker. `round_seconds`: sound of each in one round, whole hops."""
    with _audience(1, sources, model, audio_format, hop_seconds) as audience:
        served = [audience.serve(round_seconds, time.process_time) for _ in range(rounds)]
    return StreamsACore(audio_format, hop_seconds, sources, tuple(served))


def two_workers_against_one(
    model: Classifier,
    *,
    audio_format: AudioFormat = MONO_16K,
    hop_seconds: float = 0.5,
    sources: int = SOURCES,
    rounds: int = ROUNDS,
    round_seconds: float = 6.0,
) -> TwoWorkers:
    """Serve equal sets of PCM sources with one worker and with two, in turn, the first one alternating.

    It needs two cores of its own: by the clock, whatever else runs counts against two workers.
    """
    inference = _BareInference(model, audio_format, hop_seconds)
    with (
        _audience(1, sources, model, audio_format, hop_seconds) as one,
        _audience(2, sources, model, audio_format, hop_seconds) as two,
    ):
        served: dict[_Audience, list[float]] = {one: [], two: []}
        bare: list[float] = []
        for turn in range(rounds):
            for audience in (one, two) if turn % 2 else (two, one):
                served[audience].append(audience.serve(round_seconds, time.perf_counter))
            bare.append(2 * inference.seconds(1) / inference.seconds(2))
    return TwoWorkers(audio_format, hop_seconds, sources, tuple(served[one]), tuple(served[two]), tuple(bare))


class _FedSource:
    """PCM into a pipeline, a block a turn, for as long as there is sound allowed."""

    def __init__(
        self, pcm: _Pcm, pipeline: SourcePipeline, lead_blocks: int, done: Callable[[], None]
    ) -> None:
        self._pcm = pcm
        self._pipeline = pipeline
        self._first_block = lead_blocks * _APART_BLOCKS
        self._heard = 0
        self._allowed = lead_blocks
        self._done = done
        self._stopped = False

    def allow(self, blocks: int) -> None:
        self._allowed += blocks

    def stop(self) -> None:
        self._stopped = True

    def turn(self) -> float | None:
        if self._stopped:
            return None
        if self._heard < self._allowed:
            samples = self._pcm.block(self._first_block + self._heard)
            self._pipeline.process(AudioBlock(samples, self._heard * len(samples)))
            self._heard += 1
            if self._heard == self._allowed:
                self._done()
        return 0.0 if self._heard < self._allowed else _UNTIL_WOKEN_SECONDS


class _Audience:
    """An engine and its sources."""

    def __init__(
        self, engine: Engine, sources: int, make: Callable[[int, Callable[[], None]], _FedSource]
    ) -> None:
        self._engine = engine
        self._done = threading.Semaphore(0)
        self._sources = {str(number): make(number, self._done.release) for number in range(sources)}
        for name, source in self._sources.items():
            engine.add(name, source)

    def serve(self, seconds: float, clock: Callable[[], float]) -> float:
        """Have all sources hear so much; return seconds of sound for each second by `clock`."""
        blocks = round(seconds / BLOCK_SECONDS)
        began = clock()
        for name, source in self._sources.items():
            source.allow(blocks)
            self._engine.wake(name)
        for _ in self._sources:
            self._done.acquire()
        return len(self._sources) * blocks * BLOCK_SECONDS / (clock() - began)


@contextmanager
def _audience(
    workers: int, sources: int, model: Classifier, audio_format: AudioFormat, hop_seconds: float
) -> Generator[_Audience]:
    pcm = _Pcm(audio_format)

    def make(number: int, done: Callable[[], None]) -> _FedSource:
        pipeline = SourcePipeline(audio_format, model, PipelineSettings(hop_seconds))
        return _FedSource(pcm, pipeline, number, done)

    engine = Engine(workers)
    audience = _Audience(engine, sources, make)
    engine.start()
    try:
        audience.serve(WARM_UP_SECONDS, time.perf_counter)
        yield audience
    finally:
        engine.stop()


class _BareInference:
    """The windows of one source over and over, in as many threads as wanted."""

    def __init__(self, model: Classifier, audio_format: AudioFormat, hop_seconds: float) -> None:
        pcm, samples = _Pcm(audio_format), round(audio_format.sample_rate_hz * BLOCK_SECONDS)
        blocks = (AudioBlock(pcm.block(at), at * samples) for at in range(_BARE_BLOCKS))
        self._windows = model_windows(blocks, audio_format, model.front_end, hop_seconds)
        self._model = model

    def seconds(self, threads: int) -> float:
        """By the clock, until every one of so many threads is through."""
        began = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            for run in [pool.submit(self._run) for _ in range(threads)]:
                run.result()
        return time.perf_counter() - began

    def _run(self) -> None:
        for _ in range(_BARE_TIMES):
            scorer = self._model.stream()
            for window in self._windows:
                scorer.process(window)


class _Pcm:
    """The music of the built-in programme without end, as 16-bit PCM that is unpacked where it is read."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._channels = audio_format.channels
        music = [render(stretch) for stretch in PROGRAMME if stretch.expected_status == "music"]
        sound = _in_format(np.concatenate(music), audio_format)
        samples = round(audio_format.sample_rate_hz * BLOCK_SECONDS)
        whole = sound[: len(sound) // samples * samples]
        packed = np.round(np.clip(whole, -1, 1) * 32767).astype("<i2").reshape(-1, samples, self._channels)
        self._blocks = [block.tobytes() for block in packed]

    def block(self, index: int) -> Float32:
        """(samples, channels) float32."""
        return from_pcm_bytes(self._blocks[index % len(self._blocks)], "s16le", self._channels)


def _in_format(sound: Float32, audio_format: AudioFormat) -> Float32:
    """At another rate; the first channels of those there are."""
    columns: list[Float32] = []
    for channel in range(audio_format.channels):
        resampler = Resampler(RATE_HZ, audio_format.sample_rate_hz)
        column = np.ascontiguousarray(sound[:, channel])
        columns.append(np.concatenate([resampler.process(column), resampler.flush()]))
    return np.stack(columns, axis=1)
