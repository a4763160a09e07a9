"""The same samples give the same lines: in any block size, as WAV, FLAC or PCM, at any rate."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamgenre.classify import load_model
from streamgenre.messages import AudioBlock, AudioFormat, Stamped
from streamgenre.pipeline import SourcePipeline
from streamgenre.publish.payload import Encoder, to_json
from streamgenre.settings import DecideSettings, PipelineSettings
from tests.support.program import json_lines, run, stable_parts
from tests.support.sounds import as_int16, hiss, silence, tune

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


def programme(rate_hz: int, channels: int = 2) -> np.ndarray:
    parts = [tune(4.2, rate_hz, channels=channels), silence(1.3, rate_hz, channels)]
    parts.append(np.repeat(hiss(1.6, rate_hz), channels, axis=1))
    return np.concatenate(parts)


def lines(sound: np.ndarray, rate_hz: int, sizes: list[int], smoothing: str = "hmm") -> list[str]:
    audio_format = AudioFormat(rate_hz, sound.shape[1])
    chosen = PipelineSettings(hop_seconds=0.5, decide=DecideSettings(smoothing=smoothing))  # type: ignore[arg-type]
    pipeline, encoder = SourcePipeline(audio_format, load_model("genre"), chosen), Encoder("node", "main")
    messages, at, turn = [], 0, 0
    while at < len(sound):
        block = AudioBlock(sound[at : at + sizes[turn % len(sizes)]], at)
        messages += pipeline.process(block)
        at, turn = block.end_sample, turn + 1
    messages += [*pipeline.flush(), pipeline.diagnostics()]
    return [to_json(encoder.encode(Stamped(message, MIDNIGHT, 0.0))) for message in messages]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([8000, 11025, 16000, 44100, 48000]),
    st.lists(st.integers(64, 100_000), min_size=1, max_size=3),
    st.sampled_from(["hmm", "ema", "vote", "none"]),
)
def test_block_sizes_do_not_matter(rate_hz, sizes, smoothing):
    sound = programme(rate_hz)
    assert lines(sound, rate_hz, sizes, smoothing) == lines(sound, rate_hz, [len(sound)], smoothing)


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44100, 2), (48000, 2), (192_000, 1)])
def test_wav_flac_and_pcm_give_the_same_lines(tmp_path: Path, rate_hz: int, channels: int):
    samples = as_int16(programme(rate_hz, channels))
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, samples, rate_hz, subtype="PCM_16")
    (tmp_path / "a.pcm").write_bytes(samples.tobytes())
    how = ("--json", "--as-fast-as-possible")
    pcm = f"rate={rate_hz}&channels={channels}&format=s16le"
    outputs = [
        run("listen", tmp_path / "a.wav", *how),
        run("listen", tmp_path / "a.flac", *how),
        run("listen", f"-?{pcm}", *how, stdin=samples.tobytes()),
        run("listen", f"pcm:{tmp_path / 'a.pcm'}?{pcm}", *how),
    ]
    assert [done.returncode for done in outputs] == [0, 0, 0, 0], [done.stderr for done in outputs]
    first, *others = [stable_parts(json_lines(done.stdout)) for done in outputs]
    assert len(first) > 14
    for other in others:
        assert other == first


def test_24_bit_wav_flac_and_pcm_give_the_same_lines(tmp_path: Path):
    samples = (programme(48000) * (2**31 - 1)).astype(np.int64) >> 8 << 8
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, samples.astype(np.int32), 48000, subtype="PCM_24")
    packed = (samples >> 8).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    how = ("--json", "--as-fast-as-possible")
    outputs = [
        run("listen", tmp_path / "a.wav", *how),
        run("listen", tmp_path / "a.flac", *how),
        run("listen", "-?rate=48000&channels=2&format=s24le", *how, stdin=packed),
    ]
    assert [done.returncode for done in outputs] == [0, 0, 0], [done.stderr for done in outputs]
    first, *others = [stable_parts(json_lines(done.stdout)) for done in outputs]
    for other in others:
        assert other == first
