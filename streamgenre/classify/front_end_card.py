"""The card's [front_end]: how sound becomes the windows a model was trained on."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Literal, cast

from streamgenre.classify.card_table import CardTable
from streamgenre.settings import (
    HANDMADE_COLUMNS,
    Compression,
    FrameSettings,
    FrontEndSettings,
    HandmadeSettings,
    LogMelSettings,
    LogSpectrogramSettings,
    LoudnessSettings,
    MelScale,
)

LONGEST_FFT = 8192
LONGEST_WINDOW_SAMPLES = 2**21


def read_front_end(table: CardTable) -> FrontEndSettings:
    """Read the whole table; raises ModelError for the first thing that does not fit."""
    window_frames = table.integer("window_frames", 1, 100_000)
    loudness = _loudness(table.table("loudness")) if table.has("loudness") else None
    kind = _kind(table)
    frames = _KINDS[kind](table.table(kind))
    if loudness is not None and kind != "log_mel":
        raise table.error("loudness", f"no such table beside {kind}; it belongs to log_mel", "one")
    if isinstance(frames, HandmadeSettings) and window_frames != 1:
        raise table.error("window_frames", "1 with handmade: a window is one row", window_frames)
    table.finish()
    return FrontEndSettings(frames, window_frames, loudness)


def _kind(table: CardTable) -> str:
    found = [kind for kind in _KINDS if table.has(kind)]
    if not found:
        table.finish()
    if len(found) != 1:
        raise table.error(found[0] if found else "log_mel", f"one table of {', '.join(_KINDS)}", found)
    return found[0]


def _log_mel(table: CardTable) -> LogMelSettings:
    n_fft = _n_fft(table, 64)
    rate = _sample_rate_hz(table)
    fmin_hz, fmax_hz = _band_hz(table, rate / 2)
    settings = LogMelSettings(
        sample_rate_hz=rate,
        n_fft=n_fft,
        hop_samples=table.integer("hop_samples", 1, n_fft),
        n_mels=table.integer("n_mels", 1, 512),
        fmin_hz=fmin_hz,
        fmax_hz=fmax_hz,
        mel_scale=cast("MelScale", table.choice("mel_scale", ("slaney", "htk"))),
        mel_norm=_mel_norm(table),
        compression=cast("Compression", table.choice("compression", ("db", "log10_10k", "power"))),
    )
    table.finish()
    return settings


def _band_hz(table: CardTable, half_hz: float) -> tuple[float, float | None]:
    fmin_hz = table.number("fmin_hz", 0.0, half_hz)
    fmax_hz = table.number("fmax_hz", 0.0, half_hz) if table.has("fmax_hz") else None
    highest_hz = half_hz if fmax_hz is None else fmax_hz
    if fmin_hz >= highest_hz:
        raise table.error("fmin_hz", f"a number below fmax_hz, {highest_hz:g}", fmin_hz)
    return fmin_hz, fmax_hz


def _mel_norm(table: CardTable) -> Literal["slaney"] | None:
    return "slaney" if table.choice("mel_norm", ("slaney", "none")) == "slaney" else None


def _log_spectrogram(table: CardTable) -> LogSpectrogramSettings:
    n_fft = _n_fft(table, 64)
    settings = LogSpectrogramSettings(
        sample_rate_hz=_sample_rate_hz(table),
        n_fft=n_fft,
        hop_samples=table.integer("hop_samples", 1, n_fft),
        n_bins=table.integer("n_bins", 1, n_fft // 2 + 1),
    )
    table.finish()
    return settings


def _handmade(table: CardTable) -> HandmadeSettings:
    n_fft = _n_fft(table, 256)
    settings = HandmadeSettings(
        sample_rate_hz=_sample_rate_hz(table),
        window_samples=table.integer("window_samples", n_fft, LONGEST_WINDOW_SAMPLES),
        n_fft=n_fft,
        hop_samples=table.integer("hop_samples", 1, n_fft),
        columns=_columns(table),
    )
    table.finish()
    return settings


def _columns(table: CardTable) -> tuple[str, ...]:
    columns = table.texts("columns")
    for name in columns:
        if name not in HANDMADE_COLUMNS:
            nearest = difflib.get_close_matches(name, HANDMADE_COLUMNS, n=1)
            hint = f"perhaps {nearest[0]}" if nearest else f"one of {', '.join(HANDMADE_COLUMNS[::2])}, …_var"
            raise table.error("columns", f"features that can be had live, {hint}", name)
    if not columns or len(set(columns)) != len(columns):
        raise table.error("columns", "at least one feature, each once", list(columns))
    return columns


def _n_fft(table: CardTable, least: int) -> int:
    n_fft = table.integer("n_fft", least, LONGEST_FFT)
    if n_fft & (n_fft - 1):
        raise table.error("n_fft", "a power of two", n_fft)
    return n_fft


def _sample_rate_hz(table: CardTable) -> int:
    return table.integer("sample_rate_hz", 4000, 192_000)


def _loudness(table: CardTable) -> LoudnessSettings:
    settings = LoudnessSettings(
        target_dbfs=table.number("target_dbfs", -60.0, 0.0),
        time_constant_seconds=table.number("time_constant_seconds", 0.1, 600.0),
        gate_dbfs=table.number("gate_dbfs", -120.0, 0.0),
        min_gain_db=table.number("min_gain_db", -120.0, 0.0),
        max_gain_db=table.number("max_gain_db", 0.0, 120.0),
    )
    table.finish()
    return settings


_KINDS: dict[str, Callable[[CardTable], FrameSettings]] = {
    "log_mel": _log_mel,
    "log_spectrogram": _log_spectrogram,
    "handmade": _handmade,
}
