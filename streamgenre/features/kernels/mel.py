"""Compressed mel rows of overlapping frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.compress import Law, compressed
from streamgenre.features.kernels.fft import plan_in_memory, power_spectrum
from streamgenre.features.kernels.jit import kernel, part
from streamgenre.features.kernels.lanes import (
    LANES,
    ROW,
    Eight,
    Lanes,
    Memory,
    fetch_ahead,
    if_above,
    least_of,
    lesser,
    load,
    memory,
    scaled,
    spread,
    store,
    sum_each,
)
from streamgenre.features.mel_filterbank import MelBands
from streamgenre.messages import Float32

Int64 = NDArray[np.int64]

QUIET, FAINT = 1e-8, 1e-10
"""−80 and −100 dB: what is above is held to 0.001 dB, and to 0.01 dB."""
LENIENCE = 100.0
MOST = 1e30


@kernel
def log_mel_frames(  # noqa: PLR0913, PLR0917  # numba takes plain arrays in quicker than what would hold them
    samples: Float32,
    hop: int,
    frames: Int64,
    fft: tuple[Memory, ...],
    bands: tuple[Int64, Int64, Float32, Float32, Float32],
    gains: Float32,
    law: Law,
    trust: float,
    rows: Float32,
    doubtful: Int64,
) -> int:
    """Fill those of `rows`, (frames, n_mels), that `frames` names, each from its frame of `samples`.

    `fft` and `bands` are an FftPlan and MelBands as plain tuples, which numba takes in quicker. Notes in
    `doubtful` which bands are less sure than `trust` asks, and returns how many.
    """
    plan = plan_in_memory(fft)
    mel = MelBands(memory(bands[0]), memory(bands[1]), memory(bands[2]), memory(bands[3]), memory(bands[4]))
    source, target = memory(samples), memory(rows)
    size, n_mels, doubts = fft[0].shape[0] // (2 * ROW), rows.shape[1], 0
    for i in range(frames.shape[0]):
        frame = frames[i]
        for at in range((frame + 1) * hop, (frame + 2) * hop, ROW):
            fetch_ahead(source, at + ROW * size)
        mean = power_spectrum(source, frame * hop, size, plan)
        gain = float(gains[frame])
        quiet, faint = spread(QUIET / gain), spread(FAINT / gain)
        used, least = 0, spread(MOST)
        for band in range(0, n_mels, LANES):
            steps = mel.steps[band // LANES]
            power = weigh_bands(plan.power, mel, band, used, steps)
            least = lesser(least, sureness(power, load(mel.sureness, band), quiet, faint))
            eight = compressed(power, gain, law)
            store_some(target, n_mels * frame + band, eight, n_mels - band, mel.room)
            used += steps
        if least_of(least) < trust * mean:
            doubtful[doubts] = frame
            doubts += 1
    return doubts


@part
def sureness(power: Lanes, factor: Lanes, quiet: Lanes, faint: Lanes) -> Lanes:
    """How far above the errors of a transform eight bands lie; MOST where that does not matter."""
    sure, most = power * factor, spread(MOST)
    return if_above(quiet, power, sure, if_above(faint, power, scaled(sure, LENIENCE), most))


@part
def weigh_bands(power: Memory, bands: MelBands, first: int, used: int, steps: int) -> Lanes:
    """The sums of eight bands, from `first` on, over their weighed bins, eight bins a step."""
    sums = weighed(power, bands, first, 0, used)
    for step in range(1, steps):
        sums = added(sums, weighed(power, bands, first, step, used + step))
    return sum_each(sums)


@part
def weighed(power: Memory, bands: MelBands, first: int, step: int, used: int) -> Eight:
    i, w = LANES * step, LANES * LANES * used
    return (
        load(power, bands.first_bin[first] + i) * load(bands.weights, w),
        load(power, bands.first_bin[first + 1] + i) * load(bands.weights, w + 8),
        load(power, bands.first_bin[first + 2] + i) * load(bands.weights, w + 16),
        load(power, bands.first_bin[first + 3] + i) * load(bands.weights, w + 24),
        load(power, bands.first_bin[first + 4] + i) * load(bands.weights, w + 32),
        load(power, bands.first_bin[first + 5] + i) * load(bands.weights, w + 40),
        load(power, bands.first_bin[first + 6] + i) * load(bands.weights, w + 48),
        load(power, bands.first_bin[first + 7] + i) * load(bands.weights, w + 56),
    )


@part
def added(a: Eight, b: Eight) -> Eight:
    return (
        a[0] + b[0],
        a[1] + b[1],
        a[2] + b[2],
        a[3] + b[3],
        a[4] + b[4],
        a[5] + b[5],
        a[6] + b[6],
        a[7] + b[7],
    )


@part
def store_some(memory: Memory, at: int, eight: Lanes, count: int, room: Memory) -> None:
    """Store the first `count` of eight numbers, or all."""
    if count >= LANES:
        store(memory, at, eight)
    else:
        store(room, 0, eight)
        for i in range(count):
            memory[at + i] = room[i]
