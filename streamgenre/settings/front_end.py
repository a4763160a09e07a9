"""Front ends: what turns audio into the windows a model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

MelScale = Literal["slaney", "htk"]
Compression = Literal["db", "log10_10k", "power"]


def _check_range(name: str, value: int, least: int, greatest: int) -> None:
    if not least <= value <= greatest:
        raise ValueError(f"{name} is {value}; it must lie between {least} and {greatest}")


def _check_choice(name: str, value: str | None, choices: tuple[str | None, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, choices))}")


@dataclass(frozen=True, slots=True)
class LogMelSettings:
    """A log-mel front end; the defaults are librosa's for an uncentred power mel in dB."""

    sample_rate_hz: int = 22050
    """Rate of the mono input, 4000 to 192000."""
    n_fft: int = 2048
    """Frame length and FFT size in samples, a power of two from 64 to 8192; the window is a periodic Hann."""
    hop_samples: int = 512
    """Samples between the starts of two frames, 1 to n_fft."""
    n_mels: int = 128
    """Number of mel bands, 1 to 512."""
    fmin_hz: float = 0.0
    """Lower edge of the lowest band."""
    fmax_hz: float | None = None
    """Upper edge of the highest band; None: half the sample rate."""
    mel_scale: MelScale = "slaney"
    """Slaney's (Auditory Toolbox) or HTK's mel formula."""
    mel_norm: Literal["slaney"] | None = "slaney"
    """Slaney's area normalisation of the bands, or none."""
    compression: Compression = "db"
    """db: 10 log10(max(x, 1e-10)); log10_10k: log10(10000 x + 1), as musicnn; power: none."""

    def __post_init__(self) -> None:
        _check_range("sample_rate_hz", self.sample_rate_hz, 4000, 192_000)
        _check_range("n_fft", self.n_fft, 64, 8192)
        if self.n_fft & (self.n_fft - 1):
            raise ValueError(f"n_fft is {self.n_fft}; it must be a power of two")
        _check_range("hop_samples", self.hop_samples, 1, self.n_fft)
        _check_range("n_mels", self.n_mels, 1, 512)
        _check_choice("mel_scale", self.mel_scale, get_args(MelScale))
        _check_choice("mel_norm", self.mel_norm, ("slaney", None))
        _check_choice("compression", self.compression, get_args(Compression))
        self._check_band()

    @property
    def frame_samples(self) -> int:
        """Samples one frame spans."""
        return self.n_fft

    @property
    def bands(self) -> int:
        """Values a frame."""
        return self.n_mels

    def _check_band(self) -> None:
        half_hz = self.sample_rate_hz / 2
        highest_hz = half_hz if self.fmax_hz is None else self.fmax_hz
        if not 0 <= self.fmin_hz < highest_hz <= half_hz:
            raise ValueError(
                f"fmin_hz is {self.fmin_hz:g} and fmax_hz {highest_hz:g}; they must lie between 0 and half "
                f"the sample rate, {half_hz:g}, and fmin_hz below"
            )


@dataclass(frozen=True, slots=True)
class LogSpectrogramSettings:
    """ln of scipy.signal.spectrogram's columns over 16-bit samples: Tukey window, mean removed, a density."""

    sample_rate_hz: int = 22050
    """Rate of the mono input, 4000 to 192000."""
    n_fft: int = 256
    """Frame length and FFT size in samples, a power of two from 64 to 8192."""
    hop_samples: int = 224
    """Samples between the starts of two frames, 1 to n_fft."""
    n_bins: int = 128
    """Bins kept, from 0 Hz on, 1 to n_fft/2 + 1."""

    @property
    def frame_samples(self) -> int:
        """Samples one frame spans."""
        return self.n_fft

    @property
    def bands(self) -> int:
        """Values a frame."""
        return self.n_bins


HANDMADE_MFCCS = 20
HANDMADE_DESCRIPTORS = (
    "chroma_stft",
    "rms",
    "spectral_centroid",
    "spectral_bandwidth",
    "rolloff",
    "zero_crossing_rate",
    *(f"mfcc{number}" for number in range(1, HANDMADE_MFCCS + 1)),
)
HANDMADE_COLUMNS = tuple(f"{name}_{part}" for name in HANDMADE_DESCRIPTORS for part in ("mean", "var"))
"""In the order of the published feature tables, less what only a whole clip gives."""


@dataclass(frozen=True, slots=True)
class HandmadeSettings:
    """Mean and variance over a window of the descriptors the papers computed; the window is one frame."""

    sample_rate_hz: int = 22050
    """Rate of the mono input, 4000 to 192000."""
    window_samples: int = 66150
    """Samples one window spans, n_fft to 2^21."""
    n_fft: int = 2048
    """Length of the short frames within it and FFT size in samples, a power of two from 256 to 8192."""
    hop_samples: int = 512
    """Samples between two short frames, and between the starts of two windows, 1 to n_fft."""
    columns: tuple[str, ...] = HANDMADE_COLUMNS
    """Names of the values, each one of HANDMADE_COLUMNS."""

    @property
    def frame_samples(self) -> int:
        """Samples one frame, which is a window, spans."""
        return self.window_samples

    @property
    def bands(self) -> int:
        """Values a frame."""
        return len(self.columns)


FrameSettings = LogMelSettings | LogSpectrogramSettings | HandmadeSettings


@dataclass(frozen=True, slots=True)
class LoudnessSettings:
    """The slow causal gain that brings any source to one loudness before compression."""

    target_dbfs: float = -20.0
    """RMS level the gain aims at, in dB relative to a full-scale square wave."""
    time_constant_seconds: float = 10.0
    """Memory of the level estimate, in seconds of audible sound."""
    gate_dbfs: float = -60.0
    """Frames whose RMS is below this do not move the gain."""
    min_gain_db: float = -20.0
    """Least gain applied."""
    max_gain_db: float = 40.0
    """Greatest gain applied."""


@dataclass(frozen=True, slots=True)
class FrontEndSettings:
    """What turns audio into the windows a model was trained on; lives in the model's card."""

    frames: FrameSettings = LogMelSettings()
    window_frames: int = 126
    """Frames in one window; 1 where the frames are handmade features."""
    loudness: LoudnessSettings | None = LoudnessSettings()
    """None: the model hears the level as it is, as it must where the frames are not log-mel."""

    def __post_init__(self) -> None:
        if self.loudness is not None and not isinstance(self.frames, LogMelSettings):
            raise ValueError("loudness is normalised under log-mel frames only: pass loudness=None")
        if self.window_frames != 1 and isinstance(self.frames, HandmadeSettings):
            raise ValueError(f"a window of handmade features is one frame, not {self.window_frames}")

    @property
    def window_samples(self) -> int:
        """Samples at the model's rate that one uncentred window spans."""
        return self.frames.frame_samples + (self.window_frames - 1) * self.frames.hop_samples

    @property
    def window_seconds(self) -> float:
        return self.window_samples / self.frames.sample_rate_hz
