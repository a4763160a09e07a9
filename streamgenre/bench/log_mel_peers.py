"""What others do to turn a clip into log-mel frames: each the quickest way its library offers."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from streamgenre.bench.peers import part_of, peer
from streamgenre.bench.timer import Run
from streamgenre.features.mel_filterbank import mel_weights
from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings

FLOOR = 1e-10
_NO_TOP_DB = 1000.0

Maker = Callable[[ModuleType, LogMelSettings, Float32], Run]


def log_mel_peers(settings: LogMelSettings, sound: Float32) -> dict[str, Run | None]:
    """A run for each peer over (samples,) float32 `sound`; None where it is not installed."""
    runs: dict[str, Run | None] = {}
    for label, (name, maker) in _MAKERS.items():
        module = peer(name)
        runs[label] = maker(module, settings, sound) if module else None
    return runs


def librosa_decibels(librosa: ModuleType, settings: LogMelSettings, sound: Float32) -> Float32:
    """(frames, bands): what ours is the equal of."""
    power = librosa.feature.melspectrogram(
        y=sound,
        sr=settings.sample_rate_hz,
        n_fft=settings.n_fft,
        hop_length=settings.hop_samples,
        n_mels=settings.n_mels,
        fmin=settings.fmin_hz,
        fmax=settings.fmax_hz,
        center=False,
    )
    return librosa.power_to_db(power, amin=FLOOR, top_db=None).T


def _librosa(librosa: ModuleType, settings: LogMelSettings, sound: Float32) -> Run:
    return lambda: librosa_decibels(librosa, settings, sound)


def _torch(torch: ModuleType, settings: LogMelSettings, sound: Float32) -> Run:
    torch.set_num_threads(1)
    window, weights = torch.hann_window(settings.n_fft), torch.from_numpy(mel_weights(settings))
    samples = torch.from_numpy(sound)

    def run() -> object:
        spectrum = torch.stft(
            samples, settings.n_fft, settings.hop_samples, window=window, center=False, return_complex=True
        )
        power = weights @ (spectrum.real**2 + spectrum.imag**2)
        return (10 * torch.log10(torch.clamp(power, min=FLOOR))).numpy()

    return run


def _scipy(_: ModuleType, settings: LogMelSettings, sound: Float32) -> Run:
    fft, signal = part_of("scipy", "fft"), part_of("scipy", "signal")
    window = signal.get_window("hann", settings.n_fft).astype(np.float32)
    weights = mel_weights(settings).T.copy()

    def run() -> object:
        spectrum = fft.rfft(_frames(settings, sound) * window, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2) @ weights
        return 10 * np.log10(np.maximum(power, np.float32(FLOOR)))

    return run


def _sonara(sonara: ModuleType, settings: LogMelSettings, sound: Float32) -> Run:
    def run() -> object:
        power = sonara.melspectrogram(
            y=sound,
            sr=float(settings.sample_rate_hz),
            n_fft=settings.n_fft,
            hop_length=settings.hop_samples,
            n_mels=settings.n_mels,
        )
        return sonara.power_to_db(power, top_db=_NO_TOP_DB)

    return run


def _essentia(essentia: ModuleType, settings: LogMelSettings, sound: Float32) -> Run:
    """Frame by frame: its streaming networks, which pass samples one at a time, took thirty times as long."""
    essentia.log.infoActive = essentia.log.warningActive = False
    parts = part_of("essentia", "standard")
    window = parts.Windowing(type="hann", normalized=False, zeroPhase=False, size=settings.n_fft)
    spectrum = parts.PowerSpectrum(size=settings.n_fft)
    bands = parts.MelBands(
        inputSize=settings.n_fft // 2 + 1,
        numberBands=settings.n_mels,
        sampleRate=settings.sample_rate_hz,
        lowFrequencyBound=settings.fmin_hz,
        highFrequencyBound=settings.fmax_hz or settings.sample_rate_hz / 2,
        warpingFormula="slaneyMel",
        normalize="unit_tri",
        type="power",
    )

    def run() -> object:
        frames = parts.FrameGenerator(
            sound, frameSize=settings.n_fft, hopSize=settings.hop_samples, startFromZero=True,
            lastFrameToEndOfFile=False, validFrameThresholdRatio=1.0,
        )  # fmt: skip
        power = np.array([bands(spectrum(window(frame))) for frame in frames])
        return 10 * np.log10(np.maximum(power, np.float32(FLOOR)))

    return run


def _ducc0(ducc0: ModuleType, settings: LogMelSettings, sound: Float32) -> Run:
    frames = _frames(settings, sound).copy()
    out = np.empty((len(frames), settings.n_fft // 2 + 1), np.complex64)
    return lambda: ducc0.fft.r2c(frames, axes=(1,), out=out, nthreads=1)


def _frames(settings: LogMelSettings, sound: Float32) -> Float32:
    return np.lib.stride_tricks.sliding_window_view(sound, settings.n_fft)[:: settings.hop_samples]


RFFT_ALONE = "ducc0, rfft alone"
_MAKERS: dict[str, tuple[str, Maker]] = {
    "librosa": ("librosa", _librosa),
    "torch": ("torch", _torch),
    "scipy": ("scipy", _scipy),
    "sonara": ("sonara", _sonara),
    "essentia": ("essentia", _essentia),
    RFFT_ALONE: ("ducc0", _ducc0),
}
