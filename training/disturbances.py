"""What happens to music on its way to a listener: gain, noise, lossy codecs."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import av
import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import AudioFormat

Float32 = NDArray[np.float32]
Disturb = Callable[[Float32, AudioFormat, np.random.Generator], Float32]

_CODECS = {"mp3": ("mp3", "libmp3lame"), "opus": ("ogg", "libopus")}
_OPUS_RATE_HZ = 48000


def gain(
    samples: Float32, audio_format: AudioFormat, generator: np.random.Generator, *, db: float
) -> Float32:
    """Make it louder or quieter, in float: nothing clips."""
    del audio_format, generator
    return (samples * np.float32(10 ** (db / 20))).astype(np.float32)


def white_noise(
    samples: Float32, audio_format: AudioFormat, generator: np.random.Generator, *, snr_db: float
) -> Float32:
    """Add white noise so far below the mean power of the clip."""
    del audio_format
    level = np.sqrt(np.mean(samples.astype(np.float64) ** 2)) * 10 ** (-snr_db / 20)
    return (samples + generator.normal(0.0, level, samples.shape)).astype(np.float32)


def coded(
    samples: Float32,
    audio_format: AudioFormat,
    generator: np.random.Generator,
    *,
    codec: str,
    bit_rate: int,
) -> Float32:
    """Encode, decode and set right in time: as many samples as came, to within a codec's frame at the end.

    codec: mp3 or opus (which works at 48 kHz inside). bit_rate: bits a second.
    """
    del generator
    packed = io.BytesIO()
    _encode(packed, samples, audio_format, codec, bit_rate)
    packed.seek(0)
    heard = _decode(packed, audio_format)
    return _aligned(heard, samples)


DISTURBANCES: dict[str, Disturb] = {
    **{f"gain {db:+d} dB": partial(gain, db=db) for db in (-30, -20, -10, -6, 6)},
    "mp3 64 kbit/s": partial(coded, codec="mp3", bit_rate=64_000),
    "opus 64 kbit/s": partial(coded, codec="opus", bit_rate=64_000),
    "white noise 30 dB": partial(white_noise, snr_db=30.0),
    "white noise 20 dB": partial(white_noise, snr_db=20.0),
}


def _encode(
    target: io.BytesIO, samples: Float32, audio_format: AudioFormat, codec: str, bit_rate: int
) -> None:
    container, encoder = _CODECS[codec]
    rate_hz = _OPUS_RATE_HZ if codec == "opus" else audio_format.sample_rate_hz
    layout = "mono" if audio_format.channels == 1 else "stereo"
    with av.open(target, "w", format=container) as output:
        stream = output.add_stream(encoder, rate=rate_hz)
        stream.bit_rate = bit_rate
        stream.layout = layout
        resampler = av.AudioResampler(stream.format, layout, rate_hz, stream.frame_size or 1152)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", layout)
        frame.sample_rate = audio_format.sample_rate_hz
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))


def _decode(packed: io.BytesIO, audio_format: AudioFormat) -> Float32:
    layout = "mono" if audio_format.channels == 1 else "stereo"
    resampler = av.AudioResampler("fltp", layout, audio_format.sample_rate_hz)
    with av.open(packed) as container:
        pieces = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
    pieces += resampler.resample(None)
    return np.concatenate([piece.to_ndarray() for piece in pieces], axis=1).T.astype(np.float32)


def _aligned(heard: Float32, original: Float32) -> Float32:
    """Shift by what correlates best, and cut or fill to the same length."""
    size = 1 << (len(heard) + len(original)).bit_length()
    spectrum = np.fft.rfft(heard.mean(axis=1), size) * np.conj(np.fft.rfft(original.mean(axis=1), size))
    late = int(np.argmax(np.fft.irfft(spectrum, size)))
    late -= size if late > size // 2 else 0
    shifted = heard[late:] if late >= 0 else np.pad(heard, ((-late, 0), (0, 0)))
    missing = max(0, len(original) - len(shifted))
    return np.pad(shifted[: len(original)], ((0, missing), (0, 0)))
