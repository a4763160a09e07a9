"""Sound files of every kind, written by the libraries at hand."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

CODECS = {
    "mp3": ("libmp3lame", "s16p"),
    "aac": ("aac", "fltp"),
    "m4a": ("aac", "fltp"),
    "opus": ("libopus", "s16"),
}


def random_int16(samples: int, channels: int, seed: int = 0) -> NDArray[np.int16]:
    """(samples, channels) int16, every value possible, both ends among them."""
    values = np.random.default_rng(seed).integers(-32768, 32768, (samples, channels)).astype(np.int16)
    values[0], values[-1] = -32768, 32767
    return values


def write_wav(path: Path, samples: NDArray[np.generic], rate_hz: int, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype, format="WAV")
    return path


def write_flac(path: Path, samples: NDArray[np.generic], rate_hz: int, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype, format="FLAC")
    return path


def write_encoded(
    path: Path, samples: NDArray[np.float32], rate_hz: int, metadata: dict[str, str] | None = None
) -> Path:
    """Encode (samples, 1 or 2) float32 as the suffix says."""
    if path.suffix == ".ogg":
        return _write_vorbis(path, samples, rate_hz, metadata or {})
    codec, sample_format = CODECS[path.suffix[1:]]
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    with av.open(path, "w") as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=rate_hz, layout=layout, format=sample_format)
        packed = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(sample_format, layout, rate_hz, stream.codec_context.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def _write_vorbis(path: Path, samples: NDArray[np.float32], rate_hz: int, metadata: dict[str, str]) -> Path:
    """PyAV's FFmpeg encodes no Vorbis; libsndfile does."""
    with soundfile.SoundFile(path, "w", rate_hz, samples.shape[1], format="OGG", subtype="VORBIS") as file:
        for key, value in metadata.items():
            setattr(file, key, value)
        file.write(samples)
    return path


def loudest_hz(samples: NDArray[np.float32], rate_hz: int) -> float:
    """Frequency of the strongest line of (samples,) float32."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))
